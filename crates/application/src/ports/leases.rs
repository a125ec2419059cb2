//! Leases: nodes that say of themselves that they answer from memory without asking what others have written. Whoever writes
//! waits for those who hold one to hear of it.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use vestibule_domain::message::MessageId;

use super::StoreError;

/// How long after a unit was committed somebody who holds a lease and has not heard of it is waited for. All programs on a
/// store have to agree on it.
pub const WAITED_FOR: Duration = Duration::from_secs(1);

/// Who holds a lease. Each time one is taken its holder is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Holder(pub Uuid);

/// The leases on a store that several processes write to.
///
/// There are no times in them, for no two clocks agree. A holder looks at the message log, then says what it
/// [has heard](Self::heard), and for less than [`WAITED_FOR`] after the beginning of that look it may answer from memory. So who
/// has committed something, and waits until the holder who has heard [the least](Self::least_heard) has heard of it, or
/// for as long as that, knows that nobody answers as if it had not happened.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Leases: Send + Sync {
    /// From now on there is this holder, who has heard of nothing.
    async fn take(&self, holder: Holder) -> Result<(), StoreError>;
    /// The holder knows of all messages up to this one. Answers whether it is (still) a holder; else it is not made one.
    async fn heard(&self, holder: Holder, newest: MessageId) -> Result<bool, StoreError>;
    /// There is no such holder any more, if there was.
    async fn give_up(&self, holder: Holder) -> Result<(), StoreError>;
    /// The newest message that every holder has heard of, as far as they have said by now. Nothing: nobody holds a lease.
    async fn least_heard(&self) -> Result<Option<MessageId>, StoreError>;
    /// Strikes out whoever has not heard of this message. Answers how many.
    async fn strike(&self, message: MessageId) -> Result<u32, StoreError>;
}
