#!/bin/sh
# Installs the Debian packages that are missing: `tools.sh PROGRAM:PACKAGE ...`. Without apt it says what to install.
set -eu
missing=""
for pair in "$@"; do
    program=${pair%%:*}
    package=${pair#*:}
    command -v "$program" >/dev/null 2>&1 && continue
    [ -x "/usr/sbin/$program" ] && continue
    ls /usr/lib/postgresql/*/bin/"$program" >/dev/null 2>&1 && continue
    missing="$missing $package"
done
[ -n "$missing" ] || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && $as_root true 2>/dev/null; then
    echo "Installing$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086  # one argument a package is meant
    DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends --no-remove $missing >/dev/null
else
    echo "NOT INSTALLED:$missing. The tests that need them will not run. Install them with your package manager." >&2
fi
