use super::*;
use crate::testing::{ALICE, password, user};

fn check(policy: &PasswordPolicy, typed: &str) -> Result<(), TooSimple> {
    policy.check(&password(typed), &user(ALICE, "alice").user)
}

#[test]
fn six_uncommon_characters_are_enough_by_default() {
    let policy = PasswordPolicy::default();
    assert_eq!(check(&policy, "k7#qz"), Err(TooSimple::Short(6)));
    for good in ["k7#qzw", "password1234", "somepassword", "JeSuisUnTest", "zażółć"] {
        assert_eq!(check(&policy, good), Ok(()), "{good}");
    }
}

#[test]
fn common_passwords_are_refused_whatever_score_is_demanded() {
    for min_score in 0..=4 {
        let policy = PasswordPolicy { min_score, ..PasswordPolicy::default() };
        // From one of the first in zxcvbn's list to one behind the first 3,000; in other cases and letters too.
        for common in ["123456", "qwerty", "Password", "P4ssw0rd", "qwertz", "polska", "london", "gooner", "aaaaaa"] {
            assert_eq!(check(&policy, common), Err(TooSimple::Guessable), "{common}");
        }
    }
}

#[test]
fn what_is_known_of_the_owner_or_the_service_is_too_simple() {
    let words = ["vestibule", "auth.gryfino.example"].map(str::to_owned);
    let policy = PasswordPolicy { min_length: 3, min_score: 0, words: Arc::new(words) };
    let mut owner = user(ALICE, "dziewulska").user;
    owner.email = vestibule_domain::user::EmailAddress::parse("zofia.brzeska@poczta-robocza.test").unwrap();
    owner.profile.name = PersonName::parse("Żelisława").ok();
    owner.profile.surname = PersonName::parse("Wszędobylska").ok();
    owner.profile.nickname = PersonName::parse("trzmielojad").ok();
    owner.profile.default_city = City::parse("Pcim Dolny").unwrap();
    for known in [
        "dziewulska",
        "Dziewulska1",
        "zofia.brzeska@poczta-robocza.test",
        "zofia.brzeska",
        "brzeska",
        "robocza7",
        "żelisława",
        "WSZĘDOBYLSKA",
        "trzmielojad",
        "dajoleimzrt",
        "pcim dolny",
        "Vestibule",
        "vestibule1",
        "auth.gryfino.example",
        "gryfino",
        "Warszawa",
    ] {
        assert_eq!(policy.check(&password(known), &owner), Err(TooSimple::Guessable), "{known}");
    }
    assert_eq!(policy.check(&password("trzmielina"), &owner), Ok(()), "what nobody knows is none of theirs");
}

#[test]
fn nothing_is_demanded_of_what_a_password_is_made_of() {
    for policy in [PasswordPolicy::default(), PasswordPolicy { min_score: 3, ..PasswordPolicy::default() }] {
        for good in ["qvhxkzrmtwpd", "jwopqzfnvkhe", "83916047285913", " ż ó ł ć ę ą ", "\0\u{1}\u{7f}nul, del, bell"]
        {
            assert_eq!(check(&policy, good), Ok(()), "{good:?}");
        }
    }
}

#[test]
fn length_counts_characters_and_long_passwords_are_judged_quickly() {
    let policy = PasswordPolicy { min_length: 15, min_score: 3, ..PasswordPolicy::default() };
    assert_eq!(check(&policy, "żżżżżżżżżżżżżż"), Err(TooSimple::Short(15)));
    assert_eq!(check(&policy, &"correct horse battery staple ".repeat(35)), Ok(()));
}
