import { followFunctions } from './controllerFollow';
import { leaseFunctions } from './controllerLease';
import { loadFunctions } from './controllerLoad';
import { neededPrograms } from './jobRefusals';
import { sourceFunctions } from './controllerSources';
import { startFunctions } from './controllerStart';
import { sh } from './shellText';

/**
 * The program on the guest that runs benchmarks detached from the connection: POSIX sh, no root, nothing installed.
 * Tested with dash, busybox ash and bash. docs/ARCHITECTURE.md tells the protocol; in short:
 *
 *   $B = /var/tmp/guestbench-<uid>           0700, checked for owner and type before use
 *   $B/lock                                  symbolic link to "ID:PID:STARTTIME:BOOTID": who has the guest
 *   $B/lease                                 which experiment keeps the guest between its jobs, too (controllerLease.ts):
 *                                            symbolic link to "ID::PID:BOOTID:UPTIME"; lease.ID.PID: for whom and what;
 *                                            lease.seen: its last sign of life
 *   $B/work                                  GB_WORK of every job
 *   $B/sources/NAME                          what was uploaded for jobs; NAME.part while it comes, NAME.by: who sends
 *   $B/runs/ID/cmd                           the job's script
 *              started/                      directory; making it is what starts a job at most once
 *              live                          FIFO the runner keeps open: its end-of-file is the runner's end
 *              owner, child, busy, cancel    who runs it, the benchmark's session, who was in the way, asked to stop
 *              out, err, files/              what the job wrote
 *              load                          counters of the guest before, each second and after (loadSamples.ts)
 *              room                          given up when there is no other for the files of the runner
 *              exit                          written last, by rename: its existence means finished
 *
 * Answers are lines "GB1 key=value …"; what stands before the first one is noise of the login shell.
 */
