import { checkScript, installScript, type PackageNames, type Packages } from './check';
import { defineBenchmark } from './define';
import { fetchFile, unpackTarball } from './fetching';
import {
  checksum,
  isUpload,
  isUrl,
  oneOf,
  parameter,
  parameterObject,
  place,
  wholeNumber,
} from './parameters';
import { parsers } from './parsers';
import {
  cpuCount,
  endingWith,
  inBackground,
  needsSpace,
  needsTools,
  preamble,
  refusedExitCode,
} from './shell';

const rpm = (names: readonly string[]) => ({ dnf: names, yum: names });
const same = (name: string): PackageNames => ({
  'apt-get': [name],
  ...rpm([name]),
  zypper: [name],
  apk: [name],
});
const tools: readonly PackageNames[] = [
  ...['gcc', 'make', 'bc', 'bison', 'flex', 'perl', 'tar'].map(same),
  { 'apt-get': ['xz-utils'], ...rpm(['xz']), zypper: ['xz'], apk: ['xz'] },
  { 'apt-get': ['libc6-dev'], ...rpm(['glibc-devel']), zypper: ['glibc-devel'], apk: ['musl-dev'] },
  { 'apt-get': [], ...rpm([]), zypper: [], apk: ['linux-headers'] },
];
/** Wanted by the configurations that are not tiny. */
const libraries: readonly PackageNames[] = [
  {
    'apt-get': ['libelf-dev'],
    ...rpm(['elfutils-libelf-devel']),
    zypper: ['libelf-devel'],
    apk: ['elfutils-dev', 'libelf-dev'],
  },
  {
    'apt-get': ['libssl-dev'],
    ...rpm(['openssl-devel']),
    zypper: ['libopenssl-devel', 'libopenssl-3-devel', 'libopenssl-1_1-devel'],
    apk: ['openssl-dev', 'openssl3-dev', 'libressl-dev'],
  },
];
/** Debian's and Ubuntu's package of a tarball; elsewhere a tarball is to be given. */
const tarball: PackageNames = { 'apt-get': ['linux-source'], dnf: [], yum: [], zypper: [], apk: [] };

interface What {
  readonly source: string;
  readonly config: 'tinyconfig' | 'defconfig';
}

const packagesOf = ({ source, config }: What): Packages => [
  ...tools,
  ...(config === 'tinyconfig' ? [] : libraries),
  ...(isPackage(source) ? [tarball] : []),
];

/** Before 7 there is no -dumpfullversion, and the other option tells the whole version. */
const gccVersion = '{ gcc -dumpfullversion 2>/dev/null || gcc -dumpversion 2>/dev/null; }';
const commands = [['make'], ['gcc'], ['bc'], ['bison'], ['flex'], ['perl'], ['tar'], ['xz']];
const isPackage = (source: string) => source === '' || source === 'package';

/** Sets gb_tarball to the newest that the distribution's packages have put there, or to nothing. */
const newestPackage = 'gb_tarball=$(ls -d /usr/src/linux-source-*.tar.* 2>/dev/null | sort -V | tail -n 1)';

/** Sets gb_tarball; a download is kept for the next trials under the name of its address. */
function findTarball(source: string): string {
  if (isPackage(source)) {
    return [
      newestPackage,
      `if [ -z "$gb_tarball" ]; then echo "guestbench: no /usr/src/linux-source-*.tar.*: install linux-source or give a tarball as the source" >&2; exit ${refusedExitCode}; fi`,
    ].join('\n');
  }
  if (!isUrl(source)) {
    return [
      `gb_tarball='${source}'`,
      `if [ ! -f "$gb_tarball" ]; then echo "guestbench: there is no file $gb_tarball" >&2; exit ${refusedExitCode}; fi`,
    ].join('\n');
  }
  return [
    `gb_url='${source}'`,
    'gb_tarball=kernel-download-$(printf %s "$gb_url" | cksum | cut -d " " -f 1)-${gb_url##*/}',
    'if [ ! -f "$gb_tarball" ]; then',
    'gb_into=$gb_tarball',
    fetchFile,
    'fi',
  ].join('\n');
}

