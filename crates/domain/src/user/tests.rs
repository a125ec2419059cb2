use proptest::prelude::*;

use super::*;
use crate::text::TextError;

#[test]
fn logins_compare_trimmed_folded_and_composed() {
    for spelling in ["Jos\u{e9}@X.test", " jose\u{301}@x.TEST ", "JOS\u{c9}@x.test"] {
        assert_eq!(LoginKey::parse(spelling).unwrap().as_str(), "jos\u{e9}@x.test");
    }
    assert_eq!(LoginKey::parse("  "), Err(TextError::Empty));
    assert_eq!(LoginKey::parse("a\0b"), Err(TextError::ControlCharacter));
    assert!(LoginKey::parse(&"a".repeat(321)).is_err());
}

/// T003-10.
#[test]
fn a_domain_is_one_in_letters_and_in_punycode_and_a_login_is_left_as_it_is() {
    let key = |typed| LoginKey::parse(typed).unwrap();
    for spelling in
        ["ann@b\u{fc}cher.test", "Ann@BU\u{308}CHER.Test", "ann@XN--bcher-kva.test", "ann@\u{ff42}\u{fc}cher.test"]
    {
        assert_eq!(key(spelling).as_str(), "ann@xn--bcher-kva.test");
        assert_eq!(EmailAddress::parse(spelling).unwrap().key(), key(spelling));
        assert_eq!(LoginName::parse(spelling).unwrap().key(), key(spelling));
    }
    assert_ne!(key("ann@fa\u{df}.test"), key("ann@fass.test"));
    for kept in
        ["b\u{fc}cher", "b\u{fc}cher@x.test", "xn--bcher-kva", "@", "ann@", "ann@b\u{fc} cher", "ann@\u{378}.test"]
    {
        assert_eq!(key(kept).as_str(), kept);
    }
    // What DNS would write longer than a key may be.
    let long = format!("{}@{}", "a".repeat(255), "\u{fc}".repeat(60));
    assert_eq!(key(&long).as_str(), long);
}

#[test]
fn addresses_are_addresses_and_nothing_more() {
    for good in ["a@b.cz", "a+tag@x.test", "user@localhost", "ä@x.test"] {
        assert_eq!(EmailAddress::parse(good).unwrap().as_str(), good);
    }
    for bad in ["", "no-at", "@b", "a@", "Name <a@b.cz>", "a@[127.0.0.1]", "a b@c.d", "a@b@c", "a\u{0}@b.cz", "a@b..c"]
    {
        assert!(EmailAddress::parse(bad).is_err(), "{bad:?}");
    }
    assert_eq!(EmailAddress::parse("warszawa@x.test").unwrap().local_part(), "warszawa");
}

#[test]
fn a_user_whose_login_is_the_address_has_one_key() {
    let email = EmailAddress::parse("Ann@x.test").unwrap();
    let login = LoginName::parse("ann@X.test").unwrap();
    assert_eq!(login.key(), email.key());
}

/// T003-8.
#[test]
fn birthdates_are_real_days() {
    use crate::time::Timestamp;
    for good in ["29022000", "31121999", "01011800"] {
        assert_eq!(Birthdate::parse(good).unwrap().to_digits(), good);
    }
    for bad in
        ["29021900", "31042000", "00012000", "01132000", "1012000", "010120000", "0101200a", "01011799", "٠١٠١٢٠٠٠"]
    {
        assert_eq!(Birthdate::parse(bad), Err(ProfileError::Birthdate), "{bad}");
    }
    let now = Timestamp::from_millis(1_700_000_000_000); // 14 November 2023, 22:13 UTC
    assert!(!Birthdate::parse("15112023").unwrap().is_after(now), "it is already the 15th in the east");
    assert!(Birthdate::parse("16112023").unwrap().is_after(now));
}

/// T003-8.
#[test]
fn cities_and_sexes_have_one_case() {
    assert_eq!(City::parse(" łódź ").unwrap().as_str(), "ŁÓDŹ");
    assert_eq!(City::default().as_str(), "WARSZAWA");
    assert_eq!((Sex::parse("f"), Sex::parse("M")), (Ok(Sex::Female), Ok(Sex::Male)));
    assert_eq!(Sex::parse("x"), Err(ProfileError::Sex));
}

/// T004-7.
#[test]
fn time_zones_exist() {
    assert_eq!(TimeZoneName::parse("europe/warsaw").unwrap().as_str(), "Europe/Warsaw");
    assert_eq!(TimeZoneName::parse("UTC").unwrap(), TimeZoneName::default());
    assert!(TimeZoneName::parse("Mars/Olympus").is_err());
}

proptest! {
    #[test]
    fn no_parser_panics_and_what_it_took_it_takes_again(text in "\\PC{0,30}|[0-9]{8}|[a-z]{1,5}@[a-z.]{1,9}") {
        if let Ok(email) = EmailAddress::parse(&text) {
            prop_assert_eq!(EmailAddress::parse(email.as_str()), Ok(email.clone()));
        }
        if let Ok(date) = Birthdate::parse(&text) {
            prop_assert_eq!(Birthdate::parse(&date.to_digits()), Ok(date));
        }
        if let Ok(key) = LoginKey::parse(&text) {
            prop_assert_eq!(LoginKey::parse(key.as_str()), Ok(key.clone()));
        }
        if let Ok(city) = City::parse(&text) {
            prop_assert_eq!(City::parse(city.as_str()), Ok(city.clone()));
        }
        let _ = TimeZoneName::parse(&text);
    }
}
