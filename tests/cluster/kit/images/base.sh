#!/usr/bin/env bash
# Make a stand-in for the official Python image from Debian's packages, where no container registry can be reached.
# usage: base.sh NAME...   (with Buildah's environment set)
set -euo pipefail
names=("$@")
packages=python3.11,python3.11-venv,python3-pip,libpython3.11,ca-certificates,libgomp1,netbase,tzdata
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep -v security | head -n 1)

container=$(buildah from scratch)
trap 'buildah rm "$container" > /dev/null' EXIT
root=$(buildah mount "$container")
debootstrap --variant=minbase --include="$packages" bookworm "$root" "$mirror"

# Commands where the official image has them, and pip free to install.
for name in python python3 python3.11; do ln -s /usr/bin/python3.11 "$root/usr/local/bin/$name"; done
for name in pip pip3; do ln -s /usr/bin/pip3 "$root/usr/local/bin/$name"; done
rm -f "$root/usr/lib/python3.11/EXTERNALLY-MANAGED"

# apt in the image uses the mirrors this machine uses.
rm -f "$root/etc/apt/sources.list"
cp -r /etc/apt/sources.list* "$root/etc/apt/"
rm -rf "$root"/var/cache/apt/{archives/*.deb,*.bin} "$root"/var/lib/apt/lists/* "$root"/var/log/*.log \
  "$root"/usr/share/{doc,man,locale,info}/* "$root/etc/resolv.conf" "$root/etc/hostname"
find "$root" -name __pycache__ -type d -prune -exec rm -rf {} +

buildah umount "$container" > /dev/null
buildah config --env PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin --env LANG=C.UTF-8 \
  --env PYTHON_VERSION=3.11 --cmd python3 --label org.opencontainers.image.title="stand-in for ${names[0]}" "$container"
image=$(buildah commit -q "$container")
buildah tag "$image" "${names[@]}"
