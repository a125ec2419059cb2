#!/usr/bin/env bash
# Installs Django, Django REST framework and gunicorn into target/peers/django-rest.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/django-rest
mkdir -p "$place"
python3 -m venv "$place/venv"
"$place/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
version() { "$place/venv/bin/pip" show "$1" 2>/dev/null | sed -n 's/^Version: //p'; }
echo "Django REST framework $(version djangorestframework), Django $(version Django), gunicorn $(version gunicorn)," \
    "$("$place/venv/bin/python" --version)" >"$place/VERSION"
