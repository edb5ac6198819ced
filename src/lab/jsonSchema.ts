import * as z from 'zod/mini';
import { labSchema } from '../model/lab';
import { readingWays } from '../model/ownBenchmark';

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
  benchmarks: 'Benchmarks of your own: a command, and how each figure is read from what it leaves behind.',
  'benchmarks.id': 'What suites, commands and results call it: letters, digits and . _ -',
  'benchmarks.title': 'What people call it; the id when left out.',
  'benchmarks.description': 'One sentence: what it measures.',
  'benchmarks.kind': 'Where the report lists it: cpu, memory, disk, web or system; system when left out.',
  'benchmarks.command':
    'What is run and timed: text of a POSIX shell script, or its lines. It runs with LC_ALL=C in a folder of its own ($GB_WORK, kept between trials); files for the metrics go into $GB_FILES. A status other than 0 fails the trial.',
  'benchmarks.prepare':
    'Runs before the command, not timed: once for each guest, and again when its text changes or it failed.',
  'benchmarks.cleanup':
    'Runs on each guest at the end of the experiment; the folder $GB_WORK is removed anyway.',
  'benchmarks.needs': 'Commands that must exist on a guest.',
  'benchmarks.packages':
    'What Prepare Guests installs when one of them is missing; the same names on every distribution.',
  'benchmarks.estimateSeconds': 'Rough seconds of one trial, for the first estimate; 60 when left out.',
  'benchmarks.timeoutSeconds':
    'Seconds after which a trial counts as hung; ten times the estimate, at least 600, when left out.',
  'benchmarks.metrics': 'The figures of a run. A trial counts only when every one of them is found.',
  'benchmarks.metrics.id': 'What the metric is called in results: letters, digits and . _ -',
  'benchmarks.metrics.title': 'What people call it; the id when left out.',
  'benchmarks.metrics.unit': 'The unit of the figure (after "factor"), such as s or MB/s.',
  'benchmarks.metrics.better': 'Which way is better; none: shown for information.',
  'benchmarks.metrics.primary':
    'The one metric that is tested; the first that is higher or lower when left out.',
  'benchmarks.metrics.read':
    'Where the figure stands: exactly one of regex, jsonPointer, csvColumn and elapsed.',
  'benchmarks.metrics.read.regex':
    'A regular expression, matched line by line. Without looking ahead or behind and references back.',
  'benchmarks.metrics.read.group':
    'The group that holds the figure: its number (0: the whole match) or name; the first when left out.',
  'benchmarks.metrics.read.take': 'Which of several matches; without it there must be exactly one.',
  'benchmarks.metrics.read.jsonPointer': 'A JSON pointer (RFC 6901), such as /jobs/0/read/iops.',
  'benchmarks.metrics.read.csvColumn':
    "A column's name in the header, or its number from 1 where there is no header.",
  'benchmarks.metrics.read.row': 'Which of several rows; without it there must be exactly one.',
  'benchmarks.metrics.read.separator': 'What separates the columns; a comma when left out.',
  'benchmarks.metrics.read.elapsed': 'The seconds that the command took, by the clock of the guest.',
  'benchmarks.metrics.read.file':
    'A file that the command writes into $GB_FILES; standard output when left out.',
  'benchmarks.metrics.factor': 'What the figure is multiplied by, e.g. 0.001 from milliseconds to seconds.',
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
  // The rules that the schema checks with code.
  const guest = properties['guests']?.['items'] as Schema;
  guest['anyOf'] = [{ required: ['address'] }, { required: ['sshHost'] }];
  const metric = itemsOf(itemsOf(properties['benchmarks']), 'metrics');
  const read = (metric['properties'] as Record<string, Schema>)['read'] as Schema;
  read['oneOf'] = readingWays.map((way) => ({ required: [way] }));
  return {
    ...generated,
    title: 'Guestbench lab',
    description: 'The hosts and guests that Guestbench works with. It holds no secrets.',
    // Understood by VS Code.
    allowComments: true,
    allowTrailingCommas: true,
  };
}

/** What the items of a list are; of the list under `key` if one is given. */
function itemsOf(schema: Schema | undefined, key?: string): Schema {
  const list = key === undefined ? schema : (schema?.['properties'] as Record<string, Schema>)[key];
  return list?.['items'] as Schema;
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
