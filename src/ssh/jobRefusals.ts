import { peerText } from '../model/plainText';
import { parseAnswer } from './frames';
import { SshError, type ExecResult } from './transport';

/** The programs that a job cannot do without, each with the package that has it, as Debian and Red Hat name it. */
const packageOf = {
  cat: 'coreutils',
  dd: 'coreutils',
  grep: 'grep',
  head: 'coreutils',
  id: 'coreutils',
  ln: 'coreutils',
  ls: 'coreutils',
  mkdir: 'coreutils',
  mv: 'coreutils',
  readlink: 'coreutils',
  rm: 'coreutils',
  setsid: 'util-linux',
  sleep: 'coreutils',
  tail: 'coreutils',
  wc: 'coreutils',
};

/** What the controller looks for before it takes or starts a job: mkfifo, date and tr are not among them. */
export const neededPrograms = Object.keys(packageOf);

/** What the guest must be given, by the controller's answers `no<name>` and `old<name>`. */
export const programRefusals: ReadonlyMap<string, string> = new Map([
  ...Object.entries(packageOf).map(
    ([name, its]) => [`no${name}`, `the command ${name} is missing. Install the package ${its}.`] as const,
  ),
  ...['head', 'tail'].map(
    (name) =>
      [
        `old${name}`,
        `the command ${name} does not take the option -c N. Install the package coreutils.`,
      ] as const,
  ),
]);

const refusals = new Map([
  ...programRefusals,
  ['running', 'the job % is running. Stop it first.'],
  ['leased', 'it is kept for an experiment of another controller.'],
  ['nocmd', 'the job has no script: it was never put there, or it was removed.'],
  ['nofile', 'the job has no such file.'],
  [
    'basedir',
    'the folder of Guestbench under /var/tmp cannot be made. Check that there is room, and that no link or file stands in its place.',
  ],
  [
    'basedir-owner',
    'the folder of Guestbench under /var/tmp belongs to another user. Remove it, then try again.',
  ],
  [
    'basedir-mode',
    'the folder of Guestbench under /var/tmp can be read by others. Remove it, then try again.',
  ],
  ['notremoved', 'not all files of Guestbench under /var/tmp could be removed.'],
]);

/** The error for what a guest's controller answered instead of what it was asked for. */
export function refused(name: string, result: ExecResult): SshError {
  const [answer] = parseAnswer(result.stdout);
  const error = answer?.get('error');
  const known = error === undefined ? undefined : refusals.get(error);
  if (known !== undefined)
    return new SshError('protocol', `${name}: ${known.replace('%', peerText(answer?.get('id') ?? '?', 80))}`);
  if (error === 'cut') return new SshError('lost', `${name}: the job's script arrived cut short.`);
  if (error === 'full')
    return new SshError(
      'unreachable',
      `${name}: there is no room for a job under /var/tmp. Free some space there.`,
    );
  const said = peerText(result.stderr.toString('utf8').trim());
  return new SshError(
    'protocol',
    `${name}: the controller script failed (${error === undefined ? `exit code ${result.code ?? result.signal}` : peerText(error, 40)})${said === '' ? '' : `: ${said}`}.`,
  );
}
