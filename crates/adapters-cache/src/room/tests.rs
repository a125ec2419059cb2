use std::{sync::mpsc, thread, time::Duration};

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
