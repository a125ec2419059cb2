//! API clients: programs that call with a token of their own (seed 002, "Token token=").

use uuid::Uuid;

use crate::{text::word_type, time::Timestamp};

/// A client's identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Uuid);

crate::uuid_newtype!(ClientId);

word_type!(
    /// A client's unique name.
    ClientName,
    100
);

/// A program that may call. Its token is stored as a digest only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Never changes.
    pub id: ClientId,
    /// Unique among clients, revoked ones included.
    pub name: ClientName,
    /// When its token was issued.
    pub created: Timestamp,
    /// From when its token is refused, if ever.
    pub expires: Option<Timestamp>,
    /// When an operator revoked it.
    pub revoked: Option<Timestamp>,
}

impl Client {
    /// Whether its token is accepted at `now`.
    pub fn may_call(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_or_revoked_client_may_not_call() {
        let at = Timestamp::from_millis;
        let client = Client {
            id: ClientId::from_uuid(Uuid::from_u128(1)),
            name: ClientName::parse("shop").unwrap(),
            created: at(0),
            expires: Some(at(10)),
            revoked: None,
        };
        assert!(client.may_call(at(9)));
        assert!(!client.may_call(at(10)));
        assert!(!Client { revoked: Some(at(5)), ..client.clone() }.may_call(at(6)));
        assert!(Client { expires: None, ..client }.may_call(at(i64::MAX)));
    }
}
