#!/usr/bin/env bash
# Installs better-auth, a driver for SQLite and a Node.js to run them into target/peers/better-auth.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/better-auth
mkdir -p "$place"
cp "$here/package.json" "$here/package-lock.json" "$place"
npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund --loglevel=error
PATH=$place/node_modules/.bin:$PATH
version() { node --print "require('$place/node_modules/$1/package.json').version"; }
echo "better-auth $(version better-auth), better-sqlite3 $(version better-sqlite3), node $(node --version)" >"$place/VERSION"
