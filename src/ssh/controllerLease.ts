import { sh } from './shellText';

/**
 * Part of the controller: the lease, which says for which experiment the guest is kept from its first trial to its
 * last. Times are seconds of the guest's own uptime, which nobody can set.
 *
 * Every account of a guest can list the arguments of all processes there. So WHO and LABEL (base64url, plain words)
 * come on standard input, only builtins touch them, and they lie in a file that the link names by ID and PID, written
 * before the link and of no use without it. Readable by our account alone, as all in $B.
 */
export const leaseFunctions = sh`# After so long without a sign of life a guest is free for jobs that come without a lease.
STALE=600

# ago BOOTID UPTIME: seconds since then; after a reboot, at least so many
ago() {
  case $2 in ''|*[!0-9]*) set -- "$1" 0 ;; esac
  _v=$(uptimes); _v=$\{_v%%.*}
  [ "$1" = "$(bootid)" ] && _v=$((_v - $2))
  [ "$_v" -ge 0 ] || _v=0
  echo "$_v"
}

# seen BOOTID UPTIME: a sign of life of who has the lease
seen() { store "$B/lease.seen" "$1:$\{2%%.*}" 2>/dev/null; }

# words: sets WHO and LABEL from the line "WHO LABEL" on standard input, never from arguments
words() {
  read -r WHO LABEL || die cut
  case $WHO$LABEL in *[!A-Za-z0-9._-]*) die badlease ;; esac
}

# holder: sets LEASE, and LID LWHO LLABEL LWORDS LSINCE LQUIET LJOB from it. 1 = nobody has one
holder() {
  LEASE=$(link "$B/lease"); LID=; LJOB=
  [ -n "$LEASE" ] || return 1
  IFS=:; set -- $LEASE; unset IFS
  LID=$1; LWHO=$2; LLABEL=$3; LWORDS=$B/lease.$1.$3
  # Earlier versions had the words in the link itself.
  if [ -z "$LWHO" ]; then
    LLABEL=
    { IFS=: read -r LWHO LLABEL <"$LWORDS"; } 2>/dev/null
    case $LWHO$LLABEL in *[!A-Za-z0-9._-]*) LWHO=; LLABEL= ;; esac
  fi
  LSINCE=$(ago "$4" "$5"); LQUIET=$LSINCE
  if [ -s "$B/lease.seen" ]; then
    IFS=: read -r _b _u <"$B/lease.seen"
    LQUIET=$(ago "$_b" "$_u")
    [ "$LSINCE" -ge "$LQUIET" ] || LQUIET=$LSINCE
  fi
  _has=$(link "$B/lock")
  if [ -n "$_has" ] && alive "$_has"; then LJOB=$\{_has%%:*}; fi
}

# kept STALE: whether the holder has the guest still: a job runs there, or it was heard of not long ago
kept() { [ -n "$LJOB" ] || [ "$LQUIET" -lt "$1" ]; }

told() { echo "lease=$LID who=$LWHO label=$LLABEL since=$LSINCE quiet=$LQUIET job=$LJOB"; }

# away LEASE: removes that very lease, which holder told; only the holder of lease.brk may, after looking again
away() {
  if ln -s "lease:$$:$(started $$):$(bootid)" "$B/lease.brk" 2>/dev/null; then
    [ "$(link "$B/lease")" = "$1" ] && rm -f "$B/lease" "$B/lease.seen" "$LWORDS"
    rm -f "$B/lease.brk"
  else
    _brk=$(link "$B/lease.brk")
    [ -n "$_brk" ] && ! alive "$_brk" && rm -f "$B/lease.brk"
    nap
  fi
}

# hold ID STALE [over], after words: 0 = the lease is ours; 1 = somebody else has it. over: whoever has it
hold() {
  _own=$B/lease.$1.$$; _k=0
  while [ $_k -lt 20 ]; do
    _k=$((_k + 1))
    if ! holder; then
      # On a full disk a lease without a name is better than none.
      { echo "$WHO:$LABEL" >"$_own"; } 2>/dev/null || rm -f "$_own"
      ln -s "$1::$$:$(bootid):$(_v=$(uptimes); echo "$\{_v%%.*}")" "$B/lease" 2>/dev/null
      holder || continue
    fi
    if [ "$LID" = "$1" ]; then
      [ "$LWORDS" = "$_own" ] || [ ! -f "$_own" ] || rm -f "$_own"
      seen "$(bootid)" "$(uptimes)"
      return 0
    fi
    if [ "$3" != over ] && kept "$2"; then
      [ ! -f "$_own" ] || rm -f "$_own"
      return 1
    fi
    away "$LEASE"
  done
  rm -f "$_own"
  [ -n "$LEASE" ] || die full
  return 1
}

# mayrun JOB [LEASE STALE], after words: a job of the lease, or any while nobody has one
mayrun() {
  if [ -n "$2" ]; then
    # Taken already, as it mostly is: the job itself is the sign of life.
    case $(link "$B/lease") in "$2":*) return 0 ;; esac
    hold "$2" "$3"
  else
    ! holder || [ "$LID" = "$\{1%%.*}" ] || ! kept $STALE
  fi
}

goodlease() { # ID STALE
  case $1 in ''|.*|-*|*[!A-Za-z0-9._-]*) die badlease ;; esac
  [ $\{#1} -le 64 ] || die badlease
  digits "$2" badstale
}
`;
