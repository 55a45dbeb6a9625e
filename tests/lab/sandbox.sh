#!/bin/sh
# First process of a new set of namespaces: gives it files of its own, then becomes its init.
# $1 directory that keeps the files, $2 host name, $3 size of the Docker directory, $4 DNS server
set -eu
directory=$1 name=$2 disk=$3 dns=$4

overlay() {
    mkdir -p "$directory/$1/upper" "$directory/$1/work"
    mount -t overlay -o "lowerdir=/$1,upperdir=$directory/$1/upper,workdir=$directory/$1/work" overlay "/$1"
}

mount --make-rprivate /
hostname "$name"
ip link set lo up

overlay etc
overlay var
rm -rf /etc/docker /etc/resolv.conf /etc/hosts
mkdir -p /etc/docker /var/lib/docker
echo "$name" >/etc/hostname
printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >/etc/hosts
printf 'nameserver %s\noptions timeout:1 attempts:1\n' "$dns" >/etc/resolv.conf
mount -t tmpfs -o "size=$disk,mode=0711" tmpfs /var/lib/docker

mkdir -p "$directory/run" "$directory/root" "$directory/home" "$directory/tmp"
chmod 0700 "$directory/root"
chmod 1777 "$directory/tmp"
mount --bind "$directory/run" /run
mount --bind "$directory/root" /root
mount --bind "$directory/home" /home
mkdir -p /run/lab /run/sshd
cd /root

# From here on the directory itself is out of sight, as /tmp of another machine would be.
touch "$directory/ready"
mount --bind "$directory/tmp" /tmp
exec tini -- sleep infinity
