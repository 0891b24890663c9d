# Sourced: find_python UV prints the path of a Python that Airflow runs on, downloading one if it must.

# Airflow needs sqlite3 and ssl, which home-built Pythons may lack.
_suits() {
    [ "$("$1" -c 'import sqlite3, ssl, sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$2" ]
}

find_python() {
    local uv=$1 version candidate
    for version in 3.12 3.13; do # 3.12 first: it is what the image runs
        for candidate in "python$version" python3 python \
            "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$version".*/bin/python \
            "$("$uv" python find --no-project "$version" 2>/dev/null || true)"; do
            if [ -n "$candidate" ] && _suits "$candidate" "$version"; then
                "$candidate" -c 'import sys; print(sys.executable)'
                return
            fi
        done
    done
    echo "No Python 3.12 or 3.13 found: downloading 3.12 ..." >&2
    if ! "$uv" python install --quiet 3.12 >/dev/null 2>&1; then
        echo "No Python 3.12 or 3.13 here, and none could be downloaded." \
            "Install one (such as \`apt install python3.12\` or \`brew install python@3.12\`) and try again." >&2
        return 1
    fi
    "$uv" python find --no-project --managed-python 3.12
}
