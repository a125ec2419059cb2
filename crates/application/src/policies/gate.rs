//! Whether somebody is who they claim to be: one throttle and one amount of work, whichever door they knock at.

mod found;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use uuid::Uuid;
use vestibule_domain::{
    client::ClientId,
    message::{Agent, Event, EventKind},
    network::Network,
    node::NodeRef,
    secret::{Password, PasswordHash},
    session::Subject,
    user::{Login, LoginKey, UserId},
};

use self::found::Found;
use super::backoffice::Backoffice;
use crate::{
    api::Caller,
    change::Change,
    ports::{
        Against, Bucket, Budgets, Clock, CommitError, HashError, HashProfile, KeyKind, NodeStore, NotCharged,
        PasswordHasher, StoreError, UnitOfWork, UnusableHash, UserStore, Verdict,
    },
    view::Principal,
};

/// Checks credentials.
pub struct Gate {
    /// Users.
    pub users: Arc<dyn UserStore>,
    /// Nodes.
    pub nodes: Arc<dyn NodeStore>,
    /// Hashes.
    pub hasher: Arc<dyn PasswordHasher>,
    /// What attempts are charged to.
    pub budgets: Arc<dyn Budgets>,
    /// Where failures are noted.
    pub unit: Arc<dyn UnitOfWork>,
    /// For the notes.
    pub clock: Arc<dyn Clock>,
    /// From where an admin is one.
    pub backoffice: Backoffice,
}

/// Somebody who is who they claim to be.
#[derive(Clone)]
pub struct Admitted {
    /// Who, as they are from where they came.
    pub principal: Principal,
    /// The same, as a session's subject.
    pub subject: Subject,
    /// Whether they are an admin, be it from elsewhere.
    pub is_backoffice: bool,
    /// What must still hold, and what is to be written, when their session begins.
    pub conditions: Vec<Change>,
    /// Whether it is noted already that they log in from there.
    pub is_noted: bool,
}

/// Why somebody is not let in.
#[derive(Debug, Error)]
pub enum Denied {
    /// Nobody has this login.
    #[error("nobody has this login")]
    UnknownLogin,
    /// It is not the password.
    #[error("wrong password")]
    WrongPassword,
    /// It is the password, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// Too many attempts failed.
    #[error("too many failed attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many are being checked.
    #[error("too many logins are under way")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Gate {
    /// Lets somebody in, or notes that they failed and says why. `client` is the program through which they come, if it
    /// had to show an API token.
    ///
    /// An attempt is charged before it is made. So whoever is let in was one of the attempts that their budgets had room
    /// for, however long the comparison took and whatever others did meanwhile: there is no budget to look at again.
    pub async fn admit(
        &self,
        login: &Login,
        password: &Password,
        caller: &Caller,
        client: Option<ClientId>,
    ) -> Result<Admitted, Denied> {
        let found = self.find(login).await?;
        let buckets = self.buckets(&found, login, caller, client);
        self.charge(&buckets, &found, caller).await?;
        let verdict = match self.verdict(&found, login, password).await {
            Ok(verdict) => verdict,
            Err(error) => {
                // Nothing was guessed.
                self.budgets.refund(&buckets).await;
                return Err(error);
            }
        };
        match (verdict, found.admitted(Network::of(caller.address), self.clock.now())) {
            (Verdict::Wrong, None) => Err(self.failed(None, Denied::UnknownLogin, caller).await),
            (Verdict::Wrong, Some(known)) => Err(self.failed(Some(known.subject), Denied::WrongPassword, caller).await),
            (Verdict::Right | Verdict::RightButOutdated, None) => Err(Denied::UnknownLogin),
            (Verdict::Right | Verdict::RightButOutdated, Some(known)) => {
                if let Principal::User(user) = &known.principal
                    && user.disabled
                {
                    return Err(self.failed(Some(known.subject), Denied::Disabled, caller).await);
                }
                self.budgets.refund(&buckets).await;
                let principal = self.backoffice.seen_from(caller.address, known.principal);
                self.rehashed(Admitted { principal, ..known }, verdict, password).await
            }
        }
    }

    /// What an attempt is charged to.
    ///
    /// Failures from elsewhere are not charged to a network that the account knows, nor are those of others: so nobody
    /// can shut its owner out from where they use to log in, except from there.
    fn buckets(&self, found: &Found, login: &Login, caller: &Caller, client: Option<ClientId>) -> Vec<Bucket> {
        let network = Network::of(caller.address);
        // Known accounts by id, so that an attacker gets no second budget by another spelling of the same account.
        let account = found.id().unwrap_or_else(|| text_of(login));
        let from = Bucket::LoginFrom(network);
        if found.networks().is_some_and(|networks| networks.knows(network, self.clock.now())) {
            return vec![
                Bucket::KnownLoginTo(account.clone(), network),
                Bucket::ManyKnownLoginsTo(account, network),
                from,
            ];
        }
        let mut buckets = vec![Bucket::LoginTo(account.clone()), Bucket::ManyLoginsTo(account), from, Bucket::Login];
        buckets.extend(client.map(Bucket::LoginBy));
        buckets
    }

    async fn charge(&self, buckets: &[Bucket], found: &Found, caller: &Caller) -> Result<(), Denied> {
        match self.budgets.charge(buckets).await {
            Ok(()) => Ok(()),
            Err(NotCharged::Spent { bucket, retry_after }) => {
                let noted = self.note_spent(bucket, found, caller).await;
                noted.map_or_else(|error| Err(Denied::Store(error)), |()| Err(Denied::Throttled { retry_after }))
            }
            Err(NotCharged::Store(error)) => Err(Denied::Store(error)),
        }
    }

