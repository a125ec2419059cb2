//! Names, addresses and forms.

use std::collections::BTreeMap;

use vestibule_domain::{
    client::ClientName,
    form::{FieldRules, FormAction, FormConfiguration, FormName, Pattern, shipped_forms},
    node::{NodeId, NodeName},
    rights::{Right, RoleName},
    session::DeviceName,
    user::{Birthdate, City, EmailAddress, LoginKey, LoginName, PersonName, Sex, TimeZoneName},
};

/// What was taken once is taken again, as it was, and has no control characters and a bounded length.
macro_rules! is_stable {
    ($text:expr, $($name:ident),*) => {$(
        if let Ok(read) = $name::parse($text) {
            let again = $name::parse(read.as_str());
            assert!(again.as_ref() == Ok(&read), concat!(stringify!($name), " is not read as it was written"));
            assert!(!read.as_str().chars().any(char::is_control), concat!(stringify!($name), " has a control character"));
            assert!(read.as_str().len() <= 4 * 320, concat!(stringify!($name), " is too long"));
        }
    )*};
}

/// Names are stable, and two spellings of one login have one key.
pub fn names(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    is_stable!(text, LoginName, EmailAddress, ClientName, NodeName, Right, RoleName, FormName);
    is_stable!(text, DeviceName, City, PersonName, TimeZoneName);
    if let Ok(key) = LoginKey::parse(text) {
        let again = LoginKey::parse(key.as_str());
        assert!(again.is_err() || again == Ok(key.clone()), "a key has another key");
        if let Ok(address) = EmailAddress::parse(text) {
            assert!(address.key() == key, "an address has two keys");
            assert!(address.as_str().len() <= EmailAddress::MAX_BYTES, "an address is too long");
        }
        if let Ok(login) = LoginName::parse(text) {
            assert!(login.key() == key, "a login has two keys");
        }
    }
    if let Ok(day) = Birthdate::parse(text) {
        assert!(Birthdate::parse(&day.to_digits()) == Ok(day), "a day of birth is another");
    }
    if let Ok(sex) = Sex::parse(text) {
        assert!(Sex::parse(sex.as_str()) == Ok(sex), "a sex is another");
    }
    if let Some(id) = NodeId::parse(text) {
        assert!(NodeId::parse(&id.to_string()) == Some(id), "an identifier is another");
    }
}

/// A form checks any values by any rules. The first line is a pattern, the second a field, the rest its value.
pub fn forms(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut parts = text.splitn(3, '\n');
    let (pattern, field, value) = (parts.next(), parts.next().unwrap_or("email"), parts.next().unwrap_or_default());
    let pattern = pattern.and_then(|expression| Pattern::parse(expression).ok());
    let values = BTreeMap::from([(field.to_owned(), value.to_owned())]);
    for form in shipped_forms() {
        let _ = form.violations(&values);
    }
    let rules =
        |pattern| FieldRules { required: true, min_length: Some(1), max_length: Some(20), email: false, pattern };
    let form = |pattern| FormConfiguration {
        name: FormName::parse("f").expect("it is a name"),
        action: FormAction::Create,
        fields: BTreeMap::from([(field.to_owned(), rules(pattern))]),
        roles: [].into(),
    };
    let (bare, strict) = (form(None).violations(&values), form(pattern).violations(&values));
    let is_kept = |(field, violations): (&String, &Vec<_>)| violations.iter().all(|one| strict[field].contains(one));
    assert!(bare.iter().all(is_kept), "a rule more lets more in");
}
