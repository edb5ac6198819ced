import type { Benchmark, Metric } from './benchmark';
import { checkScript, installScript, type PackageNames } from './check';
import { defineBenchmark } from './define';
import { parameter, parameterObject, wholeNumber, yesNo } from './parameters';
import { parsers } from './parsers';
import { cpuCount, endingWith, findTool, inBackground, preamble, withSbin } from './shell';

/** Of the server, only what starts no service where the distribution allows that. */
const serverPackages: PackageNames = {
  // The last two are of Debian 7, where the program itself is in a package for each of its models of processes.
  'apt-get': ['apache2-bin', 'apache2-mpm-worker', 'apache2-mpm-prefork'],
  dnf: ['httpd'],
  yum: ['httpd'],
  zypper: ['apache2'],
  apk: ['apache2'],
};
const servers = ['apache2', 'httpd', 'httpd2', 'httpd-prefork'];

/** The load generators. Each measures in its own way, so each is a benchmark of its own with its own metrics. */
const generators = {
  ab: {
    packages: {
      'apt-get': ['apache2-utils'],
      dnf: ['httpd-tools', 'apache2-utils'],
      yum: ['httpd-tools'],
      // Some releases have it in the package of the server.
      zypper: ['apache2-utils', 'httpd-tools', 'apache2'],
      apk: ['apache2-utils'],
    },
    version: 'ab -V 2>/dev/null | sed -n "s/^This is ApacheBench, Version \\([0-9.]*\\).*/ab \\1/p"',
  },
  wrk: {
    packages: { 'apt-get': ['wrk'], dnf: ['wrk'], yum: ['wrk'], zypper: ['wrk'], apk: ['wrk'] },
    version: 'wrk -v 2>&1 | sed -n "1s/^wrk [^0-9]*\\([0-9][0-9.]*\\).*/wrk \\1/p"',
  },
} as const;
type Generator = keyof typeof generators;

const metric = (
  id: string,
  title: string,
  unit: string,
  better: 'higher' | 'lower',
  more: Partial<Metric> = {},
): Metric => ({ id, title, unit, better, primary: false, ...more });

/**
 * The server's own configuration. Modules are loaded where they are files (Debian, RHEL) and else compiled in
 * (SUSE). As root the server works as another user, who cannot see our folder: `/proc/self/cwd` leads there all the
 * same. The pool of workers neither grows nor shrinks, and each process has a thread for every connection: a process
 * that ends, or has no thread left, closes connections, and those requests fail. No access log, and no service of the guest is asked or touched.
 */
