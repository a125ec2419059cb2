use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
    mpsc,
};

use super::*;

fn file() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("a store.db");
    (directory, file)
}

fn alone(guest: Guest) -> Alone {
    match guest.try_to_be_alone().unwrap() {
        Attempt::Alone(alone) => alone,
        Attempt::Guest(_) => panic!("somebody is there"),
    }
}

fn not_alone(guest: Guest) -> Guest {
    match guest.try_to_be_alone().unwrap() {
        Attempt::Alone(_) => panic!("nobody is there"),
        Attempt::Guest(guest) => guest,
    }
}

#[test]
fn who_is_alone_is_so_until_somebody_comes_and_again_when_they_have_gone() {
    let (_directory, file) = file();
    let first = alone(enter(&file).unwrap());
    assert!(!first.is_somebody_at_the_door().unwrap());
    let (came_in, waits) = mpsc::channel();
    let second = thread::spawn({
        let file = file.clone();
        move || {
            let guest = enter(&file).unwrap();
            came_in.send(()).unwrap();
            guest
        }
    });
    while !first.is_somebody_at_the_door().unwrap() {
        thread::yield_now();
    }
    assert!(waits.recv_timeout(Duration::from_millis(50)).is_err(), "they wait to be let in");
    let first = first.let_in().unwrap();
    let second = second.join().unwrap();
    let (first, second) = (not_alone(first), not_alone(second));
    drop(second);
    alone(first);
}

#[test]
fn any_number_are_in_together_and_the_last_one_is_alone() {
    let (_directory, file) = file();
    let guests: Vec<Guest> = (0..3).map(|_| enter(&file).unwrap()).collect();
    let mut guests: Vec<Guest> = guests.into_iter().map(not_alone).collect();
    let last = guests.pop().unwrap();
    drop(guests);
    alone(last);
}

#[test]
fn two_files_are_two_rooms() {
    let ((_one, file), (_other, another)) = (file(), file());
    let _alone = alone(enter(&file).unwrap());
    alone(enter(&another).unwrap());
}

/// Guests who all try at once, again and again: one at most is alone, and nobody waits for ever.
#[test]
fn guests_who_try_at_once_do_not_wait_for_each_other() {
    let (_directory, file) = file();
    let alone = Arc::new(AtomicUsize::new(0));
    let tries = |_| {
        let (file, alone) = (file.clone(), Arc::clone(&alone));
        thread::spawn(move || {
            let mut guest = enter(&file).unwrap();
            for _ in 0..2_000 {
                guest = match guest.try_to_be_alone().unwrap() {
                    Attempt::Guest(guest) => guest,
                    Attempt::Alone(only) => {
                        assert_eq!(alone.fetch_add(1, SeqCst), 0, "two are alone");
                        alone.fetch_sub(1, SeqCst);
                        only.let_in().unwrap()
                    }
                };
            }
        })
    };
    let all: Vec<_> = (0..3).map(tries).collect();
    let begun = Instant::now();
    while !all.iter().all(thread::JoinHandle::is_finished) {
        assert!(begun.elapsed() < Duration::from_mins(1), "they wait for each other");
        thread::sleep(Duration::from_millis(10));
    }
    for thread in all {
        thread.join().unwrap();
    }
}

#[test]
fn who_is_not_let_in_is_told_why() {
    let (_directory, file) = file();
    let _stopped = alone(enter(&file).unwrap());
    let error = enter_within(&file, Duration::from_millis(20)).err().unwrap();
    assert!(error.to_string().contains("does not let others in"), "{error}");
}
