//! A service of which nothing fails, and that keeps nothing: what is looked at is how requests are read and answers told.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use uuid::Uuid;
use vestibule_application::{
    api::{AtHandApi, SessionApi},
    ports::CaughtUp,
    use_cases::{
        authenticate_session, check_status, describe_session, describe_user, disclose, end_session,
        end_session_by_form, log_in, log_in_by_form, log_in_with_token, register, sign_out, start_session,
        verify_session,
    },
    view::{Begun, Principal, SessionView},
};
use vestibule_domain::{
    rights::RoleName,
    secret::OpaqueToken,
    session::{DeviceName, Lifetimes, Origin, Session, SessionId, SignedToken, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

/// Lets anybody in whose password has an even number of bytes, and tells what was given of devices and people.
pub(crate) struct Agreeable;

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_790_000_000_000);

fn user(email: Option<EmailAddress>, profile: Profile) -> User {
    User {
        id: UserId::from_uuid(Uuid::from_u128(1)),
        login: LoginName::parse("ann").expect("a name"),
        email: email.unwrap_or_else(|| EmailAddress::parse("ann@example.com").expect("an address")),
        roles: BTreeSet::from([RoleName::admin()]),
        disabled: false,
        profile,
        time_zone: TimeZoneName::default(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    }
}

fn view(device: DeviceName, user: Option<User>) -> SessionView {
    let hour = Duration::from_hours(1);
    let mut session =
        Session::begin(SessionId::from_uuid(Uuid::from_u128(2)), Origin::new("x"), device, NOW, NOW.plus(hour));
    if let Some(user) = &user {
        let lifetimes = Lifetimes { anonymous: hour, idle: hour, absolute: hour };
        session.authenticate(Subject::User(user.id), &lifetimes, NOW);
    }
    let principal = user.map_or(Principal::Anonymous, |user| Principal::User(Arc::new(user)));
    SessionView { session, principal, rights: [].into_iter().collect(), latest_message: 7 }
}

fn token() -> OpaqueToken {
    OpaqueToken::from_bits([9; 16])
}

fn begun(device: DeviceName, user: User, signed: bool) -> Begun {
    Begun { view: view(device, Some(user)), token: token(), signed: signed.then(|| SignedToken::new("a.b.c")) }
}

fn anybody() -> User {
    user(None, Profile::default())
}

#[async_trait]
impl SessionApi for Agreeable {
    async fn start_session(&self, _: start_session::Command) -> Result<start_session::Outcome, start_session::Error> {
        Ok(start_session::Outcome { view: view(DeviceName::default(), None), token: token(), guard: Some(token()) })
    }

    async fn describe_session(&self, _: describe_session::Command) -> Result<SessionView, describe_session::Error> {
        Ok(view(DeviceName::default(), Some(anybody())))
    }

    async fn sign_out(&self, _: sign_out::Command) -> Result<sign_out::Outcome, sign_out::Error> {
        Ok(sign_out::Outcome { view: view(DeviceName::default(), None), replacement: None })
    }

    async fn authenticate_session(
        &self,
        command: authenticate_session::Command,
    ) -> Result<authenticate_session::Outcome, authenticate_session::Error> {
        match command.credentials {
            authenticate_session::Credentials::Password { password, .. } if password.expose().len() % 2 == 1 => {
                Err(authenticate_session::Error::WrongPassword)
            }
            authenticate_session::Credentials::Password { .. } | authenticate_session::Credentials::Nobody => {
                let view = view(DeviceName::default(), Some(anybody()));
                Ok(authenticate_session::Outcome { view, rotated: None })
            }
        }
    }

    async fn log_in(&self, command: log_in::Command) -> Result<Begun, log_in::Error> {
        if command.password.expose().len() % 2 == 1 {
            return Err(log_in::Error::WrongPassword);
        }
        Ok(begun(command.device, anybody(), command.signed))
    }

    async fn log_in_with_token(&self, command: log_in_with_token::Command) -> Result<Begun, log_in_with_token::Error> {
        command.token.ok_or(log_in_with_token::Error::UnknownToken)?;
        Ok(begun(command.device, anybody(), false))
    }

    async fn log_in_by_form(&self, command: log_in_by_form::Command) -> Result<Begun, log_in_by_form::Error> {
        command.api_token.ok_or(log_in_by_form::Error::UnknownClient)?;
        let values = command.form.and(command.values).ok_or(log_in_by_form::Error::UnusableForm)?;
        for form in vestibule_domain::form::shipped_forms() {
            let violations = form.violations(&values);
            if values.len() % 2 == 1 {
                return Err(log_in_by_form::Error::Invalid(violations));
            }
        }
        Ok(begun(command.device, anybody(), false))
    }

    async fn end_session(&self, _: end_session::Command) -> Result<(), end_session::Error> {
        Ok(())
    }

    async fn end_session_by_form(
        &self,
        command: end_session_by_form::Command,
    ) -> Result<(), end_session_by_form::Error> {
        command.api_token.ok_or(end_session_by_form::Error::UnknownClient)?;
        command.form.map(|_| ()).ok_or(end_session_by_form::Error::UnusableForm)
    }

    async fn register(&self, command: register::Command) -> Result<Begun, register::Error> {
        if command.password.expose().len() % 2 == 1 {
            return Err(register::Error::EmailTaken);
        }
        Ok(begun(command.device, user(Some(command.email), command.profile), false))
    }

    async fn check_status(&self, _: check_status::Command) -> Result<(), check_status::Error> {
        Ok(())
    }

    async fn describe_user(&self, _: describe_user::Command) -> Result<User, describe_user::Error> {
        Ok(anybody())
    }

    async fn disclose(&self, _: disclose::Command) -> disclose::Outcome {
        disclose::Outcome::Granted
    }
}

#[async_trait]
impl AtHandApi for Agreeable {
    fn tells_at_once(&self) -> bool {
        true
    }

    async fn catch_up(&self) -> Option<CaughtUp> {
        None
    }

    fn described(&self, _: &describe_session::Command, _: Option<CaughtUp>) -> Option<SessionView> {
        Some(view(DeviceName::default(), Some(anybody())))
    }

    fn started(&self, _: start_session::Command, _: Option<CaughtUp>) -> Option<start_session::Outcome> {
        Some(start_session::Outcome { view: view(DeviceName::default(), None), token: token(), guard: Some(token()) })
    }

    fn verified(&self, _: &verify_session::Command, _: Option<CaughtUp>) -> Option<verify_session::Outcome> {
        None
    }
}
