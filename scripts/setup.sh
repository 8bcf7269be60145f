#!/usr/bin/env bash
# Makes .venv with everything that requirements.lock pins and Eventrail itself in it.
# Safe to call at any time: does nothing when the inputs have not changed.
set -euo pipefail
cd "$(dirname "$0")/.."

inputs=(requirements.lock pyproject.toml instrumentation/pyproject.toml scripts/setup.sh)
stamp=.venv/.inputs.sha256
if [ -f "$stamp" ] && sha256sum --status --check "$stamp" 2>/dev/null; then
    exit 0
fi

python=""
for candidate in python3.11 python3.12 python3.13 python3; do
    if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "setup: needs Python 3.11 or newer; on Debian 12: apt-get install python3 python3-venv" >&2
    exit 2
fi

if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    # Debian ships venv apart from the interpreter.
    sudo=""
    [ "$(id -u)" = 0 ] || sudo=sudo
    $sudo apt-get update -q
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends python3-venv
fi

[ -x .venv/bin/python ] || "$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check "uv>=0.9"
.venv/bin/uv pip sync --quiet --python .venv/bin/python --require-hashes requirements.lock
.venv/bin/uv pip install --quiet --python .venv/bin/python --no-deps --editable . --editable ./instrumentation
sha256sum "${inputs[@]}" >"$stamp"
echo "setup: .venv is ready"
