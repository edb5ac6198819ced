import { sh } from './shellText';

/** Part of the controller: reads the counters of the guest while a job runs (loadSamples.ts reads what it writes). */
export const loadFunctions = sh`# One line of counters: uptime, context switches, interrupts, KiB available, memory pressure (pTOTAL in µs, or
# vFAULTS:IN:OUT in pages, now and then), the first line of /proc/stat. Builtins only: it is taken while others measure.
sample() { # how many were taken before
  [ -r /proc/stat ] && read -r _u _ </proc/uptime || return 0
  _i=-; _c=-; _m=-; _p=-
  {
    read -r _l
    while read -r _k _v _; do
      case $_k in intr) _i=$_v ;; ctxt) _c=$_v; break ;; esac
    done
  } </proc/stat
  while read -r _k _v _; do
    case $_k in MemAvailable:) _m=$_v; break ;; Cached:) break ;; esac
  done </proc/meminfo
  if [ -r /proc/pressure/memory ] && read -r _k _ _ _ _v </proc/pressure/memory; then
    _p=p$\{_v#total=}
  elif [ $(($1 % 5)) -eq 0 ] && [ -r /proc/vmstat ]; then
    _in=0; _out=0
    while read -r _k _v; do
      case $_k in
        pswpin) _in=$_v ;;
        pswpout) _out=$_v ;;
        pgmajfault) _p=v$_v:$_in:$_out; break ;;
      esac
    done </proc/vmstat
  fi
  printf '%s\n' "$_u $_c $_i $_m $_p $_l"
}

# Samples until the runner ends, however: once a second, after an hour every ten seconds, and more seldom where that
# would take more than 0.5 % of one CPU.
sampler() { # START TIME of the runner
  trap 'kill -s KILL -- "$!" 2>/dev/null; exit 0' TERM
  _time=$1; _n=1; _wait=1
  while :; do
    sleep $_wait & wait "$!"
    statline $$
    set -- $_s
    [ "$\{20}" = "$_time" ] && [ -d "$d/started" ] && [ ! -e "$d/exit" ] || exit 0
    sample $_n >>load
    _n=$((_n + 1))
    [ $((_n % 4)) -eq 0 ] || continue
    # Hundredths of a second of ours and of our sleeps; $$ is the runner, self is not.
    read -r _s </proc/self/stat
    set -- $\{_s##*") "}
    _wait=$(((2 * ($\{12} + $\{13} + $\{14} + $\{15}) + _n - 1) / _n))
    if [ $_n -gt 3600 ] && [ $_wait -lt 10 ]; then _wait=10; fi
    if [ $_wait -lt 1 ]; then _wait=1; elif [ $_wait -gt 60 ]; then _wait=60; fi
  done
}
`;
