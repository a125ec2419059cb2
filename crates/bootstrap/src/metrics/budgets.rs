//! Counts attempts that were refused, in front of whatever keeps the budgets.

use std::sync::Arc;

use async_trait::async_trait;
use vestibule_application::{
    meters::Count,
    ports::{Bucket, Budgets, NotCharged, StoreError},
};

/// The kinds of budgets, as they are called in `throttle`; what they are kept for is nobody's business here.
const KINDS: [&str; 8] = [
    "account_failures",
    "account_failures_in_all",
    "address_failures",
    "client_failures",
    "failures_total",
    "disclosures",
    "registrations_per_address",
    "anonymous",
];

/// Attempts that were refused, by the budget that was spent.
#[derive(Debug, Default)]
pub(crate) struct Refusals([Count; KINDS.len()]);

impl Refusals {
    /// Each budget with how often it was spent.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&'static str, u64)> {
        KINDS.into_iter().zip(self.0.iter().map(Count::read))
    }

    fn note(&self, bucket: &Bucket) {
        let kind = match bucket {
            Bucket::LoginTo(_) | Bucket::KnownLoginTo(..) => 0,
            Bucket::ManyLoginsTo(_) | Bucket::ManyKnownLoginsTo(..) => 1,
            Bucket::LoginFrom(_) => 2,
            Bucket::LoginBy(_) => 3,
            Bucket::Login => 4,
            Bucket::DisclosureTo(_) | Bucket::Disclosure => 5,
            Bucket::RegistrationFrom(_) => 6,
            Bucket::BeginningFrom(_) | Bucket::EndingFrom(_) | Bucket::Ending => 7,
            // Only whether something was told already; nothing is refused.
            Bucket::NoteOf(_) => return,
        };
        self.0[kind].one_more();
    }
}

/// Budgets that count what they refuse.
pub(crate) struct CountedBudgets {
    pub(crate) inner: Arc<dyn Budgets>,
    pub(crate) refusals: Arc<Refusals>,
}

#[async_trait]
impl Budgets for CountedBudgets {
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), NotCharged> {
        let charged = self.inner.charge(buckets).await;
        if let Err(NotCharged::Spent { bucket, .. }) = &charged {
            self.refusals.note(bucket);
        }
        charged
    }

    fn charge_at_hand(&self, buckets: &[Bucket]) -> bool {
        self.inner.charge_at_hand(buckets)
    }

    async fn refund(&self, buckets: &[Bucket]) {
        self.inner.refund(buckets).await;
    }

    async fn sweep(&self, limit: u32) -> Result<u32, StoreError> {
        self.inner.sweep(limit).await
    }
}
