import { sh } from './shellText';

/** Part of the controller: takes what is uploaded for jobs, whole or not at all. */
export const sourceFunctions = sh`# sum FILE: its SHA-256 by whichever tool there is; empty without one
sum() {
  _h=
  if command -v sha256sum >/dev/null 2>&1; then _h=$(sha256sum <"$1")
  elif command -v openssl >/dev/null 2>&1; then _h=$(openssl dgst -sha256 <"$1")
  elif command -v shasum >/dev/null 2>&1; then _h=$(shasum -a 256 <"$1")
  elif command -v sha256 >/dev/null 2>&1; then _h=$(sha256 -q <"$1")
  fi
  # The sum stands first, or after what it is the sum of.
  case $_h in *'= '*) _h=$\{_h##* } ;; esac
  echo "$\{_h%% *}"
}

goodsource() {
  case $1 in ''|*[!A-Za-z0-9._+-]*|.*|-*) die badname ;; esac
  f=$B/sources/$1
  base
  mkdir -p "$B/sources" || die basedir
}

# source BYTES SHA256: under its name only when it is whole; else how much is here, and how many KiB are free
source_() {
  [ -n "$(sum /dev/null)" ] || die nosum
  for c in "$f" "$f.part"; do
    [ -f "$c" ] || continue
    n=$(size "$c")
    if [ "$n" -eq "$1" ] && [ "$(sum "$c")" = "$2" ]; then
      [ "$c" = "$f" ] || mv -f "$c" "$f" || die basedir
      rm -f "$f.by"
      say "path=$f whole=1"
      return
    fi
    if [ "$c" = "$f" ] || [ "$n" -ge "$1" ]; then rm -f "$c" "$f.by"; fi
  done
  free=$(df -Pk "$B" 2>/dev/null | { read -r _; read -r _ _ _ n _; echo "$n"; })
  say "path=$f whole=0 at=$(size "$f.part") free=$free"
}

# take OFFSET: adds what comes to what is here
take() {
  if [ -s "$f.by" ] && alive "$(cat "$f.by")" && [ "$_pid" -gt 1 ]; then
    # Its connection is gone, or it would not be sent anew.
    kill -s KILL -- "$_pid" 2>/dev/null
  fi
  [ "$(size "$f.part")" -eq "$1" ] || die cut
  atomically "$f.by" "send:$$:$(started $$):$(bootid)"
  say taking=1
  # In place of this shell, so that NAME.by names who writes.
  exec cat >>"$f.part"
}
`;
