use proptest::prelude::*;

use super::*;

fn read(text: &str) -> Result<Vec<(String, String)>, BodyError> {
    Params::from_urlencoded(text.as_bytes()).map(|params| params.pairs)
}

#[test]
fn urlencoded_text_is_decoded_and_the_first_of_two_wins() {
    let params = Params::from_urlencoded(b"a=1&b=%C5%82+x&a=2&c&=d&&").unwrap();
    assert_eq!((params.get("a"), params.get("b"), params.get("c")), (Some("1"), Some("ł x"), Some("")));
    assert_eq!(params.all("a").collect::<Vec<_>>(), ["1", "2"]);
    assert_eq!((params.filled("c"), params.get("missing")), (None, None));
}

#[test]
fn a_name_given_twice_agrees_with_itself_or_not() {
    let params = Params::from_urlencoded(b"a=1&b=2&a=1&c=&b=3&c=4").unwrap();
    assert_eq!(params.agree_on(["a", "missing"]), Ok(()));
    for two in ["b", "c"] {
        assert_eq!(params.agree_on(["a", two]), Err(BodyError::Malformed("a parameter has two values")));
    }
}

#[test]
fn broken_escapes_and_bytes_are_refused_not_guessed() {
    for broken in ["a=%", "a=%4", "a=%zz", "%g1=a", "a=%ff", "a=%c3%28"] {
        assert!(read(broken).is_err(), "{broken}");
    }
    assert!(read(&"a=1&".repeat(65)).is_err());
    assert!(read(&"a=1&".repeat(64)).is_ok());
}

#[test]
fn a_json_object_gives_its_plain_values() {
    let params = Params::from_json(br#"{"a":"x","n":7,"t":true,"z":null}"#).unwrap();
    assert_eq!(
        (params.get("a"), params.get("n"), params.get("t"), params.get("z")),
        (Some("x"), Some("7"), Some("true"), None)
    );
    for broken in [&b"[]"[..], b"{", b"\"a\"", b"{}x", br#"{"a":"\ud800"}"#, br#"{"a":"1","\u0061":"2"}"#] {
        assert!(Params::from_json(broken).is_err());
    }
}

#[test]
fn a_nested_field_matters_only_to_whoever_reads_it() {
    let params = || Params::from_json(br#"{"a":"x","extra":{"b":[1]}}"#).unwrap();
    assert_eq!(params().plain(&["a", "b"]).ok().unwrap().get("a"), Some("x"));
    assert!(params().plain(&["extra"]).is_err());
}

#[tokio::test]
async fn a_body_is_read_by_its_type() {
    let typed = |value: &str| HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]);
    let read = async |headers: HeaderMap, body: &'static str| {
        Params::from_body(&headers, &Bytes::from(body)).await.map(|params| params.pairs)
    };
    let pair = |name: &str, value: &str| Ok(vec![(name.to_owned(), value.to_owned())]);
    assert_eq!(read(typed("application/x-www-form-urlencoded; charset=UTF-8"), "a=b").await, pair("a", "b"));
    assert_eq!(read(HeaderMap::new(), "a=b").await, pair("a", "b"));
    assert_eq!(read(typed("application/vnd.api+json"), r#"{"a":"b"}"#).await, pair("a", "b"));
    let multipart = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb\r\n--X--\r\n";
    assert_eq!(read(typed("multipart/form-data; boundary=X"), multipart).await, pair("a", "b"));
    assert!(read(typed("multipart/form-data; boundary=X"), "--X\r\nbroken").await.is_err());
    assert!(read(typed("multipart/form-data"), multipart).await.is_err());
    assert_eq!(read(typed("text/plain"), "a=b").await, Err(BodyError::UnsupportedMediaType));
    assert_eq!(read(typed("text/plain"), "").await, Ok(vec![]));
}

proptest! {
    #[test]
    fn whatever_was_encoded_is_read_back(pairs in proptest::collection::vec(("\\PC{1,9}", "\\PC{0,9}"), 0..8)) {
        let encode = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let text = pairs.iter().map(|(n, v)| format!("{}={}", encode(n), encode(v))).collect::<Vec<_>>().join("&");
        prop_assert_eq!(read(&text), Ok(pairs));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Params::from_urlencoded(&bytes);
        let _ = Params::from_json(&bytes);
    }
}
