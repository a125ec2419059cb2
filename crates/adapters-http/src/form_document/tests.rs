use vestibule_domain::form::shipped_forms;

use super::*;

#[test]
fn the_shipped_forms_survive_being_written_and_read() {
    for form in shipped_forms() {
        let written = serde_json::to_value(FormDocument::from(&form)).unwrap();
        let read: FormDocument = serde_json::from_value(written).unwrap();
        assert_eq!(read.into_configuration().unwrap(), form);
    }
}

#[test]
fn everything_that_is_wrong_with_a_form_is_told_at_once() {
    let document: FormDocument = serde_json::from_value(serde_json::json!({
        "name": "has spaces",
        "resource": "User",
        "action": "update",
        "fields": {
            "email": { "min_length": 5, "max_length": 4 },
            "password": { "pattern": "(" },
        },
        "roles": ["not a role"],
    }))
    .unwrap();
    let wrong = document.into_configuration().unwrap_err().join("\n");
    for part in [
        "name must consist of ASCII letters, digits and . _ - : / only",
        "resource",
        "action",
        "fields.email.min_length",
        "fields.password.pattern",
        "roles",
    ] {
        assert!(wrong.contains(part), "{part} is not in:\n{wrong}");
    }
}

#[test]
fn a_misspelt_rule_is_refused_and_not_ignored() {
    let read = serde_json::from_value::<FormDocument>(
        serde_json::json!({ "name": "f", "action": "create", "fields": { "email": { "requird": true } } }),
    );
    assert!(read.unwrap_err().to_string().contains("requird"));
}
