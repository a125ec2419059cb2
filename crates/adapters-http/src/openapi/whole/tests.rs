use super::*;

/// What an API does at `/a` by POST, and what else its document says.
fn api(name: &'static str, operation: Value, more: Value) -> (&'static str, OpenApi) {
    let mut document = json!({
        "openapi": "3.1.0",
        "info": { "title": name, "version": "1", "description": format!("About {name}.") },
        "servers": [{ "url": "https://id.example" }],
        "paths": { "/a": { "post": { "operationId": "does", "responses": {} } } },
        "components": {
            "schemas": {
                "Told": { "type": "object", "properties": { "more": { "$ref": "#/components/schemas/More" } } },
                "More": { "type": "string" },
            },
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
        },
    });
    document["paths"]["/a"]["post"].as_object_mut().unwrap().extend(members(operation));
    document.as_object_mut().unwrap().extend(members(more));
    (name, serde_json::from_value(document).unwrap())
}

fn of(documents: &[(&'static str, OpenApi)]) -> Value {
    whole(documents, &Url::parse("https://id.example/").unwrap())
}

fn answer(schema: &str) -> Value {
    let schema = json!({ "$ref": format!("#/components/schemas/{schema}") });
    json!({ "200": { "description": "It did.", "content": { "application/json": { "schema": schema } } } })
}

#[test]
fn what_a_document_names_is_its_own() {
    let all = json!({ "security": [{ "token": [] }], "servers": [{ "url": "/" }] });
    let operation = json!({ "tags": ["things"], "responses": answer("Told") });
    let whole = of(&[api("one", operation, all)]);
    let post = &whole["paths"]["/a"]["post"];
    assert_eq!((&post["operationId"], &post["tags"]), (&json!("one_does"), &json!(["one", "one.things"])));
    assert_eq!((&post["security"], &post["servers"]), (&json!([{ "one_token": [] }]), &json!([{ "url": "/" }])));
    let schema = &post["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(schema["$ref"], "#/components/schemas/one_Told");
    let told = &whole["components"]["schemas"]["one_Told"];
    assert_eq!(told["properties"]["more"]["$ref"], "#/components/schemas/one_More");
    assert_eq!(whole["components"]["securitySchemes"]["one_token"]["scheme"], "bearer");
    assert_eq!(whole["tags"], json!([{ "name": "one", "description": "About one." }]));
    assert_eq!(whole["servers"], json!([{ "url": "https://id.example" }]));
}

#[test]
fn what_everybody_asks_at_the_public_url_says_nothing_of_where() {
    let whole = of(&[api("one", json!({}), json!({}))]);
    let post = &whole["paths"]["/a"]["post"];
    assert!(post.get("servers").is_none() && post.get("security").is_none(), "{post}");
}

#[test]
fn an_operation_of_two_apis_takes_and_answers_what_either_does() {
    let at = |host: &str| json!([{ "url": format!("https://{host}.example") }]);
    let parameter =
        |name: &str| json!({ "name": name, "in": "query", "required": true, "schema": { "type": "string" } });
    let body = |content_type: &str| json!({ "required": true, "content": { content_type: { "schema": { "type": "string" } } } });
    let one = json!({
        "summary": "Begins.", "servers": at("one"), "security": [{ "token": [] }], "responses": answer("Told"),
        "parameters": [parameter("both"), parameter("one")], "requestBody": body("application/json"),
    });
    let two = json!({
        "summary": "Ends.", "servers": at("two"), "responses": answer("Told"),
        "parameters": [parameter("both"), parameter("two")], "requestBody": body("text/plain"),
    });
    let whole = of(&[api("one", one, json!({})), api("two", two, json!({}))]);
    let post = &whole["paths"]["/a"]["post"];
    assert_eq!((&post["tags"], &post["summary"]), (&json!(["one", "two"]), &json!("Begins. / Ends.")));
    assert_eq!(post["servers"], json!([{ "url": "https://one.example" }, { "url": "https://two.example" }]));
    assert_eq!(post["security"], json!([{ "one_token": [] }, {}]));
    let needed = post["parameters"].as_array().unwrap().iter();
    let needed = needed.map(|parameter| (parameter["name"].as_str().unwrap(), parameter["required"] == true));
    assert_eq!(needed.collect::<Vec<_>>(), [("both", true), ("one", false), ("two", false)]);
    let content = post["requestBody"]["content"].as_object().unwrap();
    assert_eq!((post["requestBody"]["required"].as_bool(), content.len()), (Some(true), 2));
    let schema = &post["responses"]["200"]["content"]["application/json"]["schema"];
    let either = ["one", "two"].map(|api| json!({ "$ref": format!("#/components/schemas/{api}_Told") }));
    assert_eq!(schema["anyOf"], json!(either));
    assert_eq!(post["responses"]["200"]["description"], "It did.");
}
