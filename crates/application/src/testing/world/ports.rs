//! The mocks themselves.

use std::sync::Arc;

use uuid::Uuid;
use vestibule_domain::{
    node::NodeRef,
    secret::PasswordHash,
    session::{GuardTag, Session, SignedToken},
};

use super::{
    super::{NEW_ID, NEW_TOKEN, RESET, RETRY, SEALED, digest, session_id, token, words::buckets as words},
    State, World,
    hand::Known,
};
use crate::{
    ports::{
        Against, Bucket, HashError, InvalidSignature, KeyKind, MockArchive, MockBudgets, MockClientStore, MockClock,
        MockFormStore, MockHealth, MockHousekeeping, MockIds, MockInstallation, MockLoginTokenStore, MockMessageLog,
        MockNodeStore, MockPasswordHasher, MockRoleStore, MockSeals, MockSessionStore, MockSightings, MockTokenSigner,
        MockTokens, MockUnitOfWork, MockUserStore, NotCharged, StoreError, StoredUser, Stores, UnusableHash, Verdict,
    },
    service::Ports,
};

/// Answers each method of a mock from the world.
macro_rules! answer {
    ($world:ident: $($mock:ident.$method:ident($answer:expr);)*) => {
        $({
            let $world = $world.clone();
            $mock.$method().returning($answer);
        })*
    };
}

impl World {
    pub(super) fn session_store(&self) -> MockSessionStore {
        let (world, mut sessions) = (self, MockSessionStore::new());
        answer! { world:
            sessions.expect_by_digest(move |digest| world.ask("find session", |state| {
                state.rows.iter().find(|(known, _)| known == digest).map(|(_, session)| session.clone())
            }));
            sessions.expect_by_id(move |id| world.ask("find session", |state| {
                state.rows.iter().find(|(_, session)| session.id == id).map(|(_, session)| session.clone())
            }));
            sessions.expect_page(move |_| world.ask("page of sessions", |state| {
                state.rows.iter().map(|(_, session)| session.clone()).collect()
            }));
        }
        sessions
    }

    fn budgets(&self) -> MockBudgets {
        let (world, mut budgets) = (self, MockBudgets::new());
        answer! { world:
            budgets.expect_charge(move |buckets| world.charge(buckets));
            budgets.expect_charge_at_hand(move |buckets| world.charge(buckets).is_ok());
            budgets.expect_refund(move |buckets| {
                world.state().journal.push(format!("refund {}", words(buckets)));
            });
        }
        budgets
    }

    pub(super) fn unit_of_work(&self) -> MockUnitOfWork {
        let (world, mut unit) = (self, MockUnitOfWork::new());
        answer! { world: unit.expect_commit(move |changes| world.commit(&changes)); }
        unit
    }

    fn sightings(&self) -> MockSightings {
        let (world, mut sightings) = (self, MockSightings::new());
        sightings.expect_refresh().returning(|_| ());
        sightings.expect_refresh_in().returning(|_, _| ());
        answer! { world:
            sightings.expect_note(move |session, _| world.saw(session));
            sightings.expect_note_in(move |_, session, _| world.saw(session));
        }
        sightings
    }

    fn saw(&self, session: &Session) {
        self.state().journal.push(format!("saw {:x}", session.id.as_uuid().as_u128()));
    }

    pub(super) fn installation(&self) -> MockInstallation {
        let (world, mut installation) = (self, MockInstallation::new());
        answer! { world: installation.expect_state(move || world.ask("installation", |state| state.setup)); }
        installation
    }

    fn tokens(&self) -> MockTokens {
        let (world, mut tokens) = (self, MockTokens::new());
        tokens.expect_digest().returning(|token| digest(token.bits().unwrap()[0]));
        tokens.expect_reset_digest().returning(|token| digest(RESET + token.bits().unwrap()[0]));
        tokens.expect_guard_tag().returning(|guard| GuardTag::new(guard.bits().unwrap()[0].into()));
        answer! { world:
            tokens.expect_mint(move || {
                let mut state = world.state();
                state.minted += 1;
                token(NEW_TOKEN + state.minted - 1)
            });
        }
        tokens
    }

    fn hasher(&self) -> MockPasswordHasher {
        let (world, mut hasher) = (self, MockPasswordHasher::new());
        answer! { world:
            hasher.expect_verify(move |password, against| world.verify(password.expose(), &against));
            hasher.expect_hash(move |password, profile| {
                let mut state = world.state();
                state.journal.push("hash".to_owned());
                if state.busy == Some("hash") {
                    return Err(HashError::Overloaded { retry_after: RETRY });
                }
                Ok(PasswordHash::new(format!("{profile:?} {}", password.expose())))
            });
        }
        hasher
    }