export const controllerScript = sh`#!/bin/sh
# Guestbench guest controller, protocol 1.
# put ID BYTES | start ID [LEASE STALE] | run ID BYTES POLL LIMIT [LEASE STALE] | status ID
# follow ID OUT ERR POLL [hold|drop] [LIMIT] | fetch ID OFFSET out|err|load|file [NAME]
# files ID | cancel ID GRACE | list | rm ID | clean [LEASE|any]
# lease | hold LEASE STALE [over] | release LEASE
# Given a LEASE, start, run and hold read the line "WHO LABEL" from standard input first.
# source NAME BYTES SHA256 | take NAME OFFSET < DATA | drop NAME
umask 077
# Should the login shell export variables of these names, what we put in them would go to every program.
unset WHO LABEL LWHO LLABEL
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
PREFIX=$\{GUESTBENCH_PREFIX:-/var/tmp/guestbench}
# The runner is told, as its start is waited for.
if [ "$1" = runner ]; then UIDN=$3; else UIDN=$(id -u 2>/dev/null); fi
B=$PREFIX-$UIDN

say() { printf 'GB1 %s\n' "$*"; }
# As say, for what others are not to read: where printf is no builtin, it would stand in the arguments of a process.
tell() { echo "GB1 $*"; }
die() { say "error=$1"; exit 2; }
# A short sleep where sleep knows fractions, a long one elsewhere.
nap() { sleep 0.1 2>/dev/null || sleep 1; }
link() { readlink "$1" 2>/dev/null; }
size() { if [ -f "$1" ]; then _z=$(wc -c <"$1"); echo $((_z)); else echo 0; fi; }
store() { echo "$2" >"$1.tmp$$" && mv -f "$1.tmp$$" "$1"; }
# On a full disk, in the room that was kept for it.
atomically() { store "$1" "$2" 2>/dev/null || { [ -z "$d" ] || rm -f "$d/room"; store "$1" "$2"; }; }
digits() { case $1 in ''|*[!0-9]*) die "$2" ;; esac; }

bootid() {
  { read -r _v </proc/sys/kernel/random/boot_id; } 2>/dev/null && echo "$_v" && return
  sysctl -n kern.boottime 2>/dev/null | tr -dc 0-9 || echo unknown
}

# Fields of /proc/PID/stat after the command's name: state ppid pgrp session … starttime. Empty when there is none.
statline() {
  _s=
  [ -r "/proc/$1/stat" ] && read -r _s 2>/dev/null <"/proc/$1/stat"
  _s=$\{_s##*") "}
}

# Start time of a live process: with its number it names the process for good. A zombie is dead.
started() {
  if [ -d /proc/self ]; then
    statline "$1"
    case $_s in ''|Z*|X*) return 0 ;; esac
    set -- $_s
    shift 19 2>/dev/null && echo "$1"
  else
    ps -o lstart= -p "$1" 2>/dev/null | tr -dc A-Za-z0-9
  fi
}

# alive OWNER: sets AL to what still lives, the runner or only its benchmark.
alive() {
  _o=$1
  _boot=$\{_o##*:}; _o=$\{_o%:*}
  _time=$\{_o##*:}; _o=$\{_o%:*}
  _pid=$\{_o##*:}; _id=$\{_o%:*}
  AL=
  [ "$_boot" = "$(bootid)" ] || return 1
  if [ -n "$_time" ] && [ "$(started "$_pid")" = "$_time" ]; then AL=runner; return 0; fi
  if [ -s "$B/runs/$_id/child" ]; then
    IFS=: read -r _pid _time <"$B/runs/$_id/child"
    if [ -n "$_time" ] && [ "$(started "$_pid")" = "$_time" ]; then AL=child; return 0; fi
  fi
  return 1
}

# lock OWNER: 0 = ours; 1 = BUSY has it. ln -s is atomic, and reading it back decides.
lock() {
  _n=0; _soon=0
  while [ $_n -lt 8 ]; do
    ln -s "$1" "$B/lock" 2>/dev/null && return 0
    _has=$(link "$B/lock")
    [ "$_has" = "$1" ] && return 0
    if [ -n "$_has" ]; then
      if alive "$_has"; then
        BUSY=$_has
        [ -d "$B/runs/$_id" ] && [ ! -s "$B/runs/$_id/exit" ] && return 1
        # With its end on record, or nothing any more, it is about to let go.
        [ $_soon -lt 50 ] || return 1
        _soon=$((_soon + 1))
        sleep 0.01 2>/dev/null || sleep 1
        continue
      fi
      # Left by the dead: only the holder of lock.brk may remove it, after looking again.
      if ln -s "$1" "$B/lock.brk" 2>/dev/null; then
        [ "$(link "$B/lock")" = "$_has" ] && rm -f "$B/lock"
        rm -f "$B/lock.brk"
      else
        _brk=$(link "$B/lock.brk")
        [ -n "$_brk" ] && ! alive "$_brk" && rm -f "$B/lock.brk"
        nap
      fi
    fi
    _n=$((_n + 1))
  done
  BUSY=contended
  return 1
}
unlock() { [ "$(link "$B/lock")" = "$1" ] && rm -f "$B/lock"; }

goodid() {
  case $1 in ''|*[!A-Za-z0-9._-]*|.*|-*) die badid ;; esac
  [ $\{#1} -le 64 ] || die badid
  d=$B/runs/$1
}

# Our folder: made by us, or refused.
base() {
  [ -d "$B" ] || mkdir "$B" 2>/dev/null
  [ -d "$B" ] && [ ! -L "$B" ] || die basedir
  set -- $(ls -ldn "$B")
  [ "$3" = "$UIDN" ] || die basedir-owner
  case $1 in drwx------*) ;; *) die basedir-mode ;; esac
  [ -d "$B/runs" ] && [ -d "$B/work" ] || mkdir -p "$B/runs" "$B/work" || die basedir
}

${leaseFunctions}
${sourceFunctions}
# none, preparing, busy, running, orphan (runner killed, benchmark alive), done, lost
state() {
  _d=$B/runs/$1
  [ -d "$_d" ] || { echo none; return; }
  [ -s "$_d/exit" ] && { echo done; return; }
  if [ ! -s "$_d/owner" ]; then
    if [ -s "$_d/busy" ]; then echo busy; else echo preparing; fi
    return
  fi
  if alive "$(cat "$_d/owner")"; then
    if [ $AL = runner ]; then echo running; elif [ -s "$_d/exit" ]; then echo done; else echo orphan; fi
  elif [ -s "$_d/exit" ]; then echo done
  else echo lost; fi
}

# details STATE: what else is known of the run in $d
details() {
  case $1 in
    done) cat "$d/exit" ;;
    busy) printf 'by=%s\n' "$(cat "$d/busy")" ;;
    *) echo ;;
  esac
}

# Bytes the runner can have when the benchmark has filled the disk.
room() {
  head -c 65536 /dev/zero 2>/dev/null >"$d/room"
  [ "$(size "$d/room")" -eq 65536 ] || { rm -f "$d/room"; return 1; }
}

# counters: sets CPU, the first line of /proc/stat with commas, and UP; without a process, as an end is waited for
counters() {
  CPU=none; UP=
  if [ -r /proc/stat ]; then
    read -r _l </proc/stat
    set -- $_l
    IFS=,; CPU=$*; unset IFS
  fi
  [ -r /proc/uptime ] && read -r UP _ </proc/uptime || UP=$(date +%s)
}
uptimes() { if [ -r /proc/uptime ]; then read -r _u _ </proc/uptime; echo "$_u"; else date +%s; fi; }

${loadFunctions}
# The runner: leads a session of its own, outlives the connection, writes down how it ended. It may be there before
# its time, and waits for the word in FIFO then; whoever does not say it any more does not want it.
runner() { # ID [FIFO]
  trap '' HUP TERM INT
  cd "$d" || exit 125
  owner="$1:$$:$(started $$):$(bootid)"
  began=$\{owner%:*}; began=$\{began##*:}; watch=
  if [ -n "$2" ]; then
    # Open for both for a moment, so that opening does not wait for one who may be gone.
    exec 7<>"$2" 8<"$2" 7>&- || exit 0
    : >"$2.open"
    read -r _word <&8 && [ "$_word" = go ] || exit 0
    exec 8<&-
  fi
  # Not before the word: another runner of this job may have got it.
  : >out; : >err
  # Open for reading and writing, so that opening does not wait; all our descriptors close when we end, however.
  [ -p live ] && exec 9<>live
  if ! lock "$owner"; then atomically busy "$BUSY"; exit 0; fi
  counters; load0=$CPU; up0=$UP
  sample 0 >load
  # Not ignored while others begin: what ksh93 ignored once, no subshell of it can hear again.
  trap : HUP TERM INT
  # A second session: its number finds every process of the benchmark again, and never this runner.
  (
    trap - HUP TERM INT
    umask 022
    GB_WORK=$B/work GB_FILES=$d/files GB_RUN="[$1]" LANG=C
    export GB_WORK GB_FILES GB_RUN LANG
    cd "$B/work" || exit 125
    exec setsid sh "$d/cmd"
  ) </dev/null >>out 2>>err 9>&- &
  c=$!
  if [ -s load ] && [ -n "$began" ]; then
    (trap - HUP INT; sampler "$began") 9>&- & watch=$!
  fi
  trap '' HUP TERM INT
  atomically child "$c:$(started $c)"
  atomically owner "$owner"
  wait $c
  rc=$?
  counters
  [ $rc -gt 256 ] && rc=$((rc - 128)) # ksh93 says 256 + signal
  # Not waited for: one that was just forked may not hear it yet, and ends when it sees the exit file.
  [ -n "$watch" ] && kill -s TERM -- "$watch" 2>/dev/null
  sample 0 >>load
  was=0; [ -f cancel ] && was=1
  # A failure on a full disk is not the benchmark's.
  full=0
  [ $rc -eq 0 ] || { { printf '%065536d' 0 >full; } 2>/dev/null || full=1; rm -f full; }
  # One process for all three.
  set -- "$1" $(wc -c out err load)
  atomically exit "rc=$rc out=$2 err=$4 load=$6 cancelled=$was full=$full up0=$up0 up1=$UP load0=$load0 load1=$CPU"
  # Whoever waits for our end is told; then what the benchmark left running ends, as it would disturb the next.
  [ -p live ] && exec 9>&-
  statline $c
  if [ -z "$_s" ]; then kill -s KILL -- -"$c" 2>/dev/null; else c=none; fi
  unlock "$owner"
  # Who hid from that is looked for when the next has started: the search takes a while where there are many processes.
  nap
  case $(link "$B/lease") in "$\{1%%.*}":*) seen "$\{owner##*:}" "$UP" ;; esac
  strike KILL "$1" "$c"
  exit 0
}

# members ID SID: "PID GROUP" of each process left of a run: all of its session (whose groups are wholly ours),
# and, with group 0, those that left it but carry its mark.
members() {
  # Those in question first: on a guest with many processes the shell takes long to look at each.
  for _f in $(grep -ls " $2 " /proc/[0-9]*/stat 2>/dev/null); do
    _p=$\{_f#/proc/}; _p=$\{_p%/stat}
    statline "$_p"
    case $_s in ''|Z*|X*) continue ;; esac
    set -- "$1" "$2" $_s
    [ "$6" = "$2" ] && echo "$_p $5"
  done
  grep -lszxF "GB_RUN=[$1]" /proc/[0-9]*/environ 2>/dev/null | while read -r _f; do
    _p=$\{_f#/proc/}; _p=$\{_p%/environ}
    statline "$_p"
    case $_s in ''|Z*|X*) ;; *) echo "$_p 0" ;; esac
  done
}

# strike SIGNAL ID SID. Only this form of kill, as a builtin, and never below 2: others hit the wrong ones in some shells.
strike() {
  members "$2" "$3" | while read -r _p _g; do
    if [ "$_g" -gt 1 ]; then kill -s "$1" -- -"$_g" 2>/dev/null
    elif [ "$_p" -gt 1 ]; then kill -s "$1" -- "$_p" 2>/dev/null; fi
  done
}

# left ID SID BEGAN: whether anything of the run lives, its leader included that has no session of its own yet
left() { [ -n "$(members "$1" "$2")" ] || { [ "$2" != none ] && [ "$(started "$2")" = "$3" ]; }; }

cancel() { # ID GRACE
  s=$(state "$1")
  case $s in running|orphan) ;; *) say "state=$s left=0 $(details "$s")"; return ;; esac
  atomically "$d/cancel" "$(date +%s)"
  IFS=: read -r sid began <"$d/child"
  digits "$sid" badchild
  [ "$sid" -gt 1 ] || die badchild
  # The leader is gone and its number is somebody else's now: then the session of that number is not ours.
  now=$(started "$sid")
  if [ -n "$now" ] && [ "$now" != "$began" ]; then sid=none; fi
  n=0; struck=
  while left "$1" "$sid" "$began" && [ $n -lt $(($2 * 10)) ]; do
    if [ -z "$struck" ] && [ -n "$(members "$1" "$sid")" ]; then strike TERM "$1" "$sid"; struck=1; fi
    sleep 0.1 2>/dev/null || { sleep 1; n=$((n + 9)); }
    n=$((n + 1))
  done
  n=0
  while left "$1" "$sid" "$began" && [ $n -lt 50 ]; do strike KILL "$1" "$sid"; nap; n=$((n + 1)); done
  n=0
  while s=$(state "$1"); [ "$s" = running ] && [ $n -lt 50 ]; do nap; n=$((n + 1)); done
  say "state=$s left=$(($(members "$1" "$sid" | wc -l))) $(details "$s")"
}

${followFunctions}
${startFunctions}
# A file that a benchmark left for its parser, under a name that is a plain word
isresult() {
  [ -f "$1" ] && [ ! -L "$1" ] || return 1
  case $\{1##*/} in *[!A-Za-z0-9._+-]*|-*) return 1 ;; esac
}

idle() { # dies when something of ours runs
  for _r in "$B"/runs/*/; do
    [ -d "$_r" ] || continue
    _r=$\{_r%/}; _r=$\{_r##*/}
    case $(state "$_r") in running|orphan) say "error=running id=$_r"; exit 2 ;; esac
  done
}

verb=$1
[ $# -gt 0 ] && shift
case $verb in
  put|start|run) equipped ${neededPrograms.join(' ')} ;;
  hold|clean) equipped cat id ln ls mkdir mv readlink rm ;;
  source|take) equipped cat id ls mkdir mv rm wc ;;
esac
# Never believe a folder somebody else put there.
if [ "$verb" != runner ] && { [ -e "$B" ] || [ -L "$B" ]; }; then base; fi
case $verb in
  put)
    goodid "$1"; digits "$2" badsize; base
    if put "$1" "$2"; then say put="$2"; else say put=0; fi ;;
  start)
    goodid "$1"; base
    if [ -n "$2" ]; then goodlease "$2" "$3"; words; fi
    start "$@" ;;
  run)
    goodid "$1"; digits "$2" badsize; digits "$3" badpoll; digits "$4" badlimit; base
    if [ -n "$5" ]; then goodlease "$5" "$6"; words; fi
    run "$@" ;;
  runner) goodid "$1"; runner "$1" "$3" ;;
  status)
    goodid "$1"; s=$(state "$1")
    say "state=$s out_now=$(size "$d/out") err_now=$(size "$d/err") $(details "$s")" ;;
  follow)
    goodid "$1"; digits "$2" badoffset; digits "$3" badoffset; digits "$4" badpoll; digits "$\{6:-0}" badlimit
    follow "$@" ;;
  fetch)
    goodid "$1"; digits "$2" badoffset
    case $3 in
      out|err|load) f=$d/$3 ;;
      file) case $4 in ''|*[!A-Za-z0-9._+-]*|.*|-*) die badname ;; esac; f=$d/files/$4 ;;
      *) die badname ;;
    esac
    [ -f "$f" ] && [ ! -L "$f" ] || die nofile
    n=$(($(size "$f") - $2)); [ $n -lt 0 ] && n=0
    say "data $n"
    tail -c "+$(($2 + 1))" "$f" | head -c "$n" ;;
  files)
    goodid "$1"
    for f in "$d"/files/*; do
      isresult "$f" || continue
      say "file=$\{f##*/} size=$(size "$f")"
    done
    say ok=1 ;;
  cancel) goodid "$1"; digits "$2" badgrace; cancel "$1" "$2" ;;
  list)
    for f in "$B"/runs/*/; do
      [ -d "$f" ] || continue
      n=$\{f%/}; n=$\{n##*/}
      case $n in *.del) continue ;; esac
      say "id=$n state=$(state "$n")"
    done
    say "lock=$(link "$B/lock")" ;;
  rm)
    goodid "$1"
    remove "$1" || { say "error=running id=$1"; exit 2; }
    say ok=1 ;;
  lease)
    if holder; then tell "held=1 $(told)"; else say held=0; fi ;;
  hold)
    goodlease "$1" "$2"; words; base
    if hold "$1" "$2" "$3"; then say held=1; else tell "held=0 $(told)"; fi ;;
  release)
    n=0
    while holder && [ "$LID" = "$1" ] && [ $n -lt 20 ]; do away "$LEASE"; n=$((n + 1)); done
    # Words of one who was killed before it had the lease.
    [ "$LID" = "$1" ] || for f in "$B/lease.$1".[0-9]*; do
      [ ! -f "$f" ] || rm -f "$f"
    done
    say ok=1 ;;
  clean) # its own experiment's lease does not count; any: nobody's does
    jobs=0; sources=0; lock=; killed=0; LEASE=
    if [ -d "$B" ]; then
      idle
      if holder && [ "$LID" != "$1" ] && [ "$1" != any ] && kept $STALE; then tell "error=leased $(told)"; exit 2; fi
      for f in "$B"/runs/*/; do [ -d "$f" ] && jobs=$((jobs + 1)); done
      for f in "$B"/sources/*; do [ -f "$f" ] && sources=$((sources + 1)); done
      lock=$(link "$B/lock")
      o="clean:$$:$(started $$):$(bootid)"
      lock "$o" || { say "error=running id=$\{BUSY%%:*}"; exit 2; }
      # What a job left running whose runner was killed before it could end it.
      for f in $(grep -lszxF "GB_WORK=$B/work" /proc/[0-9]*/environ 2>/dev/null); do
        f=$\{f#/proc/}; f=$\{f%/environ}
        [ "$f" -gt 1 ] || continue
        # Ash complains of the dashes, and sends the signal.
        kill -s KILL -- "$f" 2>/dev/null
        killed=$((killed + 1))
      done
      chmod -R u+rwx "$B/work" 2>/dev/null
      # At once: whoever waits for its turn makes a new one while this goes.
      # Not into a folder that somebody else made under that name.
      if [ -e "$B.del$$" ] || [ -L "$B.del$$" ]; then die notremoved; fi
      mv "$B" "$B.del$$" || die notremoved
    fi
    for f in "$B".del*; do
      [ -d "$f" ] && [ ! -L "$f" ] || continue
      set -- $(ls -ldn "$f")
      [ "$3" != "$UIDN" ] || rm -rf "$f" || die notremoved
    done
    for f in "$PREFIX"-ctl-*.sh; do
      [ -f "$f" ] && [ ! -L "$f" ] || continue
      set -- $(ls -ln "$f")
      [ "$3" = "$UIDN" ] && rm -f "$f"
    done
    if [ -n "$LEASE" ]; then l="$(told)"; else l=; fi
    tell "ok=1 jobs=$jobs sources=$sources processes=$killed lock=$\{lock%%:*} $l" ;;
  source) goodsource "$1"; digits "$2" badsize; source_ "$2" "$3" ;;
  take) goodsource "$1"; digits "$2" badoffset; idle; take "$2" ;;
  drop) goodsource "$1"; rm -f "$f" "$f.part" "$f.by"; say ok=1 ;;
  *) die usage ;;
esac
`;
