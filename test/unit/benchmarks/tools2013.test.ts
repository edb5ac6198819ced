import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { benchmarkById } from '../../../src/benchmarks/catalogue';
import { parsers, type Tool, type TrialOutput } from '../../../src/benchmarks/parsers';
import { change, complaint } from './damage';

const output = (stdout: string): TrialOutput => ({
  stdout,
  stderr: '',
  exitCode: 0,
  signal: null,
  cancelled: false,
  files: new Map(),
});

const opensslHead = [
  'OpenSSL 1.0.1e 11 Feb 2013',
  'built on: Sat Feb  1 22:14:33 UTC 2014',
  'options:bn(64,64) rc4(8x,int) des(idx,cisc,16,int) aes(partial) blowfish(idx) ',
  'compiler: gcc -fPIC -DOPENSSL_PIC -DZLIB -DOPENSSL_THREADS -D_REENTRANT -DDSO_DLFCN -DHAVE_DLFCN_H -m64',
];
const rsaHeader = '                  sign    verify    sign/s verify/s';
const rsaRow = 'rsa 4096 bits 0.009432s 0.000148s    106.0   6756.8';
const doing = [
  "Doing 4096 bit private rsa's for 10s: 1060 4096 bit private RSA's in 10.00s",
  "Doing 4096 bit public rsa's for 10s: 67568 4096 bit public RSA's in 10.00s",
];

const p7zip = `
7-Zip 9.20  Copyright (c) 1999-2010 Igor Pavlov  2010-11-18
p7zip Version 9.20 (locale=C,Utf16=off,HugeFiles=on,2 CPUs)

RAM size:    1998 MB,  # CPU hardware threads:   2
RAM usage:    425 MB,  # Benchmark threads:      2

Dict        Compressing          |        Decompressing
      Speed Usage    R/U Rating  |    Speed Usage    R/U Rating
       KB/s     %   MIPS   MIPS  |     KB/s     %   MIPS   MIPS

22:    2918   160   1774   2839  |    36213   186   1757   3267
23:    2862   164   1779   2917  |    35743   186   1759   3271
24:    2804   168   1795   3015  |    35215   185   1765   3267
25:    2740   172   1819   3129  |    34610   184   1768   3254
----------------------------------------------------------------
Avr:          166   1792   2975              185   1762   3265
Tot:          176   1777   3120
`;

const fairness = (events: number, seconds: string) => [
  '',
  'Threads fairness:',
  `    events (avg/stddev):           ${events.toFixed(4)}/0.00`,
  `    execution time (avg/stddev):   ${seconds}/0.00`,
  '',
  '',
];
const sysbenchHead = (version: string) => [
  `sysbench ${version}:  multi-threaded system evaluation benchmark`,
  '',
  'Running the test with following options:',
  'Number of threads: 1',
];
const sysbenchCpu4 = [
  ...sysbenchHead('0.4.12'),
  '',
  'Doing CPU performance benchmark',
  '',
  'Threads started!',
  'Done.',
  '',
  'Maximum prime number checked in CPU test: 10000',
  '',
  '',
  'Test execution summary:',
  '    total time:                          10.0517s',
  '    total number of events:              10000',
  '    total time taken by event execution: 10.0499',
  '    per-request statistics:',
  '         min:                                  0.95ms',
  '         avg:                                  1.00ms',
  '         max:                                  3.24ms',
  '         approx.  95 percentile:               1.05ms',
  ...fairness(10_000, '10.0499'),
].join('\n');
const sysbenchCpu5 = sysbenchCpu4
  .replace('0.4.12', '0.5')
  .replace(
    'Doing CPU performance benchmark\n\n',
    'Random number generator seed is 0 and will be ignored\n\n\n',
  )
  .replace('Test execution summary:', 'General statistics:')
  .replace('10.0499\n    per-request statistics:', '10.0499s\n    response time:')
  .replace('Maximum prime number checked in CPU test: 10000', 'Prime numbers limit: 10000');
