//! A user and her sessions, for tests.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use async_trait::async_trait;
use tokio::{
    sync::Notify,
    task::{JoinHandle, yield_now},
    time::sleep,
};
use uuid::Uuid;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Holder, Leases, StoreError, Stores, UnitOfWork},
};
use vestibule_domain::{
    message::{Agent, Event, EventKind, MessageId},
    rights::RoleName,
    secret::{Digest, PasswordHash},
    session::{DeviceName, Lifetimes, Origin, Session, SessionId, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

pub(crate) const HOUR: Duration = Duration::from_hours(1);
pub(crate) const LIFETIMES: Lifetimes = Lifetimes { anonymous: HOUR, idle: HOUR, absolute: Duration::from_hours(24) };
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const ALICE: UserId = UserId::from_uuid(Uuid::from_u128(1));
pub(crate) const EDITOR: &str = "editor";

pub(crate) fn session(number: u8) -> Session {
    let (id, origin) = (session_id(number), Origin::new("test"));
    let mut session = Session::begin(id, origin, DeviceName::default(), START, START);
    session.authenticate(Subject::User(ALICE), &LIFETIMES, START);
    session
}

pub(crate) fn session_id(number: u8) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number.into()))
}

pub(crate) fn digest(number: u8) -> Digest {
    Digest::new([number; 32])
}

pub(crate) fn editor() -> RoleName {
    RoleName::parse(EDITOR).unwrap()
}

pub(crate) fn alice() -> User {
    User {
        id: ALICE,
        login: LoginName::parse("alice").unwrap(),
        email: EmailAddress::parse("alice@x.test").unwrap(),
        roles: BTreeSet::from([editor()]),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: START,
        last_successful_login: None,
        last_failed_login: None,
    }
}

pub(crate) fn add_alice() -> Vec<Change> {
    vec![Change::AddRole(editor()), Change::AddUser { user: alice(), password: PasswordHash::new("x") }]
}

pub(crate) fn record(kind: EventKind, session: Option<SessionId>, subject: Option<Subject>) -> Change {
    let (at, by) = (START, Agent::default());
    Change::Record(Event { kind, at, session, subject, origin: None, address: None, by })
}

/// Writes, and of the first unit says so once it may.
#[derive(Default)]
pub(crate) struct Slow {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) may_say_so: Notify,
    has_begun: AtomicBool,
}

impl Slow {
    pub(crate) fn stores(self: &Arc<Self>) -> Stores {
        Stores { unit: self.clone(), ..Stores::of(&self.store) }
    }

    /// Has the first unit committed through what stands in front of this. It is written, and nobody has been told.
    pub(crate) async fn commit_first(
        &self,
        front: &Arc<impl UnitOfWork + 'static>,
        changes: Vec<Change>,
    ) -> JoinHandle<Result<Committed, CommitError>> {
        let front = Arc::clone(front);
        let unit = tokio::spawn(async move { front.commit(changes).await });
        while !self.has_begun.load(SeqCst) {
            yield_now().await;
        }
        unit
    }
}

#[async_trait]
impl UnitOfWork for Slow {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let committed = self.store.commit(changes).await;
        if !self.has_begun.swap(true, SeqCst) {
            self.may_say_so.notified().await;
        }
        committed
    }
}

/// Leases, where nobody is as far away as a server is; and they may be out of reach.
#[derive(Default)]
pub(crate) struct Board {
    pub(crate) heard: Mutex<HashMap<Holder, MessageId>>,
    pub(crate) is_away: AtomicBool,
    /// Whoever takes a lease is struck out at once.
    pub(crate) is_forgetful: AtomicBool,
    /// For how long what a holder has heard is there for others before the holder is told so.
    pub(crate) delay: Mutex<Duration>,
}

impl Board {
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Holder, MessageId>) -> T) -> Result<T, StoreError> {
        if self.is_away.load(SeqCst) {
            return Err(StoreError::Unavailable("as told".into()));
        }
        Ok(work(&mut self.heard.lock().unwrap()))
    }

    pub(crate) fn holders(&self) -> usize {
        self.heard.lock().unwrap().len()
    }
}

#[async_trait]
impl Leases for Board {
    async fn take(&self, holder: Holder) -> Result<(), StoreError> {
        let is_forgetful = self.is_forgetful.load(SeqCst);
        self.with(|heard| {
            if !is_forgetful {
                heard.insert(holder, 0);
            }
        })
    }

    async fn heard(&self, holder: Holder, newest: MessageId) -> Result<bool, StoreError> {
        let is_held = self.with(|heard| heard.get_mut(&holder).map(|heard| *heard = newest).is_some());
        let delay = *self.delay.lock().unwrap();
        sleep(delay).await;
        is_held
    }

    async fn give_up(&self, holder: Holder) -> Result<(), StoreError> {
        self.with(|heard| _ = heard.remove(&holder))
    }

    async fn least_heard(&self) -> Result<Option<MessageId>, StoreError> {
        self.with(|heard| heard.values().min().copied())
    }

    async fn strike(&self, message: MessageId) -> Result<u32, StoreError> {
        self.with(|heard| {
            let before = heard.len();
            heard.retain(|_, heard| *heard >= message);
            u32::try_from(before - heard.len()).unwrap()
        })
    }
}
