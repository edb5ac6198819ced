import * as z from 'zod/mini';
import { longestAnswer } from './answers';
import { parameter } from './parameters';
import { refusedExitCode, withSbin } from './shell';

const path = /^\/dev(?:\/[A-Za-z0-9][A-Za-z0-9_-]*)+$/;
const identity = /^\/dev(?:\/[A-Za-z0-9][A-Za-z0-9_-]*)+ \d{1,18}(?: [a-z0-9_+-]{1,100})?$/;

const textLike = (pattern: RegExp, error: string) =>
  z._default(z.string({ error }).check(z.refine((text) => text === '' || pattern.test(text), { error })), '');

/** The two parameters of a benchmark that can use a whole block device: which one, and that it is meant. */
export const deviceShape = {
  device: parameter(
    'A whole block device of the guest, such as /dev/xvdb, instead of a file. Writing destroys what is on it.',
    textLike(path, 'must be empty or the path of a block device, such as /dev/xvdb'),
  ),
  confirmDevice: parameter(
    'The device once more with its bytes and what is on it, as the guest tells; without it no device is used.',
    textLike(
      identity,
      'must be empty or a device, its bytes and what is on it, such as "/dev/xvdb 21474836480 ext4"',
    ),
  ),
};

/** `read`: nothing is written, but the device must be free all the same, or the figures are of two at once. */
export type DeviceUse = 'read' | 'write';

/**
 * Shell functions. `gb_examine DEVICE USE` sets gb_told (device, bytes, what is on it) and gb_why, which is empty when
 * the device is free: no link, not mounted by any process that can be seen, no swap, and nothing (LVM, RAID,
 * encryption, a loop device) stands on it or its partitions. What cannot be found out is refused.
 */
export const examine = [
  withSbin,
  'gb_number() { set -- $(stat -c "0x%t 0x%T" "$1" 2>/dev/null); [ "$#" -eq 2 ] && echo "$(($1)):$(($2))"; }',
  'gb_in_use() {',
  '  gb_name=/dev/$(sed -n "s/^DEVNAME=//p" "$1/uevent" 2>/dev/null)',
  '  gb_maj_min=$(cat "$1/dev" 2>/dev/null)',
  '  for gb_h in "$1"/holders/*; do',
  '    if [ -e "$gb_h" ]; then gb_why="$gb_name is in use by ${gb_h##*/}"; return 0; fi',
  '  done',
  '  gb_at=$(cat /proc/self/mountinfo /proc/[0-9]*/mountinfo 2>/dev/null | awk -v number="$gb_maj_min" -v name="$gb_name" \'',
  '    { source = ""; for (i = 7; i < NF; i++) if ($i == "-") source = $(i + 2) }',
  '    $3 == number || source == name { print $5; exit }',
  "  ')",
  '  if [ -n "$gb_at" ]; then gb_why="$gb_name is mounted at $gb_at"; return 0; fi',
  '  while read -r gb_swap gb_rest; do',
  '    if [ -b "$gb_swap" ] && [ "$(gb_number "$gb_swap")" = "$gb_maj_min" ]; then gb_why="$gb_name is used for swapping"; return 0; fi',
  '  done </proc/swaps',
  '  for gb_b in /sys/block/loop*/loop/backing_file; do',
  '    if [ -r "$gb_b" ] && [ "$(cat "$gb_b" 2>/dev/null)" = "$gb_name" ]; then gb_why="$gb_name is in use by a loop device"; return 0; fi',
  '  done',
  '  return 1',
  '}',
  'gb_examine() {',
  '  gb_told= gb_why= gb_bytes=0 gb_sign=',
  '  if [ -L "$1" ] || [ "$(readlink -f "$1")" != "$1" ]; then gb_why="$1 is a link to $(readlink -f "$1"): name that"; return; fi',
  '  if [ ! -b "$1" ]; then gb_why="$1 is not a block device of this guest"; return; fi',
  '  gb_sys=/sys/dev/block/$(gb_number "$1")',
  '  gb_sectors=$(cat "$gb_sys/size" 2>/dev/null)',
  '  if [ -z "$gb_sectors" ] || [ "$gb_sectors" = 0 ]; then gb_why="the size of $1 cannot be read, or it has none"; return; fi',
  '  gb_bytes=$((gb_sectors * 512))',
  '  if [ ! -r "$1" ]; then gb_why="$1 may not be read by $(id -un)"; return; fi',
  '  gb_sign=$(blkid -p -s TYPE -s PTTYPE -o value "$1" 2>/dev/null); gb_status=$?',
  '  if [ "$gb_status" -ne 0 ] && [ "$gb_status" -ne 2 ]; then gb_why="what is on $1 cannot be told (blkid of util-linux is needed)"; return; fi',
  '  gb_sign=$(printf %s "$gb_sign" | tr "A-Z\\n" "a-z+" | tr -cd "a-z0-9_+-")',
  '  gb_told="$1 $gb_bytes${gb_sign:+ $gb_sign}"',
  '  if [ "$2" = write ]; then',
  '    if [ "$(cat "$gb_sys/ro" 2>/dev/null)" != 0 ]; then gb_why="$1 is read-only"; return; fi',
  '    if [ ! -w "$1" ]; then gb_why="$1 may not be written by $(id -un)"; return; fi',
  '  fi',
  '  if gb_in_use "$gb_sys"; then return; fi',
  '  for gb_part in "$gb_sys"/*/partition; do',
  '    if [ -e "$gb_part" ] && gb_in_use "${gb_part%/partition}"; then return; fi',
  '  done',
  '  if [ -e "$gb_sys/partition" ]; then',
  '    for gb_h in "$gb_sys"/../holders/*; do',
  '      if [ -e "$gb_h" ]; then gb_why="the disk of $1 is in use by ${gb_h##*/}"; return; fi',
  '    done',
  '  fi',
  '}',
].join('\n');

