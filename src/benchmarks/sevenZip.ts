import type { Metric } from './benchmark';
import { checkScript, installScript, type PackageNames } from './check';
import { defineBenchmark } from './define';
import { parameter, parameterObject, wholeNumber } from './parameters';
import { parsers } from './parsers';
import { cpuCount, findTool, preamble } from './shell';

/** Debian 12 and later have 7-Zip itself, older ones and EPEL only p7zip. */
const packages: PackageNames = {
  'apt-get': ['7zip', 'p7zip-full', 'p7zip'],
  dnf: ['7zip', 'p7zip'],
  yum: ['p7zip', '7zip'],
  zypper: ['7zip', 'p7zip-full', 'p7zip'],
  apk: ['7zip', 'p7zip'],
};
const commands = ['7z', '7zz', '7za', '7zr'];

/** "7-Zip [64] 16.02 : Copyright …", and without the colon up to 9.20. */
const versionLine = 'sed -n "/7-Zip/{s/ *:\\{0,1\\} *Copyright.*//p;q;}"';

const mips = (id: string, title: string, primary = false): Metric => ({
  id,
  title,
  unit: 'MIPS',
  better: 'higher',
  primary,
  resolution: 1,
});
const usage = (id: string, title: string): Metric => ({
  id,
  title,
  unit: '%',
  better: 'none',
  primary: false,
});

export const sevenZip = defineBenchmark({
  id: '7zip',
  title: '7-Zip',
  description:
    'Compressing and decompressing in memory on every CPU: computing with many accesses to memory.',
  kind: 'cpu',
  metrics: [
    mips('7zip.total', '7-Zip rating', true),
    mips('7zip.compress', 'Compressing'),
    mips('7zip.decompress', 'Decompressing'),
    usage('7zip.compress_cpu_usage', 'CPU use while compressing'),
    usage('7zip.decompress_cpu_usage', 'CPU use while decompressing'),
  ],
  parameters: parameterObject({
    passes: parameter('Times over all sizes of the dictionary.', wholeNumber(1, 100, 1)),
    dictionaryBits: parameter(
      'Largest dictionary as a power of two: 22 is 4 MiB alone, 25 goes from 4 to 32 MiB (220 MB of memory a thread).',
      wholeNumber(18, 27, 24),
    ),
    threads: parameter('Threads at a time; 0: one per CPU.', wholeNumber(0, 256, 0)),
  }),
  presets: {
    quick: { passes: 1, dictionaryBits: 22 },
    standard: { passes: 1, dictionaryBits: 24 },
    thorough: { passes: 3, dictionaryBits: 25 },
  },
  estimateSeconds: ({ passes, dictionaryBits }) => 2 + 6 * passes * rows(dictionaryBits),
  timeoutSeconds: ({ passes, dictionaryBits }) => 120 + 120 * passes * rows(dictionaryBits),
  scripts: {
    check: () =>
      checkScript({
        commands,
        packages,
        version: `"$gb_tool" 2>/dev/null | ${versionLine}`,
      }),
    install: () => installScript(packages),
    run: ({ passes, dictionaryBits, threads }) =>
      [
        preamble,
        findTool(commands),
        cpuCount(threads),
        `echo "guestbench: version=$("$gb_tool" | ${versionLine})"`,
        'echo "guestbench: threads=$gb_cpus"',
        `exec "$gb_tool" b ${passes} "-mmt$gb_cpus" -md${dictionaryBits}`,
        '',
      ].join('\n'),
    cleanup: () => 'exit 0\n',
  },
  parse: parsers['7zip'],
});

/** Dictionary sizes of one pass: from 2^22 on, or from 2^18 when the largest is smaller. */
function rows(dictionaryBits: number): number {
  return dictionaryBits - (dictionaryBits >= 22 ? 22 : 18) + 1;
}
