use std::sync::Arc;

use axum::response::Response;
use http::{Method, StatusCode};
use serde_json::json;
use url::Url;

use super::*;
use crate::{
    dialect::{Dialect, Edition, Refusal, Route},
    mount::{Mount, table},
    reply,
};

struct Fake;

impl Dialect for Fake {
    fn name(&self) -> &'static str {
        "fake"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        let handler = async |_, _| reply::empty(StatusCode::OK);
        let describe = |_: &Self| {
            Description::new("Answers.")
                .takes_anywhere("Parameters", [("token", text("A token."))])
                .shown_by_bearer("session", "A token.")
                .or_by_nothing()
                .answers_bare(StatusCode::OK, "It did.")
                .answers_bare(StatusCode::OK, "It did so again.")
        };
        let route = |method, path| Route::new("answer", method, path, &self, handler, describe);
        vec![route(Method::GET, "/a"), route(Method::POST, "/a"), route(Method::POST, "/b/{*below}")]
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        reply::refusal(refusal)
    }
}

fn written(mounts: &[(&str, &[&str])]) -> Vec<(&'static str, serde_json::Value)> {
    let mount = |(prefix, hosts): &(&str, &[&str])| Mount {
        dialect: Arc::new(Fake),
        edition: Edition::Documented,
        prefix: (*prefix).to_owned(),
        hosts: hosts.iter().map(|host| (*host).to_owned()).collect(),
    };
    let mounts: Vec<Mount> = mounts.iter().map(mount).collect();
    let entries: Vec<Arc<Entry>> = table(&mounts).unwrap().into_iter().map(Arc::new).collect();
    let documents = documents(&entries, &Url::parse("https://id.example/").unwrap());
    documents.into_iter().map(|(name, document)| (name, serde_json::to_value(document()).unwrap())).collect()
}

#[test]
fn a_document_has_every_mount_of_its_api_and_nothing_else() {
    let documents = written(&[("", &[]), ("/x", &[])]);
    let [("fake", document)] = documents.as_slice() else { panic!("{documents:?}") };
    assert_eq!(document["servers"], json!([{ "url": "https://id.example" }]));
    assert_eq!(
        document["info"]["description"],
        "As it is mounted: mount 1 (fake documented), mount 2 (fake documented)."
    );
    let paths = document["paths"].as_object().unwrap();
    assert_eq!(paths.keys().collect::<Vec<_>>(), ["/a", "/b/{below}", "/x/a", "/x/b/{below}"]);
    assert_eq!(paths["/x/a"].as_object().unwrap().keys().collect::<Vec<_>>(), ["get", "post"]);
    assert_eq!(paths["/x/a"]["post"]["operationId"], "POST_x_a");
    assert!(paths["/a"]["get"].get("requestBody").is_none());
    assert_eq!(paths["/b/{below}"]["post"]["parameters"][1]["in"], "path");
    assert_eq!(paths["/a"]["post"]["responses"]["200"]["description"], "It did. It did so again.");
    assert_eq!(paths["/a"]["post"]["security"], json!([{ "session": [] }, {}]));
    assert_eq!(document["components"]["securitySchemes"]["session"]["scheme"], "bearer");
    assert_eq!(document["components"]["schemas"]["Parameters"]["properties"]["token"]["type"], "string");
}

#[test]
fn what_is_mounted_for_some_hosts_says_where() {
    let documents = written(&[("", &["a.example"]), ("", &["b.example"])]);
    let servers = &documents[0].1["paths"]["/a"]["get"]["servers"];
    assert_eq!(*servers, json!([{ "url": "https://a.example" }, { "url": "https://b.example" }]));
}
