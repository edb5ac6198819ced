import type { ProblemKind } from './check';
import { cloneRepository, fetchFile, unpackTarball } from './fetching';
import { isUpload, isUrl } from './parameters';
import { planner } from './ptsPlan';
import { endingWith, inBackground, needsSpace, needsTools, preamble, refusedExitCode } from './shell';

export type PtsParameters = {
  readonly source: string;
  readonly tests: string;
  readonly options: string;
  readonly runs: number;
  readonly offline: 'auto' | 'yes' | 'no';
};

export const phpCommands = ['php', 'php8', 'php84', 'php83', 'php82', 'php81', 'php7'] as const;
const isArchive = (source: string): boolean => /\.(?:tar|tgz|tbz2?|txz|tar\.[a-z0-9]+)$/.test(source);
export const isRepository = (source: string): boolean => isUrl(source) && !isArchive(source);
export const sayWhere =
  'the Phoronix Test Suite does not come with Guestbench: give its place as the parameter source or in the setting guestbench.sources (local: and a folder or tarball of your computer, a path on the guest, or the URL of a tarball or git repository)';

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const refuse = (why: string): string => `{ echo "guestbench: failed: ${why}" >&2; exit ${refusedExitCode}; }`;

/** Sets gb_php; PHP without its XML is no use. */
const findPhp = [
  'gb_php=',
  `for gb_c in ${phpCommands.join(' ')}; do`,
  '  if command -v "$gb_c" >/dev/null 2>&1; then gb_php=$gb_c; break; fi',
  'done',
].join('\n');
const phpHasXml =
  '"$gb_php" -r \'exit(extension_loaded("dom") && extension_loaded("simplexml") && extension_loaded("json") ? 0 : 1);\' >/dev/null 2>&1';

/** Where root's Phoronix Test Suite reads its settings, whatever it is told. */
const settingsOfRoot = '/etc/phoronix-test-suite.xml';

/**
 * The places of the Phoronix Test Suite of this account. Its tests, profiles and downloads stay where it keeps them
 * (gb_own, gb_tests, gb_cache): they take long to install, and are there for the next experiment. Its settings, locks,
 * logs and results are ours for the time of the run (gb_user), but for root's settings (gb_config), which it reads from
 * one place only: they are put aside and back (gb_swap).
 */
const places = [
  ': "${HOME:=/}"; export HOME',
  `gb_etc=${settingsOfRoot}`,
  'gb_user=$GB_WORK/pts-user',
  'gb_swap=no',
  'if [ -w /var/lib ] && [ -w /etc ]; then',
  '  gb_own=/var/lib/phoronix-test-suite gb_cache=/var/cache/phoronix-test-suite/download-cache gb_swap=yes',
  'else',
  '  gb_own=${HOME%/}/.phoronix-test-suite gb_cache=${HOME%/}/.phoronix-test-suite/download-cache',
  '  if [ -f "$gb_etc" ] && [ -w "$gb_etc" ]; then gb_swap=yes; fi',
  'fi',
  'gb_config=$gb_user/user-config.xml gb_theirs=$gb_own/user-config.xml',
  'if [ "$gb_swap" = yes ]; then gb_config=$gb_etc gb_theirs=$gb_etc; fi',
  'if [ -f "$gb_config.guestbench-saved" ]; then gb_theirs=$gb_config.guestbench-saved; fi',
  "# gb_old KEY: what the person's own settings have there.",
  'gb_old() { [ -r "$gb_theirs" ] && sed -n "s|.*<$1>\\(.*\\)</$1>.*|\\1|p" "$gb_theirs" | head -n 1; }',
  'gb_tests=$(gb_old EnvironmentDirectory)',
  'case "$gb_tests" in',
  '  "~/.phoronix-test-suite/"*) gb_tests=$gb_own/${gb_tests#"~/.phoronix-test-suite/"} ;;',
  '  "~/"*) gb_tests=${HOME%/}/${gb_tests#"~/"} ;;',
  '  /*) ;;',
  '  *) gb_tests=$gb_own/installed-tests ;;',
  'esac',
  'gb_tests=${gb_tests%/}',
].join('\n');

