//! Users and sessions by the million, put into a store without anybody logging in.

use std::{collections::BTreeSet, num::NonZeroUsize, ops::Range, time::Duration};

use anyhow::{Context, Result};
use indicatif::ProgressBar;
use sea_orm::{ConnectOptions as Options, ConnectionTrait, Database};
use uuid::Uuid;
use vestibule_adapters_crypto::{Argon2Config, Argon2Cost, Argon2Hasher, Keys, RandomTokens};
use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};
use vestibule_application::{
    change::Change,
    ports::{HashProfile, PasswordHasher, Tokens, UnitOfWork},
};
use vestibule_domain::{
    rights::{Right, Role, RoleName},
    secret::{OpaqueToken, Password, PasswordHash},
    session::{DeviceName, Lifetimes, Origin, Session, SessionId, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

/// Every user's.
pub(crate) const PASSWORD: &str = "a long walk at dusk";
/// Changes of one unit.
const BATCH: u32 = 2_000;
/// The most sessions that are live; those beyond it have ended.
pub(crate) const LIVE: u32 = 1_000_000;

/// Live sessions of a user.
const SESSIONS: u32 = 10;

/// What a store has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stored {
    /// As many of them live as [`LIVE`] allows.
    pub(crate) sessions: u32,
    /// Whether hashing passwords costs next to nothing.
    pub(crate) cheap: bool,
}

impl Stored {
    pub(crate) fn live(self) -> u32 {
        self.sessions.min(LIVE)
    }

    /// Of ten live sessions each.
    pub(crate) fn users(self) -> u32 {
        self.live().div_ceil(SESSIONS)
    }

    /// Live sessions in an order in which those of one user follow each other, and users and places in tables do not.
    pub(crate) fn user_by_user(self, places: Range<u32>) -> impl Iterator<Item = u32> {
        // A prime, so that it comes by every user before it comes by one again.
        const STRIDE: u64 = 611_953;
        let users = self.users();
        let user = move |place: u32| u64::from(place / SESSIONS) * STRIDE % u64::from(users);
        let number = move |place| u32::try_from(user(place)).map(|user| user + place % SESSIONS * users);
        places.flat_map(number).filter(move |number| *number < self.live())
    }

    fn cost(self) -> Argon2Cost {
        if self.cheap { Argon2Cost { memory_kib: 64, iterations: 1, parallelism: 1 } } else { Argon2Cost::default() }
    }
}

/// The token of the live session of this number, of which nobody needs to keep a list.
pub(crate) fn token(number: u32) -> OpaqueToken {
    let spread = u128::from(number).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    OpaqueToken::from_bits(spread.to_be_bytes())
}

/// The login name of the user of this number, whose address is at `example.com`.
pub(crate) fn login(number: u32) -> String {
    format!("user-{number}")
}

/// Which user has the live session of this number.
pub(crate) fn user_id(number: u32) -> UserId {
    UserId::from_uuid(id(number))
}

/// Puts it into the store, which has its tables.
pub(crate) async fn fill(url: &str, stored: Stored, now: Timestamp) -> Result<()> {
    let store = SeaOrmStore::connect(url, ConnectOptions::default()).await?;
    let tokens = RandomTokens::new(&Keys::random(now)?);
    let hasher = Argon2Hasher::start(Argon2Config {
        cost: stored.cost(),
        threads: NonZeroUsize::MIN,
        queue: NonZeroUsize::MIN,
    })?;
    let hash = hasher.hash(&Password::parse(PASSWORD)?, HashProfile::Standard).await?;
    let bar = ProgressBar::new(u64::from(stored.users()) + u64::from(stored.live()));
    store.commit(vec![Change::PutRole(role()?)]).await?;
    in_batches(&store, stored.users(), &bar, |number| user(number, &hash, now)).await?;
    let begin = |number| {
        let session = session(number, stored.users(), now);
        Ok(Change::BeginSession { session, digest: tokens.digest(&token(number)) })
    };
    in_batches(&store, stored.live(), &bar, begin).await?;
    bar.finish_and_clear();
    store.close().await.context("cannot close the store")?;
    match stored.sessions - stored.live() {
        0 => Ok(()),
        ended => add_ended(url, ended).await,
    }
}

async fn in_batches(
    store: &SeaOrmStore,
    count: u32,
    bar: &ProgressBar,
    change: impl Fn(u32) -> Result<Change>,
) -> Result<()> {
    let mut number = 0;
    while number < count {
        let end = count.min(number + BATCH);
        store.commit((number..end).map(&change).collect::<Result<_>>()?).await?;
        bar.inc(u64::from(end - number));
        number = end;
    }
    Ok(())
}

/// Copies of one session, ended, each under an id, a digest and a user of its own: nobody will ask for them. They come in the
/// order of these keys, or every one of them would be written to another page of each index.
async fn add_ended(url: &str, count: u32) -> Result<()> {
    let mut options = Options::new(url);
    options.max_connections(1).sqlx_logging(false).acquire_timeout(Duration::from_hours(1));
    let database = Database::connect(options).await?;
    for pragma in ["PRAGMA synchronous = OFF", "PRAGMA cache_size = -2000000"] {
        database.execute_unprepared(pragma).await?;
    }
    let bar = ProgressBar::new(count.into());
    let (mut added, apart) = (0, u32::MAX / count);
    let next = |bytes: u32| format!("unhex(printf('%08x', i * {apart})) || randomblob({})", bytes - 4);
    let (id, digest) = (next(16), next(32));
    while added < count {
        let end = count.min(added + 250_000);
        database
            .execute_unprepared(&format!(
                "WITH RECURSIVE n(i) AS (SELECT {added} + 1 UNION ALL SELECT i + 1 FROM n WHERE i < {end}) \
                 INSERT INTO sessions (id, digest, origin, device, subject_kind, subject_id, begun, authenticated, \
                 last_seen, idle_ttl, expires, ended, end_reason, epoch, guard, sealed_until, over_from, forgettable_from) \
                 SELECT {id}, {digest}, origin, device, subject_kind, {id}, begun, authenticated, \
                 last_seen, idle_ttl, expires, begun, 'signed_out', epoch, guard, sealed_until, NULL, begun \
                 FROM n, (SELECT * FROM sessions LIMIT 1)"
            ))
            .await?;
        bar.inc((end - added).into());
        added = end;
    }
    bar.finish_and_clear();
    database.close().await.context("cannot close the store")
}

/// The id of the session of this number, and of the user of this number.
pub(crate) fn id(number: u32) -> Uuid {
    // Spread over all values, as random ones are.
    let spread = u128::from(number).wrapping_add(1).wrapping_mul(0xd134_2543_de82_ef95_a5a3_59cb_6b3d_4d4b);
    uuid::Builder::from_random_bytes(spread.to_be_bytes()).into_uuid()
}

fn session(number: u32, users: u32, now: Timestamp) -> Session {
    let hours = Duration::from_hours(8);
    let lifetimes = Lifetimes { anonymous: hours, idle: hours, absolute: Duration::from_hours(24 * 30) };
    let session_id = SessionId::from_uuid(id(number));
    let mut session = Session::begin(session_id, Origin::new("easydb"), DeviceName::default(), now, now.plus(hours));
    session.authenticate(Subject::User(user_id(number % users)), &lifetimes, now);
    session
}

/// Every user's: hardly any system has users without one.
fn role() -> Result<Role> {
    let rights = ["assets.comment", "assets.read"].into_iter().map(Right::parse).collect::<Result<_, _>>()?;
    Ok(Role { name: RoleName::parse("member")?, rights })
}

fn user(number: u32, hash: &PasswordHash, now: Timestamp) -> Result<Change> {
    let login = login(number);
    let user = User {
        id: user_id(number),
        login: LoginName::parse(&login)?,
        email: EmailAddress::parse(&format!("{login}@example.com"))?,
        roles: BTreeSet::from([role()?.name]),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: now,
        last_successful_login: None,
        last_failed_login: None,
    };
    Ok(Change::AddUser { user, password: hash.clone() })
}
