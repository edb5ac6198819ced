import type { OwnBenchmark, ShellText } from '../model/ownBenchmark';
import type { Phase } from './benchmark';
import { checkScript, installScript, samePackage } from './check';
import { elapsedMark } from './parse/own';
import { endingWith, inBackground, preamble, withSbin } from './shell';

/** The scripts of a person's own benchmark. What the person wrote runs in shells of its own, word for word. */
export function ownScript(phase: Phase, definition: OwnBenchmark): string {
  switch (phase) {
    case 'check':
      return check(definition);
    case 'install':
      return install(definition);
    case 'run':
      return run(definition);
    case 'cleanup':
      return cleanup(definition);
  }
}

/** The text of a person's script as lines that end with a newline, as a shell wants them. */
export function shellText(text: ShellText): string {
  const whole = typeof text === 'string' ? text : text.join('\n');
  return `${whole.replaceAll(/\r\n?/g, '\n').replace(/\n+$/, '')}\n`;
}

/** A word that no line of the text is: it ends a here-document. */
function delimiterFor(text: string): string {
  const lines = new Set(text.split('\n'));
  let word = 'GUESTBENCH_TEXT';
  while (lines.has(word)) word += '_';
  return word;
}

/** Writes the text into a file as it stands: nothing in it is expanded. */
function write(file: string, text: ShellText): string {
  const body = shellText(text);
  const delimiter = delimiterFor(body);
  return `cat >${file} <<'${delimiter}' || exit $?\n${body}${delimiter}`;
}

/** Of this benchmark alone, within the folder that is kept between the trials. */
const folderOf = ({ id }: OwnBenchmark): string => `own-${id}`;

/** Runs once on each guest: the text that succeeded last is kept, and compared with what stands here now. */
const prepared = (text: ShellText): string =>
  [
    write('prepare.sh', text),
    'if [ ! -f prepared.sh ] || [ "$(cat prepare.sh)" != "$(cat prepared.sh)" ]; then',
    '  rm -f prepared.sh',
    '  echo "guestbench: preparing" >&2',
    `  ${inBackground('(cd work && exec /bin/sh ../prepare.sh) >&2').replaceAll('\n', '\n  ')}`,
    '  if [ "$gb_status" -ne 0 ]; then',
    '    echo "guestbench: failed: prepare ended with status $gb_status" >&2',
    '    exit "$gb_status"',
    '  fi',
    '  mv prepare.sh prepared.sh || exit $?',
    'fi',
  ].join('\n');

/** Only the command is timed, by the guest's clock since it was started, which nobody can set. */
function run(definition: OwnBenchmark): string {
  return [
    preamble,
    withSbin,
    `mkdir -p ${folderOf(definition)}/work && cd ${folderOf(definition)} || exit 1`,
    'GB_WORK=$PWD/work; export GB_WORK',
    endingWith('rm -f command.sh prepare.sh'),
    ...(definition.prepare === undefined ? [] : [prepared(definition.prepare)]),
    write('command.sh', definition.command),
    'read -r gb_from gb_rest </proc/uptime || exit 1',
    inBackground('(cd work && exec /bin/sh ../command.sh)'),
    'read -r gb_to gb_rest </proc/uptime || exit 1',
    `awk -v from="$gb_from" -v to="$gb_to" 'BEGIN { printf "${elapsedMark.replaceAll('\n', '\\n')}%.2f\\n", to - from }'`,
    'exit "$gb_status"',
    '',
  ].join('\n');
}

/** What `cleanup` says, if the benchmark was ever here, then the folder. */
function cleanup(definition: OwnBenchmark): string {
  const folder = folderOf(definition);
  return [
    `[ -n "\${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && [ -d ${folder}/work ] || exit 0`,
    ...(definition.cleanup === undefined
      ? []
      : [
          withSbin,
          write(`${folder}/cleanup.sh`, definition.cleanup),
          `(GB_WORK=$GB_WORK/${folder}/work; export GB_WORK; cd "$GB_WORK" && exec /bin/sh ../cleanup.sh) || echo "guestbench: cleanup of ${definition.id} ended with status $?" >&2`,
        ]),
    `rm -rf ${folder}`,
    'exit 0',
    '',
  ].join('\n');
}

const packagesOf = ({ packages = [] }: OwnBenchmark) => packages.map(samePackage);

function check(definition: OwnBenchmark): string {
  const needs = definition.needs ?? [];
  const packages = packagesOf(definition);
  const commands = needs.map((need) => [need]);
  if (packages.length > 0 || needs.length === 0) {
    return `${withSbin}\n${checkScript({ commands: ['sh'], also: commands, packages, version })}`;
  }
  return `${withSbin}\n${checkScript({
    commands: ['sh'],
    packages,
    version,
    further: needs
      .map(
        (need) =>
          `command -v '${need}' >/dev/null 2>&1 || gb_problem "there is no command ${need} on this guest, and the lab file names no packages for it"`,
      )
      .join('\n'),
  })}`;
}

const version = 'echo "as in the lab file"';

function install(definition: OwnBenchmark): string {
  const packages = packagesOf(definition);
  if (packages.length > 0) return installScript(packages);
  return 'echo "guestbench: the lab file names no packages for this benchmark" >&2\nexit 0\n';
}
