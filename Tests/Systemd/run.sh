#!/bin/bash
# Boots systemd for real, with the machine's own programs and a root of its own, installs taskd's package in it, and tries
# what docs/operations.md and docs/reliability.md say of it: run.sh DIRECTORY-OF-THE-PROGRAMS [quick|long]
#
# Prints a line for each finding, `ok NAME: FACTS` or `FAILED NAME: FACTS`, and `end` when it came to its end. Nothing of the
# machine is changed: the root is an overlay in memory, in namespaces and a cgroup of its own, and all of it goes with them.
# Needs root. Exits 77, and says why, where namespaces cannot be had.
set -u

here=$(cd "$(dirname "$0")" && pwd)
PATH=/usr/sbin:/sbin:$PATH

# In the namespaces: makes the root and becomes systemd.
boot() { # boot SHARE
    set -e
    local share=$1 overlay=$1/overlay root=$1/root device unit
    mkdir -p "$overlay" "$root"
    mount -t tmpfs -o size=2g taskd-test "$overlay"
    mkdir "$overlay/upper" "$overlay/work"
    mount -t overlay -o "lowerdir=/,upperdir=$overlay/upper,workdir=$overlay/work" taskd-test "$root"
    mount -t proc proc "$root/proc"
    mount -t sysfs -o ro sysfs "$root/sys"
    mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
    mount -t tmpfs tmpfs "$root/run"
    mount -t tmpfs tmpfs "$root/tmp"
    mount -t tmpfs -o mode=755 tmpfs "$root/dev"
    for device in null zero full random urandom tty; do
        touch "$root/dev/$device"
        mount --bind "/dev/$device" "$root/dev/$device"
    done
    mkdir "$root/dev/pts" "$root/dev/shm" "$root/share"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    ln -s pts/ptmx "$root/dev/ptmx"
    mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
    mount --bind "$share/guest" "$root/share"
    # What would look for hardware, networks or updates.
    for unit in systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket \
        systemd-udevd-kernel.socket systemd-networkd.service systemd-resolved.service systemd-timesyncd.service \
        networking.service getty.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer man-db.timer \
        e2scrub_all.timer fstrim.timer cron.service ssh.service; do
        ln -sf /dev/null "$root/etc/systemd/system/$unit"
    done
    cat >"$root/etc/systemd/system/taskd-test.service" <<-UNIT
		[Unit]
		Requires=basic.target
		After=basic.target
		[Service]
		Type=oneshot
		ExecStart=/bin/bash /share/guest.sh $2
		ExecStopPost=/bin/systemctl poweroff --force
		StandardOutput=append:/share/verdicts
		StandardError=append:/share/log
		TimeoutStartSec=infinity
	UNIT
    : >"$root/etc/fstab"
    # A package is installed as anywhere, also where the machine's own services must not be started.
    rm -f "$root/usr/sbin/policy-rc.d"
    cd "$root"
    mkdir -p old
    pivot_root . old
    umount -l /old
    exec env -i container=taskd-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system \
        --log-target=journal --show-status=no --unit=taskd-test.service
}

if [ "${1:-}" = boot ]; then boot "$2" "$3"; fi

programs=$(cd "$1" && pwd)
length=${2:-quick}

refuse() {
    echo "cannot boot systemd here: $1" >&2
    exit 77
}
[ "$(id -u)" -eq 0 ] || refuse "needs root"
[ -x /lib/systemd/systemd ] || refuse "systemd is not installed"
unshare --mount --pid --fork --uts --ipc --cgroup --net --propagation private true 2>/dev/null || refuse "no namespaces"
hierarchy=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
[ -n "$hierarchy" ] || refuse "no cgroup2 is mounted"

share=$(mktemp -d "${TMPDIR:-/tmp}/taskd-systemd.XXXXXX")
cgroup=$hierarchy/taskd-test-$$
leave() {
    [ -e "$cgroup/cgroup.kill" ] && echo 1 >"$cgroup/cgroup.kill"
    # A cgroup can be removed once the last of its processes is reaped.
    for _ in $(seq 100); do
        find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null
        [ -e "$cgroup" ] || break
        sleep 0.05
    done
    rm -rf -- "$share"
}
trap leave EXIT
trap 'exit 130' INT TERM
mkdir "$cgroup" || refuse "no cgroup can be made below $hierarchy"

mkdir "$share/guest"
cp "$here/guest.sh" "$share/guest"
cc -O2 -Wall -Wextra -Werror -o "$share/guest/client" "$here/client.c" || exit 1
for revision in 1 2; do
    DEB_COMPRESSION_LEVEL=0 "$here/../../scripts/make-deb.sh" "$programs" "$share/guest" "$revision" >/dev/null || exit 1
done

(
    echo $BASHPID >"$cgroup/cgroup.procs"
    exec timeout --signal=KILL "$([ "$length" = long ] && echo 1200 || echo 240)" unshare --mount --pid --fork --kill-child --uts --ipc --cgroup --net \
        --propagation private "$here/run.sh" boot "$share" "$length"
) >"$share/console" 2>&1 &
# However it ends, its words are what counts.
wait $!
cat "$share/guest/verdicts" 2>/dev/null || cat "$share/console"
if ! grep -qx end "$share/guest/verdicts" || grep -q ^FAILED "$share/guest/verdicts"; then
    cat "$share/guest/log" "$share/guest/journal" "$share/console" >&2 2>/dev/null
    exit 1
fi
