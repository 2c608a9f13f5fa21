#!/usr/bin/env bash
# Makes the base image of the components from Debian packages, for machines that cannot reach a container registry.
#
#   platform/base/build.sh [TAG]          (default TAG: machiya/base:bookworm)
#
# The result can stand in for python:3.11-slim-bookworm: Debian 12 with Python 3.11, venv and CA certificates. The host's
# certificates and its pip and apt settings are copied in, so that installs inside a build reach what the host reaches.
# Needs: mmdebstrap (Debian's package of that name) and a container engine.
set -euo pipefail

tag=${1:-machiya/base:bookworm}
suite=bookworm
mirror=${MACHIYA_DEBIAN_MIRROR:-}            # empty: mmdebstrap's default for the suite

command -v mmdebstrap >/dev/null || {
    echo "build.sh: mmdebstrap is not installed. On Debian or Ubuntu: apt-get install mmdebstrap" >&2
    exit 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# What the host trusts and how it installs packages, laid over the new root by mmdebstrap's copy-in hook.
mkdir -p "$work/overlay/etc/ssl/certs" "$work/overlay/etc/apt/apt.conf.d"
host_certificates=${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}
if [ -r "$host_certificates" ]; then
    cp -L "$host_certificates" "$work/overlay/etc/ssl/certs/ca-certificates.crt"
fi
printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' > "$work/overlay/etc/pip.conf"
if [ -r /etc/pip.conf ]; then
    cp -L /etc/pip.conf "$work/overlay/etc/pip.conf"
fi
for setting in /etc/apt/apt.conf.d/*proxy*; do
    if [ -r "$setting" ]; then cp -L "$setting" "$work/overlay/etc/apt/apt.conf.d/"; fi
done

echo "build.sh: making a Debian $suite root with mmdebstrap" >&2
mmdebstrap --quiet --variant=minbase \
    --include=ca-certificates,python3,python3-venv \
    --dpkgopt='path-exclude=/usr/share/man/*' \
    --dpkgopt='path-exclude=/usr/share/locale/*' \
    --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --customize-hook="copy-in $work/overlay/etc /" \
    --customize-hook='chroot "$1" ln -sf python3 /usr/bin/python' \
    --customize-hook='rm -rf "$1"/var/cache/apt/*.bin "$1"/var/log/*' \
    "$suite" "$work/root.tar" ${mirror:+"$mirror"}

docker import \
    --change 'ENV LANG=C.UTF-8' \
    --change 'ENV SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt' \
    --change 'CMD ["python3"]' \
    "$work/root.tar" "$tag" >/dev/null
echo "build.sh: $tag is ready ($(docker image inspect --format '{{.Size}}' "$tag" | awk '{printf "%.0f MB", $1 / 1e6}'))" >&2
