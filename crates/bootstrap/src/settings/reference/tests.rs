use super::*;
use crate::settings::layers;

/// The document in the repository is what the program prints.
#[test]
fn the_document_is_up_to_date() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/configuration.md");
    let written = std::fs::read_to_string(file).unwrap();
    let is_same = written.trim_end() == reference().trim_end();
    assert!(is_same, "write it anew: cargo run -q -- config reference > docs/configuration.md");
}

#[test]
fn every_default_has_an_entry() {
    let document = reference();
    for key in layers::defaults().unwrap().keys().filter(|key| *key != "mounts") {
        assert!(document.contains(&format!("### `{key}`\n")), "{key} is missing");
    }
    assert!(document.contains("### `sessions.backoffice.idle_ttl`\n") && document.contains("dialect = \"vprotect\"\n"));
    assert!(document.contains("`VESTIBULE__SERVER__LISTEN`, default `\"127.0.0.1:8080\"`"));
}
