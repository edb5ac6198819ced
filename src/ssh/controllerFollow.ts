import { sh } from './shellText';

/**
 * Part of the controller: sends what a job writes, while it runs and to its end.
 *
 * Frames: "GB1 out N" or "GB1 err N" and N raw bytes each; "GB1 skip out N": so many bytes are passed over for now;
 * after the job has ended "GB1 load N" and "GB1 file N NAME" with the whole of small files; at last "GB1 end state=…".
 */
export const followFunctions = sh`# What a stream may have for one look, and what all files may have for their end, is sent at once.
ATEND=1048576
BLOCK=4096

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

# part FILE FROM BYTES. dd, where there is much to pass over: not every tail can jump.
part() {
  if [ "$3" -le 1048576 ] && [ $((($2 | $3) & (BLOCK - 1))) -eq 0 ]; then
    dd if="$1" bs=$BLOCK skip=$(($2 / BLOCK)) count=$(($3 / BLOCK)) 2>/dev/null
  elif [ "$2" -eq 0 ]; then head -c "$3" "$1"
  elif [ "$2" -lt 1048576 ]; then tail -c "+$(($2 + 1))" "$1" | head -c "$3"
  else dd if="$1" bs=65536 skip=$(($2 / 65536)) 2>/dev/null | tail -c "+$(($2 % 65536 + 1))" | head -c "$3"
  fi
}

send() { # TAG FILE FROM TO
  _at=$3
  while [ "$_at" -lt "$4" ]; do
    _len=$(($4 - _at))
    [ $_len -gt 67108864 ] && _len=67108864
    { say "$1 $_len" && part "$2" "$_at" "$_len"; } 2>/dev/null || { hush; exit 5; }
    _at=$((_at + _len))
  done
}

# skim TAG FILE FROM TO: as send, but of a flood only its end, and while it goes on whole blocks, which one process can
# read: more would disturb who writes it. Sets TO, how far it came.
skim() {
  _most=$limit
  [ "$s" = done ] && _most=$ATEND
  _from=$3; TO=$4
  if [ "$limit" -gt 0 ] && [ $((TO - _from)) -gt $((_most + 2 * BLOCK)) ]; then
    [ "$s" = done ] || TO=$((TO - TO % BLOCK))
    _from=$((TO - _most))
    _from=$((_from - _from % BLOCK))
    say "skip $1 $((_from - $3))"
  fi
  send "$1" "$2" "$_from" "$TO"
}

# sizes: sets o1 and e1, by one process
sizes() {
  set -- $(cd "$d" && wc -c out err 2>/dev/null)
  o1=$1; e1=$3
  [ "$4" = err ] || { o1=$(size "$d/out"); e1=$(size "$d/err"); }
}

hush() { [ -n "$kids" ] && kill $kids 2>/dev/null; }

# What is needed before the next job can start, so that nobody has to ask for it; sets FILES, how many there are.
results() {
  FILES=0; _room=$ATEND
  if [ -f "$d/load" ]; then
    _n=$\{_x##* load=}; _n=$\{_n%% *}
    case $_n in *[!0-9]*) _n=$(size "$d/load") ;; esac
    # A short one without a process of its own: the next trial waits for it.
    if [ "$_n" -le 4096 ]; then
      _t=
      while read -r _l; do _t="$_t$_l
"; done <"$d/load"
      say load $\{#_t}
      printf %s "$_t"
      _room=$((_room - $\{#_t}))
    elif [ "$_n" -le $_room ]; then
      send load "$d/load" 0 "$_n"
      _room=$((_room - _n))
    fi
  fi
  for _f in "$d"/files/*; do
    isresult "$_f" || continue
    FILES=$((FILES + 1))
    _n=$(size "$_f")
    [ "$_n" -le $_room ] || continue
    _room=$((_room - _n))
    { say "file $_n $\{_f##*/}" && head -c "$_n" "$_f"; } 2>/dev/null || { hush; exit 5; }
  done
}

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
    sizes
  fi
  skim out "$d/out" "$o" "$o1"; [ "$TO" -gt "$o" ] && o=$TO
  skim err "$d/err" "$e" "$e1"; [ "$TO" -gt "$e" ] && e=$TO
  case $s in
    running|orphan|preparing) return ;;
    done)
      if [ "$limit" -gt 0 ]; then results; _x="$_x files=$FILES"; fi
      say "end state=done $_x" 2>/dev/null ;;
    *) say "end state=$s $(details "$s")" 2>/dev/null ;;
  esac
  hush
  exit 0
}

follow() { # ID OUT ERR POLL [hold|drop] [LIMIT]
  say follow 1
  [ -d "$d/started" ] || { say "end state=$(state "$1")"; exit 0; }
  n=0
  while [ "$(state "$1")" = preparing ]; do
    n=$((n + 1)); [ $n -gt 600 ] && { say end state=lost; exit 0; }
    nap
  done
  o=$2; e=$3; limit=$\{6:-0}; s=running; looks=0; careful=0; gone=0; kids=
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
`;
