use std::{future::pending, sync::atomic::AtomicUsize};

use async_trait::async_trait;
use tokio::time::{advance, pause};
use vestibule_application::ports::MockHealth;

use super::*;

/// Answers as long as it is not broken, and counts how often it was asked.
#[derive(Default)]
struct Breakable {
    is_broken: AtomicBool,
    asked: AtomicUsize,
}

#[async_trait]
impl Health for Breakable {
    async fn ping(&self) -> Result<(), StoreError> {
        self.asked.fetch_add(1, Relaxed);
        if self.is_broken.load(Relaxed) { Err(StoreError::Unavailable("hunter2".into())) } else { Ok(()) }
    }
}

struct Hanging;

#[async_trait]
impl Health for Hanging {
    async fn ping(&self) -> Result<(), StoreError> {
        pending().await
    }
}

async fn answer(readiness: &Readiness) -> (u16, String) {
    let (parts, body) = readiness.answer().await.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    (parts.status.as_u16(), String::from_utf8(body.to_vec()).unwrap())
}

fn of(parts: Vec<(&'static str, Arc<dyn Health>)>) -> Readiness {
    let parts = parts.into_iter().map(|(name, health)| Part { name, health }).collect();
    Readiness::new(parts, Arc::default())
}

#[tokio::test]
async fn a_part_that_is_away_is_named_without_details_and_asked_again_after_a_second() {
    pause();
    let store = Arc::new(Breakable::default());
    let mut sessions = MockHealth::new();
    sessions.expect_ping().returning(|| Ok(()));
    let readiness = of(vec![("store", store.clone()), ("sessions", Arc::new(sessions))]);
    assert_eq!(answer(&readiness).await, (200, "{\"status\":\"pass\"}".to_owned()));

    store.is_broken.store(true, Relaxed);
    assert_eq!(answer(&readiness).await.0, 200, "within a second nobody looks again");
    advance(KEPT).await;
    let (status, body) = answer(&readiness).await;
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, &problem["status"], &problem["code"]), (503, &503.into(), &"part_away".into()));
    let store_away = serde_json::json!([
        { "part": "store", "is_there": false },
        { "part": "sessions", "is_there": true },
    ]);
    assert_eq!(problem["parts"], store_away);
    assert!(!body.contains("hunter2"), "{body}");

    store.is_broken.store(false, Relaxed);
    advance(KEPT).await;
    assert_eq!(answer(&readiness).await.0, 200);
}

#[tokio::test]
async fn probes_do_not_load_the_store() {
    pause();
    let store = Arc::new(Breakable::default());
    let readiness = of(vec![("store", store.clone())]);
    for _ in 0..100 {
        answer(&readiness).await;
        advance(Duration::from_millis(15)).await;
    }
    assert_eq!(store.asked.load(Relaxed), 2);
}

#[tokio::test]
async fn a_part_that_hangs_is_away() {
    pause();
    let readiness = of(vec![("store", Arc::new(Hanging))]);
    let begun = Instant::now();
    assert_eq!(answer(&readiness).await.0, 503);
    // Timers tick in milliseconds.
    assert!((PATIENCE..PATIENCE + Duration::from_millis(10)).contains(&begun.elapsed()));
}

#[tokio::test]
async fn who_is_about_to_end_is_not_ready_and_asks_nobody() {
    let store = Arc::new(Breakable::default());
    let leaving = Arc::new(AtomicBool::new(true));
    let readiness = Readiness::new(vec![Part { name: "store", health: store.clone() }], leaving);
    let (status, body) = answer(&readiness).await;
    assert!(status == 503 && body.contains("\"code\":\"leaving\""), "{status} {body}");
    assert_eq!(store.asked.load(Relaxed), 0);
}
