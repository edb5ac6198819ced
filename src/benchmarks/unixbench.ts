import type * as z from 'zod/mini';
import type { Benchmark, Metric } from './benchmark';
import { checkScript, installScript, type PackageNames, type Packages } from './check';
import { defineBenchmark } from './define';
import { cloneRepository, fetchFile, unpackTarball } from './fetching';
import { isUpload, isUrl, oneOf, parameter, parameterObject, place, someOf, wholeNumber } from './parameters';
import { parseUnixbenchPass, unixbenchTests } from './parse/unixbench';
import {
  cpuCount,
  endingWith,
  inBackground,
  needsSpace,
  needsTools,
  preamble,
  refusedExitCode,
} from './shell';

type Test = keyof typeof unixbenchTests;
const tests = [
  'dhry2reg',
  'whetstone-double',
  'execl',
  'fstime',
  'fsbuffer',
  'fsdisk',
  'pipe',
  'context1',
  'spawn',
  'shell1',
  'shell8',
  'syscall',
] as const satisfies readonly Test[];

/** Units of the scores, and seconds of a pass with the pause before it (measured, version 6). */
const facts: Readonly<
  Record<Test, { readonly unit: string; readonly seconds: number; readonly long: boolean }>
> = {
  dhry2reg: { unit: 'lps', seconds: 13, long: true },
  'whetstone-double': { unit: 'MWIPS', seconds: 14, long: true },
  execl: { unit: 'lps', seconds: 33, long: false },
  fstime: { unit: 'KBps', seconds: 48, long: false },
  fsbuffer: { unit: 'KBps', seconds: 48, long: false },
  fsdisk: { unit: 'KBps', seconds: 48, long: false },
  pipe: { unit: 'lps', seconds: 13, long: true },
  context1: { unit: 'lps', seconds: 13, long: true },
  spawn: { unit: 'lps', seconds: 33, long: false },
  shell1: { unit: 'lpm', seconds: 63, long: false },
  shell8: { unit: 'lpm', seconds: 63, long: false },
  syscall: { unit: 'lps', seconds: 13, long: true },
};

/** `-i` is for the long tests; the others are done a third as often. */
const secondsOf = (asked: readonly Test[], iterations: number): number =>
  (asked.length === 0 ? tests : asked).reduce((sum, test) => {
    const { seconds, long } = facts[test];
    return sum + seconds * (long ? iterations : Math.max(1, Math.floor((iterations + 1) / 3)));
  }, 0);

const metrics: readonly Metric[] = [
  {
    id: 'unixbench.index',
    title: 'Index',
    unit: 'index',
    better: 'higher',
    primary: true,
    // With some of the tests only there is none; what must be there is known to the parser.
    optional: true,
  },
  {
    id: 'unixbench.partial_index',
    title: 'Index of the chosen tests only',
    unit: 'index',
    better: 'higher',
    primary: false,
    optional: true,
  },
  ...tests.flatMap((test): readonly Metric[] => [
    {
      id: `unixbench.${test}`,
      title: unixbenchTests[test],
      unit: facts[test].unit,
      better: 'higher',
      primary: false,
      optional: true,
    },
    {
      id: `unixbench.${test}.index`,
      title: `${unixbenchTests[test]}, index`,
      unit: 'index',
      better: 'higher',
      primary: false,
      optional: true,
    },
  ]),
];

const perl = (rpm: readonly string[]): PackageNames => ({
  'apt-get': ['perl'],
  dnf: rpm,
  yum: rpm,
  zypper: ['perl'],
  apk: ['perl'],
});
const same = (name: string): PackageNames => ({
  'apt-get': [name],
  dnf: [name],
  yum: [name],
  zypper: [name],
  apk: [name],
});
const runtime: readonly PackageNames[] = [
  perl(['perl']),
  // One package of modules each, on systems that split Perl.
  // Older ones have some of them in Perl's own package.
  ...[['perl-Time-HiRes'], ['perl-FindBin', 'perl'], ['perl-IO', 'perl']].map((names) => ({
    ...perl(names),
    'apt-get': [],
    zypper: [],
    apk: [],
  })),
  same('make'),
];
const compiler: readonly PackageNames[] = [
  same('gcc'),
  {
    'apt-get': ['libc6-dev'],
    dnf: ['glibc-devel'],
    yum: ['glibc-devel'],
    zypper: ['glibc-devel'],
    apk: ['musl-dev'],
  },
];

const shape = {
  source: parameter(
    'Where UnixBench is: a folder or tarball of this computer (local:/path, uploaded to the guests) or on the guest (/path), or the URL of a tarball or git repository. Empty: the setting guestbench.sources. Guestbench brings none.',
    place([''], ['https', 'http', 'git', 'ssh'], ''),
  ),
  build: parameter(
    'Built on each guest (here), or given already built by the same compiler for all of them.',
    oneOf(['here', 'given'], 'here'),
  ),
  tests: parameter('Which tests; none chosen: all twelve, which alone give the full index.', someOf(tests)),
  iterations: parameter(
    'Passes of the five long tests; the seven others are done a third as often.',
    wholeNumber(1, 100, 3),
  ),
};

