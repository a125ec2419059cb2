#!/usr/bin/env bash
# serve.sh PORT SESSIONS FILE: see ../README.md.
set -euo pipefail
port=$1 sessions=$2 file=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/axum-login
rm -rf "$place/data"
mkdir -p "$place/data"
exec "$place/build/release/peer-axum-login" "$port" "$sessions" "$file" "$place/data/store.sqlite"
