#!/usr/bin/env bash
# Is everything installed that a target needs? Every target of the Makefile asks; it is quick when all is there.
#
#     infra/local/install.sh [PYTHON]
#
# Python packages go to .venv, npm packages beside their lock files. Nothing else is touched.
set -euo pipefail
cd "$(dirname "$0")/../.."

python=${1:-}
venv=.venv
stamp=$venv/installed
log=$venv/install.log

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1
}

choose_python() {
    local candidate
    for candidate in ${python:-python3 python3.13 python3.12 python3.11}; do
        if fits "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11, 3.12 or 3.13 is needed, and ${python:-python3} is none: make PYTHON=python3.12 ..." >&2
    return 1
}

# A virtual environment belongs to one interpreter and one place.
place() {
    "$1" -c 'import sys; print(sys.version)'
    pwd
}

contents() {
    cat pyproject.toml requirements.txt requirements-dev.txt infra/local/*/package-lock.json | cksum
}

node_modules_are_there() {
    local lock
    for lock in infra/local/*/package-lock.json; do
        [ -d "$(dirname "$lock")/node_modules" ] || return 1
    done
}

fail() {
    tail -n 12 "$log" >&2
    echo "$1 The whole log is in $log." >&2
    exit 1
}

make_venv() {
    rm -rf $venv
    local complaint
    if ! complaint=$("$1" -m venv $venv 2>&1); then
        rm -rf $venv
        echo "$complaint" | tail -n 5 >&2
        echo "$1 can not make virtual environments (on Debian: apt install python3-venv)." >&2
        exit 1
    fi
    place $venv/bin/python >$venv/place
}

install_python_packages() {
    $venv/bin/python -m pip install --disable-pip-version-check --no-input -r requirements-dev.txt >"$log" 2>&1 ||
        fail "Python packages could not be installed. Without a network: PIP_INDEX_URL names a mirror; PIP_NO_INDEX=1 PIP_FIND_LINKS=DIRECTORY takes wheels."
}

# The operator's command `cex-ops`, which runs what lies here. Its packages are installed already.
install_ours() {
    $venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps --no-build-isolation -e . >>"$log" 2>&1 ||
        fail "The command cex-ops could not be installed."
}

install_npm_packages() {
    local lock
    for lock in infra/local/*/package-lock.json; do
        (
            PATH="$PWD/$venv/bin:$PATH"
            cd "$(dirname "$lock")"
            # A package built for another system is optional and left out; nothing is compiled.
            npm ci --no-audit --no-fund --no-update-notifier --ignore-scripts
            mkdir -p node_modules
        ) >>"$log" 2>&1 || fail "npm packages could not be installed. Without a network: npm_config_registry names a mirror."
    done
}

if [ -f $stamp ] && [ "$(cat $stamp)" = "$(contents)" ] && node_modules_are_there; then
    # The common case. Only a PYTHON that was asked for is looked at.
    if [ "$(cat $venv/place)" = "$(place "${python:-$venv/bin/python}")" ]; then
        exit 0
    fi
fi

python=$(choose_python)
echo "Installing into $venv with $($python --version); the first time this takes about a minute."
rm -f $stamp
if [ ! -f $venv/place ] || [ "$(cat $venv/place)" != "$(place "$python")" ]; then
    make_venv "$python"
fi
install_python_packages
install_ours
install_npm_packages
contents >$stamp
echo "Installed in $SECONDS s."
