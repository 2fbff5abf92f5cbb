#!/bin/sh
# Installs the Debian packages named as arguments; asks apt only for those that are missing.
set -eu

missing=""
for package in "$@"; do
    if ! dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed; then
        missing="$missing $package"
    fi
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "debian: no apt-get here; install what corresponds to:$missing" >&2
    exit 1
elif [ "$(id -u)" = 0 ]; then
    sudo=""
elif sudo -n true 2>/dev/null; then
    sudo="sudo"
else
    echo "debian: neither root nor sudo without a password; run: sudo apt-get install$missing" >&2
    exit 1
fi
echo "debian: installing$missing" >&2
$sudo apt-get update -qq
# shellcheck disable=SC2086 # one word per package
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing >/dev/null
