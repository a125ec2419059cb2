#!/usr/bin/env bash
# serve.sh PORT SESSIONS FILE: see ../README.md.
set -euo pipefail
port=$1 sessions=$2 file=$3
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/better-auth
rm -rf "$place/data"
mkdir -p "$place/data"
# Modules are looked for next to the program.
cp "$here/server.mjs" "$place"
PATH=$place/node_modules/.bin:$PATH
export NODE_ENV=production
exec node "$place/server.mjs" "$port" "$sessions" "$file" "$place/data/store.sqlite"