const unpacked = (source: string): string =>
  `gb_tree=$GB_WORK/pts-tree-$(printf %s ${quoted(source)} | cksum | cut -d " " -f 1)`;

/** Sets gb_pts to the folder of the Phoronix Test Suite, and gb_launch to its command, or to nothing. */
function locate(source: string): string {
  const look = [
    'for gb_d in "$gb_tree" "$gb_tree"/*; do',
    '  if [ -f "$gb_d/pts-core/pts-core.php" ]; then gb_pts=$gb_d gb_launch=$gb_d/phoronix-test-suite; break; fi',
    'done',
  ];
  if (source === '') {
    return [
      'gb_pts= gb_launch=$(command -v phoronix-test-suite 2>/dev/null) || gb_launch=',
      'if [ -n "$gb_launch" ]; then',
      '  gb_d=$(sed -n "s/^export PTS_DIR=\\(\\/[^ \\$\\`]*\\)\\$/\\1/p" "$gb_launch" 2>/dev/null | head -n 1)',
      '  gb_at=$(readlink -f "$gb_launch") || gb_at=$gb_launch',
      '  for gb_d in "$gb_d" "${gb_at%/*}" /usr/share/phoronix-test-suite /usr/local/share/phoronix-test-suite; do',
      '    if [ -f "$gb_d/pts-core/pts-core.php" ]; then gb_pts=$gb_d; break; fi',
      '  done',
      'fi',
    ].join('\n');
  }
  return [
    'gb_pts= gb_launch=',
    ...(isUrl(source)
      ? [unpacked(source)]
      : [`gb_tree=${quoted(source)}`, `if [ ! -d "$gb_tree" ]; then ${unpacked(source)}; fi`]),
    ...look,
  ].join('\n');
}

/** Brings the tree there unless it is: a folder is used where it lies, a tarball is unpacked, a repository fetched. */
function provide(source: string): string {
  if (source === '') {
    return `if [ -z "$gb_pts" ]; then ${refuse(sayWhere)}; fi`;
  }
  const given = isUrl(source)
    ? [`gb_url=${quoted(source)}`]
    : [
        `gb_given=${quoted(source)}`,
        `if [ ! -f "$gb_given" ]; then ${refuse('there is neither a folder nor a file $gb_given')}; fi`,
      ];
  const fetch = isRepository(source)
    ? ['gb_into=pts-unpack/tree', cloneRepository]
    : [
        ...(isUrl(source) ? ['gb_given=pts-download-${gb_url##*/} gb_into=$gb_given', fetchFile] : []),
        'gb_into=pts-unpack',
        unpackTarball,
        'rm -f pts-download-*',
      ];
  return [
    'if [ -z "$gb_pts" ]; then',
    `if [ -d ${quoted(source)} ]; then ${refuse(`${source} is not the Phoronix Test Suite: it has no pts-core`)}; fi`,
    needsSpace(200_000, (why) => refuse(why)),
    'rm -rf pts-unpack && mkdir pts-unpack || exit $?',
    'echo "guestbench: unpacking the Phoronix Test Suite"',
    ...given,
    ...fetch,
    `if [ "$gb_status" -ne 0 ]; then ${refuse('could not get the Phoronix Test Suite')}; fi`,
    'rm -rf "$gb_tree"; mv pts-unpack "$gb_tree" || exit $?',
    locate(source),
    `if [ -z "$gb_pts" ]; then rm -rf "$gb_tree"; ${refuse(`${source} is not the Phoronix Test Suite: it has no pts-core`)}; fi`,
    'fi',
  ].join('\n');
}

const versionOf =
  "$(sed -n \"s/.*'PTS_VERSION', '\\([^']*\\)'.*/\\1/p\" \"$gb_pts/pts-core/pts-core.php\" | head -n 1)";

/** Sets gb_plan. */
const plan = ({ tests, options }: PtsParameters): string =>
  `gb_plan=$(gb_planner "$gb_own:$gb_pts/ob-cache" "$gb_tests" "$gb_cache" ${quoted(tests)} ${quoted(options)})`;

