use std::{future::pending, sync::Arc};

use futures_util::FutureExt;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

fn keyed(key: &str) -> HeaderMap {
    HeaderMap::from_iter([(HEADER.parse().unwrap(), HeaderValue::from_str(key).unwrap())])
}

fn attempt<'a>(operator: &'a str, headers: &'a HeaderMap, now: Timestamp) -> Attempt<'a> {
    Attempt { operator, kind: "thing", headers, body: b"{}", now }
}

/// The location tells which attempt created it.
async fn made(answers: &Answers, operator: &str, key: &str, now: Timestamp, name: &str) -> String {
    let create = async { Ok(Created::new(&name).found_at(name, &name)) };
    match answers.once(attempt(operator, &keyed(key), now), create).await {
        Ok(answer) => answer.headers()[LOCATION].to_str().unwrap().to_owned(),
        Err(problem) => format!("{problem:?}"),
    }
}

#[tokio::test]
async fn after_a_panic_or_an_error_the_key_is_free() {
    let answers = Arc::<Answers>::default();
    let headers = keyed("k");
    let breaks = Arc::clone(&answers);
    let once = tokio::spawn(async move {
        let defect = async { panic!("a defect") };
        breaks.once(attempt("ops", &keyed("k"), NOW), defect).await.is_ok()
    });
    assert!(once.await.unwrap_err().is_panic());
    let failed = async { Err(Problem::malformed("no")) };
    assert!(answers.once(attempt("ops", &headers, NOW), failed).await.is_err());
    assert_eq!(made(&answers, "ops", "k", NOW, "/first").await, "/first");
    assert_eq!(made(&answers, "ops", "k", NOW, "/second").await, "/first");
}

#[tokio::test]
async fn what_is_being_created_keeps_its_key_however_much_else_and_however_late_it_is() {
    let answers = Answers::default();
    let headers = keyed("slow");
    let mut slow = Box::pin(answers.once(attempt("ops", &headers, NOW), pending()));
    assert!(slow.as_mut().now_or_never().is_none());
    for number in 0..=MOST {
        made(&answers, "ops", &number.to_string(), NOW.plus(Duration::from_secs(1)), "/other").await;
    }
    let tomorrow = NOW.plus(KEPT * 2);
    let again = made(&answers, "ops", "slow", tomorrow, "/again").await;
    assert!(again.contains("in_progress"), "{again}");
    drop(slow);
    assert_eq!(made(&answers, "ops", "slow", tomorrow, "/again").await, "/again");
}

#[tokio::test]
async fn one_operators_keys_push_out_none_of_anothers() {
    let answers = Answers::default();
    assert_eq!(made(&answers, "ann", "k", NOW, "/first").await, "/first");
    for number in 0..=MOST {
        let later = NOW.plus(Duration::from_millis(1 + number as u64));
        made(&answers, "ben", &number.to_string(), later, "/bens").await;
    }
    let now = NOW.plus(Duration::from_mins(1));
    assert_eq!(made(&answers, "ann", "k", now, "/second").await, "/first");
    assert_eq!(made(&answers, "ben", "0", now, "/again").await, "/again", "their own oldest went");
    assert_eq!(made(&answers, "ben", "900", now, "/again").await, "/bens");
}
