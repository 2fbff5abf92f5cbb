#!/bin/sh
# Makes .venv hold exactly what is locked: `scripts/setup.sh run` to run a node, `scripts/setup.sh dev` to work on it too.
# Needs Python >= 3.11 with its venv module or pip; everything else comes as wheels, by version and hash.
# Done already (the stamp names this lock): returns at once.
set -eu
cd "$(dirname "$0")/.."

# The machine's own certificates: a hotel's or a company's proxy is known to them only.
export UV_SYSTEM_CERTS=1

what="${1:-dev}"
venv=.venv
lock="requirements/$what.txt"
stamp_of() { cat scripts/setup.sh pyproject.toml requirements/build.txt "requirements/$1.txt" | git hash-object --stdin; }
is_current() { [ -x "$venv/bin/python" ] && [ "$(cat "$venv/.stamp-$1" 2>/dev/null)" = "$(stamp_of "$1")" ]; }
complain() {
    echo "setup: $*" >&2
    exit 1
}

if is_current "$what" || is_current dev; then exit 0; fi

# The newest Python that is new enough, unless PYTHON says which.
find_python() {
    for candidate in ${PYTHON:-python3 python3.14 python3.13 python3.12 python3.11}; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

# A virtual environment with the locked uv in it; without the venv module, a uv beside it makes one.
make_venv() {
    python="$(find_python)" || complain "Python 3.11 or newer is needed (set PYTHON to its path if it has another name)"
    rm -rf "$venv"
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r requirements/build.txt
    elif "$python" -m pip --version >/dev/null 2>&1; then
        "$python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes --target "$venv.uv" -r requirements/build.txt
        "$venv.uv/bin/uv" venv --quiet --python "$python" "$venv"
        "$venv.uv/bin/uv" pip install --quiet --python "$venv/bin/python" --only-binary :all: --require-hashes -r requirements/build.txt
        rm -rf "$venv.uv"
    else
        complain "Python has neither venv nor pip; on Debian: sudo apt install python3-venv"
    fi
}

echo "setup: $venv <- $lock" >&2
if ! "$venv/bin/python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || [ ! -x "$venv/bin/uv" ]; then
    make_venv
fi
rm -f "$venv/.stamp-run" "$venv/.stamp-dev"
# Compiled at once: a node starts in half the time, whatever PYTHONDONTWRITEBYTECODE says.
install() { "$venv/bin/uv" pip install --quiet --compile-bytecode --python "$venv/bin/python" "$@"; }
# pip knows mirrors that only its own settings name.
locked() {
    install --only-binary :all: --require-hashes -r "$1" ||
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes -r "$1"
}
locked requirements/build.txt
locked "$lock"
install --no-deps --no-build-isolation --reinstall-package nightporter --editable .
stamp_of "$what" >"$venv/.stamp-$what"