const singleParameters = parameterObject(shape);
type Common = z.output<typeof singleParameters>;

const commandsOf = ({ source, build }: Common): readonly (readonly string[])[] => [
  ['perl'],
  ['make'],
  ...(build === 'here' ? [['cc']] : []),
  ...(isRepository(source) ? [['git']] : []),
];
const packagesOf = ({ source, build }: Common): Packages => [
  ...runtime,
  ...(build === 'here' ? compiler : []),
  ...(isRepository(source) ? [same('git')] : []),
];

const isArchive = (source: string) => /\.(?:tar|tgz|tbz2?|txz|tar\.[a-z0-9]+)$/.test(source);
const isRepository = (source: string) => isUrl(source) && !isArchive(source);
const sayWhere =
  'UnixBench does not come with Guestbench: give its place as the parameter source or in the setting guestbench.sources (local: and a folder or tarball of your computer, a path on the guest, or the URL of a git repository)';

/** The same on every guest: a compiler that looks at the CPU would see another one in each mode. */
const compilerOptions = '-O3 -ffast-math -std=gnu11';

const checkCompiler = [
  'if ! echo "int a;" | cc -std=gnu11 -x c -fsyntax-only - >/dev/null 2>&1; then',
  '  gb_problem "the compiler of this guest does not know -std=gnu11 (gcc 4.7 or later does): build UnixBench elsewhere and choose build=given"',
  'fi',
].join('\n');

/** Takes what a person gave into unixbench-unpack, whatever form it has. */
function unpack(source: string): string {
  const fetched = 'gb_given=unixbench-download-${gb_url##*/}';
  return [
    isUrl(source) ? `gb_url='${source}'` : `gb_given='${source}'`,
    ...(isRepository(source) ? ['gb_into=unixbench-unpack/tree', cloneRepository, 'gb_given='] : []),
    ...(isUrl(source) && isArchive(source) ? [fetched, 'gb_into=$gb_given', fetchFile] : []),
    'gb_status=0',
    'if [ -d "$gb_given" ]; then',
    inBackground('cp -pR "$gb_given" unixbench-unpack/tree'),
    'elif [ -f "$gb_given" ]; then',
    'gb_into=unixbench-unpack',
    unpackTarball,
    'elif [ -n "$gb_given" ]; then',
    '  echo "guestbench: there is neither a folder nor a file $gb_given" >&2',
    `  exit ${refusedExitCode}`,
    'fi',
    'if [ "$gb_status" -ne 0 ]; then echo "guestbench: failed: could not unpack $gb_given" >&2; exit "$gb_status"; fi',
    'rm -f unixbench-download-*',
  ].join('\n');
}

/**
 * Into gb_home, once; its own `Run` builds it when it finds nothing built. Found where `Run` and `src` lie, at most
 * two folders deep.
 */
function provide({ source, build }: Common): string {
  const prepared =
    build === 'given'
      ? 'if [ ! -x "$gb_found/pgms/dhry2reg" ]; then echo "guestbench: failed: the given UnixBench is not built (build=given)" >&2; exit 1; fi'
      : '(cd "$gb_found" && make clean) >/dev/null 2>&1';
  return [
    `gb_home=unixbench-tree-$(printf %s '${source}' | cksum | cut -d " " -f 1)-${build}`,
    'if [ ! -d "$gb_home" ]; then',
    needsSpace(65_536, (why) => `echo "guestbench: ${why}" >&2; exit ${refusedExitCode}`),
    'rm -rf unixbench-unpack && mkdir unixbench-unpack || exit $?',
    unpack(source),
    'gb_found=',
    'for gb_d in unixbench-unpack/* unixbench-unpack/*/* unixbench-unpack/*/*/*; do',
    '  if [ -f "$gb_d/Run" ] && [ -d "$gb_d/src" ]; then gb_found=$gb_d; break; fi',
    'done',
    'if [ -z "$gb_found" ]; then',
    '  echo "guestbench: failed: no UnixBench there: expected a folder with Run and src" >&2',
    `  exit ${refusedExitCode}`,
    'fi',
    prepared,
    'mv "$gb_found" "$gb_home" || exit $?',
    'rm -rf unixbench-unpack',
    'fi',
  ].join('\n');
}

/** The report counts only when Run came to its end; its log is kept in any case. */
const finish = [
  'cd "$GB_WORK" || exit 1',
  'if [ -f unixbench-results/report.log ]; then cp unixbench-results/report.log "$GB_FILES/unixbench.log"; fi',
  'rm -rf unixbench-results unixbench-tmp unixbench-unpack unixbench-download-*',
  'if [ -n "$gb_home" ]; then rm -f "$gb_home"/testdir/sort.[0-9]* "$gb_home"/testdir/od.[0-9]* "$gb_home"/testdir/grep.[0-9]* "$gb_home"/testdir/wc.[0-9]*; fi',
].join('\n');