    pub(crate) fn ports(&self) -> Ports {
        let (sessions, unit) = (self.session_store(), self.unit_of_work());
        let (mut users, mut nodes, mut roles) = (MockUserStore::new(), MockNodeStore::new(), MockRoleStore::new());
        let (mut clients, mut forms) = (MockClientStore::new(), MockFormStore::new());
        let (mut login_tokens, mut messages) = (MockLoginTokenStore::new(), MockMessageLog::new());
        let mut health = MockHealth::new();
        let (mut seals, mut signer) = (MockSeals::new(), MockTokenSigner::new());
        let (mut clock, mut ids) = (MockClock::new(), MockIds::new());
        seals.expect_session_id().returning(|token| session_id(token.bits().unwrap()[0]));
        let world = self;
        answer! { world:
            users.expect_by_key(move |key, kind| world.ask("find account", |state| {
                let has = |user: &&StoredUser| {
                    (kind != KeyKind::Email && user.user.login.key() == *key)
                        || (kind != KeyKind::Login && user.user.email.key() == *key)
                };
                state.users.iter().find(has).cloned()
            }));
            users.expect_by_id(move |id| world.ask("find user", |state| state.user(id).cloned()));
            users.expect_profile(move |id| world.ask("find user", |state| state.profile(id)));
            nodes.expect_find(move |node| world.ask("find account", |state| {
                state.nodes.iter().find(|known| match node {
                    NodeRef::Id(id) => known.node.id == *id,
                    NodeRef::Name(name) => known.node.name == *name,
                }).cloned()
            }));
            roles.expect_named(move |names| world.ask("roles", |state| {
                state.roles.iter().filter(|role| names.contains(&role.name)).cloned().collect()
            }));
            roles.expect_all(move || world.ask("roles", |state| state.roles.clone()));
            clients.expect_by_digest(move |digest| world.ask("find client", |state| {
                state.clients.iter().find(|(known, _)| known == digest).map(|(_, client)| client.clone())
            }));
            forms.expect_by_name(move |name| world.ask("find form", |state| {
                state.forms.iter().find(|form| form.name == *name).cloned()
            }));
            login_tokens.expect_by_digest(move |digest| world.ask("find login token", |state| {
                state.login_tokens.iter().find(|token| token.digest == *digest).copied()
            }));
            messages.expect_latest(move || world.ask("latest message", |_| 42));
            health.expect_ping(move || world.ask("ping", |_| ()));
            seals.expect_seal(move |seal| {
                world.state().sealed.push(seal.clone());
                token(SEALED)
            });
            seals.expect_unseal(move |token| {
                let byte = token.bits().unwrap()[0];
                world.state().seals.iter().filter(|(known, _)| *known == byte).map(|(_, seal)| seal.clone()).collect()
            });
            signer.expect_sign(move |claims| {
                world.state().signed.push(claims.clone());
                Ok(SignedToken::new("signed.by.us"))
            });
            signer.expect_assert(move |view, issued, expires| {
                world.state().asserted.push((view.session.id, issued, expires));
                Ok(SignedToken::new("asserted.by.us"))
            });
            signer.expect_verify(move |_| world.state().claims.clone().ok_or(InvalidSignature));
            clock.expect_now(move || world.state().now);
            ids.expect_next(move || {
                let mut state = world.state();
                state.identified += 1;
                Uuid::from_u128(NEW_ID + state.identified - 1)
            });
        }
        let stores = Stores {
            sessions: Arc::new(sessions),
            users: Arc::new(users),
            roles: Arc::new(roles),
            nodes: Arc::new(nodes),
            clients: Arc::new(clients),
            forms: Arc::new(forms),
            login_tokens: Arc::new(login_tokens),
            messages: Arc::new(messages),
            health: Arc::new(health),
            unit: Arc::new(unit),
            installation: Arc::new(MockInstallation::new()),
            housekeeping: Arc::new(MockHousekeeping::new()),
            archive: Arc::new(MockArchive::new()),
        };
        let budgets = Arc::new(self.budgets());
        Ports {
            stores,
            memory: Arc::new(Known::of(self)),
            sightings: Arc::new(self.sightings()),
            budgets: budgets.clone(),
            local_budgets: budgets,
            tokens: Arc::new(self.tokens()),
            seals: Arc::new(seals),
            signer: Arc::new(signer),
            hasher: Arc::new(self.hasher()),
            clock: Arc::new(clock),
            ids: Arc::new(ids),
        }
    }

    pub(super) fn tell<T>(&self, told: impl FnOnce(&State) -> T) -> T {
        told(&self.state())
    }

    fn charge(&self, buckets: &[Bucket]) -> Result<(), NotCharged> {
        let mut state = self.state();
        state.journal.push(format!("charge {}", words(buckets)));
        match buckets.first() {
            // What notes that one is spent has room.
            Some(Bucket::NoteOf(_)) | None => Ok(()),
            Some(_) if state.uncountable => Err(StoreError::Unavailable("as told".into()).into()),
            Some(bucket) if state.exhausted => Err(NotCharged::Spent { bucket: bucket.clone(), retry_after: RETRY }),
            Some(_) => Ok(()),
        }
    }

    /// A stored hash is the password itself; `old:` before it means outdated, `broken` cannot be used, and `peppered` was
    /// made with a pepper that is not there.
    fn verify(&self, password: &str, against: &Against) -> Result<Verdict, HashError> {
        let mut state = self.state();
        // No work is spent on these.
        match against {
            Against::Stored(hash) if hash.expose() == "broken" => return Err(UnusableHash::UnknownFormat.into()),
            Against::Stored(hash) if hash.expose() == "peppered" => {
                return Err(UnusableHash::UnknownPepper("2019".to_owned()).into());
            }
            Against::Stored(_) | Against::Nothing(_) => {}
        }
        state.journal.push("verify".to_owned());
        if state.busy == Some("verify") {
            return Err(HashError::Overloaded { retry_after: RETRY });
        }
        match against {
            Against::Stored(hash) if hash.expose() == password => Ok(Verdict::Right),
            Against::Stored(hash) if hash.expose().strip_prefix("old:") == Some(password) => {
                Ok(Verdict::RightButOutdated)
            }
            Against::Stored(_) => Ok(Verdict::Wrong),
            Against::Nothing(profile) => {
                state.against_nothing.push(*profile);
                Ok(Verdict::Wrong)
            }
        }
    }
}