const configure = [
  'gb_modules=',
  'for gb_dir in /usr/lib/apache2/modules /usr/lib64/httpd/modules /usr/lib/httpd/modules /etc/httpd/modules /usr/lib64/apache2 /usr/lib/apache2; do',
  '  if [ -f "$gb_dir/mod_mpm_event.so" ] || [ -f "$gb_dir/mod_mpm_prefork.so" ] || [ -f "$gb_dir/mod_unixd.so" ]; then gb_modules=$gb_dir; break; fi',
  'done',
  '# 2.2 has other words for the pool, no folder of its own for what it leaves, and a lock file to be placed.',
  'case "$("$gb_server" -v 2>/dev/null)" in',
  '  *"Apache/2.2."* | *"Apache/2.0."*) gb_workers=MaxClients gb_runtime="LockFile \\"$GB_WORK/apache/accept.lock\\"" ;;',
  '  *) gb_workers=MaxRequestWorkers gb_runtime="DefaultRuntimeDir \\"$GB_WORK/apache\\"" ;;',
  'esac',
  'gb_built_in=$("$gb_server" -l 2>/dev/null)',
  'gb_load() {',
  '  case "$gb_built_in" in *"mod_$1.c"* | *" $1.c"*) return 0 ;; esac',
  '  if [ -n "$gb_modules" ] && [ -f "$gb_modules/mod_$1.so" ]; then echo "LoadModule $1_module \\"$gb_modules/mod_$1.so\\""; fi',
  '}',
  'gb_mpm=$("$gb_server" -l 2>/dev/null | sed -n "s/^ *\\(event\\|worker\\|prefork\\)[.]c *$/\\1/p")',
  'if [ -z "$gb_mpm" ]; then',
  '  for gb_m in event worker prefork; do',
  '    if [ -n "$gb_modules" ] && [ -f "$gb_modules/mod_mpm_$gb_m.so" ]; then gb_mpm=$gb_m; break; fi',
  '  done',
  '  gb_load_mpm="LoadModule mpm_${gb_mpm}_module \\"$gb_modules/mod_mpm_$gb_mpm.so\\""',
  'else',
  '  gb_load_mpm=',
  'fi',
  'case "$gb_mpm" in',
  '  prefork) gb_pool="ServerLimit 320',
  '$gb_workers 320',
  'StartServers 280',
  'MinSpareServers 1',
  'MaxSpareServers 320" ;;',
  '  *) gb_pool="ServerLimit 2',
  'StartServers 2',
  'ThreadLimit 288',
  'ThreadsPerChild 288',
  '$gb_workers 576',
  'MinSpareThreads 1',
  'MaxSpareThreads 576" ;;',
  'esac',
  'gb_user=',
  'if [ "$(id -u)" = 0 ]; then',
  '  for gb_u in www-data apache wwwrun nobody; do',
  '    if id "$gb_u" >/dev/null 2>&1; then gb_user="User $gb_u',
  'Group $(id -gn "$gb_u")"; break; fi',
  '  done',
  'fi',
  'gb_configure() {',
  '  cat <<GUESTBENCH_CONFIG',
  'ServerRoot "$GB_WORK/apache"',
  '$gb_runtime',
  'PidFile "$GB_WORK/apache/httpd.pid"',
  'ErrorLog "$GB_WORK/apache/error.log"',
  'ServerName 127.0.0.1',
  'Listen 127.0.0.1:$1',
  '$gb_load_mpm',
  '$(gb_load unixd)',
  '$(gb_load authz_core)',
  '$gb_user',
  '$gb_pool',
  'KeepAlive On',
  'MaxKeepAliveRequests 0',
  'KeepAliveTimeout 30',
  'DocumentRoot "/proc/self/cwd/pages"',
  '<Directory "/">',
  '  Options FollowSymLinks',
  '  AllowOverride None',
  '  ForceType text/html',
  '</Directory>',
  'GUESTBENCH_CONFIG',
  '}',
].join('\n');

/** In the foreground, so that it stays in our session, and on the first port from a free choice that is free. */
const start = [
  'gb_try=0',
  'gb_ready=',
  'while [ -z "$gb_ready" ] && [ "$gb_try" -lt 20 ]; do',
  '  gb_port=$((20000 + ($$ * 7 + gb_try * 977) % 12000))',
  '  gb_try=$((gb_try + 1))',
  '  gb_configure "$gb_port" >httpd.conf || exit $?',
  '  rm -f httpd.pid',
  '  "$gb_server" -f "$GB_WORK/apache/httpd.conf" -DFOREGROUND >start.log 2>&1 &',
  '  gb_httpd=$!',
  '  gb_wait=0',
  '  while [ "$gb_wait" -lt 100 ] && kill -0 "$gb_httpd" 2>/dev/null; do',
  '    if [ -s httpd.pid ]; then gb_ready=1; break; fi',
  '    gb_wait=$((gb_wait + 1))',
  '    sleep 0.1 2>/dev/null || sleep 1',
  '  done',
  '  if [ -z "$gb_ready" ]; then',
  '    gb_stop "$gb_httpd"',
  '    gb_httpd=',
  '    if ! cat start.log error.log 2>/dev/null | grep -q "Address already in use"; then break; fi',
  '  fi',
  'done',
  'if [ -z "$gb_ready" ]; then',
  '  cat start.log error.log 2>/dev/null | tail -n 5 >&2',
  '  echo "guestbench: failed: $gb_server did not start" >&2',
  '  exit 1',
  'fi',
].join('\n');