/** True when names are resolved; asks for five seconds at most, where the Phoronix Test Suite waits for a minute. */
const hasNames = [
  'gb_names() {',
  '  if command -v timeout >/dev/null 2>&1; then',
  '    timeout 5 "$gb_php" -r \'exit(gethostbyname("openbenchmarking.org") === "openbenchmarking.org" ? 1 : 0);\' 2>/dev/null',
  '  else',
  '    return 1',
  '  fi',
  '}',
].join('\n');
/** Sets gb_offline to TRUE or FALSE. */
const whetherOffline = {
  yes: 'gb_offline=TRUE',
  no: 'gb_offline=FALSE',
  auto: 'if gb_names; then gb_offline=FALSE; else gb_offline=TRUE; fi',
} as const;

/** What a check script has to say beyond the packages. Touches nothing, starts no Phoronix Test Suite. */
export function checkFurther(parameters: PtsParameters): string {
  const { source, offline } = parameters;
  const problem = (why: string, kind: ProblemKind = 'other') => `gb_problem "${why}" ${kind}`;
  const absent =
    isUrl(source) || isUpload(source)
      ? 'gb_version="$gb_version, the Phoronix Test Suite to be brought for the first trial"'
      : source === ''
        ? [
            '# Not every distribution has it; asked of those only whose answer is quick.',
            'gb_has_package=no',
            'case "$gb_manager" in',
            '  apt-get) [ -n "$(apt-cache show phoronix-test-suite 2>/dev/null)" ] && gb_has_package=yes ;;',
            '  apk) [ -n "$(apk search -e phoronix-test-suite 2>/dev/null)" ] && gb_has_package=yes ;;',
            '  dnf | yum) gb_has_package=yes ;;',
            'esac',
            `if [ "$gb_has_package" = no ]; then ${problem(sayWhere, 'source')}; fi`,
            'gb_groups() { echo phoronix-test-suite; }',
            'gb_missing phoronix-test-suite',
          ].join('\n')
        : [
            `if [ -d ${quoted(source)} ]; then ${problem(`${source} is not the Phoronix Test Suite: it has no pts-core`, 'source')}; fi`,
            `if [ ! -r ${quoted(source)} ]; then ${problem(`the Phoronix Test Suite is not on this guest: there is no ${source}`, 'source')}; fi`,
            'gb_version="$gb_version, to be unpacked at the first trial"',
          ].join('\n');
  return [
    findPhp,
    `if ! ${phpHasXml}; then gb_missing "PHP with its modules dom and simplexml"; fi`,
    'GB_WORK=${GB_WORK:-/nonexistent}',
    places,
    planner,
    hasNames,
    locate(source),
    'if [ -z "$gb_pts" ]; then',
    absent,
    'else',
    `gb_version="Phoronix Test Suite ${versionOf}"`,
    'fi',
    '# The profiles are in its own folder, or where it first started; before that there is nothing to read.',
    'if [ -n "$gb_pts" ] || [ -d "$gb_own/test-profiles" ]; then',
    plan(parameters),
    'gb_said=$(gb_planned problem | head -n 1)',
    `if [ -n "$gb_said" ]; then ${problem('$gb_said')}; fi`,
    'if [ -z "$(gb_planned end)" ]; then gb_problem "the profiles of the Phoronix Test Suite could not be read with $gb_php"; fi',
    'gb_said=$(gb_planned needs | while IFS="|" read -r gb_t gb_c; do command -v "$gb_c" >/dev/null 2>&1 || echo "$gb_t needs the command $gb_c, which is not on this guest: install it there"; done | head -n 1)',
    `if [ -n "$gb_said" ]; then ${problem('$gb_said')}; fi`,
    'gb_said=$(gb_planned download | while IFS="|" read -r gb_t gb_f gb_a; do echo "$gb_f (of $gb_t, from $gb_a)"; done | head -n 5)',
    'if [ -n "$gb_said" ]; then',
    whetherOffline[offline],
    `  if [ "$gb_offline" = TRUE ]; then ${problem('this guest has no way to the Internet: bring these files to $gb_cache there: $(echo $gb_said)', 'source')}; fi`,
    'fi',
    'gb_said=$(gb_planned absent | tr "\\n" " ")',
    'if [ -n "$gb_said" ]; then gb_version="$gb_version, to be installed at the first trial: ${gb_said% }"; fi',
    'fi',
  ].join('\n');
}

