#!/bin/sh
# Installs what the tests drive and pip does not bring (PostgreSQL, Chromium, fonts, Node.js, openssl) where that may be done
# without asking: Debian, as root. Elsewhere it says what is missing; the tests then skip, or fail under CI=true.
set -eu

missing=""
command -v chromium >/dev/null || missing="$missing chromium"
command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v openssl >/dev/null || missing="$missing openssl"
command -v npm >/dev/null || missing="$missing nodejs npm"
[ -d /usr/share/fonts/truetype/dejavu ] || missing="$missing fonts-dejavu-core"

if [ -z "$missing" ]; then
    :
elif [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
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

# The independent wallet, at the versions of its lock file; no script of a package runs. The stamp says which stand.
wallet=tests/wallet
if command -v npm >/dev/null && ! cmp -s $wallet/package-lock.json $wallet/node_modules/.installed; then
    echo "installing the wallet that the tests present with"
    if (cd $wallet && npm install --no-save --ignore-scripts --omit=optional --no-audit --no-fund --silent); then
        cp $wallet/package-lock.json $wallet/node_modules/.installed
    else
        echo "npm could not install it"
    fi
fi
