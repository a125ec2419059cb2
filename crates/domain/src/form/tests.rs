use proptest::prelude::*;

use super::*;

fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

fn form(rules: FieldRules) -> FormConfiguration {
    FormConfiguration {
        name: FormName::parse("test").unwrap(),
        action: FormAction::Create,
        fields: BTreeMap::from([("field".to_owned(), rules)]),
        roles: BTreeSet::new(),
    }
}

#[test]
fn the_shipped_create_form_wants_an_address_and_a_password() {
    let forms = shipped_forms();
    let create = forms.iter().find(|form| form.name.as_str() == "reference_rest_api_create_sessions").unwrap();
    assert!(create.violations(&values(&[("email", "a@b.cz"), ("password", "x")])).is_empty());
    let found = create.violations(&values(&[("email", "nobody")]));
    assert_eq!(found["email"], [Violation::Invalid]);
    assert_eq!(found["password"], [Violation::Blank]);
}

#[test]
fn every_rule_finds_its_violation() {
    let rules = FieldRules {
        min_length: Some(3),
        max_length: Some(4),
        pattern: Some(Pattern::parse("^[a-z]+$").unwrap()),
        ..FieldRules::default()
    };
    let found =
        |value| form(rules.clone()).violations(&values(&[("field", value)])).remove("field").unwrap_or_default();
    assert_eq!(found("ab"), [Violation::TooShort(3)]);
    assert_eq!(found("abcde"), [Violation::TooLong(4)]);
    assert_eq!(found("ABC"), [Violation::Invalid]);
    assert_eq!(found("abc"), []);
    assert_eq!(found(""), [], "only a required field must be there");
}

#[test]
fn a_form_for_some_roles_admits_no_others() {
    let mut form = form(FieldRules::default());
    let editor = RoleName::parse("editor").unwrap();
    assert!(form.admits(&BTreeSet::new()));
    form.roles.insert(editor.clone());
    assert!(!form.admits(&BTreeSet::from([RoleName::admin()])));
    assert!(form.admits(&BTreeSet::from([RoleName::admin(), editor])));
}

#[test]
fn patterns_are_bounded() {
    assert!(Pattern::parse("(").is_err());
    assert!(Pattern::parse(&"a".repeat(501)).is_err());
    assert!(Pattern::parse("(a{1000}){1000}").is_err());
    for mark in ["+", "*", "{1}"] {
        assert!(Pattern::parse(&format!("a{}", mark.repeat(40))).is_ok(), "{mark}");
        assert!(Pattern::parse(&format!("a{}", mark.repeat(160))).is_err(), "{mark}");
    }
}

proptest! {
    #[test]
    fn values_of_any_kind_are_checked_without_panic(value in "\\PC{0,50}", min in 0_usize..20, max in 0_usize..60) {
        let rules = FieldRules { required: true, min_length: Some(min), max_length: Some(max), email: true, pattern: None };
        let found = form(rules).violations(&values(&[("field", &value)]));
        let length = value.chars().count();
        if found.is_empty() {
            prop_assert!((min..=max).contains(&length));
        }
    }
}
