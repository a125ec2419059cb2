use proxy_header::ProxiedAddress;

use super::*;

/// What is read of these bytes, and what is left.
async fn parsed(mut bytes: &[u8]) -> (Result<Option<String>, String>, &[u8]) {
    let read = read(&mut bytes).await;
    (read.map(|client| client.map(|client| client.to_string())).map_err(|error| error.to_string()), bytes)
}

#[tokio::test]
async fn both_versions_name_the_client_and_leave_what_follows() {
    for (client, proxy) in [("203.0.113.7:51234", "10.0.0.1:443"), ("[2001:db8::1]:51234", "[2001:db8::2]:443")] {
        let address = ProxiedAddress::stream(client.parse().unwrap(), proxy.parse().unwrap());
        let header = ProxyHeader::with_address(address);
        let (mut first, mut second) = (Vec::new(), Vec::new());
        header.encode_v1(&mut first).unwrap();
        header.encode_v2(&mut second).unwrap();
        for mut bytes in [first, second] {
            bytes.extend(b"GET /");
            assert_eq!(parsed(&bytes).await, (Ok(Some(client.to_owned())), &b"GET /"[..]));
        }
    }
}

#[tokio::test]
async fn a_proxy_may_speak_for_itself() {
    let mut local = Vec::new();
    ProxyHeader::with_local().encode_v2(&mut local).unwrap();
    for bytes in [&local[..], b"PROXY UNKNOWN\r\n"] {
        assert_eq!(parsed(bytes).await, (Ok(None), &b""[..]));
    }
}

#[tokio::test]
async fn what_is_no_header_is_refused() {
    let endless = [&b"PROXY TCP4 "[..], &[b'1'; 200]].concat();
    let huge = [&SIGNATURE[..], &[0x21, 0x11, 0xff, 0xff], &vec![0; 65_535]].concat();
    let lie = [&SIGNATURE[..], &[0x21, 0x11, 0, 4], &[0; 4]].concat();
    for bytes in [&b"GET / HTTP/1.1\r\n\r\n"[..], b"", b"PROXY", b"PROXY TCP4 a b c d\r\n", &endless, &huge, &lie] {
        assert!(parsed(bytes).await.0.is_err(), "{:?}", String::from_utf8_lossy(&bytes[..bytes.len().min(20)]));
    }
}