/**
 * Ends the run unless the device is free and is the one that was confirmed: its name, its bytes, and what is on it,
 * where anything is. After our own first writing what is on it is ours, and is no longer compared.
 */
export function mustBeConfirmed(device: string, confirmed: string, use: DeviceUse, bytes: number): string {
  const refuse = (why: string) => `echo "guestbench: refused: ${why}" >&2; exit ${refusedExitCode}`;
  return [
    examine,
    `gb_examine '${device}' ${use}`,
    `if [ -n "$gb_why" ]; then ${refuse('$gb_why')}; fi`,
    `gb_confirmed='${confirmed}'`,
    `if [ -z "$gb_confirmed" ]; then ${refuse('nobody confirmed the use of $gb_told (parameter confirmDevice)')}; fi`,
    'gb_mark=device-used-$(printf %s "$gb_confirmed" | cksum | cut -d " " -f 1)',
    `if [ "$gb_confirmed" != "$gb_told" ]; then`,
    `  case "$gb_confirmed " in '${device}'" $gb_bytes "*) gb_same=yes ;; *) gb_same=no ;; esac`,
    '  if [ -n "$gb_sign" ] && [ ! -e "$gb_mark" ]; then gb_same=no; fi',
    `  if [ "$gb_same" = no ]; then ${refuse('confirmed was $gb_confirmed, but there is $gb_told')}; fi`,
    'fi',
    `if [ "$gb_bytes" -lt ${bytes} ]; then ${refuse(`$gb_told has fewer than the ${bytes} bytes asked for`)}; fi`,
    ...(use === 'write' ? [': >"$gb_mark" || exit $?'] : []),
  ].join('\n');
}

const mark = 'guestbench-confirm: ';

/** Tells what is to be confirmed, for `readConfirmation`. */
export function tellDevice(device: string, use: DeviceUse): string {
  return [
    examine,
    `gb_examine '${device}' ${use}`,
    `if [ -n "$gb_why" ]; then echo "${mark}refused=$gb_why"; exit 0; fi`,
    `gb_about=$(lsblk -dno MODEL,SERIAL '${device}' 2>/dev/null | tr -s ' \\n' ' ' | sed 's/^ //; s/ $//')`,
    `gb_label=$(blkid -p -s LABEL -o value '${device}' 2>/dev/null)`,
    `echo "${mark}what=$((gb_bytes / 1048576)) MiB\${gb_about:+, $gb_about}, \${gb_sign:-no filesystem or partitions found}\${gb_label:+ \\"$gb_label\\"}"`,
    `echo "${mark}value=$gb_told"`,
    'exit 0',
    '',
  ].join('\n');
}

/** What a guest told of the thing that is to be confirmed there. */
export type Told =
  | { readonly kind: 'there'; readonly value: string; readonly what: string }
  | { readonly kind: 'refused'; readonly reason: string };

export function readConfirmation(output: string): Told {
  const fields = new Map(
    output
      .slice(0, longestAnswer)
      .split(/\r?\n/)
      .flatMap((line) => {
        if (!line.startsWith(mark)) return [];
        const [, key, value] = /^guestbench-confirm: (\w+)=(.*)$/.exec(line) ?? [];
        return key === undefined || value === undefined ? [] : [[key, value.trim()] as const];
      }),
  );
  const [value, what] = [fields.get('value'), fields.get('what')];
  if (value !== undefined && what !== undefined) return { kind: 'there', value, what };
  return { kind: 'refused', reason: fields.get('refused') ?? 'the guest did not tell what is there' };
}
