use super::*;

fn stamps() -> Arc<Stamps> {
    Arc::new(Stamps::new())
}

#[test]
fn what_was_read_holds_until_its_key_is_in_flux_and_never_again() {
    let stamps = stamps();
    let read = stamps.now();
    assert!(stamps.holds(read, &1));
    let flux = stamps.enter([1]);
    assert!(!stamps.holds(read, &1));
    assert!(stamps.holds(read, &2), "another key");
    drop(flux);
    assert!(!stamps.holds(read, &1));
    assert!(stamps.holds(stamps.now(), &1), "read anew");
}

#[test]
fn what_was_read_while_a_key_was_in_flux_never_holds() {
    let stamps = stamps();
    let flux = stamps.enter([1]);
    let read = stamps.now();
    drop(flux);
    assert!(!stamps.holds(read, &1));
}

#[test]
fn a_key_that_two_units_change_is_in_flux_until_both_are_over() {
    let stamps = stamps();
    let (one, other) = (stamps.enter([1]), stamps.enter([1, 1]));
    drop(one);
    assert!(!stamps.holds(stamps.now(), &1));
    drop(other);
    assert!(stamps.holds(stamps.now(), &1));
}

#[test]
fn nothing_holds_during_a_pause_and_nothing_from_before_or_from_during_it_afterwards() {
    let stamps = stamps();
    let before = stamps.now();
    stamps.pause();
    let during = stamps.now();
    assert!(!stamps.holds(before, &1) && !stamps.holds(during, &1));
    stamps.resume();
    assert!(!stamps.holds(before, &1) && !stamps.holds(during, &1));
    assert!(stamps.holds(stamps.now(), &1));
}

#[test]
fn what_was_read_has_held_so_far_until_the_first_unit_is_over() {
    let stamps = stamps();
    let read = stamps.now();
    let (one, other) = (stamps.enter([1]), stamps.enter([1]));
    assert!(stamps.held_so_far(read, &1), "nobody was told that a unit is over");
    drop(one);
    assert!(!stamps.held_so_far(read, &1));
    let again = stamps.now();
    assert!(stamps.held_so_far(again, &1));
    drop(other);
    assert!(!stamps.held_so_far(again, &1));
    assert!(stamps.held_so_far(stamps.now(), &1));
    stamps.pause();
    assert!(!stamps.held_so_far(stamps.now(), &1));
}

#[test]
fn what_is_forgotten_does_not_hold_and_a_pause_goes_on() {
    let stamps = stamps();
    let before = stamps.now();
    stamps.forget();
    assert!(!stamps.holds(before, &1) && stamps.holds(stamps.now(), &1));
    stamps.pause();
    stamps.forget();
    assert!(!stamps.holds(stamps.now(), &1));
}

#[test]
fn what_was_read_held_but_for_a_unit_if_no_other_touched_its_key_since() {
    let stamps = stamps();
    let read = stamps.now();
    let over = stamps.enter([1, 2]).over();
    assert!(over.held_but_for_it(read, &1) && stamps.holds(over.at(), &1));
    assert!(!over.held_but_for_it(read, &3), "it did not touch that");

    // One that was over before, and one that is not over yet.
    let (read, other) = (stamps.now(), stamps.enter([1]));
    let unit = stamps.enter([1, 2]);
    drop(other);
    let over = unit.over();
    assert!(!over.held_but_for_it(read, &1) && over.held_but_for_it(read, &2));
    let (read, unit) = (stamps.now(), stamps.enter([1]));
    let _other = stamps.enter([1]);
    assert!(!unit.over().held_but_for_it(read, &1));
}

#[test]
fn nothing_held_but_for_a_unit_once_all_was_forgotten() {
    for forget in [Stamps::forget, |stamps: &Stamps| {
        stamps.pause();
        stamps.resume()
    }] {
        let stamps = stamps();
        let (read, before) = (stamps.now(), stamps.enter([1]));
        forget(&stamps);
        assert!(!before.over().held_but_for_it(read, &1));
        let (read, over) = (stamps.now(), stamps.enter([1]).over());
        forget(&stamps);
        assert!(!over.held_but_for_it(read, &1));
    }
}