/** Unpacked once, in a folder named by its contents, and renamed when whole. */
const unpack = (kibibytes: number, sha256: string): string =>
  [
    'gb_sum=$(sha256sum "$gb_tarball" | cut -d " " -f 1)',
    '[ -n "$gb_sum" ] || exit 1',
    'echo "guestbench: source=${gb_tarball##*/} sha256=$gb_sum"',
    ...(sha256 === '' ? [] : [refuseOther(sha256)]),
    'gb_tree=kernel-tree-$(printf %.16s "$gb_sum")',
    needsSpace(kibibytes, (why) => `echo "guestbench: ${why}" >&2; exit ${refusedExitCode}`),
    'if [ ! -d "$gb_tree" ]; then',
    '  echo "guestbench: unpacking ${gb_tarball##*/}"',
    '  rm -rf kernel-unpack && mkdir kernel-unpack || exit $?',
    'gb_given=$gb_tarball gb_into=kernel-unpack',
    unpackTarball,
    '  if [ "$gb_status" -ne 0 ]; then exit "$gb_status"; fi',
    '  set -- kernel-unpack/*',
    '  if [ "$#" -ne 1 ] || [ ! -f "$1/Makefile" ]; then',
    '    echo "guestbench: failed: ${gb_tarball##*/} is not the source of a kernel: expected one folder with a Makefile" >&2',
    `    exit ${refusedExitCode}`,
    '  fi',
    '  mv "$1" "$gb_tree" || exit $?',
    '  rm -rf kernel-unpack',
    'fi',
  ].join('\n');

/** A damaged download is not kept for the next trial. */
const refuseOther = (sha256: string): string =>
  [
    `if [ "$gb_sum" != ${sha256} ]; then`,
    '  case "$gb_tarball" in kernel-download-*) rm -f "$gb_tarball" ;; esac',
    '  echo "guestbench: failed: the SHA-256 of ${gb_tarball##*/} is $gb_sum, and not what is asked for" >&2',
    `  exit ${refusedExitCode}`,
    'fi',
  ].join('\n');

const caches = {
  warm: inBackground('find "$gb_tree" -type f -exec cat {} + >/dev/null'),
  cold: [
    'sync',
    `if ! { echo 3 >/proc/sys/vm/drop_caches; } 2>/dev/null; then echo "guestbench: not allowed to empty the page cache (cache=cold needs root)" >&2; exit ${refusedExitCode}; fi`,
  ].join('\n'),
  untouched: ':',
} as const;

/** What gcc and the linker have done so far, as the lines of the build tell. */
const objects = 'grep -cE "^ +(CC|AS|AR|LD|HOSTCC) " "$gb_objects/build.log" 2>/dev/null';

/**
 * Only `vmlinux` is timed, not the configuration. Elapsed time from /proc/uptime, which nobody can set; CPU time
 * from the shell's own count of what it has waited for, read before the watcher of the progress is waited for.
 */
const build = (config: string): string =>
  [
    'gb_objects=$PWD/kernel-objects',
    'rm -rf "$gb_objects" && mkdir "$gb_objects" || exit $?',
    `echo "kernel=$(make -s -C "$gb_tree" kernelversion 2>/dev/null) config=${config} jobs=$gb_cpus target=vmlinux cc=$gb_cc"`,
    inBackground(`make -s -C "$gb_tree" O="$gb_objects" ${config} >"$gb_objects/config.log" 2>&1`),
    'if [ "$gb_status" -ne 0 ]; then tail -n 5 "$gb_objects/config.log" >&2; echo "config failed" >&2; exit 4; fi',
    'echo "config_y=$(grep -c "=y" "$gb_objects/.config")"',
    'sync',
    'times >"$gb_objects/times-before"',
    '(',
    '  trap \'kill "$!" 2>/dev/null; exit 0\' TERM',
    `  while :; do sleep 5 & wait "$!"; echo "progress objects=$(${objects})" >&2; done`,
    ') &',
    'gb_watcher=$!',
    'read -r gb_from gb_rest </proc/uptime || exit 1',
    inBackground(
      'make -C "$gb_tree" O="$gb_objects" "-j$gb_cpus" vmlinux >"$gb_objects/build.log" 2>"$gb_objects/build.err"',
    ),
    'read -r gb_to gb_rest </proc/uptime || exit 1',
    'times >"$gb_objects/times-after"',
    'gb_stop "$gb_watcher"; gb_watcher=',
    'if [ "$gb_status" -ne 0 ]; then',
    '  tail -n 15 "$gb_objects/build.err" >&2',
    '  echo "make_exit=$gb_status"',
    '  exit "$gb_status"',
    'fi',
    'if [ ! -s "$gb_objects/vmlinux" ]; then echo "guestbench: failed: make made no vmlinux" >&2; exit 1; fi',
    'LC_ALL=C awk -v from="$gb_from" -v to="$gb_to" \'BEGIN { printf "elapsed_seconds=%.2f\\n", to - from }\'',
    'cat "$gb_objects/times-before" "$gb_objects/times-after" | LC_ALL=C awk \'',
    'function seconds(text, part) { split(text, part, /[ms]/); return part[1] * 60 + part[2] }',
    'NR == 2 { user = seconds($1); system_ = seconds($2) }',
    'NR == 4 { printf "cpu_user_seconds=%.2f\\ncpu_sys_seconds=%.2f\\n", seconds($1) - user, seconds($2) - system_ }',
    "'",
    `echo "objects=$(${objects}) warnings=$(grep -c warning: "$gb_objects/build.err")"`,
    'echo "vmlinux_bytes=$(($(wc -c <"$gb_objects/vmlinux")))"',
    'echo "make_exit=0"',
    'exit 0',
  ].join('\n');

