//! Form configurations.

use std::collections::BTreeMap;

use sea_orm::Set;
use sea_orm::entity::prelude::*;
use serde::Deserialize;
use serde_json::json;
use vestibule_domain::{
    form::{FieldRules, FormAction, FormConfiguration, FormName, Pattern},
    rights::RoleName,
};

use crate::sea_orm::mapping::{Table, optional, words, words_column};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "forms")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub action: String,
    /// A JSON object: the fields by name, and the [`Rules`] of each.
    pub fields: String,
    pub roles: String,
}

#[derive(Deserialize)]
struct Rules {
    required: bool,
    min_length: Option<usize>,
    max_length: Option<usize>,
    email: bool,
    pattern: Option<String>,
}

/// The row of a form configuration.
pub(crate) fn row(form: &FormConfiguration) -> ActiveModel {
    ActiveModel {
        name: Set(form.name.as_str().to_owned()),
        action: Set(form.action.as_str().to_owned()),
        fields: Set(fields_column(form)),
        roles: Set(words_column(form.roles.iter().map(RoleName::as_str))),
    }
}

/// See [`Model::fields`].
pub(crate) fn fields_column(form: &FormConfiguration) -> String {
    let rules = |rules: &FieldRules| {
        json!({
            "required": rules.required,
            "min_length": rules.min_length,
            "max_length": rules.max_length,
            "email": rules.email,
            "pattern": rules.pattern.as_ref().map(Pattern::as_str),
        })
    };
    let fields: serde_json::Value = form.fields.iter().map(|(name, field)| (name.clone(), rules(field))).collect();
    fields.to_string()
}

impl Table for Entity {
    type Value = FormConfiguration;
    const KIND: &'static str = "form configuration";

    fn value(row: Model) -> Option<FormConfiguration> {
        let fields: BTreeMap<String, Rules> = serde_json::from_str(&row.fields).ok()?;
        let field = |(name, rules): (String, Rules)| {
            let rules = FieldRules {
                required: rules.required,
                min_length: rules.min_length,
                max_length: rules.max_length,
                email: rules.email,
                pattern: optional(rules.pattern, |expression| Pattern::parse(&expression).ok())?,
            };
            Some((name, rules))
        };
        Some(FormConfiguration {
            name: FormName::parse(&row.name).ok()?,
            action: FormAction::parse(&row.action)?,
            fields: fields.into_iter().map(field).collect::<Option<_>>()?,
            roles: words(&row.roles, RoleName::parse)?,
        })
    }
}
