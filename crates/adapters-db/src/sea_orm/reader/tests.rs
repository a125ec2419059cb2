use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::{
    sync::Semaphore,
    task::{JoinHandle, yield_now},
};

use super::*;

const PATIENCE: Duration = Duration::from_mins(1);

/// What is read from: everything counts up, and each statement waits until it is let.
struct Source {
    statements: AtomicUsize,
    asked: Mutex<Vec<Vec<u32>>>,
    let_through: Semaphore,
}

type Asking = JoinHandle<Answer<usize>>;

/// A reader that makes so many statements at a time. Each finds, under every key but 0, its own number. One about 13
/// panics, one about 99 fails, and 7 is malformed.
fn reader(most: usize) -> (Arc<Source>, Arc<Reader<u32, usize>>) {
    let source = Source { statements: AtomicUsize::new(0), asked: Mutex::default(), let_through: Semaphore::new(0) };
    let source = Arc::new(source);
    let read = {
        let source = Arc::clone(&source);
        move |keys: Vec<u32>| -> Reading<u32, usize> {
            let source = Arc::clone(&source);
            Box::pin(async move {
                let number = source.statements.fetch_add(1, Ordering::SeqCst) + 1;
                source.asked.lock().unwrap().push(keys.clone());
                source.let_through.acquire().await.unwrap().forget();
                assert!(!keys.contains(&13), "13 is asked for");
                if keys.contains(&99) {
                    return Err(DbErr::Custom("99 is asked for".to_owned()));
                }
                let found = keys.into_iter().filter(|key| *key != 0);
                Ok(found.map(|key| (key, if key == 7 { Err("seven") } else { Ok(number) })).collect())
            })
        }
    };
    (source, Arc::new(Reader::new(most, PATIENCE, read)))
}

/// Asks in a task of its own, and waits until it waits.
async fn ask(reader: &Arc<Reader<u32, usize>>, key: u32) -> Asking {
    let reader = Arc::clone(reader);
    let asking = tokio::spawn(async move { reader.read(key).await });
    settle().await;
    asking
}

/// Lets everything run that can.
async fn settle() {
    for _ in 0..20 {
        yield_now().await;
    }
}

#[tokio::test]
async fn those_who_wait_share_the_next_statement() {
    let (source, reader) = reader(1);
    let first = ask(&reader, 1).await;
    let others = [ask(&reader, 2).await, ask(&reader, 3).await, ask(&reader, 3).await, ask(&reader, 0).await];
    source.let_through.add_permits(2);
    assert_eq!(first.await.unwrap().unwrap(), Some(1));
    let mut answers = Vec::new();
    for other in others {
        answers.push(other.await.unwrap().unwrap());
    }
    assert_eq!(answers, [Some(2), Some(2), Some(2), None]);
    let mut asked = source.asked.lock().unwrap().clone();
    asked[1].sort_unstable();
    assert_eq!(asked, [vec![1], vec![0, 2, 3]], "a key is asked for once");
}

#[tokio::test]
async fn nobody_is_answered_by_a_statement_that_was_made_before_they_asked() {
    let (source, reader) = reader(1);
    let early = ask(&reader, 1).await;
    let late = ask(&reader, 1).await;
    source.let_through.add_permits(2);
    assert_eq!(early.await.unwrap().unwrap(), Some(1));
    assert_eq!(late.await.unwrap().unwrap(), Some(2));
}

#[tokio::test]
async fn no_more_statements_are_made_at_a_time_than_there_may_be() {
    let (source, reader) = reader(2);
    let asking = [ask(&reader, 1).await, ask(&reader, 2).await, ask(&reader, 3).await, ask(&reader, 4).await];
    assert_eq!(source.statements.load(Ordering::SeqCst), 2);
    source.let_through.add_permits(3);
    for asking in asking {
        asking.await.unwrap().unwrap();
    }
    assert_eq!(source.statements.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn a_crowd_is_answered_by_statements_of_a_limited_size() {
    let (source, reader) = reader(1);
    source.let_through.add_permits(1000);
    let mut crowd = Vec::new();
    for key in 100..300 {
        let reader = Arc::clone(&reader);
        crowd.push(tokio::spawn(async move { reader.read(key).await }));
    }
    for asking in crowd {
        assert!(asking.await.unwrap().unwrap().is_some());
    }
    assert!(source.asked.lock().unwrap().iter().all(|keys| keys.len() <= MOST));
}

#[tokio::test]
async fn a_failure_is_told_to_all_who_share_it_and_to_nobody_else() {
    let (source, reader) = reader(1);
    let before = ask(&reader, 1).await;
    let sharing = [ask(&reader, 2).await, ask(&reader, 99).await];
    source.let_through.add_permits(1000);
    assert_eq!(before.await.unwrap().unwrap(), Some(1));
    for asking in sharing {
        assert!(matches!(asking.await.unwrap(), Err(StoreError::Unavailable(why)) if why.to_string().contains("99")));
    }
    assert_eq!(reader.read(2).await.unwrap(), Some(3));
}

#[tokio::test]
async fn a_malformed_row_concerns_those_alone_who_asked_for_it() {
    let (source, reader) = reader(1);
    let first = ask(&reader, 1).await;
    let (malformed, beside) = (ask(&reader, 7).await, ask(&reader, 8).await);
    source.let_through.add_permits(2);
    first.await.unwrap().unwrap();
    assert!(matches!(malformed.await.unwrap(), Err(StoreError::Malformed("seven"))));
    assert_eq!(beside.await.unwrap().unwrap(), Some(2));
}

#[tokio::test]
async fn a_statement_that_panics_leaves_the_next_ones_alone() {
    let (source, reader) = reader(1);
    source.let_through.add_permits(1000);
    for _ in 0..3 {
        assert!(matches!(reader.read(13).await, Err(StoreError::Unavailable(_))));
    }
    assert_eq!(reader.read(2).await.unwrap(), Some(4));
}

#[tokio::test]
async fn whoever_hangs_up_takes_nobody_along_and_is_not_asked_for_any_more() {
    let (source, reader) = reader(1);
    let (gone, waiting, gone_too) = (ask(&reader, 1).await, ask(&reader, 2).await, ask(&reader, 3).await);
    gone.abort();
    gone_too.abort();
    settle().await;
    source.let_through.add_permits(1000);
    assert_eq!(waiting.await.unwrap().unwrap(), Some(2));
    assert_eq!(*source.asked.lock().unwrap(), [vec![1], vec![2]]);
    assert_eq!(reader.read(4).await.unwrap(), Some(3));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_takes_too_long_is_none() {
    let (source, reader) = reader(1);
    assert!(matches!(reader.read(1).await, Err(StoreError::Unavailable(_))));
    source.let_through.add_permits(1000);
    assert_eq!(reader.read(2).await.unwrap(), Some(2));
}