/** KiB: the tree unpacked, and the objects. */
const spaceFor = (config: What['config']) => (config === 'tinyconfig' ? 2_500_000 : 4_000_000);

export const kernelBuild = defineBenchmark({
  id: 'kernel-build',
  title: 'Kernel build',
  description:
    'Compiling a Linux kernel on every CPU: many short processes, computing, memory and files in the cache.',
  kind: 'system',
  metrics: [
    { id: 'kernel.elapsed', title: 'Elapsed time', unit: 's', better: 'lower', primary: true },
    { id: 'kernel.cpu_user', title: 'CPU time, user', unit: 's', better: 'none', primary: false },
    { id: 'kernel.cpu_sys', title: 'CPU time, system', unit: 's', better: 'none', primary: false },
  ],
  parameters: parameterObject({
    source: parameter(
      "The kernel's source: package (the newest linux-source of the distribution), a tarball or folder of this computer (local:/path), a tarball on the guest (/path), or its URL. Empty: the setting guestbench.sources, else package.",
      place(['', 'package'], ['https', 'http'], ''),
    ),
    sha256: parameter('What the SHA-256 of the tarball must be; empty: any.', checksum()),
    config: parameter('How much of the kernel is built.', oneOf(['tinyconfig', 'defconfig'], 'tinyconfig')),
    jobs: parameter('Compilers at a time; 0: one per CPU.', wholeNumber(0, 1024, 0)),
    cache: parameter(
      'The sources before the build: read once (warm), thrown out of the page cache (cold), or left as they are.',
      oneOf(['warm', 'cold', 'untouched'], 'warm'),
    ),
  }),
  source: { parameter: 'source', setting: 'kernel', what: 'the source of a kernel', need: 'optional' },
  presets: {
    quick: { config: 'tinyconfig' },
    standard: { config: 'tinyconfig' },
    thorough: { config: 'defconfig' },
  },
  // On two CPUs; unpacking counts once only, but nobody knows beforehand which trial it is.
  estimateSeconds: ({ config }) => (config === 'tinyconfig' ? 180 : 1800),
  timeoutSeconds: ({ config }) => (config === 'tinyconfig' ? 3600 : 6 * 3600),
  scripts: {
    check: (parameters) =>
      checkScript({
        commands: ['gcc'],
        also: commands,
        packages: packagesOf(parameters),
        version: `${gccVersion} | sed "s/^/gcc /"`,
        further: [
          checkSource(parameters.source),
          'if [ -d "${GB_WORK:-}" ] && ! ls -d "$GB_WORK"/kernel-tree-* >/dev/null 2>&1; then',
          needsSpace(spaceFor(parameters.config), (why) => `gb_problem "${why}" space`),
          'fi',
        ].join('\n'),
      }),
    install: (parameters) => installScript(packagesOf(parameters)),
    run: ({ source, sha256, config, jobs, cache }) =>
      [
        preamble,
        needsTools(commands),
        cpuCount(jobs),
        `gb_cc=$(${gccVersion})`,
        'echo "guestbench: version=gcc $gb_cc"',
        'gb_watcher=',
        endingWith('gb_stop "$gb_watcher"\nrm -rf kernel-objects kernel-unpack'),
        findTarball(source),
        unpack(spaceFor(config), sha256),
        `echo "guestbench: cache=${cache}"`,
        caches[cache],
        build(config),
        '',
      ].join('\n'),
    cleanup: () =>
      '[ -n "${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && rm -rf kernel-objects kernel-unpack kernel-tree-* kernel-download-*\nexit 0\n',
  },
  parse: parsers.kernel,
});

function checkSource(source: string): string {
  // What is uploaded was looked at on the person's computer.
  if (isUpload(source)) return ':';
  if (isPackage(source)) {
    return [
      newestPackage,
      'if [ -z "$gb_tarball" ]; then',
      '  if [ "$gb_manager" = apt-get ]; then gb_missing linux-source; fi',
      '  gb_problem "this guest has no package of the kernel\'s source: give a tarball as the parameter source (local:/path of your computer, /path on the guest, or a URL)" source',
      'fi',
    ].join('\n');
  }
  if (isUrl(source)) {
    return 'if ! command -v curl >/dev/null 2>&1 && ! command -v wget >/dev/null 2>&1; then gb_problem "neither curl nor wget is there to fetch the kernel\'s source with"; fi';
  }
  return `if [ ! -r '${source}' ]; then gb_problem "the kernel's source ${source} is not on this guest" source; fi`;
}
