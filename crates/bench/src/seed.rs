//! Sessions by the million, put into a store without anybody logging in.

use std::{path::Path, time::Duration};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use uuid::Uuid;
use vestibule_adapters_crypto::{Keys, RandomTokens};
use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};
use vestibule_application::{
    change::Change,
    ports::{Tokens, UnitOfWork},
};
use vestibule_domain::{
    secret::{OpaqueToken, PasswordHash},
    session::{DeviceName, Lifetimes, Origin, Session, SessionId, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

/// As many as there are users whom the sessions belong to.
const USERS: u32 = 1_000;
/// Changes of one unit.
const BATCH: u32 = 1_000;

/// The token of the session of this number, of which nobody needs to keep a list.
pub(crate) fn token(number: u32) -> OpaqueToken {
    let spread = u128::from(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    OpaqueToken::from_bits(spread.to_be_bytes())
}

/// Puts so many live sessions into the SQLite file, which has its tables.
pub(crate) async fn sessions(file: &Path, count: u32, now: Timestamp) -> Result<()> {
    let store = SeaOrmStore::connect(&format!("sqlite://{}", file.display()), ConnectOptions::default()).await?;
    let tokens = RandomTokens::new(&Keys::random(now)?);
    let users: Vec<Change> = (0..USERS).map(|number| user(number, now)).collect::<Result<_>>()?;
    store.commit(users).await?;
    let bar = ProgressBar::new(count.into()).with_message("sessions");
    let mut number = 0;
    while number < count {
        let end = count.min(number + BATCH);
        let begin = |number: u32| Change::BeginSession { session: session(number, now), digest: tokens.digest(&token(number)) };
        store.commit((number..end).map(begin).collect()).await?;
        bar.inc(u64::from(end - number));
        number = end;
    }
    bar.finish_and_clear();
    store.close().await.context("cannot close the store")
}

fn id(number: u32) -> Uuid {
    Uuid::from_u128(u128::from(number) | 0x4000_8000_0000_0000_0000)
}

fn session(number: u32, now: Timestamp) -> Session {
    let hours = Duration::from_hours(8);
    let lifetimes = Lifetimes { anonymous: hours, idle: hours, absolute: Duration::from_hours(24 * 30) };
    let id = SessionId::from_uuid(id(number));
    let mut session = Session::begin(id, Origin::new("easydb"), DeviceName::default(), now, now.plus(hours));
    session.authenticate(Subject::User(UserId::from_uuid(self::id(number % USERS))), &lifetimes, now);
    session
}

fn user(number: u32, now: Timestamp) -> Result<Change> {
    let user = User {
        id: UserId::from_uuid(id(number)),
        login: LoginName::parse(&format!("user-{number}"))?,
        email: EmailAddress::parse(&format!("user-{number}@example.com"))?,
        roles: std::collections::BTreeSet::new(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: now,
        last_successful_login: None,
        last_failed_login: None,
    };
    Ok(Change::AddUser { user, password: PasswordHash::new("nobody logs in with this") })
}
