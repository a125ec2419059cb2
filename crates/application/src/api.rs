//! The driving ports: what the dialects can ask for, and what the service's own APIs can.

pub mod admin;

use std::net::IpAddr;

use async_trait::async_trait;
use vestibule_domain::{
    secret::OpaqueToken,
    session::{Bearer, Origin},
};

use crate::{
    ports::CaughtUp,
    use_cases::{
        authenticate_session, change_password, check_status, describe_session, describe_user, disclose, end_session,
        end_session_by_form, introspect_session, log_in, log_in_by_form, log_in_with_token, register, reset_password,
        sign_out, start_session, verify_session,
    },
};

/// Who asks, and through which API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The API.
    pub origin: Origin,
    /// The address of the client itself, as far as trusted proxies tell.
    pub address: IpAddr,
}

/// What becomes of the session that a login or registration came with.
#[derive(Clone)]
pub enum Current {
    /// It came with none.
    None,
    /// It is ended, and a new one begun. A token that is not accepted is ignored.
    Replace(Bearer),
    /// If it is anonymous, it becomes the user's; if it is somebody's already, it is replaced; a token that is not
    /// accepted is ignored and a new session begun.
    Upgrade {
        /// Its token.
        bearer: Bearer,
        /// Whether it gets a new token, so that whoever knew the old one stays out.
        rotate: bool,
    },
}

/// What an authentication has to prove about the browser it comes from.
#[derive(Clone)]
pub enum Binding {
    /// Nothing.
    Free,
    /// That it is the browser in which the session was begun, by the guard secret that browser was given.
    Browser(Option<OpaqueToken>),
}

/// One method for each documented operation. The outcome tells the whole truth; what of it a caller may learn is the
/// dialect's to decide.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionApi: Send + Sync {
    /// Begins an anonymous session.
    async fn start_session(
        &self,
        command: start_session::Command,
    ) -> Result<start_session::Outcome, start_session::Error>;
    /// Tells of the session behind a token.
    async fn describe_session(
        &self,
        command: describe_session::Command,
    ) -> Result<describe_session::Outcome, describe_session::Error>;
    /// Makes a session anonymous again.
    async fn sign_out(&self, command: sign_out::Command) -> Result<sign_out::Outcome, sign_out::Error>;
    /// Gives an existing session to a user.
    async fn authenticate_session(
        &self,
        command: authenticate_session::Command,
    ) -> Result<authenticate_session::Outcome, authenticate_session::Error>;
    /// Begins a session of a user or node that proves itself by a password or secret.
    async fn log_in(&self, command: log_in::Command) -> Result<log_in::Outcome, log_in::Error>;
    /// Begins a session of a user who presents a login token.
    async fn log_in_with_token(
        &self,
        command: log_in_with_token::Command,
    ) -> Result<log_in_with_token::Outcome, log_in_with_token::Error>;
    /// Begins a session for a program that submits a form configuration's values.
    async fn log_in_by_form(
        &self,
        command: log_in_by_form::Command,
    ) -> Result<log_in_by_form::Outcome, log_in_by_form::Error>;
    /// Ends a session.
    async fn end_session(&self, command: end_session::Command) -> Result<end_session::Outcome, end_session::Error>;
    /// Ends a session for a program that submits a form configuration.
    async fn end_session_by_form(
        &self,
        command: end_session_by_form::Command,
    ) -> Result<end_session_by_form::Outcome, end_session_by_form::Error>;
    /// Creates a user and a session of theirs.
    async fn register(&self, command: register::Command) -> Result<register::Outcome, register::Error>;
    /// Says whether the service can do its work.
    async fn check_status(&self, command: check_status::Command) -> Result<check_status::Outcome, check_status::Error>;
    /// Tells of the user behind a session.
    async fn describe_user(
        &self,
        command: describe_user::Command,
    ) -> Result<describe_user::Outcome, describe_user::Error>;
    /// Asks whether a caller may still be told if an account exists, and charges the answer to its budget.
    async fn disclose(&self, command: disclose::Command) -> disclose::Outcome;
}

/// What users do about their passwords: no dialect's, because no document has it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AccountApi: Send + Sync {
    /// Changes the password of a user who knows the present one, and ends their sessions.
    async fn change_password(
        &self,
        command: change_password::Command,
    ) -> Result<change_password::Outcome, change_password::Error>;
    /// Sets a new password for whoever has a token to reset it, and ends the user's sessions.
    async fn reset_password(
        &self,
        command: reset_password::Command,
    ) -> Result<reset_password::Outcome, reset_password::Error>;
}

/// What other services ask about sessions: no dialect's, because no document has it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait VerificationApi: Send + Sync {
    /// Tells a proxy or service whose session a request comes with.
    async fn verify_session(
        &self,
        command: verify_session::Command,
    ) -> Result<verify_session::Outcome, verify_session::Error>;
    /// Tells a program with an API token what a session's token is worth.
    async fn introspect_session(
        &self,
        command: introspect_session::Command,
    ) -> Result<introspect_session::Outcome, introspect_session::Error>;
}

/// What is asked all day, answered from what is at hand, or not at all: before anybody has to wait, or after one wait that many
/// requests share. Whoever is answered nothing asks the port of the same question that waits for what it takes.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AtHandApi: Send + Sync {
    /// Whether anything ever is at hand for a request that has not waited: else not even its words are worth reading before.
    fn tells_at_once(&self) -> bool;
    /// Waits until more may be at hand for a request that has come by now. Nothing: that will not be.
    async fn catch_up(&self) -> Option<CaughtUp>;
    /// As [`SessionApi::describe_session`], for a request that has waited for this, if it has.
    fn described(
        &self,
        command: &describe_session::Command,
        since: Option<CaughtUp>,
    ) -> Option<describe_session::Outcome>;
    /// As [`SessionApi::start_session`], likewise.
    fn started(&self, command: start_session::Command, since: Option<CaughtUp>) -> Option<start_session::Outcome>;
    /// As [`VerificationApi::verify_session`], likewise.
    fn verified(&self, command: &verify_session::Command, since: Option<CaughtUp>) -> Option<verify_session::Outcome>;
}
