//! The message log as it grows, as server-sent events (HTML Living Standard, section 9.2).

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::response::{
    Sse,
    sse::{Event, KeepAlive},
};
use futures_util::stream::{Stream, unfold};
use tokio::time::{Instant, sleep};
use vestibule_application::{api::admin::AdminApi, operator::pages::WhichMessages};
use vestibule_domain::message::{Message, MessageId};

use super::messages::MessageDocument;

/// How often the log is looked at. Other processes write to it too, so nobody here can tell when.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long one answer goes on: less than a connection may be idle, because writing an answer counts as that.
const LASTS: Duration = Duration::from_secs(30);
/// How soon whoever follows asks again.
const AGAIN_AFTER: Duration = Duration::from_millis(500);
const AT_A_TIME: u32 = 200;

struct Follower {
    api: Arc<dyn AdminApi>,
    after: MessageId,
    until: Instant,
    waiting: VecDeque<Message>,
    begun: bool,
}

/// What is in the log after this message, and what comes.
pub(super) fn of(api: Arc<dyn AdminApi>, after: MessageId) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let until = Instant::now() + LASTS;
    let follower = Follower { api, after, until, waiting: VecDeque::new(), begun: false };
    let events = unfold(follower, async |mut follower| follower.next().await.map(|event| (Ok(event), follower)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

impl Follower {
    async fn next(&mut self) -> Option<Event> {
        if !self.begun {
            self.begun = true;
            return Some(Event::default().retry(AGAIN_AFTER).comment("messages"));
        }
        while self.waiting.is_empty() {
            if Instant::now() >= self.until {
                return None;
            }
            // A store that fails is told by the end of the answer: whoever follows comes back.
            let page = self.api.messages_page(WhichMessages::default(), self.after, AT_A_TIME).await.ok()?;
            self.waiting.extend(page.items);
            if self.waiting.is_empty() {
                sleep(LOOK_EVERY).await;
            }
        }
        let message = self.waiting.pop_front()?;
        self.after = message.id;
        let data = serde_json::to_string(&MessageDocument::from(&message)).unwrap_or_default();
        Some(Event::default().id(message.id.to_string()).event("message").data(data))
    }
}
