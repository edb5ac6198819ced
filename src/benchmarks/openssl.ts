import type { Metric, ParsedOutput, TrialOutput } from './benchmark';
import { checkScript, installScript, samePackage } from './check';
import { defineBenchmark } from './define';
import { parameter, parameterObject, wholeNumber } from './parameters';
import { parsers } from './parsers';
import { cpuCount, findTool, preamble } from './shell';

const packages = samePackage('openssl');

const rate = (id: string, title: string, unit: string, primary = false): Metric => ({
  id,
  title,
  unit,
  better: 'higher',
  primary,
  // An OpenSSL before 1.1.1 measures the signatures only.
  ...(id.includes('.rsa') ? {} : { optional: true }),
});

/**
 * One invocation per algorithm. Always by the clock (`-elapsed`): by CPU time the hypervisor's share would be
 * left out, which is the very thing to measure. From 3.2 on `rsa4096` also measures key encapsulation and key
 * generation, ten steps instead of two; there is no option to leave them out.
 */
const invocations = [
  'rsa4096',
  '-bytes 16384 -evp aes-256-gcm',
  '-bytes 16384 sha256',
  '-bytes 16384 -evp chacha20-poly1305',
];

/** True for 1.1.1 and later: before, a step has a fixed time and blocks of fixed sizes. */
const takesSeconds = 'openssl speed -help 2>&1 | grep -e " -seconds" >/dev/null';
/** The signatures alone; in 1.0 each of their two steps takes ten seconds. */
const oldInvocation = invocations[0];

const metrics: readonly Metric[] = [
  rate('openssl.rsa4096.sign', 'RSA 4096 sign', 'ops/s', true),
  rate('openssl.rsa4096.verify', 'RSA 4096 verify', 'ops/s'),
  rate('openssl.aes-256-gcm.16384', 'AES-256-GCM, 16 KiB', 'B/s'),
  rate('openssl.sha256.16384', 'SHA-256, 16 KiB', 'B/s'),
  rate('openssl.chacha20-poly1305.16384', 'ChaCha20-Poly1305, 16 KiB', 'B/s'),
];

const onlyOld = 'guestbench: only=rsa4096';

/**
 * All figures, or why one is left out, or those of an OpenSSL that measures no others: a trial with holes would be compared
 * as if it were whole.
 */
function parse(output: TrialOutput): ParsedOutput {
  const parsed = parsers.openssl(output);
  if (parsed.outcome !== 'ok' || output.stdout.split('\n').includes(onlyOld)) return parsed;
  const known = new Set([
    ...parsed.metrics.map(({ id }) => id),
    ...(parsed.failed ?? []).map(({ test }) => test),
  ]);
  const missing = metrics.filter(({ id }) => !known.has(id));
  if (missing.length === 0) return parsed;
  const names = missing.map(({ title, id }) => `${title} (${id})`).join(', ');
  const reason = `the output holds no figure for ${names}: the run is not complete`;
  return { outcome: 'failed', metrics: [], reason };
}

export const openssl = defineBenchmark({
  id: 'openssl',
  title: 'OpenSSL',
  description:
    'Public-key signatures and bulk encryption on every CPU: pure computing, with and without CPU instructions.',
  kind: 'cpu',
  metrics,
  parameters: parameterObject({
    seconds: parameter('Time per step; RSA has two, each other algorithm one.', wholeNumber(1, 600, 3), 's'),
    threads: parameter('Processes at a time; 0: one per CPU.', wholeNumber(0, 1024, 0)),
  }),
  presets: { quick: { seconds: 1 }, standard: { seconds: 3 }, thorough: { seconds: 10 } },
  estimateSeconds: ({ seconds }) => 5 * seconds + 1,
  timeoutSeconds: ({ seconds }) => 15 * seconds + 180,
  scripts: {
    check: () =>
      checkScript({
        commands: ['openssl'],
        packages,
        version: "openssl version 2>/dev/null | cut -d ' ' -f 1,2",
        further: `if ! ${takesSeconds}; then gb_version="$gb_version, RSA only: its speed command is older than that of 1.1.1"; fi`,
      }),
    install: () => installScript(packages),
    run: ({ seconds, threads }) =>
      [
        preamble,
        findTool(['openssl']),
        cpuCount(threads),
        'echo "guestbench: version=$(openssl version | cut -d " " -f 1,2)"',
        'echo "guestbench: threads=$gb_cpus"',
        `if ! ${takesSeconds}; then`,
        `  echo "${onlyOld}"`,
        `  echo "guestbench: openssl speed -elapsed -multi $gb_cpus ${oldInvocation}"`,
        `  openssl speed -elapsed -multi "$gb_cpus" ${oldInvocation} || exit $?`,
        '  exit 0',
        'fi',
        ...invocations.flatMap((what) => [
          `echo "guestbench: openssl speed -elapsed -seconds ${seconds} -multi $gb_cpus ${what}"`,
          `openssl speed -elapsed -seconds ${seconds} -multi "$gb_cpus" ${what} || exit $?`,
        ]),
        'exit 0',
        '',
      ].join('\n'),
    cleanup: () => 'exit 0\n',
  },
  parse,
});
