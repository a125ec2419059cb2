//! An operation that two APIs answer, each for other hosts. OpenAPI has room for one of a path and method: it takes and
//! answers what either does.

use serde_json::{Map, Value, json};

use super::members;

/// Says of an operation what is true of the other one too.
pub(super) fn join(operation: &mut Value, mut other: Value, everywhere: &Value) {
    for one in [&mut *operation, &mut other] {
        one.as_object_mut().map(|one| one.entry("servers").or_insert_with(|| everywhere.clone()));
        // Who needs nothing says nothing.
        one.as_object_mut().map(|one| one.entry("security").or_insert_with(|| json!([{}])));
    }
    let mut other = members(other);
    let Value::Object(operation) = operation else { return };
    for list in ["tags", "servers", "security"] {
        append(operation, list, other.remove(list));
    }
    tell_both(operation, &other, "summary", " / ");
    tell_both(operation, &other, "description", "\n\n");
    join_parameters(operation, other.remove("parameters"));
    match (operation.get_mut("requestBody"), other.remove("requestBody")) {
        (Some(body), Some(others)) => {
            let is_needed = body["required"] == true && others["required"] == true;
            body["required"] = is_needed.into();
            join_content(body, others);
        }
        (Some(body), None) => body["required"] = false.into(),
        (None, Some(mut body)) => {
            body["required"] = false.into();
            operation.insert("requestBody".to_owned(), body);
        }
        (None, None) => {}
    }
    let Some(Value::Object(responses)) = operation.get_mut("responses") else { return };
    for (status, answer) in members(other.remove("responses").unwrap_or_default()) {
        match responses.get_mut(&status) {
            Some(same) => join_answers(same, answer),
            None => drop(responses.insert(status, answer)),
        }
    }
}

fn append(operation: &mut Map<String, Value>, list: &str, others: Option<Value>) {
    let items = operation.entry(list).or_insert_with(|| json!([]));
    let (Some(items), Some(Value::Array(others))) = (items.as_array_mut(), others) else { return };
    for other in others {
        if !items.contains(&other) {
            items.push(other);
        }
    }
}

fn tell_both(operation: &mut Map<String, Value>, other: &Map<String, Value>, member: &str, between: &str) {
    let text = |of: &Map<String, Value>| of.get(member).and_then(Value::as_str).map(str::to_owned);
    let told = match (text(operation), text(other)) {
        (Some(one), Some(two)) if one != two => Some(format!("{one}{between}{two}")),
        (one, two) => one.or(two),
    };
    operation.extend(told.map(|told| (member.to_owned(), told.into())));
}

/// What only one of them needs may be left out.
fn join_parameters(operation: &mut Map<String, Value>, others: Option<Value>) {
    let others = if let Some(Value::Array(others)) = others { others } else { Vec::new() };
    let Value::Array(parameters) = operation.entry("parameters").or_insert_with(|| json!([])) else { return };
    let is_same = |one: &Value, other: &Value| one["name"] == other["name"] && one["in"] == other["in"];
    let needs = |all: &[Value], one: &Value| all.iter().any(|other| is_same(one, other) && other["required"] == true);
    for parameter in parameters.iter_mut().filter(|parameter| !needs(&others, parameter)) {
        parameter["required"] = false.into();
    }
    for mut other in others {
        if !parameters.iter().any(|parameter| is_same(parameter, &other)) {
            other["required"] = false.into();
            parameters.push(other);
        }
    }
}

fn join_answers(answer: &mut Value, mut other: Value) {
    if answer["description"] != other["description"] {
        let texts = [&answer["description"], &other["description"]].map(|text| text.as_str().unwrap_or_default());
        answer["description"] = texts.join(" / ").into();
    }
    for (name, header) in members(other["headers"].take()) {
        let known = &mut answer["headers"][name];
        if known.is_null() {
            *known = header;
        }
    }
    join_content(answer, other);
}

/// A body of either's schema.
fn join_content(one: &mut Value, mut other: Value) {
    for (content_type, body) in members(other["content"].take()) {
        let known = &mut one["content"][content_type];
        if known.is_null() {
            *known = body;
        } else if known["schema"] != body["schema"] {
            known["schema"] = json!({ "anyOf": [known["schema"], body["schema"]] });
        }
    }
}