/**
 * gb_configure OFFLINE writes our settings; gb_restore puts the person's back, or removes ours where there were none.
 * Each step is a rename, so that whenever we are killed the next run finds the person's file whole under one name.
 */
const settings = [
  'gb_restore() {',
  '  [ "$gb_swap" = yes ] || return 0',
  '  if [ -f "$gb_config.guestbench-saved" ]; then mv -f "$gb_config.guestbench-saved" "$gb_config"',
  '  elif [ -f "$gb_config.guestbench-none" ]; then rm -f "$gb_config" "$gb_config.guestbench-none"; fi',
  '}',
  'gb_save() {',
  '  [ "$gb_swap" = yes ] || return 0',
  '  if [ -f "$gb_config" ]; then',
  '    cp -p "$gb_config" "$gb_config.guestbench-new" && mv -f "$gb_config.guestbench-new" "$gb_config.guestbench-saved" || return 1',
  '    gb_theirs=$gb_config.guestbench-saved',
  '  else',
  '    : >"$gb_config.guestbench-none" || return 1',
  '  fi',
  '}',
  'gb_configure() {',
  '  {',
  '    echo \'<?xml version="1.0"?>\'',
  '    echo "<PhoronixTestSuite><Options>"',
  '    echo "<OpenBenchmarking><AnonymousUsageReporting>FALSE</AnonymousUsageReporting><AlwaysUploadSystemLogs>FALSE</AlwaysUploadSystemLogs><AllowResultUploadsToOpenBenchmarking>FALSE</AllowResultUploadsToOpenBenchmarking></OpenBenchmarking>"',
  '    echo "<General><ColoredConsole>FALSE</ColoredConsole><PhoromaticServers></PhoromaticServers></General>"',
  '    echo "<Modules><AutoLoadModules></AutoLoadModules></Modules>"',
  '    echo "<Installation><PromptForDownloadMirror>FALSE</PromptForDownloadMirror><EnvironmentDirectory>$gb_tests/</EnvironmentDirectory><CacheDirectory>$gb_cache/</CacheDirectory></Installation>"',
  '    echo "<Testing><SaveSystemLogs>FALSE</SaveSystemLogs><SaveInstallationLogs>TRUE</SaveInstallationLogs><SaveTestLogs>TRUE</SaveTestLogs><RemoveTestInstallOnCompletion>FALSE</RemoveTestInstallOnCompletion><ResultsDirectory>$gb_user/results/</ResultsDirectory><AlwaysUploadResultsToOpenBenchmarking>FALSE</AlwaysUploadResultsToOpenBenchmarking></Testing>"',
  '    echo "<TestResultValidation><DynamicRunCount>FALSE</DynamicRunCount><ExportResultsTo></ExportResultsTo><DropNoisyResults>FALSE</DropNoisyResults></TestResultValidation>"',
  '    echo "<ResultViewer><WebPort>RANDOM</WebPort><LimitAccessToLocalHost>TRUE</LimitAccessToLocalHost></ResultViewer>"',
  '    echo "<BatchMode><SaveResults>TRUE</SaveResults><OpenBrowser>FALSE</OpenBrowser><UploadResults>FALSE</UploadResults><PromptForTestIdentifier>FALSE</PromptForTestIdentifier><PromptForTestDescription>FALSE</PromptForTestDescription><PromptSaveName>FALSE</PromptSaveName><RunAllTestCombinations>FALSE</RunAllTestCombinations><Configured>TRUE</Configured></BatchMode>"',
  '    echo "<Networking><NoInternetCommunication>$1</NoInternetCommunication>"',
  '    for gb_k in ProxyAddress ProxyPort ProxyUser ProxyPassword; do echo "<$gb_k>$(gb_old "$gb_k")</$gb_k>"; done',
  '    echo "</Networking></Options></PhoronixTestSuite>"',
  '  } >"$gb_config.guestbench-new" && chmod 600 "$gb_config.guestbench-new" && mv -f "$gb_config.guestbench-new" "$gb_config"',
  '}',
].join('\n');

