#!/usr/bin/env bash
# serve.sh PORT SESSIONS FILE: see ../README.md.
set -euo pipefail
port=$1 sessions=$2 file=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/django-rest
rm -rf "$place/data"
mkdir -p "$place/data"
export DJANGO_SETTINGS_MODULE=settings PYTHONPATH=$here PYTHONPYCACHEPREFIX=$place/pycache
export PEER_DATABASE=$place/data/store.sqlite
"$place/venv/bin/python" "$here/seed.py" "$sessions" "$file"
exec "$place/venv/bin/gunicorn" --config "$here/gunicorn.conf.py" --bind "127.0.0.1:$port"
