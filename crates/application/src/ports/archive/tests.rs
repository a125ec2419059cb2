use std::collections::BTreeSet;

use vestibule_domain::rights::{Rights, RoleName};

use super::*;

fn role(name: &str) -> Record {
    Record::Role(Role { name: RoleName::parse(name).unwrap(), rights: Rights::new() })
}

fn name(name: &str) -> Key {
    Key::Name(name.to_owned())
}

#[test]
fn every_kind_is_moved_once() {
    assert_eq!(Kind::ALL.iter().collect::<BTreeSet<_>>().len(), Kind::ALL.len());
    assert!(Kind::ALL.is_sorted(), "the order of moving is not that of the declaration");
}

#[test]
fn a_span_is_open_at_its_beginning_and_closed_at_its_end() {
    let span = Span { kind: Kind::Role, after: Some(name("b")), through: Some(name("d")) };
    let within: Vec<bool> = ["a", "b", "c", "d", "e"].map(|key| span.has(&name(key))).into();
    assert_eq!(within, [false, false, true, true, false]);
    assert!(Span::all(Kind::Role).has(&name("anything")));
}

#[test]
fn a_span_admits_records_of_its_kind_in_order_and_within_it() {
    let span = Span { kind: Kind::Role, after: Some(name("b")), through: Some(name("d")) };
    assert!(span.admits(&[]));
    assert!(span.admits(&[role("c"), role("d")]));
    assert!(!span.admits(&[role("b"), role("c")]));
    assert!(!span.admits(&[role("d"), role("c")]));
    assert!(!span.admits(&[role("c"), role("c")]));
    assert!(!Span::all(Kind::Form).admits(&[role("c")]));
}

#[test]
fn keys_sort_by_their_bytes() {
    assert!(name("Z") < name("a"));
    assert!(Key::Number(9) < Key::Number(10));
    assert!(Key::Id(Uuid::from_u128(1)) < Key::Id(Uuid::from_u128(u128::MAX)));
}
