//! As much of HTTP/1.1 as a client needs that only counts answers.

use anyhow::{Context, Result};

/// What came back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Whether the connection is of no more use.
    pub(crate) closes: bool,
}

impl Answer {
    /// The answer that these bytes are, if they are all of it.
    pub(crate) fn read(bytes: &[u8]) -> Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(head) = response.parse(bytes).context("no HTTP")? else { return Ok(None) };
        let status = response.code.context("an answer without a status")?;
        let value = |name: &str| {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name));
            header.map(|header| header.value)
        };
        let body = &bytes[head..];
        let is_whole = match (value("content-length"), value("transfer-encoding")) {
            (Some(length), _) => body.len() >= std::str::from_utf8(length)?.trim().parse::<usize>()?,
            // Trailers are of no use to a session service.
            (None, Some(_)) => body.ends_with(b"0\r\n\r\n"),
            (None, None) => true,
        };
        let closes = value("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close"));
        Ok(is_whole.then_some(Self { status, closes }))
    }
}

/// A request without a body.
pub(crate) fn get(target: &str, headers: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n").into_bytes()
}

/// A request with JSON.
pub(crate) fn post(target: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nhost: localhost\r\n{headers}content-type: application/json\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let whole = Some(Answer { status: 200, closes: false });
        for (bytes, expected) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na", None),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", whole),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", None),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", whole),
            ("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", Some(Answer { status: 204, closes: true })),
        ] {
            assert_eq!(Answer::read(bytes.as_bytes()).unwrap(), expected, "{bytes}");
        }
        assert!(Answer::read(b"nonsense\r\n\r\n").is_err());
    }
}
