#!/bin/sh
# Installs what the tests drive and pip does not bring (PostgreSQL, Chromium, fonts) where that may be done without
# asking: Debian, as root. Elsewhere it says what is missing; the tests then skip, or fail under CI=true.
set -eu

missing=""
command -v chromium >/dev/null || missing="$missing chromium"
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
[ -d /usr/share/fonts/truetype/dejavu ] || missing="$missing fonts-dejavu-core"
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
    echo "installing:$missing"
    export DEBIAN_FRONTEND=noninteractive
    # The package would create and start a cluster of its own; the tests bring theirs.
    mkdir -p /etc/postgresql-common
    [ -f /etc/postgresql-common/createcluster.conf ] ||
        echo "create_main_cluster = false" >/etc/postgresql-common/createcluster.conf
    apt-get update -qq
    # shellcheck disable=SC2086  # one word a package
    apt-get install -qq -y --no-install-recommends -o Dpkg::Options::=--force-confold $missing >/dev/null
else
    echo "not installed here, and installing needs root on Debian:$missing"
fi
