use super::*;

#[test]
fn a_place_is_free_again_when_its_connection_ends_and_nothing_is_remembered() {
    let counts = PerAddress::new(2);
    let enter = |address: &str| counts.enter(address.parse().unwrap());
    let (first, second) = (enter("192.0.2.1"), enter("::ffff:192.0.2.1"));
    assert!(first.is_some() && second.is_some());
    assert!(enter("192.0.2.1").is_none());
    assert!(enter("192.0.2.2").is_some());
    drop(first);
    assert!(enter("192.0.2.1").is_some());
    drop(second);
    assert!(counts.held.lock().unwrap().is_empty());
}

#[test]
fn all_of_an_ipv6_network_is_one_holder() {
    let counts = PerAddress::new(1);
    let enter = |address: &str| counts.enter(address.parse().unwrap());
    let first = enter("2001:db8::1");
    assert!(first.is_some() && enter("2001:db8::ffff:0:0:2").is_none() && enter("2001:db8:0:1::1").is_some());
}

#[test]
fn connections_leave_room_for_other_files() {
    assert_eq!(within(10_000, None), 10_000);
    assert_eq!(within(10_000, Some(1 << 20)), 10_000);
    assert_eq!(within(10_000, Some(1024)), 768);
    assert_eq!(within(10_000, Some(64)), 48);
    assert_eq!(within(10_000, Some(0)), 1);
    assert_eq!(connections(1), 1);
}
