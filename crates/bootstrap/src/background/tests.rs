use std::sync::Mutex;

use async_trait::async_trait;
use vestibule_application::change::Change;
use vestibule_application::ports::{
    Bucket, CommitError, Committed, NotCharged, SessionFilter, SessionStore, Sightings, StoreError, UnitOfWork,
};
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, Origin, Session, SessionId},
};

use super::*;

/// A store of which only the writes are watched.
#[derive(Default)]
struct Store {
    calls: Mutex<Vec<String>>,
    to_expire: Mutex<u32>,
    fails: bool,
}

impl Store {
    fn call(&self, call: String) -> Result<(), StoreError> {
        self.calls.lock().unwrap().push(call);
        if self.fails { Err(StoreError::Malformed("test")) } else { Ok(()) }
    }

    fn calls(&self) -> Vec<String> {
        self.calls.lock().unwrap().clone()
    }
}

#[async_trait]
impl Housekeeping for Store {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.call(format!("expire {}", now.as_millis()))?;
        let mut left = self.to_expire.lock().unwrap();
        let done = limit.min(*left);
        *left -= done;
        Ok(done)
    }

    async fn forget(&self, before: Timestamp, _limit: u32) -> Result<u32, StoreError> {
        self.call(format!("forget {}", before.as_millis()))?;
        Ok(0)
    }
}

#[async_trait]
impl UnitOfWork for Store {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let touched = changes.iter().any(|change| matches!(change, Change::TouchSessions(_)));
        self.call(format!("touched {touched}"))?;
        Ok(Committed::default())
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn by_digest(&self, _: &Digest) -> Result<Option<Session>, StoreError> {
        Ok(None)
    }

    async fn by_id(&self, _: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(None)
    }

    async fn page(&self, _: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait]
impl Budgets for Store {
    async fn charge(&self, _: &[Bucket]) -> Result<(), NotCharged> {
        unreachable!("nobody attempts anything")
    }

    async fn refund(&self, _: &[Bucket]) {
        unreachable!("nobody attempted anything");
    }

    async fn sweep(&self, _: u32) -> Result<u32, StoreError> {
        self.call("sweep".to_owned())?;
        Ok(0)
    }
}

struct TenSeconds;

impl Clock for TenSeconds {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(10_000)
    }
}

fn background(store: &Arc<Store>, touch_interval: Duration, sweep_interval: Duration) -> Background {
    Background {
        activity: Arc::new(Activity::new(store.clone(), store.clone())),
        housekeeping: store.clone(),
        budgets: store.clone(),
        sessions: store.clone(),
        meters: Arc::default(),
        clock: Arc::new(TenSeconds),
        touch_interval,
        sweep_interval,
        keep_ended: Duration::from_secs(3),
    }
}

fn note(background: &Background) {
    let id = SessionId::parse("c473472d-c085-4043-9bf0-ee80bff73d40").unwrap();
    let (origin, device) = (Origin::new("easydb"), DeviceName::default());
    let session = Session::begin(id, origin, device, Timestamp::EPOCH, Timestamp::from_millis(i64::MAX));
    let in_use = Session { idle_ttl: Some(Duration::from_secs(16)), ..session };
    background.activity.note(&in_use, Timestamp::from_millis(1));
}

/// TX-11.
#[tokio::test]
async fn a_sweep_writes_sightings_first_and_goes_on_until_nothing_is_left() {
    let store = Arc::new(Store { to_expire: Mutex::new(1200), ..Store::default() });
    let background = background(&store, Duration::from_hours(1), Duration::from_hours(1));
    note(&background);
    background.sweep(&watch::channel(false).1).await.unwrap();
    let round = ["expire 10000", "forget 7000", "sweep"];
    assert_eq!(store.calls(), [&["touched true"][..], &round, &round, &round].concat());
    let meters = &background.meters;
    assert_eq!((meters.done.read(), meters.expired.read(), meters.live()), (1, 1200, Some(0)));
}

#[tokio::test]
async fn what_was_noted_last_is_written_at_the_end() {
    let store = Arc::new(Store::default());
    let background = background(&store, Duration::from_hours(1), Duration::from_hours(1));
    note(&background);
    let (stop, stopped) = watch::channel(false);
    stop.send(true).unwrap();
    background.run(stopped).await;
    assert_eq!(store.calls(), ["touched true"]);
}

#[tokio::test]
async fn a_store_that_fails_is_asked_again() {
    let store = Arc::new(Store { fails: true, ..Store::default() });
    let background = background(&store, Duration::from_hours(1), Duration::from_millis(5));
    let (stop, stopped) = watch::channel(false);
    let task = tokio::spawn(background.run(stopped));
    while store.calls().len() < 4 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    stop.send(true).unwrap();
    task.await.unwrap();
    let calls = store.calls();
    let pairs: Vec<_> = calls.chunks_exact(2).collect();
    assert!(pairs.iter().all(|pair| *pair == ["expire 10000", "forget 7000"]), "{calls:?}");
}
