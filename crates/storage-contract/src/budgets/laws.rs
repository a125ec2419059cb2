//! The laws. A name says what is demanded.
#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "a law's name is its whole documentation, and it panics when it is broken"
)]

use std::time::Duration;

use vestibule_application::ports::{Bucket, BudgetLimits, Limit};

use super::{Opened, Place, from, limits, network, to};

pub async fn the_attempt_after_the_last_one_waits_until_the_first_has_left_the_window(place: Place) {
    let (budgets, _) = place.open(&limits());
    assert_eq!(budgets.charge(&[to("ada")]).await, None);
    budgets.at(4_000);
    assert_eq!(budgets.charge(&[to("ada")]).await, None);
    assert_eq!(budgets.charge(&[to("ada")]).await, Some(6_000));
    budgets.at(9_999);
    assert_eq!(budgets.charge(&[to("ada")]).await, Some(1), "the window is not over");
    budgets.at(10_000);
    assert_eq!(budgets.charge(&[to("ada")]).await, None);
    assert_eq!(budgets.charge(&[to("ada")]).await, Some(4_000));
    assert_eq!(budgets.charge(&[to("bob")]).await, None, "another account is another bucket");
}

pub async fn when_one_bucket_is_spent_none_is_charged(place: Place) {
    let (budgets, _) = place.open(&limits());
    let both = [from("192.0.2.1"), to("ada")];
    assert_eq!(budgets.fill(&both, 2).await, 2);
    for _ in 0..5 {
        assert_eq!(budgets.charge(&both).await, Some(10_000));
    }
    assert_eq!(budgets.charge(&[from("192.0.2.1")]).await, None, "two of three were charged, not seven");
    assert_eq!(budgets.charge(&both).await, Some(20_000), "the longest wait is told");
    assert_eq!(budgets.charge(&[to("ada"), from("192.0.2.1")]).await, Some(20_000), "wherever it stands");
}

pub async fn a_bucket_named_twice_is_charged_twice_or_not_at_all(place: Place) {
    let (budgets, _) = place.open(&limits());
    assert_eq!(budgets.charge(&[to("ada"), to("ada"), to("ada")]).await, Some(10_000));
    assert_eq!(budgets.charge(&[to("ada"), to("ada")]).await, None);
    assert_eq!(budgets.charge(&[to("ada")]).await, Some(10_000));
    budgets.budgets.refund(&[to("ada"), to("ada")]).await;
    assert_eq!(budgets.charge(&[to("ada"), to("ada")]).await, None);
}

pub async fn a_refund_gives_back_what_was_charged_and_no_more(place: Place) {
    let (budgets, _) = place.open(&limits());
    for _ in 0..10 {
        assert_eq!(budgets.charge(&[to("ada"), from("192.0.2.1")]).await, None);
        budgets.budgets.refund(&[to("ada"), from("192.0.2.1")]).await;
        budgets.budgets.refund(&[to("ada")]).await;
    }
    assert_eq!(budgets.fill(&[to("ada")], 5).await, 2);
}

pub async fn a_refund_leaves_the_earlier_attempts_where_they_were(place: Place) {
    let (budgets, _) = place.open(&limits());
    assert_eq!(budgets.charge(&[to("ada")]).await, None);
    budgets.at(5_000);
    assert_eq!(budgets.charge(&[to("ada")]).await, None);
    budgets.budgets.refund(&[to("ada")]).await;
    budgets.at(10_000);
    assert_eq!(budgets.fill(&[to("ada")], 5).await, 2, "the first attempt has left the window");
}

pub async fn an_amount_of_nothing_permits_nothing(place: Place) {
    let (budgets, _) = place.open(&limits());
    let bucket = Bucket::RegistrationFrom(network("192.0.2.1"));
    assert_eq!(budgets.charge(std::slice::from_ref(&bucket)).await, Some(10_000));
    assert_eq!(budgets.charge(&[to("ada"), bucket]).await, Some(10_000));
    assert_eq!(budgets.fill(&[to("ada")], 5).await, 2);
}

pub async fn a_large_amount_is_counted_to_the_last(place: Place) {
    let (budgets, _) = place.open(&limits());
    assert_eq!(budgets.fill(&vec![Bucket::Login; 100], 11).await, 10);
    let wait = budgets.charge(&[Bucket::Login]).await;
    assert!(wait.is_some_and(|wait| (256_000..=257_000).contains(&wait)), "{wait:?}");
    budgets.at(257_000);
    assert_eq!(budgets.fill(&vec![Bucket::Login; 100], 11).await, 10);
}

