import * as z from 'zod/mini';
import { labSchema } from '../model/lab';

/** What each field is, for the editor's hovers and completions. */
const descriptions: Readonly<Record<string, string>> = {
  $schema: 'Where the schema of this file lies; editors use it.',
  hosts:
    'The physical machines that guests run on. Guests of one host never run a benchmark at the same time.',
  'hosts.name': 'What the host is called here; guests name it in "host".',
  'hosts.kind':
    'How its guests are managed: xl (plain Xen), xapi (XenServer, XCP-ng), xen-orchestra, or other.',
  'hosts.address': 'Host name or IP address of the machine itself (dom0).',
  'hosts.port': 'SSH port; 22 when left out.',
  'hosts.user': 'Account on the host.',
  guests: 'The machines to measure.',
  'guests.name': 'What the guest is called here and in the results.',
  'guests.host':
    'The host it runs on, by its name in "hosts". Guests without one never run at the same time either.',
  'guests.address': 'Host name or IP address. Instead of it, or beside it: "sshHost".',
  'guests.port': 'SSH port; 22 when left out.',
  'guests.user': 'Account on the guest; your own name when left out.',
  'guests.sshHost': 'An alias of ~/.ssh/config: address, user, port, keys and jump hosts come from there.',
  'guests.identityFile':
    'Path of a private key file: ~ is your home folder, other paths start at this file. Never the key itself.',
  'guests.mode': 'The mode you expect. The guest is asked, and a mismatch is shown as a warning.',
  'guests.tags': 'Words to find and group guests by.',
  suites: 'Your own lists of benchmarks, by name.',
  'suites.*.benchmark': "The benchmark's id, such as fio-randread.",
  'suites.*.as': 'What it is called in this suite, so that one benchmark can be there more than once.',
  'suites.*.parameters': "The benchmark's parameters; those left out keep their defaults.",
};

type Schema = Record<string, unknown>;

/** The JSON schema of the lab file (media/guestbench.lab.schema.json), made from the schema that reads it. */
export function labJsonSchema(): Schema {
  const generated = z.toJSONSchema(labSchema, { io: 'input', target: 'draft-7' }) as Schema;
  described(generated, '');
  const properties = generated['properties'] as Record<string, Schema>;
  // The one rule that the schema checks with code.
  const guest = properties['guests']?.['items'] as Schema;
  guest['anyOf'] = [{ required: ['address'] }, { required: ['sshHost'] }];
  return {
    ...generated,
    title: 'Guestbench lab',
    description: 'The hosts and guests that Guestbench works with. It holds no secrets.',
    // Understood by VS Code.
    allowComments: true,
    allowTrailingCommas: true,
  };
}

/** The committed file's text. */
export function labJsonSchemaText(): string {
  return `${JSON.stringify(labJsonSchema(), null, 2)}\n`;
}

/** Sets the descriptions of `schema` and everything in it; `path` leaves out list items and writes * for any key. */
function described(schema: Schema, path: string): void {
  const within = (key: string) => (path === '' ? key : `${path}.${key}`);
  for (const [key, property] of Object.entries((schema['properties'] ?? {}) as Record<string, Schema>)) {
    const description = descriptions[within(key)];
    if (description !== undefined) property['description'] = description;
    described(property, within(key));
  }
  if (typeof schema['items'] === 'object') described(schema['items'] as Schema, path);
  const additional = schema['additionalProperties'];
  if (typeof additional === 'object' && additional !== null) described(additional as Schema, within('*'));
}