const sysbenchMemory4 = [
  ...sysbenchHead('0.4.12'),
  '',
  'Doing memory operations speed test',
  'Memory block size: 1K',
  '',
  'Memory transfer size: 1024M',
  '',
  'Memory operations type: write',
  'Memory scope type: global',
  'Threads started!',
  'Done.',
  '',
  'Operations performed: 1048576 (1656029.36 ops/sec)',
  '',
  '1024.00 MB transferred (1617.22 MB/sec)',
  '',
  '',
  'Test execution summary:',
  '    total time:                          0.6332s',
  '    total number of events:              1048576',
  '    total time taken by event execution: 0.5210',
  '    per-request statistics:',
  '         min:                                  0.00ms',
  '         avg:                                  0.00ms',
  '         max:                                  0.21ms',
  '         approx.  95 percentile:               0.00ms',
  ...fairness(1_048_576, '0.5210'),
].join('\n');
const sysbenchThreads4 = [
  ...sysbenchHead('0.4.12'),
  '',
  'Doing thread subsystem performance test',
  'Thread yields per test: 1000 Locks used: 8',
  'Threads started!',
  'Done.',
  '',
  '',
  'Test execution summary:',
  '    total time:                          2.0004s',
  '    total number of events:              10000',
  '    total time taken by event execution: 1.9950',
  '    per-request statistics:',
  '         min:                                  0.15ms',
  '         avg:                                  0.20ms',
  '         max:                                  4.30ms',
  '         approx.  95 percentile:               0.22ms',
  ...fairness(10_000, '1.9950'),
].join('\n');

const ab22 = `This is ApacheBench, Version 2.3 <$Revision: 655654 $>
Copyright 1996 Adam Twiss, Zeus Technology Ltd, http://www.zeustech.net/
Licensed to The Apache Software Foundation, http://www.apache.org/

Benchmarking 127.0.0.1 (be patient)
Completed 4000 requests
Completed 8000 requests
Finished 8000 requests


Server Software:        Apache/2.2.22
Server Hostname:        127.0.0.1
Server Port:            20113

Document Path:          /page.html
Document Length:        4096 bytes

Concurrency Level:      100
Time taken for tests:   1.280 seconds
Complete requests:      8000
Failed requests:        0
Write errors:           0
Keep-Alive requests:    8000
Total transferred:      34944000 bytes
HTML transferred:       32768000 bytes
Requests per second:    6250.00 [#/sec] (mean)
Time per request:       16.000 [ms] (mean)
Time per request:       0.160 [ms] (mean, across all concurrent requests)
Transfer rate:          26660.16 [Kbytes/sec] received

Connection Times (ms)
              min  mean[+/-sd] median   max
Connect:        0    0   0.4      0       8
Processing:     1   16   7.3     14      97
Waiting:        1   16   7.3     14      97
Total:          1   16   7.4     14      97

Percentage of the requests served within a certain time (ms)
  50%     14
  66%     17
  75%     19
  80%     21
  90%     26
  95%     31
  98%     38
  99%     44
 100%     97 (longest request)
`;

const sqlite37 = `guestbench: version=3.7.13
sqlite 3.7.13 inserts-per-round=50 rounds=10 copies=1 fs=ext2/ext3
copy 1 rows/journal/integrity: 500 delete ok
guestbench: clock=date
elapsed_seconds=1.812
inserts_per_second=275.9
`;

