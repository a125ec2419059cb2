//! What arrives: somebody else's request, of which only the token counts; or a program's question.

use std::iter;

use http::HeaderName;
use utoipa::ToSchema;
use vestibule_application::use_cases::{introspect_session, verify_session};
use vestibule_domain::session::Bearer;

use super::{Verify, credentials::Credentials};
use crate::{
    dialect::Dialect,
    inbound::{Head, Inbound},
    negotiation::{self, BodyType},
    params::Params,
};

/// The headers that carry nothing but a session's token.
pub(super) const HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("x-session-token"), HeaderName::from_static("x-easydb-token")];

/// The query parameters that do.
pub(super) const PARAMETERS: [&str; 2] = ["token", "session_key"];

/// Where proxies say what was originally asked for.
const ORIGINAL_TARGETS: [HeaderName; 2] =
    [HeaderName::from_static("x-forwarded-uri"), HeaderName::from_static("x-original-uri")];

/// Why a program's question cannot be asked of the use case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// An API token over plain HTTP from another machine.
    Insecure,
    /// The body is no form with one token.
    Malformed(&'static str),
}

/// Nothing, if the request has no token.
pub(super) fn verify(verify: &Verify, head: Head<'_>) -> Option<verify_session::Command> {
    let bearer = bearer(verify, head)?;
    Some(verify_session::Command { caller: verify.caller(head.client), bearer, assertion: verify.settings.assertion })
}

/// The first that has the form of a token, in every place where some API reads one, except the body. What stands there
/// and has not that form is another system's: proxies pass on whatever they were sent.
fn bearer(verify: &Verify, head: Head<'_>) -> Option<Bearer> {
    let headers = HEADERS.into_iter().filter_map(|name| head.header(name));
    let cookies = verify.settings.cookies.iter().filter_map(|name| head.cookie(name));
    let mut given = headers.chain(head.authorization("Bearer")).chain(cookies);
    given.find_map(|text| Bearer::parse(text).ok()).or_else(|| in_query(verify, head))
}

/// Last, so that a link cannot bring somebody who has a session of their own into another's; and not if somebody on the
/// way may have read it.
fn in_query(verify: &Verify, head: Head<'_>) -> Option<Bearer> {
    if !verify.settings.query_tokens || !head.client.may_send_secrets() {
        return None;
    }
    let original = ORIGINAL_TARGETS.into_iter().filter_map(|name| head.header(name)?.split_once('?'));
    let mut queries = head.uri.query().into_iter().chain(original.map(|(_, query)| query));
    queries.find_map(|query| {
        let params = Params::from_urlencoded(query.as_bytes()).ok()?;
        PARAMETERS.iter().find_map(|name| Bearer::parse(params.get(name)?).ok())
    })
}

/// The form by which a program asks, for the document.
#[derive(ToSchema)]
pub(super) struct Form {
    /// The token that is asked about.
    #[schema(rename = "token", min_length = 1)]
    _token: String,
}

/// What a program asks, and why that cannot be answered to a program whose API token is good.
pub(super) type Question = (introspect_session::Command, Option<Rejection>);

pub(super) async fn introspect(verify: &Verify, inbound: &Inbound) -> Result<Question, Rejection> {
    if !inbound.client.may_send_secrets() {
        inbound.note_exposure("an API token");
        return Err(Rejection::Insecure);
    }
    let Credentials { api_token, client } = Credentials::of(&inbound.headers);
    let (bearer, unreadable) = match token(inbound).await {
        Ok(token) => (Bearer::parse(&token).ok(), None),
        Err(rejection) => (None, Some(rejection)),
    };
    Ok((introspect_session::Command { caller: verify.caller(inbound.client), api_token, client, bearer }, unreadable))
}

/// The token that is asked about: from the body alone, because targets are logged.
async fn token(inbound: &Inbound) -> Result<String, Rejection> {
    if negotiation::body_type(&inbound.headers) != BodyType::Urlencoded {
        return Err(Rejection::Malformed("the body must be application/x-www-form-urlencoded"));
    }
    let params = Params::from_body(&inbound.headers, &inbound.body).await;
    let params = params.map_err(|_| Rejection::Malformed("the body cannot be read"))?;
    params.agree_on(iter::once("token")).map_err(|_| Rejection::Malformed("token is given twice"))?;
    params.filled("token").map(str::to_owned).ok_or(Rejection::Malformed("token is missing"))
}
