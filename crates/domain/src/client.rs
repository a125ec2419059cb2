//! API clients: programs that call with a token of their own (seed 002, "Token token="), and operators, whose tokens have
//! scopes and are good for the Admin API alone.

mod scope;

use std::collections::BTreeSet;

pub use scope::{Scope, UnknownScope};
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
    /// What its token is good for in the Admin API: nothing for a program, something for an operator.
    pub scopes: BTreeSet<Scope>,
}

impl Client {
    /// Whether this is an operator, whom no API but the Admin API knows.
    pub fn is_operator(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Whether its scopes have `scope` among them.
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&Scope::All) || self.scopes.contains(&scope)
    }

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
            scopes: BTreeSet::new(),
        };
        assert!(client.may_call(at(9)));
        assert!(!client.may_call(at(10)));
        assert!(!Client { revoked: Some(at(5)), ..client.clone() }.may_call(at(6)));
        assert!(Client { expires: None, ..client }.may_call(at(i64::MAX)));
    }

    #[test]
    fn an_operator_may_what_its_scopes_say_and_a_program_nothing() {
        let with = |scopes: &[Scope]| Client {
            id: ClientId::from_uuid(Uuid::from_u128(1)),
            name: ClientName::parse("ops").unwrap(),
            created: Timestamp::EPOCH,
            expires: None,
            revoked: None,
            scopes: scopes.iter().copied().collect(),
        };
        assert!(!with(&[]).is_operator() && !with(&[]).may(Scope::UsersRead));
        assert!(with(&[Scope::UsersRead]).is_operator() && with(&[Scope::UsersRead]).may(Scope::UsersRead));
        assert!(!with(&[Scope::UsersRead]).may(Scope::UsersWrite));
        assert!(with(&[Scope::All]).may(Scope::UsersWrite));
    }
}