/** The server gets time to end by itself; what is left of it after that is killed. */
const stop = [
  'if [ -n "$gb_httpd" ]; then',
  '  kill "$gb_httpd" 2>/dev/null',
  '  gb_wait=0',
  '  while [ "$gb_wait" -lt 30 ] && kill -0 "$gb_httpd" 2>/dev/null; do gb_wait=$((gb_wait + 1)); sleep 0.1 2>/dev/null || sleep 1; done',
  '  kill -s KILL "$gb_httpd" 2>/dev/null',
  '  wait "$gb_httpd" 2>/dev/null',
  'fi',
  'cd "$GB_WORK" && rm -rf apache',
].join('\n');

interface Load {
  /** The command line of the load, and that of a short one before it that is not counted. */
  readonly command: string;
  readonly warmUp: string;
}

function runScript(generator: Generator, concurrency: number, pageBytes: number, load: Load): string {
  return [
    preamble,
    withSbin,
    findTool([generator]),
    findTool(servers),
    'gb_server=$gb_tool',
    cpuCount(0),
    'gb_version=$("$gb_server" -v 2>/dev/null | sed -n "s/^Server version: *//p")',
    'echo "guestbench: version=${gb_version:-unknown 0}"',
    `echo "guestbench: tool=$(${generators[generator].version}) concurrency=${concurrency} page=${pageBytes}"`,
    'gb_httpd=',
    endingWith(stop),
    'rm -rf apache',
    'mkdir -p apache/pages && chmod 755 apache apache/pages && cd apache || exit $?',
    `LC_ALL=C awk 'BEGIN { for (i = 0; i < ${pageBytes}; i++) printf "%s", i % 64 == 63 ? "\\n" : "x" }' >pages/page.html || exit $?`,
    'chmod 644 pages/page.html',
    configure,
    start,
    'echo "guestbench: mpm=$gb_mpm port=$gb_port"',
    'gb_url=http://127.0.0.1:$gb_port/page.html',
    `gb_threads=$gb_cpus; if [ "$gb_threads" -gt ${concurrency} ]; then gb_threads=${concurrency}; fi`,
    '# Also shows that the server answers, before anything is counted.',
    inBackground(`${load.warmUp} >warm-up.log 2>&1`),
    'if [ "$gb_status" -ne 0 ] || grep -q "^ *Non-2xx" warm-up.log; then',
    '  grep -v "^Completed" warm-up.log | tail -n 5 >&2',
    '  tail -n 3 error.log >&2',
    `  echo "guestbench: failed: the server does not answer ${generator} with its page" >&2`,
    '  exit 1',
    'fi',
    inBackground(load.command),
    'if ! kill -0 "$gb_httpd" 2>/dev/null; then echo "guestbench: failed: the server ended during the run" >&2; exit 1; fi',
    'exit "$gb_status"',
    '',
  ].join('\n');
}

interface Common {
  readonly concurrency: number;
  readonly pageBytes: number;
}
interface AbParameters extends Common {
  readonly requests: number;
  readonly keepAlive: 'yes' | 'no';
}
interface WrkParameters extends Common {
  readonly seconds: number;
}

function scripts<P extends Common>(generator: Generator, load: (parameters: P) => Load) {
  const { packages, version } = generators[generator];
  const all = [serverPackages, packages];
  return {
    check: () =>
      `${withSbin}\n${checkScript({ commands: [generator], also: [servers], packages: all, version })}`,
    install: () => installScript(all),
    run: (parameters: P) =>
      runScript(generator, parameters.concurrency, parameters.pageBytes, load(parameters)),
    cleanup: () => '[ -n "${GB_WORK:-}" ] && cd "$GB_WORK" 2>/dev/null && rm -rf apache\nexit 0\n',
  };
}

