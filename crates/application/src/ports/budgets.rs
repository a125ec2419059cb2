//! Budgets: how often something may happen before it must wait.

use std::{net::IpAddr, time::Duration};

use async_trait::async_trait;
use thiserror::Error;

/// What a budget is kept for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Bucket {
    /// Failed logins to one account, known or not; the text is the account's key.
    LoginTo(String),
    /// Failed logins from one address.
    LoginFrom(IpAddr),
    /// Answers to one address that tell whether an account exists.
    DisclosureTo(IpAddr),
    /// Answers to anybody that tell whether an account exists.
    Disclosure,
    /// Registrations from one address.
    RegistrationFrom(IpAddr),
}

/// A budget is spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many attempts; try again in {} s", retry_after.as_secs())]
pub struct Exhausted {
    /// When one more attempt will be possible.
    pub retry_after: Duration,
}

/// The budgets that all doors share. Attempts are charged before they are made and refunded when they turn out well, so
/// that parallel attempts cannot overrun a limit.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Budgets: Send + Sync {
    /// Charges one attempt to all of these buckets, or to none of them if one is spent.
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), Exhausted>;
    /// Gives one attempt back to each of these buckets.
    async fn refund(&self, buckets: &[Bucket]);
}
