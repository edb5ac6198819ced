/*
 * The framing: a section is
 *   #guestbench:begin <label>
 *   |<a line of the text>
 *   #guestbench:end
 * A line of a text always carries the bar, so no text can look like a mark; whatever a login shell prints
 * carries neither and is passed over; a section whose end never arrived is dropped.
 */
export const beginMark = '#guestbench:begin ';
export const endMark = '#guestbench:end';

/** Kernel messages that the mode or the facts rest on; the rest of the ring buffer stays in the guest. */
const kernelLines = [
  'Linux version',
  'Hypervisor detected',
  'ooting .*kernel .*on ',
  'ooting .*kernel on',
  'DMI:',
  'DMI not present',
  'Machine model: XENVM',
  'Xen .*support found',
  'Xen version',
  'Xen Platform PCI',
  'unplug',
  'QEMU HARDDISK',
  'blkfront: ',
  'xen_netfront: ',
  'Initialising Xen virtual ethernet',
  'Switched to clocksource',
  'Detected virtualization',
  'hypervisor0 at',
  'pvbus0 at',
].join('|');

/**
 * What a guest is asked, in one go: `exec /bin/sh -s` with this on standard input. POSIX (dash, busybox ash, bash), as any
 * user, without writing anything. Everything stands in one function, so a script that arrived in part does
 * nothing. Small files are read by the shell itself: a fork in an emulated guest costs 10 ms.
 */