/** Ends what carries our mark: tests whose starter was killed, and viewers it leaves listening. */
const sweep = [
  'gb_marked() { grep -lszxF "PTS_USER_PATH_OVERRIDE=$gb_user/" /proc/[0-9]*/environ 2>/dev/null | sed "s|/proc/||; s|/environ||"; }',
  'gb_sweep() {',
  '  gb_n=0',
  '  while gb_left=$(gb_marked) && [ -n "$gb_left" ] && [ "$gb_n" -lt 30 ]; do',
  '    case "$gb_n" in',
  '      0) kill $gb_left 2>/dev/null ;;',
  '      1?) kill -9 $gb_left 2>/dev/null ;;',
  '    esac',
  '    gb_n=$((gb_n + 1))',
  '    sleep 0.1 2>/dev/null || { sleep 1; gb_n=$((gb_n + 9)); }',
  '  done',
  '}',
].join('\n');

const finish = [
  'cd "$GB_WORK" || exit 1',
  'gb_sweep',
  'gb_restore',
  'for gb_f in pts-user/results/*/composite.xml; do',
  '  if [ -f "$gb_f" ]; then cp "$gb_f" "$GB_FILES/composite.xml"; fi',
  'done',
  'cat pts-user/results/*/test-logs/*/*.log 2>/dev/null | tail -c 1000000 >"$GB_FILES/pts-tests.log"',
  'rm -rf pts-user pts-unpack pts-download-*',
].join('\n');

/** A folder of ours for what it writes beside its tests, with its own folders for what is to stay. */
const ownFolder = [
  'rm -rf "$gb_user" && mkdir "$gb_user" "$gb_user/tmp" || exit $?',
  'for gb_d in test-profiles test-suites download-cache openbenchmarking.org; do',
  '  mkdir -p "$gb_own/$gb_d" && ln -s "$gb_own/$gb_d" "$gb_user/$gb_d" || exit $?',
  'done',
  'ln -s "$gb_own/core.pt2so" "$gb_user/core.pt2so"',
].join('\n');

/** One call, without anything it could ask or leave: no modules, no packages of its own choice, no colours. */
const call = (command: string, more = ''): string =>
  inBackground(
    'env PTS_USER_PATH_OVERRIDE="$gb_user/" TMPDIR="$gb_user/tmp" PTS_IGNORE_MODULES=TRUE NO_EXTERNAL_DEPENDENCIES=TRUE ' +
      `NO_COLOR=1 TERMINAL_WIDTH=100 ${more}sh "$gb_launch" ${command} </dev/null`,
  );

const installAbsent = ({ offline }: PtsParameters): string =>
  [
    'gb_absent=$(gb_planned absent | tr "\\n" " ")',
    'if [ -n "$gb_absent" ]; then',
    whetherOffline[offline],
    'gb_configure "$gb_offline" || exit $?',
    'echo "guestbench: installing ${gb_absent% }"',
    call('batch-install $gb_absent'),
    'for gb_t in $gb_absent; do',
    '  if [ -f "$gb_tests/$gb_t/pts-install.json" ] || [ -f "$gb_tests/$gb_t/pts-install.xml" ]; then continue; fi',
    '  tail -n 15 "$gb_tests/$gb_t/install-failed.log" 2>/dev/null >&2',
    '  gb_why=$(gb_planned needs | sed -n "s,^$gb_t|,,p" | while read -r gb_c; do command -v "$gb_c" >/dev/null 2>&1 || printf " %s" "$gb_c"; done)',
    '  if [ -n "$gb_why" ]; then gb_why="; it needs on this guest:$gb_why"; fi',
    '  gb_file=$(gb_planned download | sed -n "s,^$gb_t|,,p" | cut -d "|" -f 1 | while read -r gb_f; do [ -f "$gb_cache/$gb_f" ] || printf " %s" "$gb_f"; done)',
    '  if [ -n "$gb_file" ]; then gb_why="$gb_why; not to be had from the Internet, so bring to $gb_cache:$gb_file"; fi',
    `  echo "guestbench: failed: $gb_t could not be installed$gb_why" >&2; gb_bad=yes`,
    'done',
    `if [ -n "$gb_bad" ]; then exit ${refusedExitCode}; fi`,
    'fi',
  ].join('\n');

