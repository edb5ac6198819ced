import { leaseFunctions } from './controllerLease';
import { loadFunctions } from './controllerLoad';
import { sourceFunctions } from './controllerSources';
import { sh } from './shellText';

/**
 * The program on the guest that runs benchmarks detached from the connection: POSIX sh, no root, nothing installed.
 * Tested with dash, busybox ash and bash. docs/ARCHITECTURE.md tells the protocol; in short:
 *
 *   $B = /var/tmp/guestbench-<uid>           0700, checked for owner and type before use
 *   $B/lock                                  symbolic link to "ID:PID:STARTTIME:BOOTID": who has the guest
 *   $B/lease                                 which experiment keeps the guest between its jobs, too (controllerLease.ts);
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
# put ID BYTES | start ID [LEASE WHO LABEL STALE] | status ID | follow ID OUT ERR POLL [hold] | fetch ID OFFSET out|err|load|file [NAME]
# files ID | cancel ID GRACE | list | rm ID | clean [LEASE|any]
# lease | hold LEASE WHO LABEL STALE [over] | release LEASE
# source NAME BYTES SHA256 | take NAME OFFSET < DATA | drop NAME
umask 077
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin; export PATH
PREFIX=$\{GUESTBENCH_PREFIX:-/var/tmp/guestbench}
UIDN=$(id -u)
B=$PREFIX-$UIDN

say() { printf 'GB1 %s\n' "$*"; }
die() { say "error=$1"; exit 2; }
# A short sleep where sleep knows fractions, a long one elsewhere.
nap() { sleep 0.1 2>/dev/null || sleep 1; }
link() { readlink "$1" 2>/dev/null; }
size() { if [ -f "$1" ]; then _z=$(wc -c <"$1"); echo $((_z)); else echo 0; fi; }
store() { printf '%s\n' "$2" >"$1.tmp$$" && mv -f "$1.tmp$$" "$1"; }
# On a full disk, in the room that was kept for it.
atomically() { store "$1" "$2" 2>/dev/null || { [ -z "$d" ] || rm -f "$d/room"; store "$1" "$2"; }; }
digits() { case $1 in ''|*[!0-9]*) die "$2" ;; esac; }

bootid() {
  cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null | tr -dc 0-9 || echo unknown
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
  _n=0
  while [ $_n -lt 8 ]; do
    ln -s "$1" "$B/lock" 2>/dev/null
    _has=$(link "$B/lock")
    [ "$_has" = "$1" ] && return 0
    if [ -n "$_has" ]; then
      if alive "$_has"; then BUSY=$_has; return 1; fi
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
  mkdir "$B" 2>/dev/null
  [ -d "$B" ] && [ ! -L "$B" ] || die basedir
  set -- $(ls -ldn "$B")
  [ "$3" = "$UIDN" ] || die basedir-owner
  case $1 in drwx------*) ;; *) die basedir-mode ;; esac
  mkdir -p "$B/runs" "$B/work" || die basedir
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

cpuline() { if [ -r /proc/stat ]; then read -r _l </proc/stat; echo "$_l"; else echo none; fi; }
uptimes() { if [ -r /proc/uptime ]; then read -r _u _ </proc/uptime; echo "$_u"; else date +%s; fi; }

${loadFunctions}
# The runner: leads a session of its own, outlives the connection, writes down how it ended.
runner() {
  trap '' HUP TERM INT
  cd "$d" || exit 125
  # Open for reading and writing, so that opening does not wait; all our descriptors close when we end, however.
  [ -p live ] && exec 9<>live
  owner="$1:$$:$(started $$):$(bootid)"
  if ! lock "$owner"; then atomically busy "$BUSY"; exit 0; fi
  : >out; : >err; mkdir -p files
  load0=$(cpuline); up0=$(uptimes)
  sample 0 >load
  began=$(started $$); watch=
  if [ -s load ] && [ -n "$began" ]; then
    (trap - HUP INT; sampler "$began") 9>&- & watch=$!
  fi
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
  atomically child "$c:$(started $c)"
  atomically owner "$owner"
  wait $c
  rc=$?
  up1=$(uptimes); load1=$(cpuline)
  [ $rc -gt 256 ] && rc=$((rc - 128)) # ksh93 says 256 + signal
  # Not waited for: one that was just forked may not hear it yet, and ends when it sees the exit file.
  [ -n "$watch" ] && kill -s TERM -- "$watch" 2>/dev/null
  sample 0 >>load
  was=0; [ -f cancel ] && was=1
  commas() { set -- $1; IFS=,; printf %s "$*"; unset IFS; }
  # Before the exit file: whoever reads that may start the next job at once.
  case $(link "$B/lease") in "$\{1%%.*}":*) seen "$\{owner##*:}" "$up1" ;; esac
  unlock "$owner"
  # A failure on a full disk is not the benchmark's.
  full=0
  [ $rc -eq 0 ] || { { printf '%065536d' 0 >full; } 2>/dev/null || full=1; rm -f full; }
  atomically exit "rc=$rc out=$(size out) err=$(size err) end=$(date +%s) cancelled=$was full=$full up0=$up0 up1=$up1 load0=$(commas "$load0") load1=$(commas "$load1")"
  # Whoever waits for our end is told; then what the benchmark left running ends, as it would disturb the next.
  [ -p live ] && exec 9>&-
  [ -z "$(started $c)" ] || c=none
  strike KILL "$1" "$c"
  exit 0
}

# members ID SID: "PID GROUP" of each process left of a run: all of its session (whose groups are wholly ours),
# and, with group 0, those that left it but carry its mark.
members() {
  for _f in /proc/[0-9]*; do
    _p=$\{_f#/proc/}
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
  say "state=$s left=$(members "$1" "$sid" | wc -l | tr -d ' ') $(details "$s")"
}

# follow: frames "GB1 out N" / "GB1 err N" and N raw bytes each, at last "GB1 end state=…".
# Everything that happens arrives in one pipe, so nothing is missed between looking and sleeping:
# pids (whom to end afterwards), tick (time to look), over (the runner has ended), gone (nobody listens any more).
# Looking now and then, not tail -f: that would wake up for each line the benchmark writes.
events() {
  # A reader that went away is an error to handle, not a death to die of.
  trap '' PIPE
  {
    # KILL: just forked, the sleep is still a shell, and that would swallow a TERM.
    trap 'kill -s KILL -- "$!" 2>/dev/null; exit 0' TERM
    while :; do sleep "$1" & wait "$!"; echo tick || exit; done
  } 3<&- & t=$!
  r=
  if [ -p "$d/live" ]; then
    # First open for both, for a moment, so that opening does not wait for a writer who may be gone.
    { exec 8<>"$d/live" 7<"$d/live" 8>&- || exit; read -r _ <&7; echo over; } 3<&- & r=$!
  fi
  w=
  if [ "$2" = hold ]; then
    { while read -r _; do :; done; echo gone; kill $t $r; } <&3 & w=$!
  fi
  echo "pids $t $r $w"
  wait
}

send() { # TAG FILE FROM TO
  _at=$3
  while [ "$_at" -lt "$4" ]; do
    _len=$(($4 - _at))
    [ $_len -gt 1048576 ] && _len=1048576
    { say "$1 $_len" && tail -c "+$((_at + 1))" "$2" | head -c "$_len"; } 2>/dev/null || { hush; exit 5; }
    _at=$((_at + _len))
  done
}

hush() { [ -n "$kids" ] && kill $kids 2>/dev/null; }

look() { # ID
  if [ -s "$d/exit" ]; then s=done
  elif [ $careful = 1 ] || [ $((looks % 8)) -eq 0 ]; then s=$(state "$1")
  fi
  looks=$((looks + 1))
  if [ "$s" = done ]; then
    read -r _x <"$d/exit"
    o1=$\{_x#*out=}; o1=$\{o1%% *}
    e1=$\{_x#*err=}; e1=$\{e1%% *}
  else
    o1=$(size "$d/out"); e1=$(size "$d/err")
  fi
  send out "$d/out" "$o" "$o1"; [ "$o1" -gt "$o" ] && o=$o1
  send err "$d/err" "$e" "$e1"; [ "$e1" -gt "$e" ] && e=$e1
  case $s in running|orphan|preparing) return ;; esac
  say "end state=$s $(details "$s")" 2>/dev/null
  hush
  exit 0
}

follow() { # ID OUT ERR POLL [hold]
  say follow 1
  [ -d "$d/started" ] || { say "end state=$(state "$1")"; exit 0; }
  n=0
  while [ "$(state "$1")" = preparing ]; do
    n=$((n + 1)); [ $n -gt 600 ] && { say end state=lost; exit 0; }
    nap
  done
  o=$2; e=$3; s=running; looks=0; careful=0; gone=0; kids=
  exec 3<&0
  events "$4" "$5" 2>/dev/null | {
    trap '' PIPE
    while read -r what pids; do
      case $what in
        pids) kids=$pids ;;
        over) careful=1 ;;
        gone) gone=1 ;;
      esac
      # The others may be quicker than the list of whom to end.
      [ -n "$kids" ] || continue
      if [ $gone = 1 ]; then hush; exit 5; fi
      look "$1"
    done
  }
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
# Never believe a folder somebody else put there.
if [ -e "$B" ] || [ -L "$B" ]; then base; fi
case $verb in
  put) # the script comes on standard input; BYTES tells a cut connection from its end
    goodid "$1"; digits "$2" badsize; base
    mkdir "$d" 2>/dev/null
    if [ -d "$d/started" ]; then say put=0; exit 0; fi
    cat 2>/dev/null >"$d/cmd.tmp$$" || { rm -f "$d/cmd.tmp$$"; die full; }
    [ "$(size "$d/cmd.tmp$$")" -eq "$2" ] || { rm -f "$d/cmd.tmp$$"; die cut; }
    mv -f "$d/cmd.tmp$$" "$d/cmd" || die full
    say put="$2" ;;
  start) # at most once, whoever asks and however often
    goodid "$1"; base
    [ -f "$d/cmd" ] || die nocmd
    if [ ! -d "$d/started" ]; then
      [ -z "$2" ] || goodlease "$2" "$3" "$4" "$5"
      mayrun "$1" "$2" "$3" "$4" "$5" || { say "state=busy fresh=0 by=$\{LJOB:-$LID} $(told)"; exit 0; }
    fi
    command -v setsid >/dev/null 2>&1 || die nosetsid
    [ -d "$d/started" ] || room || die full
    fresh=0
    if mkdir "$d/started" 2>/dev/null; then
      fresh=1
      mkfifo "$d/live" 2>/dev/null
      setsid sh "$0" runner "$1" </dev/null >/dev/null 2>&1 &
    fi
    n=0
    while s=$(state "$1"); [ "$s" = preparing ] && [ $n -lt 100 ]; do nap; n=$((n + 1)); done
    say "state=$s fresh=$fresh $(details "$s")" ;;
  runner) goodid "$1"; runner "$1" ;;
  status)
    goodid "$1"; s=$(state "$1")
    say "state=$s out_now=$(size "$d/out") err_now=$(size "$d/err") $(details "$s")" ;;
  follow)
    goodid "$1"; digits "$2" badoffset; digits "$3" badoffset; digits "$4" badpoll
    follow "$1" "$2" "$3" "$4" "$5" ;;
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
      [ -f "$f" ] && [ ! -L "$f" ] || continue
      n=$\{f##*/}
      case $n in *[!A-Za-z0-9._+-]*|-*) continue ;; esac
      say "file=$n size=$(size "$f")"
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
    case $(state "$1") in running|orphan) say "error=running id=$1"; exit 2 ;; esac
    rm -rf "$d.del"
    if [ -d "$d" ]; then mv "$d" "$d.del" && rm -rf "$d.del"; fi
    say ok=1 ;;
  lease)
    if holder; then say "held=1 $(told)"; else say held=0; fi ;;
  hold)
    goodlease "$1" "$2" "$3" "$4"; base
    if hold "$1" "$2" "$3" "$4" "$5"; then say held=1; else say "held=0 $(told)"; fi ;;
  release)
    holder && [ "$LID" = "$1" ] && away "$LEASE"
    say ok=1 ;;
  clean) # its own experiment's lease does not count; any: nobody's does
    jobs=0; sources=0; lock=; killed=0; LEASE=
    if [ -d "$B" ]; then
      idle
      if holder && [ "$LID" != "$1" ] && [ "$1" != any ] && kept $STALE; then say "error=leased $(told)"; exit 2; fi
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
      rm -rf "$B" || die notremoved
    fi
    for f in "$PREFIX"-ctl-*.sh; do
      [ -f "$f" ] && [ ! -L "$f" ] || continue
      set -- $(ls -ln "$f")
      [ "$3" = "$UIDN" ] && rm -f "$f"
    done
    if [ -n "$LEASE" ]; then l="$(told)"; else l=; fi
    say "ok=1 jobs=$jobs sources=$sources processes=$killed lock=$\{lock%%:*} $l" ;;
  source) goodsource "$1"; digits "$2" badsize; source_ "$2" "$3" ;;
  take) goodsource "$1"; digits "$2" badoffset; idle; take "$2" ;;
  drop) goodsource "$1"; rm -f "$f" "$f.part" "$f.by"; say ok=1 ;;
  *) die usage ;;
esac
`;