function runScript(parameters: Common, copies: number): string {
  const { source, iterations } = parameters;
  const chosen = tests.filter((test) => parameters.tests.length === 0 || parameters.tests.includes(test));
  const names = chosen.length === tests.length ? '' : ` ${chosen.join(' ')}`;
  return [
    preamble,
    needsTools(commandsOf(parameters)),
    ...(source === '' ? [`echo "guestbench: ${sayWhere}" >&2`, `exit ${refusedExitCode}`] : []),
    cpuCount(copies),
    `UB_GCC_OPTIONS='${compilerOptions}'; export UB_GCC_OPTIONS`,
    'gb_home=',
    endingWith(finish),
    provide(parameters),
    `gb_version=$(sed -n 's/^ *my $version = "\\([0-9][0-9.]*\\)".*/\\1/p' "$gb_home/Run" | head -n 1)`,
    'echo "guestbench: version=UnixBench ${gb_version:-0, not known}"',
    `echo "guestbench: source=${source} build=${parameters.build} sum=$(cat "$gb_home/Run" "$gb_home"/src/*.c | cksum | cut -d " " -f 1)"`,
    parameters.build === 'here'
      ? 'echo "guestbench: cc=$(cc -dumpfullversion 2>/dev/null || cc -dumpversion) options=$UB_GCC_OPTIONS"'
      : ':',
    'echo "guestbench: copies=$gb_cpus"',
    `echo "guestbench: iterations=${iterations}"`,
    `echo "guestbench: tests=${names === '' ? 'all' : names.trim()}"`,
    'rm -rf unixbench-results unixbench-tmp && mkdir unixbench-results unixbench-tmp || exit $?',
    'UB_RESULTDIR=$GB_WORK/unixbench-results UB_TMPDIR=$GB_WORK/unixbench-tmp UB_OUTPUT_FILE_NAME=report',
    'export UB_RESULTDIR UB_TMPDIR UB_OUTPUT_FILE_NAME',
    'unset UB_BINDIR UB_TESTDIR UB_OUTPUT_CSV',
    '# It works from its own folder only, and writes its progress as it goes.',
    'cd "$gb_home" || exit 1',
    inBackground(`./Run -b -i ${iterations} -c "$gb_cpus"${names}`),
    'cd "$GB_WORK" || exit 1',
    'if [ "$gb_status" -ne 0 ]; then exit "$gb_status"; fi',
    'cp unixbench-results/report "$GB_FILES/unixbench.txt" || exit $?',
    'exit 0',
    '',
  ].join('\n');
}

const partsOf = (id: string, title: string, description: string) => ({
  id,
  title,
  description,
  kind: 'system' as const,
  metrics,
  source: {
    parameter: 'source',
    setting: 'unixbench',
    what: 'UnixBench',
    need: 'required' as const,
  },
  presets: { quick: { iterations: 1 }, standard: { iterations: 3 }, thorough: { iterations: 10 } },
  estimateSeconds: (parameters: Common) => 10 + secondsOf(parameters.tests, parameters.iterations),
  timeoutSeconds: (parameters: Common) => 600 + 3 * secondsOf(parameters.tests, parameters.iterations),
  parse: parseUnixbenchPass,
});

const phases = {
  check: (parameters: Common) =>
    checkScript({
      commands: ['perl'],
      also: commandsOf(parameters),
      packages: packagesOf(parameters),
      version: 'perl -e \'printf "perl %vd", $^V\' 2>/dev/null',
      further: [
        'for gb_module in Time::HiRes POSIX IO::Handle File::Path FindBin; do',
        '  if ! perl "-M$gb_module" -e 1 >/dev/null 2>&1; then gb_missing "the Perl module $gb_module"; fi',
        'done',
        ...(parameters.build === 'here' ? [checkCompiler] : []),
        checkSource(parameters.source),
      ].join('\n'),
    }),
  install: (parameters: Common) => installScript(packagesOf(parameters)),
  cleanup: () =>
    '[ -n "${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && rm -rf unixbench-tree-* unixbench-unpack unixbench-download-* unixbench-results unixbench-tmp\nexit 0\n',
};

function checkSource(source: string): string {
  if (source === '') return `gb_problem "${sayWhere}" source`;
  // What is uploaded was looked at on the person's computer.
  if (isUrl(source) || isUpload(source)) return ':';
  return `if [ ! -r '${source}' ]; then gb_problem "UnixBench is not on this guest: there is no ${source}" source; fi`;
}

export const unixbenchSingle: Benchmark = defineBenchmark({
  ...partsOf(
    'unixbench-single',
    'UnixBench, one copy',
    'System calls, processes, pipes, file copies and computing, one at a time: what one CPU does.',
  ),
  parameters: singleParameters,
  scripts: { ...phases, run: (parameters: Common) => runScript(parameters, 1) },
});

export const unixbenchParallel: Benchmark = defineBenchmark<Common & { copies: number }>({
  ...partsOf(
    'unixbench-parallel',
    'UnixBench, a copy per CPU',
    'The same tests on every CPU at the same time: what the guest does as a whole.',
  ),
  parameters: parameterObject({
    ...shape,
    copies: parameter('Copies at a time; 0: one per CPU.', wholeNumber(0, 1024, 0)),
  }),
  scripts: { ...phases, run: ({ copies, ...parameters }) => runScript(parameters, copies) },
});
