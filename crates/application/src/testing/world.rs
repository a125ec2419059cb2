//! Mocked ports that answer from data.

mod hand;
mod ports;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use vestibule_domain::{
    client::Client,
    form::{FormConfiguration, shipped_forms},
    login_token::LoginToken,
    message::MessageId,
    network::KnownNetworks,
    rights::Role,
    secret::Digest,
    session::{Claims, Session, SessionId, Subject},
    time::Timestamp,
    user::{User, UserId},
};

use super::{ALICE, BOB, LIFETIMES, NOW, client, described, digest, node, roles, seal, session, user};
use crate::{
    activity::Activity,
    change::Change,
    policies::{
        gate::Gate, lifetimes::LifetimePolicy, openings::Openings, password::PasswordPolicy, resolver::Resolver,
        setup::SetupGrants,
    },
    ports::{CommitError, Committed, Conflict, HashProfile, Seal, SetupState, StoreError, StoredNode, StoredUser},
    service::{Policies, Service},
    touched::untold,
};

/// What is at hand of the store.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hand {
    Nothing,
    Everything,
    /// Everything, once others were listened to.
    CaughtUp,
}

/// What the ports answer from, and what was asked of them.
pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) lifetimes: LifetimePolicy,
    pub(crate) rows: Vec<(Digest, Session)>,
    /// How what the store has is at hand.
    pub(crate) at_hand: Hand,
    /// Sealed tokens by their byte.
    pub(crate) seals: Vec<(u8, Seal)>,
    /// What a signed token says; without it, its signature is not valid.
    pub(crate) claims: Option<Claims>,
    pub(crate) users: Vec<StoredUser>,
    pub(crate) nodes: Vec<StoredNode>,
    pub(crate) roles: Vec<Role>,
    pub(crate) clients: Vec<(Digest, Client)>,
    pub(crate) forms: Vec<FormConfiguration>,
    pub(crate) login_tokens: Vec<LoginToken>,
    pub(crate) setup: SetupState,
    /// The digest of the secret that was printed.
    pub(crate) setup_secret: Option<Digest>,
    pub(crate) exhausted: bool,
    /// Whether budgets cannot be counted.
    pub(crate) uncountable: bool,
    /// What the hasher is too busy for: `verify` or `hash`.
    pub(crate) busy: Option<&'static str>,
    /// Which call to the store fails, counted from 0.
    pub(crate) fails_at: Option<usize>,
    pub(crate) store_calls: usize,
    /// What was asked, in order, as far as it costs time or has an effect.
    pub(crate) journal: Vec<String>,
    /// What was to be written, unit by unit, refused ones included.
    pub(crate) units: Vec<Vec<String>>,
    /// The newest message that the store tells of with each unit.
    pub(crate) told: Option<MessageId>,
    pub(crate) sealed: Vec<Seal>,
    pub(crate) signed: Vec<Claims>,
    /// From when until when assertions were to be good, and of which sessions.
    pub(crate) asserted: Vec<(SessionId, Timestamp, Timestamp)>,
    /// Of which profiles the comparisons with nothing were.
    pub(crate) against_nothing: Vec<HashProfile>,
    refusals: VecDeque<Refusal>,
    minted: u8,
    identified: u128,
}

impl State {
    fn user(&self, id: UserId) -> Option<&StoredUser> {
        self.users.iter().find(|stored| stored.user.id == id)
    }

    fn profile(&self, id: UserId) -> Option<Arc<User>> {
        self.user(id).map(|stored| Arc::new(stored.user.clone()))
    }
}

type Refusal = Box<dyn FnOnce(&mut State) -> Conflict + Send>;

/// A configured system with the users Alice and Bob, a node, and roles; and its ports.
#[derive(Clone)]
pub(crate) struct World(Arc<Mutex<State>>);

