//! Budgets: how often something may happen before it must wait.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use thiserror::Error;
use vestibule_domain::{client::ClientId, network::Network};

use super::StoreError;

/// What a budget is kept for. Its `Display` is different for each, and may have in it what somebody typed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Failed logins to one account, known or not, from networks that it does not know; the text is the account's key.
    LoginTo(String),
    /// The same failures, over a longer time.
    ManyLoginsTo(String),
    /// Failed logins to one account from one network that it knows.
    KnownLoginTo(String, Network),
    /// The same failures, over a longer time.
    ManyKnownLoginsTo(String, Network),
    /// Failed logins from one network.
    LoginFrom(Network),
    /// Failed logins through one API client, from networks that the accounts do not know.
    LoginBy(ClientId),
    /// Failed logins of anybody to anything, from networks that the accounts do not know.
    Login,
    /// Answers to one network that tell whether an account exists.
    DisclosureTo(Network),
    /// Answers to anybody that tell whether an account exists.
    Disclosure,
    /// Registrations from one network.
    RegistrationFrom(Network),
    /// Anonymous sessions that begin for one network.
    BeginningFrom(Network),
    /// Ends of sessions that were never anybody's, asked for by one network: each leaves a row.
    EndingFrom(Network),
    /// The same, asked for by anybody.
    Ending,
    /// Notes that this one is spent.
    NoteOf(Box<Bucket>),
}

impl fmt::Display for Bucket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LoginTo(account) => write!(formatter, "login to {account}"),
            Self::ManyLoginsTo(account) => write!(formatter, "many logins to {account}"),
            Self::KnownLoginTo(account, network) => write!(formatter, "login from known {network} to {account}"),
            Self::ManyKnownLoginsTo(account, network) => {
                write!(formatter, "many logins from known {network} to {account}")
            }
            Self::LoginFrom(network) => write!(formatter, "login from {network}"),
            Self::LoginBy(client) => write!(formatter, "login by {client}"),
            Self::Login => formatter.write_str("login"),
            Self::DisclosureTo(network) => write!(formatter, "disclosure to {network}"),
            Self::Disclosure => formatter.write_str("disclosure"),
            Self::RegistrationFrom(network) => write!(formatter, "registration from {network}"),
            Self::BeginningFrom(network) => write!(formatter, "beginning from {network}"),
            Self::EndingFrom(network) => write!(formatter, "ending from {network}"),
            Self::Ending => formatter.write_str("ending"),
            Self::NoteOf(spent) => write!(formatter, "note of {spent}"),
        }
    }
}

/// At most `amount` attempts in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub amount: usize,
    /// In how long.
    pub window: Duration,
}

/// The limit of each kind of bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// [`Bucket::LoginTo`] and [`Bucket::KnownLoginTo`].
    pub login_to: Limit,
    /// [`Bucket::ManyLoginsTo`] and [`Bucket::ManyKnownLoginsTo`].
    pub many_logins_to: Limit,
    /// [`Bucket::LoginFrom`].
    pub login_from: Limit,
    /// [`Bucket::LoginBy`].
    pub login_by: Limit,
    /// [`Bucket::Login`].
    pub login: Limit,
    /// [`Bucket::DisclosureTo`].
    pub disclosure_to: Limit,
    /// [`Bucket::Disclosure`].
    pub disclosure: Limit,
    /// [`Bucket::RegistrationFrom`].
    pub registration_from: Limit,
    /// [`Bucket::BeginningFrom`].
    pub beginning_from: Limit,
    /// [`Bucket::EndingFrom`].
    pub ending_from: Limit,
    /// [`Bucket::Ending`].
    pub ending: Limit,
}

impl BudgetLimits {
    /// The same limit for every bucket.
    pub const fn all(limit: Limit) -> Self {
        Self {
            login_to: limit,
            many_logins_to: limit,
            login_from: limit,
            login_by: limit,
            login: limit,
            disclosure_to: limit,
            disclosure: limit,
            registration_from: limit,
            beginning_from: limit,
            ending_from: limit,
            ending: limit,
        }
    }

    /// A bucket's.
    pub fn of(&self, bucket: &Bucket) -> Limit {
        match bucket {
            Bucket::LoginTo(_) | Bucket::KnownLoginTo(..) => self.login_to,
            Bucket::ManyLoginsTo(_) | Bucket::ManyKnownLoginsTo(..) => self.many_logins_to,
            Bucket::LoginFrom(_) => self.login_from,
            Bucket::LoginBy(_) => self.login_by,
            Bucket::Login => self.login,
            Bucket::DisclosureTo(_) => self.disclosure_to,
            Bucket::Disclosure => self.disclosure,
            Bucket::RegistrationFrom(_) => self.registration_from,
            Bucket::BeginningFrom(_) => self.beginning_from,
            Bucket::EndingFrom(_) => self.ending_from,
            Bucket::Ending => self.ending,
            Bucket::NoteOf(spent) => Limit { amount: 1, ..self.of(spent) },
        }
    }
}

/// Why an attempt must not be made.
#[derive(Debug, Error)]
pub enum NotCharged {
    /// A budget is spent.
    #[error("too many attempts; try again in {} s", retry_after.as_secs())]
    Spent {
        /// Which; the one to wait for longest.
        bucket: Bucket,
        /// When one more attempt will be possible.
        retry_after: Duration,
    },
    /// Nobody can tell.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The budgets that all doors share, and all processes of a service. Attempts are charged before they are made and
/// refunded when they turn out well, so that parallel attempts cannot overrun a limit: no matter when or where they are
/// made, no window has more than its limit's amount in it, but for those that were refunded.
///
/// What was counted may be lost when the place where it is counted crashes. Whoever cannot count must not go on.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Charges one attempt to all of these buckets, or to none of them if one is spent.
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), NotCharged>;
    /// The same where nobody has to be waited for. Unless it says so, nothing is charged: whoever asks charges as everybody does.
    fn charge_at_hand(&self, buckets: &[Bucket]) -> bool {
        let _ = buckets;
        false
    }
    /// Gives one attempt back to each of these buckets. Where that fails it is logged: the attempt stays charged, until
    /// its window is over.
    async fn refund(&self, buckets: &[Bucket]);
    /// Forgets at most `limit` buckets to which nothing is charged any more, and says how many.
    async fn sweep(&self, limit: u32) -> Result<u32, StoreError>;
}
