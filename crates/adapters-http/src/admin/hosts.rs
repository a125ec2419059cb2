//! By which names operators reach their listener.
//!
//! A page can have its own name resolve to the address of this listener (DNS rebinding). To the browser that shows it, what
//! is here is then of the page's own origin, and it may read whatever needs no token. The name it asks by gives it away.

use std::{
    net::{Ipv4Addr, Ipv6Addr},
    str::FromStr,
    sync::Arc,
};

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{StatusCode, Version, header::HOST, uri::Authority};

use super::health;
use crate::{
    dialect::Refusal,
    origin::is_localhost,
    reply::{problem, refusal},
};

/// Lets through what is for `localhost`, an IP address or one of these names, and what is for no host at all: browsers
/// always say for which.
///
/// Health is told by any name: probes come by names that nobody thinks of, and what it tells is no secret.
pub(super) async fn by_name(State(names): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    if health::PATHS.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match authority(&request) {
        Ok(authority) if authority.as_ref().is_none_or(|authority| is_ours(authority, &names)) => {
            next.run(request).await
        }
        Ok(_) => problem(
            StatusCode::MISDIRECTED_REQUEST,
            "misdirected_request",
            "operators are not answered by this name: ask for localhost or an IP address, or add the name to admin.hosts",
        ),
        Err(why) => refusal(why),
    }
}

/// For which host and port a request is. Where its target says so, that counts (RFC 9112, section 3.2.2; RFC 9113, section
/// 8.3.1); nothing has to say it before HTTP/1.1.
fn authority(request: &Request) -> Result<Option<Authority>, Refusal> {
    let mut lines = request.headers().get_all(HOST).iter();
    let authority = match (request.uri().authority(), lines.next(), lines.next()) {
        (_, _, Some(_)) => return Err(Refusal::Malformed("Host: more than one")),
        (Some(authority), _, None) => authority.clone(),
        (None, Some(line), None) => {
            Authority::try_from(line.as_bytes()).map_err(|_| Refusal::Malformed("Host: a name and a port"))?
        }
        (None, None, None) if request.version() < Version::HTTP_11 => return Ok(None),
        (None, None, None) => return Err(Refusal::Malformed("Host: there is none")),
    };
    Ok(Some(authority))
}

fn is_ours(authority: &Authority, names: &[String]) -> bool {
    let host = authority.host().to_ascii_lowercase();
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return Ipv6Addr::from_str(address).is_ok();
    }
    let name = host.strip_suffix('.').unwrap_or(&host);
    Ipv4Addr::from_str(name).is_ok()
        || is_localhost(name)
        || names.iter().any(|ours| ours.strip_suffix('.').unwrap_or(ours) == name)
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use rstest::rstest;
    use tower::ServiceExt;

    use super::*;

    async fn status(target: &str, version: Version, hosts: &[&str]) -> u16 {
        let names: Arc<[String]> = [String::from("metrics.example")].into();
        let said = async || "said";
        let router = Router::new().route("/metrics", get(said)).route("/health/live", get(said));
        let router = router.layer(from_fn_with_state(names, by_name));
        let request = Request::builder().uri(target).version(version);
        let request = hosts.iter().fold(request, |request, host| request.header(HOST, *host));
        router.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    }

    #[rstest]
    #[case::an_address("127.0.0.1:8081", 200)]
    #[case::an_address_without_a_port("192.0.2.1", 200)]
    #[case::an_address_of_version_6("[::1]:8081", 200)]
    #[case::this_machine("localhost:8081", 200)]
    #[case::this_machine_in_capitals("LocalHost.", 200)]
    #[case::below_this_machine("vestibule.localhost:8081", 200)]
    #[case::a_listed_name("Metrics.Example:8081", 200)]
    #[case::a_listed_name_from_the_root("metrics.example.", 200)]
    #[case::another_name("evil.example:8081", 421)]
    #[case::below_a_listed_name("a.metrics.example", 421)]
    #[case::a_name_that_ends_like_this_machines("notlocalhost", 421)]
    #[case::a_name_that_begins_like_an_address("127.0.0.1.evil.example", 421)]
    #[case::a_name_in_brackets("[evil.example]", 421)]
    #[case::a_user("localhost@evil.example", 421)]
    #[case::no_name("", 400)]
    #[case::a_path("localhost/evil.example", 400)]
    #[tokio::test]
    async fn operators_are_answered_by_names_that_are_theirs(#[case] host: &str, #[case] answered: u16) {
        assert_eq!(status("/metrics", Version::HTTP_11, &[host]).await, answered);
        assert_eq!(status("/health/live", Version::HTTP_11, &[host]).await, 200);
    }

    #[tokio::test]
    async fn what_the_target_says_counts_and_a_request_says_it_once() {
        let (http, http10, http2) = (Version::HTTP_11, Version::HTTP_10, Version::HTTP_2);
        assert_eq!(status("http://evil.example/metrics", http, &["localhost"]).await, 421);
        assert_eq!(status("http://localhost/metrics", http, &["evil.example"]).await, 200);
        assert_eq!(status("http://evil.example/metrics", http2, &[]).await, 421);
        assert_eq!(status("http://metrics.example/metrics", http2, &[]).await, 200);
        assert_eq!(status("/metrics", http, &["localhost", "evil.example"]).await, 400);
        assert_eq!(status("/metrics", http, &[]).await, 400);
        assert_eq!(status("/metrics", http10, &[]).await, 200);
        assert_eq!(status("/metrics", http10, &["evil.example"]).await, 421);
    }
}
