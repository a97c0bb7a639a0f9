#!/bin/sh
# Brings one process into namespaces of its own and becomes process 1 there: when it ends, however that happens, the
# kernel ends every process of the cluster and drops its mounts, network devices and firewall rules with the namespaces.
#
#   init.sh STAGE STATE LINK NODE_NAME NODE_ADDRESS HOST_ADDRESS PREFIX CGROUPS COMMAND...
#
# CGROUPS are the folders of the cluster's control groups, with colons between them. A shell is process 1, since it
# collects the processes that lost their parents, which Node does not.
set -eu
stage=$1
shift
state=$1 link=$2 node_name=$3 node_address=$4 host_address=$5 prefix=$6 cgroups=$7

# Moves this process into the control group SUFFIX of the cluster.
enter() {
  for folder in $(echo "$cgroups" | tr ':' ' '); do echo $$ >"$folder$1/cgroup.procs"; done
}

# On a temporary file system with the files that the kubelet would write to, for the settings of the whole machine:
# it finds what it wants and leaves those of the host alone.
cover_setting() {
  [ -e "/proc/sys/$1" ] || return 0
  file="/run/settings-$(echo "$1" | tr '/' '-')"
  echo "$2" >"$file"
  mount --bind "$file" "/proc/sys/$1"
}

# A sysfs that is mounted anew has no control groups. Hierarchies of version 1 come under the names of their controllers.
mount_cgroups() {
  if ! grep -q '^[1-9]' /proc/self/cgroup; then
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    return
  fi
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    [ -n "$controllers" ] || continue
    name=${controllers#name=}
    mkdir "/sys/fs/cgroup/$name"
    mount -t cgroup -o "$controllers" cgroup "/sys/fs/cgroup/$name"
    case $name in
    *,*) for each in $(echo "$name" | tr ',' ' '); do ln -s "$name" "/sys/fs/cgroup/$each"; done ;;
    esac
  done </proc/self/cgroup
}

case $stage in
join)
  # The namespace of control groups begins where its first process is.
  enter ''
  exec unshare --cgroup -- "$0" leave "$@"
  ;;
leave)
  # With version 2 a group with processes of its own can have no others below it.
  enter /init
  exec 9</proc/self/ns/net
  exec unshare --pid --fork --kill-child --mount --net --uts --ipc -- "$0" init "$@"
  ;;
init)
  shift 7
  # Pods get the limit of whoever starts them, and a terminal's is low.
  ulimit -S -n "$(ulimit -H -n)"
  mount -t proc proc /proc
  mount -t sysfs sysfs /sys
  echo "$node_name" >/proc/sys/kernel/hostname
  mount_cgroups
  mount -t tmpfs -o mode=755 tmpfs /run
  # What network plugins and the kubelet keep at fixed places.
  mkdir -p /run/var-lib/upper /run/var-lib/work
  mount -t overlay -o lowerdir=/var/lib,upperdir=/run/var-lib/upper,workdir=/run/var-lib/work overlay /var/lib
  mount --bind "$state/logs" /var/log
  cover_setting vm/overcommit_memory 1
  cover_setting vm/panic_on_oom 0
  cover_setting kernel/panic 10
  cover_setting kernel/panic_on_oops 1
  cover_setting kernel/keys/root_maxkeys 1000000
  cover_setting kernel/keys/root_maxbytes 25000000
  # Volumes that the kubelet mounts must show in the namespaces of containers.
  mount --make-rshared /

  ip link set lo up
  ip link add eth0 type veth peer name "$link"
  ip link set "$link" netns /proc/self/fd/9
  nsenter --net=/proc/self/fd/9 ip address add "$host_address/$prefix" dev "$link"
  nsenter --net=/proc/self/fd/9 ip link set "$link" up
  exec 9<&-
  ip address add "$node_address/$prefix" dev eth0
  ip link set eth0 up
  ip route add default via "$host_address"
  echo 1 >/proc/sys/net/ipv4/ip_forward

  "$@" &
  wait $!
  ;;
esac
