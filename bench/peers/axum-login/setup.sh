#!/usr/bin/env bash
# Builds a program of axum-login with tower-sessions into target/peers/axum-login.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
place=$here/../../../target/peers/axum-login
mkdir -p "$place"
cargo build --manifest-path "$here/Cargo.toml" --target-dir "$place/build" --release --locked --quiet
version() { sed -n "/^name = \"$1\"\$/{n;s/^version = \"\(.*\)\"\$/\1/p}" "$here/Cargo.lock" | tail -1; }
echo "axum-login $(version axum-login), tower-sessions $(version tower-sessions)," \
    "sqlx $(version sqlx), axum $(version axum), $(rustc --version | cut -d ' ' -f 1,2)" >"$place/VERSION"
