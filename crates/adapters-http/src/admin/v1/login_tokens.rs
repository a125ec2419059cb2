//! Tokens that let a user in once.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::HeaderMap;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_domain::user::UserId;

use super::{
    By, Problem, V1,
    access::TokensWrite,
    idempotency::{Attempt, Created, KeyParam},
    input::{Json, whole},
    text::{id, time},
};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(issue))
}

/// For whom, and for how long.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewLoginToken {
    /// The user's id.
    #[schema(format = Uuid)]
    user: String,
    /// For how many seconds the token is good.
    #[serde(default = "five_minutes", deserialize_with = "whole")]
    #[schema(minimum = 1, maximum = 86_400)]
    expires_in_seconds: u32,
}

fn five_minutes() -> u32 {
    300
}

/// A day.
const LONGEST: u32 = 86_400;

/// A token, which is told this once.
#[derive(Serialize, ToSchema)]
struct LoginTokenDocument {
    #[schema(format = Uuid)]
    user: String,
    token: String,
    #[schema(format = DateTime)]
    expires: String,
}

/// Issues a token that lets a user in once.
#[utoipa::path(
    post, path = "/login-tokens", tag = "login tokens", request_body = NewLoginToken,
    params(KeyParam),
    responses((status = 201, body = LoginTokenDocument))
)]
async fn issue(
    by: By<TokensWrite>,
    State(v1): State<Arc<V1>>,
    headers: HeaderMap,
    Json { value: new, bytes }: Json<NewLoginToken>,
) -> Result<Response, Problem> {
    let (operator, now) = (by.name(), v1.clock.now());
    let attempt = Attempt { operator, kind: "login token", headers: &headers, body: &bytes, now };
    let create = async {
        if !(1..=LONGEST).contains(&new.expires_in_seconds) {
            return Err(Problem::malformed(format!("expires_in_seconds: from 1 to {LONGEST}")));
        }
        let user = id("user", &new.user, UserId::parse)?;
        let lifetime = Duration::from_secs(new.expires_in_seconds.into());
        let issued = by.told(by.api().issue_login_token(user, lifetime).await)?;
        let shown = LoginTokenDocument {
            user: user.to_string(),
            token: issued.token.expose().to_owned(),
            expires: time(issued.expires),
        };
        Ok(Created::new(&shown))
    };
    v1.answers.once(attempt, create).await
}
