//! The laws. A name says what is demanded.
#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "a law's name is its whole documentation, and it panics when it is broken"
)]

use uuid::Uuid;
use vestibule_application::ports::Holder;

use super::Place;

const ADA: Holder = Holder(Uuid::from_u128(1));
const BOB: Holder = Holder(Uuid::from_u128(2));

pub async fn nobody_holds_a_lease_before_it_is_taken(place: Place) {
    assert_eq!(place.here.least_heard().await.unwrap(), None);
    assert!(!place.here.heard(ADA, 1).await.unwrap());
    assert_eq!(place.here.least_heard().await.unwrap(), None);
}

pub async fn who_takes_a_lease_has_heard_of_nothing(place: Place) {
    place.here.take(ADA).await.unwrap();
    assert_eq!(place.there.least_heard().await.unwrap(), Some(0));
    assert!(place.here.heard(ADA, 7).await.unwrap());
    place.there.take(BOB).await.unwrap();
    assert_eq!(place.here.least_heard().await.unwrap(), Some(0));
}

pub async fn what_the_last_of_all_has_heard_is_told(place: Place) {
    place.here.take(ADA).await.unwrap();
    place.there.take(BOB).await.unwrap();
    for (ada, bob, least) in [(3, 5, 3), (6, 5, 5), (6, 6, 6), (9, 8, 8)] {
        assert!(place.here.heard(ADA, ada).await.unwrap());
        assert!(place.there.heard(BOB, bob).await.unwrap());
        for process in [&place.here, &place.there] {
            assert_eq!(process.least_heard().await.unwrap(), Some(least));
        }
    }
}

pub async fn who_says_the_same_again_goes_on_holding_it(place: Place) {
    place.here.take(ADA).await.unwrap();
    for message in [0, 0, 4, 4, 4, 2, 2] {
        assert!(place.here.heard(ADA, message).await.unwrap(), "{message}");
        assert_eq!(place.there.least_heard().await.unwrap(), Some(message));
    }
}

pub async fn who_gave_it_up_holds_nothing_whatever_they_say(place: Place) {
    place.here.take(ADA).await.unwrap();
    place.here.take(BOB).await.unwrap();
    assert!(place.here.heard(BOB, 2).await.unwrap());
    for _ in 0..2 {
        place.here.give_up(ADA).await.unwrap();
        assert!(!place.here.heard(ADA, 1).await.unwrap());
        assert_eq!(place.there.least_heard().await.unwrap(), Some(2));
    }
}

pub async fn who_has_not_heard_of_it_is_struck_out_and_nobody_else(place: Place) {
    place.here.take(ADA).await.unwrap();
    place.there.take(BOB).await.unwrap();
    assert!(place.here.heard(ADA, 4).await.unwrap());
    assert!(place.there.heard(BOB, 5).await.unwrap());
    assert_eq!(place.there.strike(4).await.unwrap(), 0);
    assert_eq!(place.there.strike(5).await.unwrap(), 1);
    assert!(!place.here.heard(ADA, 5).await.unwrap());
    assert!(!place.here.heard(ADA, 4).await.unwrap(), "not even what it last said");
    assert_eq!(place.here.least_heard().await.unwrap(), Some(5));
}

pub async fn messages_are_numbered_as_high_as_they_may_be(place: Place) {
    let highest = u64::try_from(i64::MAX).unwrap();
    place.here.take(ADA).await.unwrap();
    assert!(place.here.heard(ADA, highest).await.unwrap());
    assert_eq!(place.there.least_heard().await.unwrap(), Some(highest));
    assert_eq!(place.there.strike(highest).await.unwrap(), 0);
}
