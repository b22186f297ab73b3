#!/bin/busybox sh
# First program of the guest: mounts, loads modules, then runs what the host sends over the serial line.
#
# A request is a line `NUMBER COMMAND`; the answer is the output between two marks, with the exit status in the second. Marks begin
# with a control character that no echo of a request can contain. With `lumenport.shell` on the kernel's command line: a shell for
# people instead.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
mkdir -p /dev/hugepages
mount -t hugetlbfs huge /dev/hugepages
exec </dev/ttyS0 >/dev/ttyS0 2>&1
dmesg -n 1
mkdir -p /dev/virtio-ports
for port in /sys/class/virtio-ports/*; do
    [ -e "$port/name" ] && ln -s "/dev/${port##*/}" "/dev/virtio-ports/$(cat "$port/name")"
done
while read -r module; do
    insmod "/lib/modules/$module.ko" || echo "module $module cannot be loaded"
done </lib/modules/order
cd /root

if grep -q lumenport.shell /proc/cmdline; then
    echo
    echo "Lumenport's guest. The card: lspci -vvv -s 01:00.0; its driver: lumenport --help. Leave with: poweroff -f"
    setsid cttyhack sh
    poweroff -f
fi

stty -echo -onlcr
printf '\036ready\n'
while read -r number command; do
    printf '\036begin %s\n' "$number"
    (eval "$command") </dev/null
    printf '\036end %s %s\n' "$number" "$?"
done
poweroff -f
