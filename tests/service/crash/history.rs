//! Clients that do anything at random, and the history of what was acknowledged to them.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use vestibule_tests::{Caller, Chance, PASSWORD, Visitor};

/// What is known of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    Live,
    Ended,
    /// Its end was asked for and not acknowledged.
    Either,
}

struct Session {
    token: String,
    visitor: Visitor,
    known: Known,
    /// In which life of the service something was last asked of it.
    life: usize,
}

/// Everything that was acknowledged, by all clients in all lives of the service.
#[derive(Default)]
pub(super) struct History {
    sessions: Mutex<Vec<Session>>,
    users: Mutex<Vec<(Visitor, usize)>>,
    acknowledged: Mutex<usize>,
    /// How many lives are over.
    lives: AtomicUsize,
}

impl History {
    pub(super) fn acknowledged(&self) -> usize {
        *self.acknowledged.lock().unwrap()
    }

    /// This life of the service is over.
    pub(super) fn over(&self, life: usize) {
        self.lives.store(life + 1, Ordering::Relaxed);
    }

    fn acknowledge(&self) {
        *self.acknowledged.lock().unwrap() += 1;
    }

    fn begun(&self, visitor: &Visitor, token: String, life: usize) -> usize {
        self.acknowledge();
        let mut sessions = self.sessions.lock().unwrap();
        sessions.push(Session { token, visitor: visitor.clone(), known: Known::Live, life });
        sessions.len() - 1
    }

    fn now(&self, session: usize, known: Known, life: usize) {
        let mut sessions = self.sessions.lock().unwrap();
        (sessions[session].known, sessions[session].life) = (known, life);
    }

    /// What was acknowledged in the life before this one, or is wrong since: users who cannot log in, sessions that are
    /// gone, ends that were forgotten. What was not acknowledged is from now on as it is found.
    pub(super) async fn missing(&self, at: &Caller, life: usize) -> Vec<String> {
        let mut missing = Vec::new();
        let users: Vec<Visitor> = {
            let users = self.users.lock().unwrap();
            users.iter().filter(|(_, since)| since + 1 >= life).map(|(user, _)| user.clone()).collect()
        };
        for user in users {
            if user.try_begin("dood", at).await.is_err() {
                missing.push(format!("user {} registered", user.email));
            }
        }
        let count = self.sessions.lock().unwrap().len();
        for number in 0..count {
            let (token, visitor, known) = {
                let session = &self.sessions.lock().unwrap()[number];
                (session.token.clone(), session.visitor.clone(), session.known)
            };
            let read = Visitor::READ[number % 5];
            let found = visitor.reads(read, at, &token).await;
            match (known, found) {
                (Known::Live, false) => missing.push(format!("session {number} begun")),
                (Known::Ended, true) => missing.push(format!("session {number} ended")),
                (Known::Live, true) | (Known::Ended, false) => {}
                (Known::Either, _) => {
                    let known = if found { Known::Live } else { Known::Ended };
                    self.now(number, known, life);
                }
            }
        }
        missing
    }
}

/// Somebody who does anything that can be acknowledged, through any API.
pub(super) struct Client {
    number: usize,
    chance: Chance,
    registered: usize,
    visitor: Option<Visitor>,
    /// Live sessions, by their numbers in the history.
    sessions: Vec<(usize, String)>,
}

impl Client {
    /// The ways that need no API token.
    const BEGIN: [&str; 4] = ["easydb", "dialogram", "dood", "vprotect"];
    const END: [&str; 3] = ["easydb signout", "dood logout", "vprotect logout"];

    pub(super) fn new(number: usize, chance: Chance) -> Self {
        Self { number, chance, registered: 0, visitor: None, sessions: Vec::new() }
    }

    /// Goes on until the service is gone.
    pub(super) async fn works_at(mut self, at: Caller, history: std::sync::Arc<History>, life: usize) -> Self {
        while history.lives.load(Ordering::Relaxed) <= life {
            if self.works_once(&at, &history, life).await.is_err() {
                // A service that is gone refuses at once.
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
        self
    }

    async fn works_once(&mut self, at: &Caller, history: &History, life: usize) -> Result<(), String> {
        match (self.chance.below(20), self.visitor.clone()) {
            (0, _) | (_, None) => self.registers(at, history, life).await,
            (1..=9, _) if !self.sessions.is_empty() => {
                let (session, token) = self.sessions.swap_remove(self.chance.below(self.sessions.len()));
                let way = *self.chance.pick(&Self::END);
                history.now(session, Known::Either, life);
                self.visitor.as_ref().expect("has sessions").try_end(way, at, &token).await?;
                history.now(session, Known::Ended, life);
                history.acknowledge();
                Ok(())
            }
            (_, Some(visitor)) => {
                let way = *self.chance.pick(&Self::BEGIN);
                let token = visitor.try_begin(way, at).await?;
                self.sessions.push((history.begun(&visitor, token.clone(), life), token));
                Ok(())
            }
        }
    }

    async fn registers(&mut self, at: &Caller, history: &History, life: usize) -> Result<(), String> {
        let email = format!("user{}of{}@example.com", self.registered, self.number);
        self.registered += 1;
        let request = at.request(reqwest::Method::POST, "/session/register/");
        let answer = at.try_send(request.form(&[("email", email.as_str()), ("password", PASSWORD)])).await?;
        let json = serde_json::from_str::<serde_json::Value>(&answer.body).map_err(|error| error.to_string())?;
        let key = json["session_key"].as_str().ok_or(answer.body)?.to_owned();
        // Who registers has the address for a login name.
        let visitor = Visitor { login: email.clone(), email, api_token: String::new() };
        history.users.lock().unwrap().push((visitor.clone(), life));
        self.sessions.push((history.begun(&visitor, key.clone(), life), key));
        self.visitor = Some(visitor);
        Ok(())
    }
}
