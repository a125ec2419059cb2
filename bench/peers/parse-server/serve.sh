#!/usr/bin/env bash
# serve.sh PORT SESSIONS FILE: see ../README.md.
set -euo pipefail
port=$1 sessions=$2 file=$(realpath "$3")
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$(cd "$here/../../../target/peers/parse-server" && pwd)
programs=$(find /usr/lib/postgresql -name initdb -printf '%h\n' 2>/dev/null | sort -V | tail -1)
PATH=$place/node_modules/.bin:$programs${programs:+:}$PATH
password='correct horse battery staple'

data=$(mktemp -d)
server='' database=''
finish() {
    trap '' INT TERM
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || true
    # Told INT, PostgreSQL waits for no client.
    [ -z "$database" ] || kill -INT "$database" 2>/dev/null || true
    wait
    rm -rf "$data"
}
trap finish EXIT
trap 'exit 143' INT TERM
cd "$data"
chmod 755 .

# PostgreSQL does not serve root. It ends with this script, however that does.
as_postgres=(setpriv --pdeathsig KILL)
if [ "$(id -u)" = 0 ]; then
    as_postgres+=(--reuid=postgres --regid=postgres --clear-groups)
    chown postgres: .
fi
free_port='const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close() })'
export PGHOST=127.0.0.1 PGUSER=postgres PGDATABASE=postgres
PGPORT=$(node --eval "$free_port")
export PGPORT
"${as_postgres[@]}" initdb --username=postgres --auth=trust --encoding=UTF8 --no-sync --pgdata "$data/store" >initdb.log
"${as_postgres[@]}" postgres -D "$data/store" -k "$data" -c listen_addresses=127.0.0.1 2>postgres.log &
database=$!
until pg_isready --quiet; do sleep 0.1; done

# start WORKERS
start() {
    NODE_ENV=production parse-server --appId bench --masterKey unused --host 127.0.0.1 --port "$port" --cluster "$1" \
        --serverURL "http://127.0.0.1:$port/parse" --databaseURI "postgres://$PGUSER@$PGHOST:$PGPORT/$PGDATABASE" \
        --middleware "$here/application.js" >>parse-server.log 2>&1 &
    server=$!
    until curl --silent --fail "http://127.0.0.1:$port/parse/health" >health; do
        kill -0 "$server"
        sleep 0.2
    done
}

# Several would make the tables at once.
start 1
curl --silent --fail --output signed-up --header 'Content-Type: application/json' \
    --data "{\"username\":\"user0\",\"email\":\"user0@example.org\",\"password\":\"$password\"}" "http://127.0.0.1:$port/parse/users"
kill "$server"
wait "$server" || true
psql --quiet --no-psqlrc --set ON_ERROR_STOP=1 --set sessions="$sessions" --file "$here/seed.sql"
ask() { psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 --command "$1"; }
ask "select E'GET /parse/users/me\tX-Parse-Session-Token: ' || \"sessionToken\" from \"_Session\"" >"$file"
ask "select E'POST /parse/login\tContent-Type: application/json\t'
    || json_build_object('username', username, 'password', '$password') from \"_User\" limit 1000" >"$file.logins"

start "$(nproc)"
echo READY
wait "$server"
