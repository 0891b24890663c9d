# Sourced: find_uv prints the path of a uv that runs, installing one for this project if it must:
# the release in uv.txt, if its hash is there too.

find_uv() {
    local candidate
    # A uv on PATH may be the shim of a version manager that refuses to run it: try it.
    for candidate in "$(command -v uv || true)" "${HOME:-}/.local/bin/uv" "${HOME:-}/.cargo/bin/uv" .uv/bin/uv; do
        if [ -n "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then
            echo "$candidate"
            return
        fi
    done
    local python output
    for python in $(type -aP python3 python); do # the first may be an environment's, without pip
        if "$python" -m pip --version >/dev/null 2>&1; then
            break
        fi
    done
    echo "Installing uv into .uv ..." >&2
    if ! output=$("${python:-python3}" -m pip install --quiet --upgrade --target .uv \
        --require-hashes --only-binary :all: --requirement script/lib/uv.txt 2>&1); then
        echo "uv could not be installed with \`python3 -m pip\`" \
            "($(grep -m 1 HASHES <<<"$output" || tail -n 1 <<<"$output"))." \
            "Install uv yourself (docs.astral.sh/uv) and try again." >&2
        return 1
    fi
    echo .uv/bin/uv
}
