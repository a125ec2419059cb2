//! A line of an import. What is wrong with it is told without its values: one of them is a secret.

use serde_json::{Map, Value};
use vestibule_application::operator::import::Newcomer;
use vestibule_domain::{
    rights::RoleName,
    secret::PasswordHash,
    user::{EmailAddress, LoginName, TimeZoneName},
};

const FIELDS: [&str; 6] = ["login", "email", "password_hash", "roles", "disabled", "time_zone"];

/// The user of a line, or nothing if it is blank.
pub(super) fn read(bytes: &[u8]) -> Result<Option<Newcomer>, String> {
    const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
    let bytes = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() {
        return Ok(None);
    }
    let value = serde_json::from_slice(bytes)
        .map_err(|error| format!("not a JSON object: {} at column {}", reason(&error), error.column()))?;
    let Value::Object(fields) = value else { return Err("not a JSON object".to_owned()) };
    if let Some(unknown) = fields.keys().find(|name| !FIELDS.contains(&name.as_str())) {
        return Err(format!("there is no field {unknown:?}; there are {}", FIELDS.join(", ")));
    }
    Ok(Some(Newcomer {
        login: required(&fields, "login", LoginName::parse)?,
        email: required(&fields, "email", EmailAddress::parse)?,
        password: required(&fields, "password_hash", |hash| Ok::<_, &str>(PasswordHash::new(hash)))?,
        roles: roles(&fields)?,
        disabled: match fields.get("disabled") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(disabled)) => *disabled,
            Some(_) => return Err("disabled must be true or false".to_owned()),
        },
        time_zone: optional(&fields, "time_zone", TimeZoneName::parse)?.unwrap_or_default(),
    }))
}

/// What `serde_json` says, without the place, which it counts within the line.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.as_str(), |end| &text[..end]).to_owned()
}

fn required<T, E: ToString>(
    fields: &Map<String, Value>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<T, String> {
    optional(fields, name, parse)?.ok_or_else(|| format!("{name} is missing"))
}

fn optional<T, E: ToString>(
    fields: &Map<String, Value>,
    name: &str,
    parse: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => parse(text).map(Some).map_err(|error| format!("{name}: {}", error.to_string())),
        Some(_) => Err(format!("{name} must be text")),
    }
}

fn roles(fields: &Map<String, Value>) -> Result<std::collections::BTreeSet<RoleName>, String> {
    const DEMAND: &str = "roles must be a list of names";
    let names = match fields.get("roles") {
        None | Some(Value::Null) => return Ok(std::collections::BTreeSet::new()),
        Some(Value::Array(names)) => names,
        Some(_) => return Err(DEMAND.to_owned()),
    };
    let name = |name: &Value| RoleName::parse(name.as_str().ok_or(DEMAND)?).map_err(|error| format!("roles: {error}"));
    names.iter().map(name).collect()
}
