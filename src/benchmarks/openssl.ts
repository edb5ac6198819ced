import type { Metric } from './benchmark';
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

export const openssl = defineBenchmark({
  id: 'openssl',
  title: 'OpenSSL',
  description:
    'Public-key signatures and bulk encryption on every CPU: pure computing, with and without CPU instructions.',
  kind: 'cpu',
  metrics: [
    rate('openssl.rsa4096.sign', 'RSA 4096 sign', 'ops/s', true),
    rate('openssl.rsa4096.verify', 'RSA 4096 verify', 'ops/s'),
    rate('openssl.aes-256-gcm.16384', 'AES-256-GCM, 16 KiB', 'B/s'),
    rate('openssl.sha256.16384', 'SHA-256, 16 KiB', 'B/s'),
    rate('openssl.chacha20-poly1305.16384', 'ChaCha20-Poly1305, 16 KiB', 'B/s'),
  ],
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
      }),
    install: () => installScript(packages),
    run: ({ seconds, threads }) =>
      [
        preamble,
        findTool(['openssl']),
        cpuCount(threads),
        'echo "guestbench: version=$(openssl version | cut -d " " -f 1,2)"',
        'echo "guestbench: threads=$gb_cpus"',
        ...invocations.flatMap((what) => [
          `echo "guestbench: openssl speed -elapsed -seconds ${seconds} -multi $gb_cpus ${what}"`,
          `openssl speed -elapsed -seconds ${seconds} -multi "$gb_cpus" ${what} || exit $?`,
        ]),
        'exit 0',
        '',
      ].join('\n'),
    cleanup: () => 'exit 0\n',
  },
  parse: parsers.openssl,
});
