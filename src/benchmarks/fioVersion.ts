export const fioEngines = ['auto', 'libaio', 'psync', 'io_uring'] as const;
export type Engine = (typeof fioEngines)[number];

/** fio writes JSON since this version: the figures of an older one could not be read. */
const oldest = { text: '2.0.10', number: 2_000_010 };

/**
 * POSIX sh: sets gb_fio to the version and gb_number to a number that can be compared (2.1.3 is 2001003); both are empty
 * when fio does not tell it. Defines gb_has_engine, as old versions tell by their words only whether there is an engine.
 * `fail` ends the script for a version that is too old or an engine that is missing, before anything is written.
 */
export const examineVersion = (engine: Engine, fail: (reason: string) => string): string =>
  [
    "gb_fio=$(fio --version 2>/dev/null | sed -n 's/^fio[- ]v\\{0,1\\}\\([0-9][0-9.]*\\).*/\\1/p' | head -n 1)",
    `gb_number=$(echo "$gb_fio" | awk -F. '/./ { printf "%d", $1 * 1000000 + $2 * 1000 + $3 }')`,
    `if [ -n "$gb_number" ] && [ "$gb_number" -lt ${oldest.number} ]; then`,
    `  ${fail(`fio $gb_fio is too old: it writes no JSON, which ${oldest.text} and later do`)}`,
    'fi',
    'gb_has_engine() {',
    '  gb_said=$(fio "--enghelp=$1" 2>&1) || return 1',
    '  case "$gb_said" in *"not found"* | *"not loadable"* | *"not loaded"*) return 1 ;; esac',
    '  return 0',
    '}',
    ...(engine === 'auto'
      ? []
      : [
          `if ! gb_has_engine ${engine}; then`,
          `  ${fail(`fio $gb_fio has no engine ${engine} on this guest: choose the engine auto`)}`,
          'fi',
        ]),
  ].join('\n');

/** POSIX sh, after `examineVersion`: sets gb_eta to the options of the progress; lines of it come since 2.0.15. */
export const setEta = [
  'gb_eta="--eta=always --eta-newline=1"',
  'if [ "${gb_number:-9999999}" -lt 2000015 ]; then gb_eta=--eta=always; fi',
].join('\n');
