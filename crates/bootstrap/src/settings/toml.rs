//! Writes settings the way a file holds them.

use serde_json::{Map, Value as Json};

/// A TOML document that reads as `table`.
pub(super) fn write(table: &Map<String, Json>) -> String {
    let mut lines = Vec::new();
    write_table(&mut lines, "", table);
    lines.push(String::new());
    lines.join("\n").trim_start().to_owned()
}

/// Plain members come before sections: after a section's heading they would belong to it.
fn write_table(lines: &mut Vec<String>, path: &str, table: &Map<String, Json>) {
    let (sections, members): (Vec<_>, Vec<_>) = table.iter().partition(|(_, value)| is_section(value));
    lines.extend(members.into_iter().map(|(name, value)| format!("{} = {}", key(name), inline(value))));
    for (name, value) in sections {
        let path = if path.is_empty() { key(name) } else { format!("{path}.{}", key(name)) };
        if let Json::Object(section) = value {
            lines.push(format!("\n[{path}]"));
            write_table(lines, &path, section);
        }
        for item in value.as_array().into_iter().flatten().filter_map(Json::as_object) {
            lines.push(format!("\n[[{path}]]"));
            write_table(lines, &path, item);
        }
    }
}

fn is_section(value: &Json) -> bool {
    let tables = |items: &Vec<Json>| !items.is_empty() && items.iter().all(Json::is_object);
    value.is_object() || value.as_array().is_some_and(tables)
}

fn inline(value: &Json) -> String {
    match value {
        // JSON writes text as TOML does, save for one control character that JSON lets stand.
        Json::String(_) => value.to_string().replace('\u{7f}', "\\u007f"),
        Json::Array(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::Object(_) => value.to_string(),
    }
}

fn key(name: &str) -> String {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if !name.is_empty() && name.bytes().all(bare) { name.to_owned() } else { inline(&name.into()) }
}
