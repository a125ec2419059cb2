//! One document of everything that is mounted, made of those of the single APIs.
//!
//! It is put together as JSON, because what the documents have in common is there: any of their members may refer to any
//! schema.

mod joint;
#[cfg(test)]
mod tests;

use serde_json::{Map, Value, json};
use url::Url;
use utoipa::openapi::OpenApi;

use super::server;

/// Where a document's own schemas and security schemes are.
const COMPONENTS: &str = "#/components/";

/// These documents as one. What they name (schemas, security schemes, operations) begins with their own name, which is
/// their operations' first tag too. What is asked elsewhere than at the public URL says where.
pub(crate) fn whole(documents: &[(&'static str, OpenApi)], public_url: &Url) -> Value {
    let everywhere = json!([{ "url": server(public_url) }]);
    let mut whole = json!({
        "openapi": "3.1.0",
        "info": { "title": "Vestibule", "version": "1", "description": "Everything that is mounted, and the operators' listener." },
        "servers": everywhere,
        "tags": [],
        "paths": {},
        "components": {},
    });
    for (name, document) in documents {
        // Our own structs with text keys: writing them to memory cannot fail.
        let mut document = serde_json::to_value(document).unwrap_or_default();
        refer_to_own(&mut document, name);
        let about = document["info"]["description"].take();
        if let Some(tags) = whole["tags"].as_array_mut() {
            tags.push(json!({ "name": name, "description": about }));
        }
        add_components(&mut whole["components"], document["components"].take(), name);
        let servers = document["servers"].take();
        let api = Api {
            name,
            security: document.get_mut("security").map(Value::take),
            servers: (servers != everywhere).then_some(servers),
        };
        for (path, item) in members(document["paths"].take()) {
            for (method, mut operation) in members(item) {
                api.owns(&mut operation);
                let place = &mut whole["paths"][path.as_str()][method];
                if place.is_null() {
                    *place = operation;
                } else {
                    // Two APIs, each for other hosts.
                    joint::join(place, operation, &everywhere);
                }
            }
        }
    }
    whole
}

/// What an API's document says once for all its operations.
struct Api<'a> {
    name: &'a str,
    security: Option<Value>,
    servers: Option<Value>,
}

impl Api<'_> {
    /// Says of an operation what was said of all, and whose it is.
    fn owns(&self, operation: &mut Value) {
        let name = self.name;
        let id = operation["operationId"].as_str().unwrap_or_default();
        operation["operationId"] = format!("{name}_{id}").into();
        let tags = operation["tags"].as_array().into_iter().flatten().filter_map(Value::as_str);
        operation["tags"] = [name.to_owned()].into_iter().chain(tags.map(|tag| format!("{name}.{tag}"))).collect();
        for (member, of_all) in [("security", &self.security), ("servers", &self.servers)] {
            if let Some(of_all) = of_all
                && operation.get(member).is_none()
            {
                operation[member] = of_all.clone();
            }
        }
        for requirement in operation.get_mut("security").and_then(Value::as_array_mut).into_iter().flatten() {
            *requirement =
                members(requirement.take()).into_iter().map(|(scheme, scopes)| (own(name, &scheme), scopes)).collect();
        }
    }
}

fn own(api: &str, name: &str) -> String {
    format!("{api}_{name}")
}

fn add_components(all: &mut Value, of_api: Value, api: &str) {
    for (kind, components) in members(of_api) {
        for (name, component) in members(components) {
            all[kind.as_str()][own(api, &name)] = component;
        }
    }
}

/// Whatever refers to a component refers to the one of this API.
fn refer_to_own(value: &mut Value, api: &str) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                match own_target(name, member, api) {
                    Some(target) => *member = target.into(),
                    None => refer_to_own(member, api),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| refer_to_own(item, api)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn own_target(name: &str, target: &Value, api: &str) -> Option<String> {
    let target = target.as_str().filter(|_| name == "$ref")?;
    let (kind, name) = target.strip_prefix(COMPONENTS)?.split_once('/')?;
    Some(format!("{COMPONENTS}{kind}/{}", own(api, name)))
}

fn members(value: Value) -> Map<String, Value> {
    if let Value::Object(members) = value { members } else { Map::new() }
}