const table = [
  ...opensslHead,
  "The 'numbers' are in 1000s of bytes per second processed.",
  'type             16 bytes     64 bytes    256 bytes   1024 bytes   8192 bytes',
  'md2                  0.00         0.00         0.00         0.00         0.00 ',
  'hmac(md5)        36520.11k   112644.21k   272013.40k   421031.25k   502411.26k',
  'rc5-32/12 cbc   101230.55k   130001.12k   139004.50k   141220.35k   142000.13k',
  'aes-256 cbc      62342.11k    68120.30k    70011.90k    70512.64k    70650.88k',
  'sha256           40236.79k    91238.44k   158764.37k   195123.20k   209887.23k',
  rsaHeader,
  'rsa 2048 bits 0.001432s 0.000044s    698.3  22727.3',
  rsaRow,
  rsaHeader,
  'dsa 2048 bits 0.000532s 0.000612s   1879.7   1634.0',
  '                              sign    verify    sign/s verify/s',
  ' 256 bit ecdsa (nistp256)   0.0002s   0.0006s   6100.4   1590.2',
  '                              op      op/s',
  ' 256 bit ecdh (nistp256)   0.0005s   1920.7',
  '',
].join('\n');
const rsa = [...doing, ...opensslHead, rsaHeader, rsaRow, ''].join('\n');
const multi = [
  'Forked child 0',
  'Forked child 1',
  'Got: +F2:4:4096:0.018864:0.000296 from 0',
  'Got: +F2:4:4096:0.018868:0.000297 from 1',
  ...opensslHead,
  rsaHeader,
  'rsa 4096 bits 0.009433s 0.000148s    106.0   6745.4',
  '',
].join('\n');
const machine = '+F2:4:4096:0.009432:0.000148\n';

const figures = (tool: Tool, text: string) => {
  const { outcome, reason, metrics, failed } = parsers[tool](output(text));
  return { outcome, reason, failed, found: Object.fromEntries(metrics.map(({ id, value }) => [id, value])) };
};
const ok = (found: Readonly<Record<string, number>>) => ({ outcome: 'ok', reason: undefined, found });

