//! Form configurations.

use std::collections::BTreeMap;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_domain::{
    form::{FieldRules, FormAction, FormConfiguration, FormName, Pattern},
    rights::RoleName,
};

use super::{
    Kept,
    parts::{optional, role_names, words},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    name: String,
    action: String,
    fields: BTreeMap<String, RulesPart>,
    roles: Vec<String>,
}

#[derive(Serialize, Deserialize)]
struct RulesPart {
    required: bool,
    min_length: Option<usize>,
    max_length: Option<usize>,
    email: bool,
    pattern: Option<String>,
}

impl From<&FieldRules> for RulesPart {
    fn from(rules: &FieldRules) -> Self {
        Self {
            required: rules.required,
            min_length: rules.min_length,
            max_length: rules.max_length,
            email: rules.email,
            pattern: rules.pattern.as_ref().map(|pattern| pattern.as_str().to_owned()),
        }
    }
}

impl RulesPart {
    fn read(self) -> Option<FieldRules> {
        Some(FieldRules {
            required: self.required,
            min_length: self.min_length,
            max_length: self.max_length,
            email: self.email,
            pattern: optional(self.pattern, |expression| Pattern::parse(&expression).ok())?,
        })
    }
}

impl Kept for FormConfiguration {
    type Key = &'static str;
    type Row = Row;
    const TABLE: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("forms");
    const KIND: &'static str = "form configuration";

    fn key(&self) -> &str {
        self.name.as_str()
    }

    fn row(&self) -> Row {
        Row {
            name: self.name.as_str().to_owned(),
            action: self.action.as_str().to_owned(),
            fields: self.fields.iter().map(|(name, rules)| (name.clone(), rules.into())).collect(),
            roles: role_names(&self.roles),
        }
    }

    fn read(row: Row) -> Option<Self> {
        let fields = row.fields.into_iter().map(|(name, rules)| Some((name, rules.read()?)));
        Some(Self {
            name: FormName::parse(&row.name).ok()?,
            action: FormAction::parse(&row.action)?,
            fields: fields.collect::<Option<_>>()?,
            roles: words(&row.roles, RoleName::parse)?,
        })
    }
}