    /// Notes that a budget is spent, once in its window. It is no failed login: nothing was compared.
    async fn note_spent(&self, bucket: Bucket, found: &Found, caller: &Caller) -> Result<(), StoreError> {
        match self.budgets.charge(&[Bucket::NoteOf(Box::new(bucket))]).await {
            Ok(()) => {}
            Err(NotCharged::Spent { .. }) => return Ok(()),
            Err(NotCharged::Store(error)) => return Err(error),
        }
        let subject = match found {
            Found::User(stored) => Some(Subject::User(stored.user.id)),
            Found::Node(stored) => Some(Subject::Node(stored.node.id)),
            Found::Nobody => None,
        };
        let event = self.event(EventKind::LoginsThrottled, subject, caller);
        match self.unit.commit(vec![Change::Record(event)]).await {
            Ok(_) | Err(CommitError::Conflict(_)) => Ok(()),
            Err(CommitError::Store(error)) => Err(error),
        }
    }

    fn event(&self, kind: EventKind, subject: Option<Subject>, caller: &Caller) -> Event {
        let (origin, address) = (Some(caller.origin.clone()), Some(caller.address));
        Event { kind, at: self.clock.now(), session: None, subject, origin, address, by: Agent::default() }
    }

    async fn find(&self, login: &Login) -> Result<Found, StoreError> {
        let user = async |key: &LoginKey, kind| {
            Ok::<_, StoreError>(self.users.by_key(key, kind).await?.map_or(Found::Nobody, Found::User))
        };
        match login {
            Login::Email(key) => user(key, KeyKind::Email).await,
            Login::Name(key) => user(key, KeyKind::Login).await,
            Login::Any(key) => user(key, KeyKind::Any).await,
            Login::Node(node) => Ok(self.nodes.find(node).await?.map_or(Found::Nobody, Found::Node)),
        }
    }

    /// Compares with whatever there is to compare with: nobody's password costs what somebody's does.
    async fn verdict(&self, found: &Found, login: &Login, password: &Password) -> Result<Verdict, Denied> {
        let profile = if matches!(login, Login::Node(_)) { HashProfile::Fast } else { HashProfile::Standard };
        let stored: Vec<PasswordHash> = match found {
            Found::User(stored) => stored.password.iter().cloned().collect(),
            Found::Node(stored) => stored.secrets.accepted(self.clock.now()).cloned().collect(),
            Found::Nobody => Vec::new(),
        };
        if stored.is_empty() {
            return self.compare(password, Against::Nothing(profile), found, profile).await;
        }
        for hash in stored {
            let verdict = self.compare(password, Against::Stored(hash), found, profile).await?;
            if verdict != Verdict::Wrong {
                return Ok(verdict);
            }
        }
        Ok(Verdict::Wrong)
    }

    async fn compare(&self, typed: &Password, with: Against, of: &Found, cost: HashProfile) -> Result<Verdict, Denied> {
        let account = of.id();
        let verdict = match self.hasher.verify(typed, with).await {
            Err(HashError::Unusable(why)) if !matches!(why, UnusableHash::UnknownPepper(_)) => {
                tracing::error!(account, %why, "a password hash cannot be used; set a new password for its owner");
                // No work was spent on it, and whoever guesses must not notice.
                self.hasher.verify(typed, Against::Nothing(cost)).await
            }
            verdict => verdict,
        };
        verdict.map_err(|error| match error {
            HashError::Overloaded { retry_after } => Denied::Overloaded { retry_after },
            // The password may well be right, and the operator can mend it for everybody at once.
            HashError::Unusable(why) => {
                tracing::error!(account, %why, "a password hash cannot be used; put its pepper back");
                StoreError::Unavailable(Box::new(why)).into()
            }
        })
    }

    /// Notes the failure; the answer waits for the note, known login or not.
    async fn failed(&self, subject: Option<Subject>, denied: Denied, caller: &Caller) -> Denied {
        let at = self.clock.now();
        // Nobody has the nil identifier: for an unknown login the same is written, to no effect.
        let whose = subject.unwrap_or(Subject::User(UserId::from_uuid(Uuid::nil())));
        let login = Change::RecordLogin { subject: whose, at, succeeded: false };
        let event = self.event(EventKind::AuthenticationFailed, subject, caller);
        match self.unit.commit(vec![login, Change::Record(event)]).await {
            Ok(_) | Err(CommitError::Conflict(_)) => denied,
            Err(CommitError::Store(error)) => Denied::Store(error),
        }
    }

    async fn rehashed(&self, mut known: Admitted, verdict: Verdict, password: &Password) -> Result<Admitted, Denied> {
        if verdict == Verdict::RightButOutdated
            && let Subject::User(user) = known.subject
            && let Ok(password) = self.hasher.hash(password, HashProfile::Standard).await
        {
            known.conditions.push(Change::ReplaceHash { user, password });
        }
        Ok(known)
    }
}

fn text_of(login: &Login) -> String {
    match login {
        Login::Email(key) | Login::Name(key) | Login::Any(key) => key.as_str().to_owned(),
        Login::Node(NodeRef::Id(id)) => id.to_string(),
        Login::Node(NodeRef::Name(name)) => name.as_str().to_owned(),
    }
}