export const probeScript: string = String.raw`guestbench_probe() {
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin; export PATH

# bounded COMMAND...: four seconds, so that nothing hangs. Always in a subshell, whose process becomes the command.
# Older busybox has another timeout, some systems have none.
uname_text=$(exec timeout 4 uname -a </dev/null 2>/dev/null)
if [ -n "$uname_text" ]; then
  bounded() { exec timeout 4 "$@" </dev/null 2>/dev/null; }
else
  uname_text=$(uname -a 2>/dev/null)
  bounded() {
    "$@" </dev/null 2>/dev/null &
    command_pid=$!
    ( sleep 4; kill -9 "$command_pid" ) </dev/null >/dev/null 2>&1 &
    watch_pid=$!
    wait "$command_pid" 2>/dev/null
    bounded_code=$?
    kill "$watch_pid" 2>/dev/null
    return "$bounded_code"
  }
fi

newline='
'
# section LABEL TEXT [LINES]: without its empty lines; of limited lines, only what is not too long. Splitting into words
# takes the shell far less time than cutting off one line after the other.
section() {
  printf '#guestbench:begin %s\n' "$1"
  section_lines=${'$'}{3:-}
  set -f
  IFS=$newline
  set -- $2
  unset IFS
  set +f
  if [ -z "$section_lines" ]; then
    [ $# -eq 0 ] || printf '|%s\n' "$@"
  else
    for section_line; do
      [ "$section_lines" -gt 0 ] || break
      section_lines=$((section_lines - 1))
      printf '|%.400s\n' "$section_line"
    done
  fi
  printf '#guestbench:end\n'
}

# A file of one or few lines; absent when it cannot be read.
file() {
  [ -f "$1" ] && [ -r "$1" ] || return 0
  file_text=
  while IFS= read -r file_line || [ -n "$file_line" ]; do
    file_text="$file_text|$file_line
"
  done <"$1" 2>/dev/null
  # Nothing came: an empty file, or one whose reading fails (sysfs does that)?
  if [ -z "$file_text" ] && ! cat "$1" >/dev/null 2>&1; then return 0; fi
  printf '#guestbench:begin %s\n%s#guestbench:end\n' "$1" "$file_text"
} 2>/dev/null

# run LABEL COMMAND...: only when it succeeded
run() {
  run_label=$1; shift
  run_text=$(bounded "$@") || return 0
  section "$run_label" "$run_text"
}

# quick LABEL COMMAND...: as run, for what asks the kernel alone and cannot hang
quick() {
  quick_label=$1; shift
  quick_text=$(exec "$@" </dev/null 2>/dev/null) || return 0
  section "$quick_label" "$quick_text"
}

# names FOLDER: what ls prints, without a process
names() {
  [ -d "$1" ] && [ -r "$1" ] || return 0
  names_text=
  for names_path in "$1"/*; do
    if [ -e "$names_path" ] || [ -L "$names_path" ]; then names_text="$names_text${'$'}{names_path##*/}$newline"; fi
  done
  section "ls $1" "$names_text"
}

# listed FOLDER OTHER: of the links, those below the headline of the folder
listed() {
  case $links in
    *"$newline$1:$newline"*) ;;
    *) return 0 ;;
  esac
  listed_text=$newline${'$'}{links#*"$newline$1:$newline"}
  section "ls -l $1" "${'$'}{listed_text%%"$newline$newline$2:$newline"*}"
}

# drivers FOLDER: of the links, the drivers of its devices
drivers() {
  drivers_text=
  set -f
  IFS=$newline
  for drivers_line in $links; do
    case $drivers_line in
      /*) break ;;
      *" $1/"*' -> '*) drivers_text="$drivers_text$drivers_line$newline" ;;
    esac
  done
  unset IFS
  set +f
  case $drivers_text in ?*) section "ls -l $1/*/device/driver" "$drivers_text" ;; esac
}

# kernel LABEL COMMAND...: the wanted lines only; an empty section: readable, but they are gone. Some versions of grep
# refuse -a, which keeps others from taking the messages for binary: the command is asked again without it.
kernel_grep=-aE
kernel() {
  kernel_label=$1; shift
  kernel_text=$({ (bounded "$@") && printf '\n#guestbench:whole\n'; } |
    grep "$kernel_grep" '^#guestbench:whole$|${kernelLines}' 2>/dev/null)
  if [ $? -gt 1 ] && [ "$kernel_grep" = -aE ]; then
    grep -a x </dev/null >/dev/null 2>&1
    if [ $? -gt 1 ]; then
      kernel_grep=-E
      kernel "$kernel_label" "$@"
      return
    fi
  fi
  case $kernel_text in
    *'#guestbench:whole') section "$kernel_label" "${'$'}{kernel_text%'#guestbench:whole'}" 80 ;;
    *) kernel_text= ;;
  esac
}

# A login shell may have left an unfinished line.
printf '\n'
for path in \
  /sys/hypervisor/type /sys/hypervisor/guest_type /sys/hypervisor/uuid \
  /sys/hypervisor/version/major /sys/hypervisor/version/minor /sys/hypervisor/version/extra \
  /sys/hypervisor/properties/features /proc/xen/capabilities /proc/device-tree/hypervisor/compatible \
  /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name /sys/class/dmi/id/product_version \
  /sys/class/dmi/id/bios_vendor /sys/class/dmi/id/bios_version \
  /sys/devices/system/clocksource/clocksource0/current_clocksource \
  /sys/devices/system/clocksource/clocksource0/available_clocksource \
  /sys/devices/system/cpu/online /sys/devices/system/cpu/vulnerabilities/* \
  /proc/version /proc/loadavg /proc/uptime \
  /proc/sys/kernel/osrelease /proc/sys/kernel/hostname /proc/sys/kernel/random/boot_id \
  /etc/os-release /.dockerenv /run/.containerenv /run/systemd/container \
  /sys/class/net/*/device/vendor /sys/class/net/*/device/device \
  /sys/class/net/*/device/subsystem_vendor /sys/class/net/*/device/subsystem_device \
  /sys/block/*/device/vendor /sys/block/*/device/model /sys/class/scsi_host/*/proc_name \
  /sys/block/nvme*/device/device/vendor /sys/block/nvme*/device/device/device
do file "$path"; done

case $uname_text in ?*) section 'uname -a' "$uname_text" ;; esac
[ -r /proc/sys/kernel/hostname ] || run 'hostname' hostname
quick 'nproc' nproc
quick 'lscpu' lscpu
if [ -r /proc/cpuinfo ]; then
  # The first processor stands for all.
  cpu_text=
  while IFS= read -r cpu_line && [ -n "$cpu_line" ]; do
    cpu_text="$cpu_text$cpu_line$newline"
  done </proc/cpuinfo
  section /proc/cpuinfo "$cpu_text"
fi
if [ -r /proc/meminfo ]; then
  memory_text=
  while IFS= read -r memory_line; do
    case $memory_line in
      MemTotal:*|MemAvailable:*|SwapTotal:*|HugePages_Total:*) memory_text="$memory_text$memory_line$newline" ;;
    esac
  done </proc/meminfo
  section /proc/meminfo "$memory_text"
fi
# Only the options that bear on the mode or the speed: some people keep secrets among the others.
if [ -r /proc/cmdline ]; then
  read -r boot_line </proc/cmdline
  boot_text=
  set -f
  for boot_option in $boot_line; do
    case $boot_option in
      root=*|rootfstype=*|xen*|nopv*|noxen*|mitigations=*|clocksource=*|tsc=*|idle=*|maxcpus=*) ;;
      nosmt*|nopti*|pti=*|spec*|mem=*) ;;
      *) continue ;;
    esac
    boot_text="$boot_text$boot_option "
  done
  set +f
  section /proc/cmdline "$boot_text"
fi
for path in /sys/firmware /sys/bus/xen/devices /sys/bus/pci/devices; do names "$path"; done
# One process for four questions: what is no folder comes first, then each folder with a headline.
links=$newline$(exec ls -l /sys/block/*/device/driver /sys/class/net/*/device/driver /sys/block /sys/class/net \
  </dev/null 2>/dev/null)$newline
listed /sys/block /sys/class/net
listed /sys/class/net /sys/block
drivers /sys/block
drivers /sys/class/net
# Older versions lack a column and then print nothing. One that hangs or is missing is not asked again.
for lsblk_columns in NAME,TYPE,SIZE,MODEL NAME,SIZE,MODEL NAME,TYPE,SIZE ''; do
  lsblk_text=$(bounded lsblk ${'$'}{lsblk_columns:+-o "$lsblk_columns"})
  lsblk_code=$?
  [ "$lsblk_code" -eq 0 ] || [ "$lsblk_code" -ge 124 ] || continue
  [ "$lsblk_code" -ne 0 ] || section 'lsblk -o NAME,TYPE,SIZE,MODEL' "$lsblk_text"
  break
done
run 'df -P /var/tmp' df -P /var/tmp
if [ -r /proc/mounts ]; then
  # What mount would print, without the processes that takes.
  mount_text=
  while read -r mount_device mount_place mount_type mount_options mount_rest; do
    case $mount_place in
      /|/var|/var/tmp|/tmp|/home)
        mount_text="$mount_text$mount_device on $mount_place type $mount_type ($mount_options)$newline" ;;
    esac
  done </proc/mounts
  section mount "$mount_text"
else
  mount_text=$(bounded mount) && section mount "$(printf '%s\n' "$mount_text" | grep -E ' on /(var|var/tmp|tmp|home)? ')"
fi

# "none" comes with exit code 1 and is an answer all the same.
detected=$(bounded systemd-detect-virt)
case $detected in
  '') ;;
  *)
    section 'systemd-detect-virt' "$detected"
    # A container comes before the machine it runs on; of any other the answer would be the same.
    case $detected in
      none|xen|kvm|qemu|amazon|google|microsoft|vmware|oracle) ;;
      *) detected=$(bounded systemd-detect-virt --vm) ;;
    esac
    case $detected in ?*) section 'systemd-detect-virt --vm' "$detected" ;; esac ;;
esac

# Of the first process's environment nothing but this: the rest may hold secrets.
if [ -r /proc/1/environ ]; then
  container=$newline$(exec tr '\000' '\n' 2>/dev/null </proc/1/environ)
  case $container in
    *"$newline"container=*)
      container=${'$'}{container#*"$newline"container=}
      section /proc/1/environ "container=${'$'}{container%%"$newline"*}" ;;
  esac
fi
file /proc/1/cgroup

kernel_text=
kernel dmesg dmesg
case $kernel_text in
  *ooting*kernel*) ;;
  *) if [ -r /var/log/dmesg ]; then kernel /var/log/dmesg cat /var/log/dmesg; fi ;;
esac

# The id itself is not for other people's eyes; its digest tells two machines apart as well.
if [ -r /etc/machine-id ]; then quick 'sha256sum /etc/machine-id' sha256sum /etc/machine-id; fi
case $uname_text in
  'Linux '*) ;;
  *)
    run 'sysctl kern.vm_guest' sysctl kern.vm_guest
    run 'sysctl hw.model' sysctl hw.model
    run 'sysctl hw.physmem' sysctl hw.physmem ;;
esac
printf '#guestbench:done\n'
}
guestbench_probe
`;
