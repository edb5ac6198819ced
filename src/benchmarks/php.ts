import { checkScript, installScript, type PackageNames } from './check';
import { defineBenchmark } from './define';
import { parameter, parameterObject, wholeNumber } from './parameters';
import { parsers } from './parsers';
import { endingWith, findTool, inBackground, preamble } from './shell';

const packages: PackageNames = {
  'apt-get': ['php-cli', 'php8.4-cli', 'php8.2-cli', 'php7.4-cli', 'php7.3-cli', 'php7.0-cli', 'php5-cli'],
  dnf: ['php-cli', 'php'],
  yum: ['php-cli', 'php'],
  zypper: ['php8-cli', 'php8', 'php7-cli', 'php7', 'php-cli'],
  // Alpine has a package for each version, and which ones differs between releases.
  apk: ['php84', 'php85', 'php83', 'php82', 'php81', 'php8', 'php7'],
};
const commands = ['php', 'php85', 'php84', 'php83', 'php82', 'php81', 'php8', 'php7'];

/**
 * The program that is measured: eight sections, each computing a number that must be the same in every round.
 * `php program.php SCALE ROUNDS`. Extensions that are compiled in everywhere only, as `-n` loads no others;
 * %F, which knows no locale; arithmetic that fits 32 bits.
 */
const program = String.raw`<?php
if ($argc !== 3) { fwrite(STDERR, "usage: program.php SCALE ROUNDS\n"); exit(2); }
$scale = (float) $argv[1];
$rounds = (int) $argv[2];

function times(float $scale, int $count): int { return max(1, (int) ($scale * $count)); }
function following(int $x): int { return ($x * 75 + 74) % 65537; }
function fibonacci(int $n): int { return $n < 2 ? $n : fibonacci($n - 1) + fibonacci($n - 2); }
function digits(int $n): int { return $n < 10 ? $n : $n % 10 + digits(intdiv($n, 10)); }

$sections = array(
  'loop' => function (float $scale) {
    $sum = 1;
    for ($i = times($scale, 3000000); $i > 0; $i--) {
      $sum = ($sum * 5 + ($i ^ $sum) + 7) & 0xffffff;
      if ($sum & 1) { $sum += 3; }
    }
    return $sum;
  },
  'sieve' => function (float $scale) {
    $limit = times($scale, 1200000) + 10;
    $prime = array_fill(0, $limit + 1, true);
    for ($i = 2; $i * $i <= $limit; $i++) {
      if (!$prime[$i]) { continue; }
      for ($k = $i * $i; $k <= $limit; $k += $i) { $prime[$k] = false; }
    }
    $count = 0;
    for ($i = 2; $i <= $limit; $i++) { if ($prime[$i]) { $count++; } }
    return $count;
  },
  'string' => function (float $scale) {
    $sum = 0;
    for ($i = times($scale, 90000); $i > 0; $i--) {
      $text = 'guest ' . $i . ' of host ' . ($i % 17) . ', mode ' . dechex($i);
      $words = explode(' ', strtoupper(strrev($text)));
      $text = str_replace('TSEUG', 'machine', implode('-', $words));
      $sum = ($sum + strlen(trim(substr($text, 3), '-')) + (int) strpos($text, 'machine') + ord($text[0])) & 0xffffff;
      $sum ^= strlen(sprintf('%05d|%s', $i % 1000, ucfirst($text)));
    }
    return $sum;
  },
  'md5' => function (float $scale) {
    $hash = 'guestbench';
    for ($i = times($scale, 400000); $i > 0; $i--) { $hash = md5($hash . $i); }
    return $hash;
  },
  'sort' => function (float $scale) {
    $x = 1;
    $numbers = array();
    $names = array();
    for ($i = times($scale, 90000); $i > 0; $i--) {
      $x = following($x);
      $numbers[] = $x * 7 % 32771;
      if ($i % 3 === 0) { $names[] = 'name' . $x; }
    }
    $own = $numbers;
    sort($numbers);
    usort($own, function (int $a, int $b): int { return $b - $a; });
    sort($names, SORT_STRING);
    $middle = intdiv(count($names), 2);
    return $numbers[0] . ' ' . $own[0] . ' ' . ($names[$middle] ?? '') . ' ' . $numbers[intdiv(count($numbers), 2)];
  },
  'assoc' => function (float $scale) {
    $x = 3;
    $counts = array();
    for ($i = times($scale, 600000); $i > 0; $i--) {
      $x = following($x);
      $key = 'k' . ($x % 20011);
      $counts[$key] = ($counts[$key] ?? 0) + 1;
    }
    ksort($counts);
    $sum = 0;
    foreach ($counts as $key => $count) { $sum = ($sum * 3 + $count + strlen($key)) & 0xffffff; }
    return $sum;
  },
  'recursion' => function (float $scale) {
    $sum = 0;
    for ($i = times($scale, 450); $i > 0; $i--) { $sum += fibonacci(18) + digits(100000 + $i); }
    return $sum;
  },
  'float' => function (float $scale) {
    $inside = 0;
    $rows = times($scale, 700);
    for ($row = 0; $row < $rows; $row++) {
      for ($column = 0; $column < 120; $column++) {
        $a = 3.0 * $column / 120.0 - 2.25;
        $b = 2.5 * $row / $rows - 1.25;
        $x = 0.0;
        $y = 0.0;
        for ($n = 0; $n < 60 && $x * $x + $y * $y < 4.0; $n++) {
          $next = $x * $x - $y * $y + $a;
          $y = 2.0 * $x * $y + $b;
          $x = $next;
        }
        $inside += $n + (int) (10.0 * sqrt(abs(sin($a) * cos($b))));
      }
    }
    return $inside;
  },
);

/** The lower of the two in the middle when their number is even. */
function middle(array $values): float { sort($values); return $values[intdiv(count($values) - 1, 2)]; }

$answers = array();
$spent = array();
$totals = array();
// Round 0 warms up and is not counted.
for ($round = 0; $round <= $rounds; $round++) {
  $total = 0.0;
  foreach ($sections as $name => $section) {
    fwrite(STDERR, $round === 0 ? "warm-up $name\n" : "round $round/$rounds $name\n");
    $start = hrtime(true);
    $answer = $section($scale);
    $ms = (hrtime(true) - $start) / 1e6;
    if ($round === 0) { $answers[$name] = $answer; continue; }
    if ($answer !== $answers[$name]) { fwrite(STDERR, "error: $name computed something else in round $round\n"); exit(3); }
    $spent[$name][] = $ms;
    $total += $ms;
  }
  if ($round === 0) { continue; }
  $totals[] = $total;
  printf("round %d total_ms=%.3F\n", $round, $total);
}
foreach ($spent as $name => $values) { printf("test %s median_ms=%.3F n=%d\n", $name, middle($values), count($values)); }
$opcache = function_exists('opcache_get_status') && ini_get('opcache.enable_cli') ? 1 : 0;
printf("answers=%s\n", md5(implode(' ', array_map('strval', $answers))));
printf("php=%s sapi=%s opcache=%d scale=%.3F rounds=%d\n", PHP_VERSION, PHP_SAPI, $opcache, $scale, $rounds);
$median = middle($totals);
printf("median_total_ms=%.3F\nscore=%.1F\ndone\n", $median, 1e6 * $scale / $median);
`;

