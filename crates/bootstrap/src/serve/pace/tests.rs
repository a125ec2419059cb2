use tokio::{
    io::AsyncReadExt,
    time::{sleep, timeout},
};

use super::*;

const HEAD: Duration = Duration::from_secs(10);
const IDLE: Duration = Duration::from_secs(75);

/// Whether it is due in so long, give or take a second that this test may take.
fn is_due_in(pace: &Pace, wait: Duration) -> bool {
    let due = pace.due().unwrap() - Instant::now();
    (wait.saturating_sub(Duration::from_secs(1))..=wait).contains(&due)
}

#[tokio::test]
async fn the_first_head_has_its_time_from_the_beginning_however_many_bytes_come() {
    let pace = Pace::new(HEAD, IDLE);
    let due = pace.due();
    assert!(is_due_in(&pace, HEAD));
    pace.heard();
    assert_eq!(pace.due(), due);
}

#[tokio::test]
async fn work_takes_as_long_as_it_takes() {
    let pace = Pace::new(HEAD, IDLE);
    let (first, second) = (pace.work(), pace.work());
    pace.heard();
    drop(first);
    assert_eq!(pace.due(), None);
    drop(second);
    assert!(is_due_in(&pace, IDLE));
}

#[tokio::test]
async fn whoever_was_answered_at_once_idles_from_then_on() {
    let pace = Pace::new(HEAD, IDLE);
    pace.answered();
    assert!(is_due_in(&pace, IDLE));
    let due = pace.due();
    sleep(Duration::from_millis(1)).await;
    pace.answered();
    assert!(pace.due() > due, "in HTTP/2 nobody hears when a head begins");
}

#[tokio::test]
async fn a_kept_connection_may_idle_but_a_later_head_has_no_longer_than_the_first() {
    let pace = Pace::new(HEAD, IDLE);
    drop(pace.work());
    let mut paced = Paced::new(&b"GET"[..], Some(Arc::clone(&pace)));
    paced.read_exact(&mut [0; 1]).await.unwrap();
    let due = pace.due();
    assert!(is_due_in(&pace, HEAD));
    paced.read_exact(&mut [0; 2]).await.unwrap();
    assert_eq!(pace.due(), due);
}

#[tokio::test]
async fn an_earlier_deadline_is_noticed_while_a_later_one_is_waited_for() {
    let pace = Pace::new(Duration::from_millis(50), IDLE);
    drop(pace.work());
    let connection = async {
        sleep(Duration::from_millis(100)).await;
        pace.heard();
        std::future::pending::<()>().await;
    };
    let overdue = async {
        tokio::select! {
            biased;
            () = connection => {}
            () = pace.overdue() => {}
        }
    };
    assert!(timeout(HEAD, overdue).await.is_ok());
}

#[tokio::test]
async fn a_later_deadline_is_waited_for() {
    let pace = Pace::new(Duration::from_millis(20), Duration::from_millis(300));
    let working = pace.work();
    let begun = Instant::now();
    let overdue = tokio::spawn({
        let pace = Arc::clone(&pace);
        async move { pace.overdue().await }
    });
    sleep(Duration::from_millis(100)).await;
    drop(working);
    timeout(HEAD, overdue).await.unwrap().unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(400), "it was not waited for");
}
