use serde_json::{Value, json};
use vestibule_application::ports::{StoredNode, StoredUser};
use vestibule_domain::{
    client::Client,
    form::FormConfiguration,
    login_token::LoginToken,
    message::Message,
    rights::{Role, RoleName},
    session::Session,
};

use super::*;

const ID: &str = "00000000-0000-0000-0000-000000000001";

fn session() -> Value {
    json!({
        "id": ID, "digest": vec![1; 32], "origin": "test", "device": "Unknown", "subject": { "user": ID }, "begun": 1,
        "last_seen": 2, "idle_ttl": 1000, "expires": 3, "epoch": 1,
    })
}

fn user() -> Value {
    json!({
        "id": ID, "login": "ada", "email": "ada@example.org", "revision": 0, "roles": ["admin"], "disabled": false,
        "sex": "F", "default_city": "WARSZAWA", "time_zone": "UTC", "created": 1,
    })
}

fn node() -> Value {
    json!({ "id": ID, "name": "edge", "created": 1, "current_secret": "$s", "revision": 0 })
}

fn client() -> Value {
    json!({ "id": ID, "name": "shop", "digest": vec![1; 32], "created": 1 })
}

fn form() -> Value {
    json!({ "name": "sign_in", "action": "create", "fields": { "a": { "required": true, "email": false } }, "roles": [] })
}

fn role() -> Value {
    json!({ "name": "admin", "rights": ["system.users"] })
}

fn token() -> Value {
    json!({ "digest": vec![1; 32], "user": ID, "issued": 1, "expires": 2 })
}

fn message() -> Value {
    json!({ "id": 1, "kind": "user_added", "at": 1 })
}

/// What reading the row says once these fields are put over its own.
fn with<T: Kept>(mut row: Value, fields: Value) -> Result<T, StoreError> {
    let (Value::Object(row_fields), Value::Object(fields)) = (&mut row, fields) else {
        unreachable!("both are objects")
    };
    row_fields.extend(fields);
    read(row.to_string().as_bytes())
}

fn is_malformed<T: Kept>(row: fn() -> Value, damages: &[Value]) {
    assert!(with::<T>(row(), json!({})).is_ok(), "the {} was malformed before", T::KIND);
    for damage in damages {
        let refused = with::<T>(row(), damage.clone()).err();
        assert!(matches!(refused, Some(StoreError::Malformed(kind)) if kind == T::KIND), "{damage}: {refused:?}");
    }
}

#[test]
fn a_malformed_row_is_an_error_that_names_its_kind() {
    is_malformed::<WithDigest<Session>>(
        session,
        &[
            json!({ "id": "1" }),
            json!({ "digest": vec![1; 31] }),
            json!({ "digest": vec![256; 32] }),
            json!({ "device": "" }),
            json!({ "subject": "ghost" }),
            json!({ "subject": "user" }),
            json!({ "subject": { "user": "ada" } }),
            json!({ "begun": "yesterday" }),
            json!({ "idle_ttl": -1 }),
            json!({ "ended": { "at": 1, "reason": "boredom" } }),
            json!({ "ended": 1 }),
            json!({ "epoch": -1 }),
            json!({ "epoch": 4_294_967_296_u64 }),
            json!({ "guard": -1 }),
        ],
    );
    is_malformed::<StoredUser>(
        user,
        &[
            json!({ "email": "nobody" }),
            json!({ "roles": "admin" }),
            json!({ "roles": ["two words"] }),
            json!({ "sex": "X" }),
            json!({ "name": "" }),
            json!({ "birthdate": "31022000" }),
            json!({ "time_zone": "Mars/Olympus" }),
            json!({ "revision": -1 }),
        ],
    );
    is_malformed::<StoredNode>(node, &[json!({ "name": "two words" }), json!({ "previous_secret": { "until": 1 } })]);
    is_malformed::<WithDigest<Client>>(client, &[json!({ "name": "" }), json!({ "digest": null })]);
    is_malformed::<Role>(role, &[json!({ "rights": {} }), json!({ "rights": [""] })]);
    is_malformed::<FormConfiguration>(
        form,
        &[
            json!({ "action": "upsert" }),
            json!({ "fields": [] }),
            json!({ "fields": { "a": { "required": true, "email": false, "pattern": "(" } } }),
        ],
    );
    is_malformed::<LoginToken>(token, &[json!({ "user": "ada" }), json!({ "digest": [] })]);
    is_malformed::<Message>(
        message,
        &[json!({ "id": -1 }), json!({ "kind": "moved" }), json!({ "subject": "?" }), json!({ "address": "here" })],
    );
}

#[test]
fn bytes_that_are_no_json_are_malformed() {
    for bytes in [b"".as_slice(), b"{", b"[]", b"\xff\xfe", b"null"] {
        assert!(read::<Role>(bytes).is_err());
    }
}

#[test]
fn a_field_of_a_later_version_is_ignored() {
    let role: Role = with(role(), json!({ "colour": "red" })).unwrap();
    assert_eq!(role.name, RoleName::admin());
    assert!(with::<WithDigest<Session>>(session(), json!({ "country": { "code": "PL" } })).is_ok());
}