impl World {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            now: NOW,
            lifetimes: LifetimePolicy { default: LIFETIMES, ..LifetimePolicy::default() },
            rows: Vec::new(),
            at_hand: Hand::Nothing,
            seals: Vec::new(),
            claims: None,
            users: vec![user(ALICE, "alice"), user(BOB, "bob")],
            nodes: vec![node()],
            roles: roles(),
            clients: Vec::new(),
            forms: Vec::new(),
            login_tokens: Vec::new(),
            setup: SetupState::Configured,
            setup_secret: None,
            exhausted: false,
            uncountable: false,
            busy: None,
            fails_at: None,
            store_calls: 0,
            journal: Vec::new(),
            units: Vec::new(),
            told: None,
            sealed: Vec::new(),
            signed: Vec::new(),
            asserted: Vec::new(),
            against_nothing: Vec::new(),
            refusals: VecDeque::new(),
            minted: 0,
            identified: 0,
        })))
    }

    /// With a session of this subject under the token of this byte.
    pub(crate) fn with_row(self, byte: u8, subject: Subject) -> Self {
        self.state().rows.push((digest(byte), session(byte, subject)));
        self
    }

    /// With a sealed session under the token of this byte.
    pub(crate) fn with_seal(self, byte: u8) -> Self {
        self.state().seals.push((byte, seal()));
        self
    }

    /// With the shipped forms, and a program whose API token is of this byte.
    pub(crate) fn with_program(self, byte: u8) -> Self {
        self.state().forms = shipped_forms();
        self.state().clients.push((digest(byte), client()));
        self
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Refuses the next unit, after something else happened.
    pub(crate) fn meanwhile(&self, conflict: Conflict, happens: impl FnOnce(&mut State) + Send + 'static) {
        self.state().refusals.push_back(Box::new(move |state| {
            happens(state);
            conflict
        }));
    }

    /// What was asked since the last time somebody looked.
    pub(crate) fn journal(&self) -> Vec<String> {
        std::mem::take(&mut self.state().journal)
    }

    /// The only unit since the last time somebody looked.
    pub(crate) fn unit(&self) -> Vec<String> {
        let mut units = self.units();
        assert_eq!(units.len(), 1, "{units:?}");
        units.remove(0)
    }

    /// The units since the last time somebody looked.
    pub(crate) fn units(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut self.state().units)
    }

    /// Notes what was asked, and answers it unless this call is to fail.
    fn ask<T>(&self, what: impl Into<String>, answer: impl FnOnce(&mut State) -> T) -> Result<T, StoreError> {
        let mut state = self.state();
        state.journal.push(what.into());
        state.store_calls += 1;
        if state.fails_at == Some(state.store_calls - 1) {
            return Err(StoreError::Unavailable("as told".into()));
        }
        Ok(answer(&mut state))
    }

    fn commit(&self, changes: &[Change]) -> Result<Committed, CommitError> {
        assert_eq!(untold(changes), [], "other nodes would not hear of it: see `touched`");
        if changes.is_empty() {
            return Ok(self.ask("settled", |_| Committed::default())?);
        }
        let refusal = self.ask("commit", |state| {
            state.units.push(described(changes));
            state.refusals.pop_front()
        })?;
        let mut state = self.state();
        if let Some(refusal) = refusal {
            return Err(refusal(&mut state).into());
        }
        for change in changes {
            if let Change::AddUser { user, password } = change {
                let (user, password) = (user.clone(), Some(password.clone()));
                state.users.push(StoredUser { user, password, revision: 0, networks: KnownNetworks::default() });
            }
        }
        Ok(Committed { newest: state.told })
    }

    pub(crate) fn activity(&self) -> Activity {
        Activity::new(Arc::new(self.session_store()), Arc::new(self.unit_of_work()))
    }

    pub(crate) fn setup(&self) -> Arc<SetupGrants> {
        Arc::new(SetupGrants::new(Arc::new(self.installation()), self.ports().tokens, self.state().setup_secret))
    }

    pub(crate) fn service(&self) -> Service {
        let lifetimes = self.state().lifetimes.clone();
        Service::new(self.ports(), Policies { lifetimes, passwords: PasswordPolicy::default(), setup: self.setup() })
    }

    pub(crate) fn resolver(&self) -> Resolver {
        let ports = self.ports();
        Resolver {
            sessions: ports.stores.sessions,
            memory: ports.memory,
            sightings: ports.sightings,
            tokens: ports.tokens,
            seals: ports.seals,
            signer: ports.signer,
            clock: ports.clock,
            lifetimes: Arc::new(self.state().lifetimes.clone()),
        }
    }

    pub(crate) fn gate(&self) -> Gate {
        let ports = self.ports();
        Gate {
            users: ports.stores.users,
            nodes: ports.stores.nodes,
            hasher: ports.hasher,
            budgets: ports.budgets,
            unit: ports.stores.unit,
            clock: ports.clock,
            backoffice: self.state().lifetimes.backoffice.clone(),
        }
    }

    pub(crate) fn openings(&self) -> Openings {
        let ports = self.ports();
        Openings {
            resolver: Arc::new(self.resolver()),
            unit: ports.stores.unit,
            tokens: ports.tokens,
            ids: ports.ids,
            clock: ports.clock,
            lifetimes: Arc::new(self.state().lifetimes.clone()),
        }
    }
}
