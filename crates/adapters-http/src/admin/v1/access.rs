//! Who asks, and whether they may.

use std::{marker::PhantomData, net::IpAddr, sync::Arc};

use axum::extract::FromRequestParts;
use http::{HeaderMap, StatusCode, header::AUTHORIZATION, request::Parts};
use vestibule_application::{
    api::admin::{AdminApi, Admission, Admitted},
    operator::Error,
};
use vestibule_domain::{client::Scope, secret::OperatorToken};

use super::{Problem, V1};
use crate::{client::Client, request_id::RequestId};

/// What a handler needs its operator to be allowed.
pub(super) trait Needs: Send + Sync {
    const SCOPE: Scope;
}

macro_rules! needs {
    ($($name:ident)*) => {$(
        #[doc = concat!("[`Scope::", stringify!($name), "`].")]
        pub(super) struct $name;

        impl Needs for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}

needs! {
    UsersRead UsersWrite RolesRead RolesWrite NodesRead NodesWrite ClientsRead ClientsWrite FormsRead FormsWrite
    SessionsRead SessionsWrite TokensWrite MessagesRead SettingsRead
}

/// An operator who may do what `S` says.
pub(super) struct By<S> {
    admitted: Admitted,
    pass: Pass,
    request_id: String,
    scope: PhantomData<S>,
}

/// What somebody was let in with, to be looked at again by what outlives the request: it may be revoked or expire.
pub(super) struct Pass {
    admission: Arc<dyn Admission>,
    token: OperatorToken,
    address: Option<IpAddr>,
    scope: Scope,
}

impl Pass {
    /// What is done in the operator's name, if it still may be.
    pub(super) async fn still(&self) -> Result<Option<Arc<dyn AdminApi>>, Error> {
        let admitted = self.admission.admit(&self.token, self.address).await?;
        Ok(admitted.filter(|admitted| admitted.operator.may(self.scope)).map(|admitted| admitted.api))
    }
}

impl<S> By<S> {
    /// What is done in the operator's name.
    pub(super) fn api(&self) -> &dyn AdminApi {
        self.admitted.api.as_ref()
    }

    /// For what outlives the request.
    pub(super) fn into_pass(self) -> Pass {
        self.pass
    }

    /// What came of it, failures as they are told and, where they are the service's own, logged.
    pub(super) fn told<T>(&self, done: Result<T, Error>) -> Result<T, Problem> {
        done.map_err(|error| Problem::of(&error, &self.request_id))
    }

    /// The operator's name.
    pub(super) fn name(&self) -> &str {
        self.admitted.operator.name.as_str()
    }
}

impl<S: Needs> FromRequestParts<Arc<V1>> for By<S> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, v1: &Arc<V1>) -> Result<Self, Problem> {
        let request_id = parts.extensions.get::<RequestId>().map_or_else(String::new, ToString::to_string);
        let presented = bearer(&parts.headers).ok_or_else(|| stranger(r#"Bearer realm="vestibule admin""#))?;
        let unknown = || stranger(r#"Bearer realm="vestibule admin", error="invalid_token""#);
        let token = OperatorToken::parse(presented).map_err(|_| unknown())?;
        let address = parts.extensions.get().map(|client: &Client| client.address);
        let admitted = v1.admission.admit(&token, address).await.map_err(|error| Problem::of(&error, &request_id))?;
        let admitted = admitted.ok_or_else(unknown)?;
        if !admitted.operator.may(S::SCOPE) {
            let scope = S::SCOPE.as_str();
            let challenge = format!(r#"Bearer realm="vestibule admin", error="insufficient_scope", scope="{scope}""#);
            let detail = format!("this takes the scope {scope}, which your token has not: ask for another token");
            return Err(Problem::new(StatusCode::FORBIDDEN, "insufficient_scope", detail).challenging(&challenge));
        }
        let pass = Pass { admission: Arc::clone(&v1.admission), token, address, scope: S::SCOPE };
        Ok(Self { admitted, pass, request_id, scope: PhantomData })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(AUTHORIZATION)?.to_str().ok()?.trim().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn stranger(challenge: &str) -> Problem {
    let detail = "send an operator's token as Authorization: Bearer; `vestibule operator add` makes one";
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", detail).challenging(challenge)
}