export const php = defineBenchmark({
  id: 'php',
  title: 'PHP',
  description:
    'A fixed program of loops, strings, hashes, sorting, arrays, calls and floating point: an interpreter on one CPU.',
  kind: 'cpu',
  metrics: [
    { id: 'php.median_total', title: 'Time of a round', unit: 'ms', better: 'lower', primary: true },
    { id: 'php.score', title: 'Score', unit: 'points', better: 'higher', primary: false },
  ],
  parameters: parameterObject({
    rounds: parameter(
      'Counted rounds, after one that is not; the median is the result.',
      wholeNumber(1, 1000, 10),
    ),
    workPercent: parameter(
      'Work of a round, of the usual one, which takes about a second.',
      wholeNumber(1, 10_000, 100),
      '%',
    ),
  }),
  presets: {
    quick: { rounds: 5, workPercent: 30 },
    standard: { rounds: 10, workPercent: 100 },
    thorough: { rounds: 30, workPercent: 100 },
  },
  estimateSeconds: ({ rounds, workPercent }) => 1 + ((rounds + 1) * workPercent) / 100,
  timeoutSeconds: ({ rounds, workPercent }) => 120 + ((rounds + 1) * workPercent) / 5,
  scripts: {
    check: () =>
      checkScript({
        commands,
        packages,
        version: '"$gb_tool" -n -r "echo PHP_VERSION;" 2>/dev/null',
        further:
          'if [ "$("$gb_tool" -n -r "echo PHP_SAPI, PHP_VERSION_ID >= 70400;" 2>/dev/null)" != cli1 ]; then gb_problem "$gb_tool is PHP $gb_version; the command line version of 7.4 or later is needed"; fi',
      }),
    install: () => installScript(packages),
    run: ({ rounds, workPercent }) =>
      [
        preamble,
        findTool(commands),
        'echo "guestbench: version=$("$gb_tool" -n -r "echo PHP_VERSION;")"',
        endingWith('rm -f php-program.php'),
        "cat >php-program.php <<'GUESTBENCH_PROGRAM' || exit $?",
        `${program}GUESTBENCH_PROGRAM`,
        '# -n: no settings of the guest, and with them neither opcache nor JIT.',
        inBackground(
          `"$gb_tool" -n -d memory_limit=512M -d display_errors=1 -d html_errors=0 php-program.php ${(workPercent / 100).toFixed(2)} ${rounds}`,
        ),
        'exit "$gb_status"',
        '',
      ].join('\n'),
    cleanup: () => '[ -n "${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && rm -f php-program.php\nexit 0\n',
  },
  parse: parsers.php,
});
