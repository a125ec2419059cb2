//! What answers: read, ask, tell.

use std::sync::Arc;

use axum::response::Response;
use vestibule_application::use_cases::{authenticate_session, describe_session, end_session, sign_out, start_session};
use vestibule_domain::session::Bearer;

use super::{
    Easydb,
    request::{self, Attempt, Authentication, Rejection, SessionCall},
    response::Failure,
};
use crate::{
    device,
    dialect::{Dialect, Refusal},
    inbound::{Head, Inbound},
};

pub(super) async fn session(easydb: Arc<Easydb>, inbound: Inbound) -> Response {
    match SessionCall::read(&easydb, &inbound).await {
        Ok(SessionCall::Describe(bearer)) => {
            let result = easydb.describe(&inbound, &bearer).await;
            easydb.told(&inbound, &bearer, result)
        }
        // Boxed, because the future of what is asked all day has room for what is not.
        Ok(SessionCall::Start(command)) => Box::pin(easydb.start(&inbound, command)).await,
        Ok(SessionCall::HandedOver(bearer, command)) => match Box::pin(easydb.describe(&inbound, &bearer)).await {
            Err(Failure::UnknownSession) => Box::pin(easydb.start(&inbound, command)).await,
            result => easydb.told(&inbound, &bearer, result),
        },
        Ok(SessionCall::SignOut(bearer)) => Box::pin(easydb.sign_out(&inbound, bearer)).await,
        Err(rejection) => Box::pin(easydb.rejected(&inbound, rejection)).await,
    }
}

pub(super) fn session_at_hand(easydb: &Easydb, head: Head<'_>) -> Option<Response> {
    match SessionCall::without_body(easydb, head).ok()? {
        SessionCall::Describe(bearer) => {
            let command = describe_session::Command { caller: easydb.caller(head.client), bearer };
            let view = easydb.context.at_hand.described(&command, head.caught_up)?;
            Some(easydb.session(command.bearer.expose(), &view))
        }
        SessionCall::Start(command) => {
            easydb.context.at_hand.started(command, head.caught_up).map(|begun| easydb.begun(begun))
        }
        SessionCall::HandedOver(..) | SessionCall::SignOut(_) => None,
    }
}

pub(super) async fn deauthenticate(easydb: Arc<Easydb>, inbound: Inbound) -> Response {
    match request::bearer(&easydb, &inbound).await {
        Ok(bearer) => easydb.sign_out(&inbound, bearer).await,
        Err(rejection) => easydb.rejected(&inbound, rejection).await,
    }
}

pub(super) async fn authenticate(easydb: Arc<Easydb>, inbound: Inbound) -> Response {
    match Authentication::read(&easydb, &inbound).await {
        Ok(request) => {
            let result = easydb.authenticate(&inbound, &request).await;
            easydb.authenticated(&inbound, request, result)
        }
        Err(rejection) => easydb.rejected(&inbound, rejection).await,
    }
}

impl Easydb {
    /// Tells why nothing is done; a session that others may have the token of by now is ended first.
    async fn rejected(&self, inbound: &Inbound, rejection: Rejection) -> Response {
        if let Rejection::Overheard(bearer) = &rejection {
            let command = end_session::Command { caller: self.caller(inbound.client), bearer: bearer.clone() };
            match self.context.api.end_session(command).await {
                Ok(()) | Err(end_session::Error::UnknownSession) => {}
                Err(end_session::Error::Throttled { retry_after }) => {
                    return self.refuse(Refusal::Unavailable { retry_after });
                }
                Err(end_session::Error::Store(error)) => return self.store_failed(inbound, &error),
            }
        }
        rejection.into()
    }

    async fn start(&self, inbound: &Inbound, command: start_session::Command) -> Response {
        let result = self.context.api.start_session(command).await;
        self.started(inbound, result)
    }

    async fn describe(&self, inbound: &Inbound, bearer: &Bearer) -> Result<describe_session::Outcome, Failure> {
        let command = describe_session::Command { caller: self.caller(inbound.client), bearer: bearer.clone() };
        Ok(self.context.api.describe_session(command).await?)
    }

    async fn sign_out(&self, inbound: &Inbound, bearer: Bearer) -> Response {
        let command = sign_out::Command { caller: self.caller(inbound.client), bearer: bearer.clone() };
        let result = self.context.api.sign_out(command).await;
        self.signed_out(inbound, &bearer, result)
    }

    async fn authenticate(
        &self,
        inbound: &Inbound,
        request: &Authentication,
    ) -> Result<authenticate_session::Outcome, Failure> {
        match (self.attempt(inbound, request, &request.first).await, &request.fallback) {
            (Err(Failure::Refused(_)), Some(fallback)) => self.attempt(inbound, request, fallback).await,
            (result, _) => result,
        }
    }

    async fn attempt(
        &self,
        inbound: &Inbound,
        request: &Authentication,
        attempt: &Attempt,
    ) -> Result<authenticate_session::Outcome, Failure> {
        match attempt {
            Attempt::With(credentials) => {
                let command = authenticate_session::Command {
                    caller: self.caller(inbound.client),
                    bearer: request.bearer.clone(),
                    credentials: credentials.clone(),
                    device: device::name_of(&inbound.headers),
                    binding: request.binding.clone(),
                    rotate: self.context.is_hardened(),
                };
                Ok(self.context.api.authenticate_session(command).await?)
            }
            // A token that is not accepted is told before any word about credentials.
            Attempt::Hopeless(reason) => {
                self.describe(inbound, &request.bearer).await.and(Err(Failure::Refused(*reason)))
            }
        }
    }
}
