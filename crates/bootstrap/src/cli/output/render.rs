//! JSON values as people read them: an object as lines, an array of objects as a table.

use serde_json::{Map, Value};

/// The value's readable form, without a line ending after the last line.
pub(in crate::cli) fn readable(value: &Value) -> String {
    match value {
        Value::Array(rows) => table(rows),
        Value::Object(fields) => lines(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => cell(value),
    }
}

fn lines(fields: &Map<String, Value>) -> String {
    let width = fields.keys().map(|name| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): (&String, &Value)| format!("{name:<width$}  {}", cell(value));
    fields.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// The first row names the columns.
fn table(rows: &[Value]) -> String {
    let Some(Value::Object(first)) = rows.first() else { return "none".to_owned() };
    let columns: Vec<&String> = first.keys().collect();
    let heading = columns.iter().map(|name| name.to_uppercase()).collect();
    let row = |row: &Value| columns.iter().map(|name| cell(row.get(*name).unwrap_or(&Value::Null))).collect();
    let cells: Vec<Vec<String>> = std::iter::once(heading).chain(rows.iter().map(row)).collect();
    let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let padded: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        padded.join("  ").trim_end().to_owned()
    };
    cells.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Control characters are escaped: what somebody stored must not drive the terminal of somebody else.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Number(_) | Value::Object(_) => value.to_string(),
    };
    let visible = |c: char| if c.is_control() { c.escape_default().collect() } else { c.to_string() };
    text.chars().map(visible).collect()
}
