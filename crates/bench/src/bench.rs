//! What every scenario is given.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::PathBuf,
    rc::Rc,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anyhow::Result;
use vestibule_domain::time::Timestamp;

use crate::{
    answer,
    cores::Cores,
    load::{Question, closed},
    place::{Place, Running},
    rounds::{Sample, whole},
    seed::{self, Stored},
};

/// Connections at a time.
pub(crate) const CONNECTIONS: usize = 64;
/// The most tokens that requests are made of at random.
const TOKENS: u32 = 100_000;

/// How much is measured, and of what.
pub(crate) struct Bench {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    /// Sessions in the store.
    pub(crate) stored: u32,
    pub(crate) service: PathBuf,
    /// Another build of it, for reads to be compared with instead of the bare handler.
    against: Option<PathBuf>,
    filled: RefCell<BTreeMap<Stored, Rc<Place>>>,
}

/// A service with sessions.
pub(crate) struct Served {
    pub(crate) place: Place,
    pub(crate) running: Running,
    pub(crate) stored: Stored,
}

impl Bench {
    pub(crate) fn new(rounds: usize, round: Duration, stored: u32, service: PathBuf, against: Option<PathBuf>) -> Self {
        Self { rounds, round, stored, service, against, filled: RefCell::default() }
    }

    /// A place with these sessions and settings, where nothing runs yet.
    pub(crate) async fn place(&self, stored: Stored, settings: &str) -> Result<Place> {
        let known = self.filled.borrow().get(&stored).cloned();
        let filled = if let Some(filled) = known {
            filled
        } else {
            eprintln!("    filling a store with {} sessions", whole(stored.sessions.into()));
            let filled = Rc::new(self.fill(stored).await?);
            self.filled.borrow_mut().insert(stored, Rc::clone(&filled));
            filled
        };
        let cheap = if stored.cheap { "[passwords.argon2]\nmemory_kib = 64\niterations = 1\n" } else { "" };
        Place::like(&filled, &format!("{settings}{cheap}"))
    }

    async fn fill(&self, stored: Stored) -> Result<Place> {
        let place = Place::new(&self.service, "")?;
        add_somebody(&place)?;
        seed::fill(&format!("sqlite://{}", place.database().display()), stored, now()?).await?;
        Ok(place)
    }

    /// A service with these sessions and settings.
    pub(crate) async fn serve(&self, stored: Stored, settings: &str, cores: Cores) -> Result<Served> {
        let place = self.place(stored, settings).await?;
        let running = place.serve(cores)?;
        Ok(Served { place, running, stored })
    }

    /// A service with default settings and as many sessions as were asked for, on the first core.
    pub(crate) async fn usual(&self) -> Result<Served> {
        self.serve(self.usually(), "", Cores::First).await
    }

    /// The same of the other build, if there is one.
    pub(crate) async fn another(&self) -> Result<Option<Served>> {
        let Some(against) = &self.against else { return Ok(None) };
        let place = self.place(self.usually(), "").await?.of(against);
        let running = place.serve(Cores::First)?;
        Ok(Some(Served { place, running, stored: self.usually() }))
    }

    pub(crate) fn usually(&self) -> Stored {
        Stored { sessions: self.stored, cheap: false }
    }

    /// One round of this, every answer of which is good.
    pub(crate) async fn round(&self, running: &Running, question: &Question) -> Result<Sample> {
        Ok(Sample::of(&closed(running, question, CONNECTIONS, self.round).await?.all_good()?))
    }

    /// Asks each of these once.
    pub(crate) async fn each(&self, running: &Running, question: &Question, connections: usize) -> Result<Sample> {
        Ok(Sample::of(&closed(running, question, connections, Duration::from_hours(1)).await?.all_good()?))
    }
}

impl Served {
    /// A request for each of many live sessions.
    pub(crate) fn requests(&self, of: fn(&str) -> Vec<u8>) -> Arc<Vec<Vec<u8>>> {
        requests_of(0..self.stored.live().min(TOKENS), of)
    }

    /// A login of any user.
    pub(crate) fn login(&self) -> Question {
        let body = |number| format!(r#"{{"login":"{}","password":"{}"}}"#, seed::login(number), seed::PASSWORD);
        let users = 0..self.stored.users().min(TOKENS);
        Question::any_of(Arc::new(users.map(|number| answer::post("/session/login", "", &body(number))).collect()), 201)
    }
}

/// A request for each of these live sessions.
pub(crate) fn requests_of(numbers: impl IntoIterator<Item = u32>, of: fn(&str) -> Vec<u8>) -> Arc<Vec<Vec<u8>>> {
    Arc::new(numbers.into_iter().map(|number| of(seed::token(number).expose())).collect())
}

/// Makes the tables, and closes the door on whoever would set the service up.
pub(crate) fn add_somebody(place: &Place) -> Result<()> {
    let user = ["user", "add", "--login", "ann", "--email", "ann@example.com", "--password-stdin"];
    place.command(&user, &format!("{}\n", seed::PASSWORD))
}

/// What time it is.
#[expect(clippy::disallowed_methods, reason = "sessions are seeded for the service's own clock")]
pub(crate) fn now() -> Result<Timestamp> {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    Ok(Timestamp::from_millis(i64::try_from(millis)?))
}
