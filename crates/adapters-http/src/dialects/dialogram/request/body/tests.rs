use proptest::prelude::*;

use super::*;

fn reads(text: &str) -> bool {
    Body::read(text.as_bytes()).is_ok()
}

#[test]
fn trailing_commas_are_the_only_liberty() {
    for good in [
        "{}",
        r#" {"a":1} "#,
        r#"{"a":1,}"#,
        "{\"a\":1,\r\n\t}\n",
        r#"{"a":[1,2,],"b":{"c":",}",},}"#,
        r#"{"a":",]","b":"\"},"}"#,
    ] {
        assert!(reads(good), "{good}");
    }
    for bad in [
        "",
        " ",
        "[]",
        "null",
        "\"a\"",
        "{",
        "{,}",
        r#"{"a":1,,}"#,
        r#"{"a":[,]}"#,
        r#"{"a":1}{}"#,
        r#"{"a":1},"#,
        r"{a:1}",
        r"{'a':1}",
        r#"{"a":'b'}"#,
        r#"{"a":0x1}"#,
        r#"{"a":+1}"#,
        r#"{"a":.5}"#,
        r#"{"a":01}"#,
        r#"{"a":NaN}"#,
        r#"{"a":1 "b":2}"#,
        r#"{"a":[1 2]}"#,
        r#"{"a":1} // comment"#,
        r#"{"a":1,/* comment */}"#,
        "{\"a\":\"\\x41\"}",
        "{\"a\":\"line\nbreak\"}",
        "{\"a\":\u{b}1}",
        "{\"a\":\u{a0}1}",
        "\u{feff}{}",
        r#"{"a":"\ud800"}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":1,"\u0061":2}"#,
        r#"{"a":null,"a":1}"#,
    ] {
        assert!(!reads(bad), "{bad}");
    }
    assert_eq!(Body::read(b"{\"a\":\"\xff\"}").err(), Some(Rejection::Malformed));
    assert!(!reads(&format!("{{\"a\":{}", "[".repeat(60_000))), "nesting ends before the stack does");
}

#[test]
fn null_counts_as_absent() {
    let body = Body::read(br#"{"a":null,"b":null}"#).unwrap();
    assert_eq!((body.text("a"), body.flag("b")), (Ok(None), Ok(false)));
}

proptest! {
    #[test]
    fn whatever_strict_json_reads_is_read_with_or_without_trailing_commas(
        fields in proptest::collection::btree_map("\\PC{0,6}", "[,\\]}{\\[\"\\\\ a]{0,6}", 0..5),
    ) {
        let strict = serde_json::to_string(&fields).unwrap();
        let members = strict.trim_start_matches('{').strip_suffix('}').unwrap();
        let comma = if fields.is_empty() { "" } else { " ,\n" };
        for text in [strict.clone(), format!("{{{members}{comma}}}")] {
            let body = Body::read(text.as_bytes()).unwrap();
            for (name, value) in &fields {
                prop_assert_eq!(body.0[name].as_str(), Some(value.as_str()));
            }
        }
    }

    /// T001-4.
    #[test]
    fn whatever_is_read_is_strict_json_but_for_commas(text in "[{}\\[\\],:\" 1ab/*'\\n]{0,24}") {
        if reads(&text) {
            let mut spaced = text.clone();
            // Spaces out every comma in turn until the strict parser agrees.
            for (at, _) in text.match_indices(',') {
                if serde_json::from_str::<Value>(&spaced).is_err() {
                    let close = text[at + 1..].trim_start().starts_with(['}', ']']);
                    if close { spaced.replace_range(at..=at, " "); }
                }
            }
            prop_assert!(serde_json::from_str::<Value>(&spaced).is_ok(), "{}", text);
        }
    }
}
