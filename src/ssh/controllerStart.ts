import { sh } from './shellText';

/** Part of the controller: takes a job's script, starts it at most once, and removes what is left of others. */
export const startFunctions = sh`WAITS=; AFTER=

# equipped PROGRAM...: dies of the first that is missing. Without readlink, say, every lock would look as if somebody
# else had it. Builtins only, as it is asked before each job.
equipped() {
  for _t; do command -v "$_t" >/dev/null 2>&1 || die "no$_t"; done
}

# put ID BYTES: the script comes on standard input; BYTES tells a cut connection from its end. 1 = was started before
put() {
  mkdir "$d" "$d/files" 2>/dev/null
  if [ -d "$d/started" ]; then head -c "$2" >/dev/null 2>&1; return 1; fi
  head -c "$2" 2>/dev/null >"$d/cmd.tmp$$" || {
    rm -f "$d/cmd.tmp$$"
    # An old head that counts lines only, or no room?
    [ "$(echo ab | head -c 1 2>/dev/null)" = a ] || die oldhead
    die full
  }
  [ "$(size "$d/cmd.tmp$$")" -eq "$2" ] || { rm -f "$d/cmd.tmp$$"; die cut; }
  mv -f "$d/cmd.tmp$$" "$d/cmd" || die full
}

# All that starting needs and that can be there before
ready() {
  # A tail that counts lines only would break the streams, when the job has run.
  [ -d "$d/started" ] || [ "$(echo ab | tail -c +2 2>/dev/null)" = b ] || die oldtail
  [ -d "$d/started" ] || [ -f "$d/room" ] || room || die full
  [ -p "$d/live" ] || mkfifo "$d/live" 2>/dev/null
}

# The job's runner, waiting for its word: as long as we live, and no longer.
standby() { # ID
  WAITS=go.$$
  mkfifo "$d/$WAITS" 2>/dev/null || { WAITS=; return; }
  # Open for both, so that opening does not wait.
  exec 4<>"$d/$WAITS"
  setsid sh "$0" runner "$1" "$UIDN" "$WAITS" </dev/null >/dev/null 2>&1 4>&- &
  # A word that was said before it listens would be lost.
  n=0
  while [ ! -e "$d/$WAITS.open" ] && [ $n -lt 100 ]; do nap; n=$((n + 1)); done
  [ -e "$d/$WAITS.open" ] || { exec 4>&-; WAITS=; }
}

# start ID [LEASE STALE]: at most once, whoever asks and however often
start() {
  [ -f "$d/cmd" ] || die nocmd
  if [ ! -d "$d/started" ] && ! mayrun "$@"; then
    tell "state=busy fresh=0 by=$\{LJOB:-$LID} $(told)"
    exit 0
  fi
  ready
  fresh=0
  if mkdir "$d/started" 2>/dev/null; then
    fresh=1
    if [ -n "$WAITS" ]; then echo go >&4
    else setsid sh "$0" runner "$1" "$UIDN" </dev/null >/dev/null 2>&1 &
    fi
  fi
  # Nothing of ours gets in its way now.
  [ -z "$WAITS" ] || { exec 4>&-; nap; }
  for _o in $AFTER; do remove "$_o"; done
  n=0
  while s=$(state "$1"); [ "$s" = preparing ] && [ $n -lt 100 ]; do nap; n=$((n + 1)); done
  say "state=$s fresh=$fresh $(details "$s")"
}

# islarge ID: whether what it printed is more than 4 MiB
islarge() {
  [ -s "$B/runs/$1/exit" ] && read -r _x <"$B/runs/$1/exit" || return 1
  _x=$\{_x#* out=}; _y=$\{_x#* err=}
  [ $(($\{_x%% *} + $\{_y%% *})) -gt 4194304 ] 2>/dev/null
}

# remove ID: 1 = it runs
remove() {
  _d=$B/runs/$1
  case $(state "$1") in running|orphan) return 1 ;; esac
  [ ! -e "$_d.del" ] || rm -rf "$_d.del"
  if [ -d "$_d" ]; then mv "$_d" "$_d.del" && rm -rf "$_d.del"; fi
}

# run ID BYTES POLL LIMIT [LEASE STALE]: put, wait for the word, start, follow. While another trial is
# measured nothing of this does anything but wait, and the word comes without a further round trip.
run() {
  put "$1" "$2" && standby "$1"
  ready
  _id=$1; _poll=$3; _limit=$4
  shift 4
  say ready=1
  # "go ID…": start, after what is left of these was removed. Without the word nobody is there any more.
  read -r _word _old && [ "$_word" = go ] || exit 5
  for _o in $_old; do
    case $_o in *[!A-Za-z0-9._-]*|.*|-*) die badid ;; esac
    # A large one would still be at work on the disk when the next begins.
    if islarge "$_o"; then remove "$_o"; else AFTER="$AFTER $_o"; fi
  done
  start "$_id" "$@"
  follow "$_id" 0 0 "$_poll" hold "$_limit"
}
`;
