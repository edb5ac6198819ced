import { longestAnswer } from '../benchmarks/answers';
import { sh } from '../ssh/shellText';

export interface LookOptions {
  /** How long the CPU is watched. */
  readonly seconds: number;
  /** Have what waits for the disk of the benchmarks written now. */
  readonly flush: boolean;
}

/**
 * A look at a guest that runs nothing of ours: POSIX sh, no root, a dozen processes of a few milliseconds. All but the
 * first reading comes after the time that is watched, so that looking is not seen.
 *
 * Data that waits for the disk is written by itself after 30 s, in the middle of the next trial, so a guest that has
 * much of it is told to write it now: only the file system of the benchmarks, as a server that does not answer can
 * hold up a network file system, and in the background, as it may take long. It changes what is on the way, not what
 * is cached, and nothing waits for it but the look at how much is left. Before coreutils 8.24 `sync` knows no single
 * file system and flushes all of them.
 *
 * systemctl before version 215 does not report the state of the system, and older ones refuse options of list-units.
 * The script then asks for the pending jobs and for the whole list, and picks the rows itself.
 */
export function quietScript({ seconds, flush }: LookOptions): string {
  return sh`guestbench_quiet() {
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin; export PATH
[ -r /proc/stat ] || return 0
counters() { sed -n -e "s/^cpu/GBQ $1 cpu/p" -e "s/^procs_/GBQ $1 procs_/p" /proc/stat; }
if timeout 4 true; then bounded() { timeout 4 "$@"; }; else bounded() { "$@"; }; fi
${flush ? '{ sync -f /var/tmp || sync; } >/dev/null 2>&1 &' : ':'}
printf '\n'
counters before
sleep ${String(seconds)}
counters after
sed -n -e 's/^Dirty:/GBQ unwritten/p' -e 's/^Writeback:/GBQ unwritten/p' /proc/meminfo
read -r averages </proc/loadavg && echo "GBQ load $averages"
for process in /proc/[0-9]*; do
  if ! read -r name <"$process/comm"; then
    # Before Linux 2.6.33 the name stands only here, in brackets.
    read -r name <"$process/stat" || continue
    name=$\{name#*"("}; name=$\{name%")"*}
  fi
  case $name in
    apt|apt-get|aptitude|dpkg|dpkg-deb|apt.systemd.dai|dnf|dnf5|dnf-automatic|yum|rpm|zypper|apk|pacman|snap|\
    mandb|updatedb|updatedb.*|fstrim|logrotate|freshclam|cloud-init|debsums|aide|rkhunter|chkrootkit|fsck|e2fsck|xfs_scrub)
      echo "GBQ task $name" ;;
    unattended-upgr)
      # One of that name waits for the shutdown, all day long.
      case $(tr '\000' ' ' <"$process/cmdline") in
        *-shutdown*) ;;
        *) echo 'GBQ task unattended-upgrades' ;;
      esac ;;
  esac
done
locks=$(cat /proc/locks)
ls -i /var/lib/dpkg/lock /var/lib/dpkg/lock-frontend /var/lib/apt/lists/lock /var/cache/apt/archives/lock \
  /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock /lib/apk/db/lock /var/lib/pacman/db.lck |
  while read -r inode file; do
    case $locks in *":$inode "*) echo "GBQ task the lock $file" ;; esac
  done
if [ -d /run/systemd/system ]; then
  # From 124 on, it did not answer in time.
  system=$(bounded systemctl is-system-running); code=$?
  case $system in
    initializing|starting) echo 'GBQ boot' ;;
    '')
      if [ $code -lt 124 ] && [ "$(bounded systemctl is-active default.target)" != active ]; then
        # JOB UNIT TYPE STATE
        bounded systemctl list-jobs | while read -r _ _ type _; do
          [ "$type" != start ] || { echo 'GBQ boot'; break; }
        done
      fi ;;
  esac
  units=$(bounded systemctl list-units --type=service --state=activating --no-legend --plain) || [ $? -ge 124 ] ||
    units=$(bounded systemctl list-units --type=service --full)
  printf '%s\n' "$units" | while read -r unit load active sub more; do
    # A mark may stand before the name.
    case $unit in *.service) ;; *) unit=$load; load=$active; active=$sub; sub=$\{more%% *} ;; esac
    case $unit:$active:$sub in
      *:auto-restart) ;;
      *.service:activating:*) echo "GBQ task $unit" ;;
    esac
  done
fi
echo 'GBQ end'
}
guestbench_quiet </dev/null 2>/dev/null
`;
}

/** What a look brought. */
export interface Look {
  /** user nice system idle iowait irq softirq steal, in ticks of all CPUs. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly cpus: number;
  readonly runnable?: number;
  readonly unwrittenBytes?: number;
  readonly load?: [number, number, number];
  readonly isBooting: boolean;
  /** Upkeep that runs: names of programs, units, and locks. */
  readonly tasks: readonly string[];
}

/** Most names that are kept of what runs. */
const mostTasks = 5;
const longestName = 80;

/** Reads what the script printed, login noise or not; undefined: the guest counts nothing, or was cut off. */
export function parseLook(output: string): Look | undefined {
  if (output.length > longestAnswer) return undefined;
  const facts = output.split('\n').flatMap((line) => (line.startsWith('GBQ ') ? [line.slice(4).trim()] : []));
  if (!facts.includes('end')) return undefined;
  const rest = (start: string): string[] =>
    facts.flatMap((fact) => (fact.startsWith(`${start} `) ? [fact.slice(start.length + 1).trim()] : []));
  const [before, after] = [numbers(rest('before cpu')[0]), numbers(rest('after cpu')[0])];
  if (before.length < 4 || after.length < 4) return undefined;
  const cpus = facts.filter((fact) => /^after cpu\d/.test(fact)).length;
  // The one that counts is one of them.
  const runnable = numbers(rest('after procs_running')[0])[0];
  const unwritten = rest('unwritten').flatMap((text) => numbers(text).slice(0, 1));
  const [one, five, fifteen] = numbers(rest('load')[0]);
  const hasLoad = one !== undefined && five !== undefined && fifteen !== undefined;
  const tasks = [...new Set(rest('task').map((task) => task.slice(0, longestName)))];
  return {
    before: before.slice(0, 8),
    after: after.slice(0, 8),
    cpus: Math.max(1, cpus),
    ...(runnable === undefined ? {} : { runnable: Math.max(0, runnable - 1) }),
    ...(unwritten.length === 0
      ? {}
      : { unwrittenBytes: 1024 * unwritten.reduce((sum, kib) => sum + kib, 0) }),
    ...(hasLoad ? { load: [one, five, fifteen] } : {}),
    isBooting: facts.includes('boot'),
    tasks: tasks.slice(0, mostTasks),
  };
}

/** The numbers a line begins with. */
function numbers(text: string | undefined): number[] {
  const found: number[] = [];
  for (const word of (text ?? '').split(/\s+/)) {
    if (!/^\d{1,15}(\.\d{1,6})?$/.test(word)) break;
    found.push(Number(word));
  }
  return found;
}
