import { sh } from './shellText';

/**
 * Part of the controller: the lease, which says for which experiment the guest is kept from its first trial to its
 * last. WHO and LABEL are base64url, so that they are plain words; times are seconds of the guest's own uptime, which
 * nobody can set.
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

# holder: sets LEASE, and LID LWHO LLABEL LSINCE LQUIET LJOB from it. 1 = nobody has one
holder() {
  LEASE=$(link "$B/lease"); LID=; LJOB=
  [ -n "$LEASE" ] || return 1
  IFS=:; set -- $LEASE; unset IFS
  LID=$1; LWHO=$2; LLABEL=$3
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

# away LEASE: removes that very lease; only the holder of lease.brk may, after looking again
away() {
  if ln -s "lease:$$:$(started $$):$(bootid)" "$B/lease.brk" 2>/dev/null; then
    [ "$(link "$B/lease")" = "$1" ] && rm -f "$B/lease" "$B/lease.seen"
    rm -f "$B/lease.brk"
  else
    _brk=$(link "$B/lease.brk")
    [ -n "$_brk" ] && ! alive "$_brk" && rm -f "$B/lease.brk"
    nap
  fi
}

# hold ID WHO LABEL STALE [over]: 0 = the lease is ours; 1 = somebody else has it. over: whoever has it
hold() {
  _k=0
  while [ $_k -lt 20 ]; do
    ln -s "$1:$2:$3:$(bootid):$(_v=$(uptimes); echo "$\{_v%%.*}")" "$B/lease" 2>/dev/null
    holder || die full
    if [ "$LID" = "$1" ]; then seen "$(bootid)" "$(uptimes)"; return 0; fi
    [ "$5" = over ] || ! kept "$4" || return 1
    away "$LEASE"
    _k=$((_k + 1))
  done
  return 1
}

# mayrun JOB [LEASE WHO LABEL STALE]: a job of the lease, or any while nobody has one
mayrun() {
  if [ -n "$2" ]; then
    # Taken already, as it mostly is: the job itself is the sign of life.
    case $(link "$B/lease") in "$2":*) return 0 ;; esac
    digits "$5" badstale
    hold "$2" "$3" "$4" "$5"
  else
    ! holder || [ "$LID" = "$\{1%%.*}" ] || ! kept $STALE
  fi
}

goodlease() { # ID WHO LABEL STALE
  case $1 in ''|.*|-*) die badlease ;; esac
  case $1$2$3 in *[!A-Za-z0-9._-]*) die badlease ;; esac
  digits "$4" badstale
}
`;