describe('the output of tools of 2013', () => {
  it.each<readonly [string, Tool, string, Readonly<Record<string, number>>]>([
    [
      'OpenSSL 1.0.1: one worker',
      'openssl',
      rsa,
      { 'openssl.rsa4096.sign': 106, 'openssl.rsa4096.verify': 6756.8 },
    ],
    [
      'OpenSSL 1.0.1: workers report seconds',
      'openssl',
      multi,
      { 'openssl.rsa4096.sign': 106.010814, 'openssl.rsa4096.verify': 6745.381745 },
    ],
    [
      'OpenSSL 1.0.1: -mr, in seconds',
      'openssl',
      machine,
      { 'openssl.rsa4096.sign': 106.022053, 'openssl.rsa4096.verify': 6756.756757 },
    ],
    [
      'p7zip 9.20: no "|" in the row of averages',
      '7zip',
      p7zip,
      {
        '7zip.compress': 2975,
        '7zip.decompress': 3265,
        '7zip.total': 3120,
        '7zip.compress_cpu_usage': 166,
        '7zip.decompress_cpu_usage': 185,
      },
    ],
    [
      'sysbench 0.4 cpu',
      'sysbench',
      sysbenchCpu4,
      { 'sysbench.cpu.events_per_second': 994.86, 'sysbench.latency_avg': 1, 'sysbench.latency_p95': 1.05 },
    ],
    [
      'sysbench 0.5 cpu',
      'sysbench',
      sysbenchCpu5,
      { 'sysbench.cpu.events_per_second': 994.86, 'sysbench.latency_avg': 1, 'sysbench.latency_p95': 1.05 },
    ],
    [
      'sysbench 0.4 memory',
      'sysbench',
      sysbenchMemory4,
      { 'sysbench.memory.mib_per_second': 1617.22, 'sysbench.memory.ops_per_second': 1656029.36 },
    ],
    ['sysbench 0.4 threads', 'sysbench', sysbenchThreads4, { 'sysbench.threads.events': 10_000 }],
    [
      'ab of Apache 2.2',
      'apache',
      ab22,
      { 'apache.ab.requests_per_second': 6250, 'apache.ab.time_per_request_mean': 16, 'apache.ab.p99': 44 },
    ],
    ['SQLite 3.7', 'sqlite', sqlite37, { 'sqlite.elapsed': 1.812, 'sqlite.inserts_per_second': 275.9 }],
  ])('%s', (_, tool, text, found) => {
    expect(figures(tool, text)).toEqual({ ...ok(found), failed: undefined });
  });

  it('OpenSSL 1.0.1: every table of a run of all algorithms', () => {
    const { outcome, reason, found, failed } = figures('openssl', table);
    expect([outcome, reason]).toEqual(['ok', undefined]);
    expect(Object.keys(found)).toHaveLength(4 * 5 + 4);
    expect(found).toMatchObject({
      'openssl.hmac(md5).16': 36_520_110,
      'openssl.rc5-32/12-cbc.8192': 142_000_130,
      'openssl.aes-256-cbc.1024': 70_512_640,
      'openssl.sha256.8192': 209_887_230,
      'openssl.rsa2048.verify': 22727.3,
      'openssl.rsa4096.sign': 106,
    });
    // What was not compiled in has a row of noughts.
    expect(failed?.map(({ test }) => test)).toEqual(
      [16, 64, 256, 1024, 8192].map((size) => `openssl.md2.${size}`),
    );
  });

  it('OpenSSL 1.0.1: refuses workers that do not fit the table', () => {
    const { outcome, reason, found } = figures('openssl', multi.replace('0.018864', '0.028864'));
    expect([outcome, found]).toEqual(['failed', {}]);
    expect(reason).toMatch(/sign\/s over all workers/);
  });

  it('PHP 5.4: says which call it does not know', () => {
    const text = 'PHP Fatal error:  Call to undefined function hrtime() in php shell code on line 3\n';
    const parsed = benchmarkById('php')!.parse(output(text));
    expect([parsed.outcome, parsed.metrics]).toEqual(['failed', []]);
    expect(parsed.reason).toContain('Call to undefined function hrtime()');
    const catchable = figures('php', 'Catchable fatal error: Object of class A could not be converted\n');
    expect(catchable.reason).toContain('Object of class A');
  });

  it('leaves out what is unusable in them, and nothing else', () => {
    const lost = (tool: Tool, text: string, from: string | RegExp, to: string) => {
      const changed = text.replace(from, to);
      expect(changed).not.toBe(text);
      const all = figures(tool, text).found;
      const { outcome, found, failed } = figures(tool, changed);
      expect([from, outcome]).toEqual([from, 'ok']);
      const gone = Object.keys(all).filter((id) => found[id] !== all[id]);
      expect(failed?.map(({ test }) => test)).toEqual(gone);
      return gone;
    };
    expect(lost('sysbench', sysbenchCpu4, '1.05ms', '0.00ms')).toEqual(['sysbench.latency_p95']);
    expect(lost('sysbench', sysbenchCpu5, / 1.00ms/, ' nan')).toEqual(['sysbench.latency_avg']);
    expect(lost('sysbench', sysbenchMemory4, '1656029.36 ops', 'inf ops')).toEqual([
      'sysbench.memory.ops_per_second',
    ]);
    expect(lost('7zip', p7zip, '3265\n', 'nan\n')).toEqual(['7zip.decompress']);
    expect(lost('apache', ab22, ' 44\n', ' -\n')).toEqual(['apache.ab.p99']);
    expect(lost('openssl', rsa, '6756.8', 'inf')).toEqual(['openssl.rsa4096.verify']);
    expect(lost('openssl', rsa, '   6756.8', '')).toEqual(['openssl.rsa4096.verify']);
  });

  const texts: readonly (readonly [Tool, string])[] = [
    ['openssl', rsa],
    ['openssl', multi],
    ['openssl', table],
    ['7zip', p7zip],
    ['sysbench', sysbenchCpu4],
    ['sysbench', sysbenchCpu5],
    ['sysbench', sysbenchMemory4],
    ['sysbench', sysbenchThreads4],
    ['apache', ab22],
  ];
  it(
    'gives a reason or a figure of the undamaged output, whatever happens to it',
    { timeout: 60_000 },
    () => {
      fc.assert(
        fc.property(fc.constantFrom(...texts), change, ([tool, text], damage) => {
          expect(
            complaint([parsers[tool](output(text))], parsers[tool](output(damage(text)))),
          ).toBeUndefined();
        }),
        { numRuns: 1500, seed: 20_130_101 },
      );
    },
  );
});