pub async fn no_window_has_more_attempts_than_its_limit(place: Place) {
    let (budgets, _) = place.open(&limits());
    let mut made = Vec::new();
    for tick in 0..120 {
        let now = tick * 701;
        budgets.at(now);
        if budgets.charge(&[to("ada")]).await.is_none() {
            made.push(now);
        }
    }
    // Each third attempt is a window after the first, and not much later: nothing is wasted either.
    assert!(made.windows(3).all(|three| (10_000..10_701).contains(&(three[2] - three[0]))), "{made:?}");
}

pub async fn every_bucket_is_another(place: Place) {
    let (budgets, _) = place.open(&BudgetLimits::all(Limit { amount: 1, window: Duration::from_secs(10) }));
    let (here, there) = (network("192.0.2.1"), network("2001:db8::1"));
    let ada = "ada".to_owned();
    let all = [
        to("ada"),
        to("Ada"),
        to("ada "),
        to(""),
        Bucket::ManyLoginsTo(ada.clone()),
        Bucket::KnownLoginTo(ada.clone(), here),
        Bucket::KnownLoginTo(ada.clone(), there),
        Bucket::KnownLoginTo("bob".to_owned(), here),
        Bucket::ManyKnownLoginsTo(ada.clone(), here),
        Bucket::ManyKnownLoginsTo(ada.clone(), there),
        Bucket::LoginFrom(here),
        Bucket::LoginFrom(there),
        Bucket::LoginBy(vestibule_domain::client::ClientId::from_uuid(uuid::Uuid::from_u128(1))),
        Bucket::Login,
        Bucket::DisclosureTo(here),
        Bucket::Disclosure,
        Bucket::RegistrationFrom(here),
        Bucket::BeginningFrom(here),
        Bucket::EndingFrom(here),
        Bucket::Ending,
        Bucket::NoteOf(Box::new(to("ada"))),
        Bucket::NoteOf(Box::new(Bucket::Login)),
        to(&"x".repeat(2000)),
        to(&("x".repeat(2000) + "y")),
    ];
    for bucket in &all {
        assert_eq!(budgets.charge(std::slice::from_ref(bucket)).await, None, "{bucket}");
    }
    assert_eq!(budgets.charge(&all).await, Some(10_000));
    assert_eq!(budgets.charge(&[Bucket::LoginFrom(network("2001:db8::ffff"))]).await, Some(10_000), "one network");
}

pub async fn processes_count_together(place: Place) {
    let (one, other) = place.open(&limits());
    assert_eq!(one.charge(&[to("ada")]).await, None);
    assert_eq!(other.charge(&[to("ada")]).await, None);
    assert_eq!(one.charge(&[to("ada")]).await, Some(10_000));
    other.budgets.refund(&[to("ada")]).await;
    assert_eq!(one.charge(&[to("ada")]).await, None);
    assert_eq!(other.charge(&[to("ada")]).await, Some(10_000));
}

pub async fn parallel_attempts_cannot_overrun_a_limit(place: Place) {
    let (one, other) = place.open(&BudgetLimits { login_to: Limit { amount: 10, ..limits().login_to }, ..limits() });
    let ada = vec![to("ada"), Bucket::Login];
    assert_eq!(Opened::fill_at_once([&one, &other], [ada.clone(), ada], 200).await, 10);
}

pub async fn parallel_attempts_on_several_buckets_are_charged_to_all_or_none(place: Place) {
    let (one, other) = place.open(&BudgetLimits::all(Limit { amount: 10, window: Duration::from_secs(10) }));
    // In opposite orders, so that whoever locks as he goes waits for ever.
    let there = vec![to("ada"), from("192.0.2.1"), Bucket::Login];
    let back = there.iter().rev().cloned().collect();
    assert_eq!(Opened::fill_at_once([&one, &other], [there.clone(), back], 60).await, 10);
    for bucket in there {
        one.budgets.refund(std::slice::from_ref(&bucket)).await;
        assert_eq!(one.fill(std::slice::from_ref(&bucket), 5).await, 1, "{bucket}");
    }
}

pub async fn what_is_swept_was_over(place: Place) {
    let (budgets, _) = place.open(&limits());
    for number in 0..30 {
        assert_eq!(budgets.charge(&[to(&number.to_string())]).await, None);
    }
    budgets.at(5_000);
    assert_eq!(budgets.fill(&[to("ada")], 2).await, 2);
    budgets.at(12_000);
    for _ in 0..5 {
        assert!(budgets.budgets.sweep(10).await.unwrap() <= 10);
    }
    assert_eq!(budgets.charge(&[to("ada")]).await, Some(3_000));
    assert_eq!(budgets.budgets.sweep(10).await.unwrap(), 0, "all that was over is gone");
    assert_eq!(budgets.fill(&[to("7")], 5).await, 2);
}
