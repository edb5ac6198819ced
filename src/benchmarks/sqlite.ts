import { checkScript, installScript, type PackageNames } from './check';
import { defineBenchmark } from './define';
import { parameter, parameterObject, wholeNumber } from './parameters';
import { parsers } from './parsers';
import { findTool, needsSpace, preamble, refusedExitCode, warnAboutFilesystem } from './shell';

const packages: PackageNames = {
  'apt-get': ['sqlite3'],
  dnf: ['sqlite', 'sqlite3'],
  yum: ['sqlite'],
  zypper: ['sqlite3', 'sqlite'],
  apk: ['sqlite'],
};

const rounds = 10;

/** What each copy does: its own database, `rounds` times the same inserts, each a transaction of its own. */
const copyFunction = [
  'gb_copy() {',
  '  gb_db=copy-$1.db',
  '  sqlite3 "$gb_db" "PRAGMA journal_mode=DELETE; CREATE TABLE bench (id INTEGER NOT NULL, at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, code VARCHAR(4) NOT NULL, name VARCHAR(16) NOT NULL); CREATE INDEX bench_code ON bench (code);" >/dev/null || return $?',
  '  gb_r=0',
  `  while [ "$gb_r" -lt ${rounds} ]; do`,
  '    sqlite3 -bail "$gb_db" <inserts.sql || return $?',
  '    gb_r=$((gb_r + 1))',
  `    if [ "$1" = 1 ]; then echo "guestbench: progress $((gb_r * 100 / ${rounds})) %"; fi`,
  '  done',
  '}',
].join('\n');

/**
 * The clock: /proc/uptime cannot be set, but counts in steps of 10 ms; `date` has nanoseconds, but can be set
 * while we measure. Where both agree to 30 ms the finer one is taken, else (clock set, no %N) the uptime.
 */
const elapsed = [
  'LC_ALL=C awk -v u0="$gb_u0" -v u1="$gb_u1" -v d0="$gb_d0" -v d1="$gb_d1" -v total="$gb_total" \'',
  'BEGIN {',
  '  seconds = u1 - u0; clock = "uptime"',
  '  fine = d0 ~ /^[0-9]+[.][0-9]+$/ && d1 ~ /^[0-9]+[.][0-9]+$/',
  '  if (fine && d1 - d0 - seconds < 0.03 && seconds - (d1 - d0) < 0.03) { seconds = d1 - d0; clock = "date" }',
  '  if (seconds <= 0) { print "guestbench: failed: the clock did not move" > "/dev/stderr"; exit 1 }',
  '  printf "guestbench: clock=%s\\nelapsed_seconds=%.3f\\ninserts_per_second=%.1f\\n", clock, seconds, total / seconds',
  "}' || exit $?",
].join('\n');

const cleanup = 'rm -f copy-[0-9]*.db copy-[0-9]*.db-journal inserts.sql';

export const sqlite = defineBenchmark({
  id: 'sqlite',
  title: 'SQLite',
  description:
    'Inserts into an indexed table, each on the disk before the next: the latency of small synchronous writes.',
  kind: 'disk',
  metrics: [
    { id: 'sqlite.inserts_per_second', title: 'Inserts', unit: 'inserts/s', better: 'higher', primary: true },
    { id: 'sqlite.elapsed', title: 'Elapsed time', unit: 's', better: 'lower', primary: false },
  ],
  parameters: parameterObject({
    inserts: parameter(
      'Inserts per copy, each a transaction of its own.',
      wholeNumber(100, 1_000_000, 2500, rounds),
    ),
    copies: parameter('Databases written at the same time.', wholeNumber(1, 64, 1)),
  }),
  presets: { quick: { inserts: 500 }, standard: { inserts: 2500 }, thorough: { inserts: 10_000 } },
  estimateSeconds: ({ inserts, copies }) => 1 + (inserts * copies) / 200,
  timeoutSeconds: ({ inserts, copies }) => 120 + (inserts * copies) / 5,
  scripts: {
    check: () =>
      checkScript({
        commands: ['sqlite3'],
        packages,
        version: "sqlite3 --version 2>/dev/null | cut -d ' ' -f 1",
      }),
    install: () => installScript(packages),
    run: ({ inserts, copies }) =>
      [
        preamble,
        findTool(['sqlite3']),
        "gb_version=$(sqlite3 --version | cut -d ' ' -f 1)",
        'echo "guestbench: version=$gb_version"',
        warnAboutFilesystem,
        needsSpace(
          10_240 * copies + inserts,
          (why) => `echo "guestbench: ${why}" >&2; exit ${refusedExitCode}`,
        ),
        cleanup,
        "trap 'rm -f copy-[0-9]*.db copy-[0-9]*.db-journal inserts.sql' EXIT",
        "trap 'exit 130' INT; trap 'exit 143' TERM; trap 'exit 129' HUP",
        copyFunction,
        `LC_ALL=C awk 'BEGIN { print "PRAGMA synchronous=FULL;"; srand(7); for (i = 1; i <= ${inserts / rounds}; i++) printf "INSERT INTO bench (id, code, name) VALUES (%d, \\047%04d\\047, \\047%016d\\047);\\n", i, int(rand() * 9999), int(rand() * 1000000000) }' >inserts.sql || exit $?`,
        `echo "sqlite $gb_version inserts-per-round=${inserts / rounds} rounds=${rounds} copies=${copies} fs=$gb_fs"`,
        'sync',
        'read -r gb_u0 gb_rest </proc/uptime || exit 1',
        'gb_d0=$(date +%s.%N)',
        'gb_pids=',
        'gb_i=1',
        `while [ "$gb_i" -le ${copies} ]; do gb_copy "$gb_i" & gb_pids="$gb_pids $!"; gb_i=$((gb_i + 1)); done`,
        'gb_status=0',
        'for gb_pid in $gb_pids; do wait "$gb_pid" || gb_status=$?; done',
        'gb_d1=$(date +%s.%N)',
        'read -r gb_u1 gb_rest </proc/uptime || exit 1',
        'if [ "$gb_status" -ne 0 ]; then exit "$gb_status"; fi',
        '# Checked after the time is taken: the rows are there, and the database is sound.',
        'gb_i=1',
        `while [ "$gb_i" -le ${copies} ]; do`,
        '  gb_checked=$(sqlite3 "copy-$gb_i.db" "SELECT count(*) FROM bench; PRAGMA journal_mode; PRAGMA integrity_check;") || exit $?',
        '  echo "copy $gb_i rows/journal/integrity:" $gb_checked',
        '  gb_i=$((gb_i + 1))',
        'done',
        `gb_total=${inserts * copies}`,
        elapsed,
        'exit 0',
        '',
      ].join('\n'),
    cleanup: () => `[ -n "\${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && ${cleanup}\nexit 0\n`,
  },
  parse: parsers.sqlite,
});