/** The run: tests that are not there are installed first, and that is not measured by the tests themselves. */
export function runScript(parameters: PtsParameters): string {
  const { source, runs, offline } = parameters;
  return [
    preamble,
    needsTools([phpCommands, ...(isRepository(source) ? [['git']] : [])]),
    findPhp,
    `if ! ${phpHasXml}; then ${refuse('PHP has no modules dom and simplexml')}; fi`,
    places,
    planner,
    hasNames,
    settings,
    sweep,
    '# What an earlier run left that was killed before it could end.',
    'gb_sweep',
    'gb_restore',
    'for gb_f in /proc/[0-9]*/cmdline; do',
    '  gb_p=${gb_f%/cmdline}',
    `  if [ -O "$gb_p" ] && grep -qs 'pts-core/phoronix-test-suite\\.php' "$gb_f"; then ${refuse('the Phoronix Test Suite is already running on this guest, for this account ($gb_p)')}; fi`,
    'done',
    'gb_bad=',
    endingWith(finish),
    locate(source),
    provide(source),
    `if ! grep -q PTS_USER_PATH_OVERRIDE "$gb_pts/pts-core/pts-core.php"; then ${refuse("this Phoronix Test Suite is older than 8.2, which Guestbench cannot run apart from a person's own settings")}; fi`,
    plan(parameters),
    'gb_said=$(gb_planned problem)',
    `if [ -n "$gb_said" ]; then printf '%s\\n' "$gb_said" | sed "s/^/guestbench: failed: /" >&2; exit ${refusedExitCode}; fi`,
    `if [ -z "$(gb_planned end)" ]; then ${refuse('the profiles of the Phoronix Test Suite could not be read with $gb_php')}; fi`,
    `echo "guestbench: version=Phoronix Test Suite ${versionOf}, PHP $("$gb_php" -r 'echo PHP_VERSION;')"`,
    'gb_planned test | sed "s/^/guestbench: test=/"',
    'gb_planned option | sed "s/^/guestbench: option=/"',
    `echo "guestbench: runs=${runs} of $(gb_planned runs)"`,
    ownFolder,
    `gb_save || ${refuse('the settings $gb_config could not be put aside')}`,
    installAbsent(parameters),
    `gb_configure ${offline === 'no' ? 'FALSE' : 'TRUE'} || exit $?`,
    'gb_preset=$(gb_planned preset)',
    '# In the result file it tells the parser whether it has seen the whole plan.',
    'gb_size=$(($(gb_planned test | wc -l)))x$(($(gb_planned option | wc -l)))',
    call(
      'batch-run $(gb_planned run)',
      `TEST_RESULTS_NAME="guestbench-$gb_size-$$" TEST_RESULTS_IDENTIFIER="guest-$gb_size" FORCE_TIMES_TO_RUN=${runs} \${gb_preset:+"PRESET_OPTIONS=$gb_preset"} `,
    ),
    'cd "$GB_WORK" || exit 1',
    'if grep -qs \'"error":\' pts-user/results/*/composite.xml; then tail -n 5 pts-user/results/*/test-logs/*/*.log >&2 2>/dev/null; fi',
    'exit "$gb_status"',
    '',
  ].join('\n');
}

/** Removes what is ours, and gives back the person's settings should a run have been killed with them. */
export const cleanupScript = [
  '[ -n "${GB_WORK:-}" ] || exit 0',
  places,
  sweep,
  settings,
  'gb_sweep',
  'gb_restore',
  'cd "$GB_WORK" 2>/dev/null && rm -rf pts-user pts-unpack pts-download-* pts-tree-*',
  'exit 0',
  '',
].join('\n');
