#!/usr/bin/env bash
# Installs parse-server and a Node.js to run it into target/peers/parse-server. PostgreSQL has to be there.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/parse-server
mkdir -p "$place"
cp "$here/package.json" "$here/package-lock.json" "$place"
npm ci --prefix "$place" --ignore-scripts --no-audit --no-fund --loglevel=error
PATH=$place/node_modules/.bin:$PATH
programs=$(find /usr/lib/postgresql -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -1)
PATH=$programs${programs:+:}$PATH
version() { node --print "require('$place/node_modules/$1/package.json').version"; }
echo "parse-server $(version parse-server), node $(node --version), PostgreSQL $(postgres --version | cut -d ' ' -f 3)" >"$place/VERSION"