const concurrency = parameter('Requests (connections) in flight at a time.', wholeNumber(1, 256, 100));
const pageBytes = parameter('Size of the page that is asked for.', wholeNumber(1, 10_485_760, 4096), 'B');

/** With ApacheBench, which comes with the server's packages everywhere. */
export const apache: Benchmark = defineBenchmark({
  id: 'apache',
  title: 'Apache',
  description:
    'A static page from Apache over the loopback, asked for by ab: sockets, system calls and scheduling on every CPU.',
  kind: 'web',
  metrics: [
    metric('apache.ab.requests_per_second', 'Requests', 'req/s', 'higher', { primary: true }),
    metric('apache.ab.time_per_request_mean', 'Mean time of a request', 'ms', 'lower'),
    // In whole milliseconds, so it can be nought, which is no figure.
    metric('apache.ab.p99', '99th percentile of the time of a request', 'ms', 'lower', {
      resolution: 1,
      optional: true,
    }),
  ],
  parameters: parameterObject({
    requests: parameter('Requests of a trial, all told.', wholeNumber(1000, 100_000_000, 200_000)),
    concurrency,
    keepAlive: parameter('One connection for many requests (yes), or a new one for each (no).', yesNo('yes')),
    pageBytes,
  }),
  presets: {
    quick: { requests: 40_000 },
    standard: { requests: 200_000 },
    thorough: { requests: 1_000_000 },
  },
  estimateSeconds: ({ requests }) => 3 + requests / 9000,
  timeoutSeconds: ({ requests }) => 120 + requests / 100,
  scripts: scripts('ab', ({ requests, concurrency: c, keepAlive }: AbParameters) => {
    const options = keepAlive === 'yes' ? '-k ' : '';
    return {
      command: `ab ${options}-n ${requests} -c ${c} "$gb_url"`,
      warmUp: `ab -q ${options}-n ${Math.max(c, Math.ceil(requests / 20))} -c ${c} "$gb_url"`,
    };
  }),
  parse: parsers.apache,
});

const latencyOf = (id: string, title: string, percent: number) =>
  metric(`apache.wrk.latency_${id}`, title, 'ms', 'lower', { quantile: { of: 'Latency', percent } });

/** With wrk, which takes less of the CPU itself and measures latencies finely, but is not packaged everywhere. */
export const apacheWrk: Benchmark = defineBenchmark({
  id: 'apache-wrk',
  title: 'Apache (wrk)',
  description:
    'A static page from Apache over the loopback, asked for by wrk: sockets, system calls and scheduling on every CPU.',
  kind: 'web',
  metrics: [
    metric('apache.wrk.requests_per_second', 'Requests', 'req/s', 'higher', { primary: true }),
    metric('apache.wrk.latency_mean', 'Mean latency', 'ms', 'lower'),
    latencyOf('p50', 'Median latency', 50),
    latencyOf('p90', '90th percentile of latency', 90),
    latencyOf('p99', '99th percentile of latency', 99),
  ],
  parameters: parameterObject({
    seconds: parameter('Measured time, after two seconds that are not.', wholeNumber(1, 3600, 30), 's'),
    concurrency,
    pageBytes,
  }),
  presets: { quick: { seconds: 5 }, standard: { seconds: 30 }, thorough: { seconds: 90 } },
  estimateSeconds: ({ seconds }) => 5 + seconds,
  timeoutSeconds: ({ seconds }) => 120 + 3 * seconds,
  scripts: scripts('wrk', ({ seconds, concurrency: c }: WrkParameters) => ({
    command: `wrk -t "$gb_threads" -c ${c} -d ${seconds}s --latency "$gb_url"`,
    warmUp: `wrk -t 1 -c ${Math.min(c, 10)} -d 2s "$gb_url"`,
  })),
  parse: parsers.apache,
});
