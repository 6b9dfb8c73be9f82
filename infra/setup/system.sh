#!/usr/bin/env bash
# Sees to the programs that the project needs from the system: Java 17+, Maven, redis-server, and Python's venv.
# Installs the missing ones on Debian as root; otherwise names them and fails. Prints to standard error only.
set -euo pipefail
exec 1>&2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

java_major() {
    local program=${JAVA_HOME:+$JAVA_HOME/bin/java}
    [ -n "$program" ] && [ -x "$program" ] || program=java
    command -v "$program" >/dev/null || { echo 0; return; }
    "$program" -version 2>&1 | sed -n 's/.* version "\(1\.\)\{0,1\}\([0-9][0-9]*\).*/\2/p' | head -n 1
}

missing() {
    local major
    major=$(java_major)
    [ "${major:-0}" -ge 17 ] || echo default-jre-headless
    command -v mvn >/dev/null || echo maven
    command -v redis-server >/dev/null || echo redis-server
    local python
    if python=$("$here/python.sh" 2>/dev/null); then
        "$python" -c 'import venv, ensurepip' 2>/dev/null || echo "$("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    else
        printf '%s\n' python3 python3-venv
    fi
}

# Debian starts a daemon as soon as its package is installed; Dallosh starts its own on a port of its own.
without_autostart() {
    local policy=/usr/sbin/policy-rc.d
    if [ -e "$policy" ]; then
        "$@"
        return
    fi
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    "$@"
    rm -f "$policy"
    trap - EXIT
}

mapfile -t packages < <(missing)
[ "${#packages[@]}" -gt 0 ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "setup: these programs are missing; install them, then run this again: Java 17+ (a JRE), Maven, redis-server"
    echo "       (by the names of Debian's packages: ${packages[*]})"
    exit 1
fi
if [ "$(id -u)" -ne 0 ]; then
    echo "setup: these packages are missing; install them, then run this again:"
    echo "       sudo apt-get install --no-install-recommends ${packages[*]}"
    exit 1
fi
echo "setup: installing ${packages[*]}"
export DEBIAN_FRONTEND=noninteractive
apt-get -qq -o DPkg::Lock::Timeout=120 update </dev/null
without_autostart apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "${packages[@]}" </dev/null

mapfile -t packages < <(missing)
if [ "${#packages[@]}" -gt 0 ]; then
    echo "setup: still missing after the installation: ${packages[*]} (Debian 12 or newer has all of them)"
    exit 1
fi
