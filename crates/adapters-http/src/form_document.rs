//! Form configurations as documents: what the Admin API shows and takes, `form set FILE` reads, `form show` prints and
//! `[[forms]]` declares.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vestibule_domain::{
    form::{FieldRules, FormAction, FormConfiguration, FormName, Pattern},
    rights::RoleName,
};

/// The document. `resource` is always `Session`, and may be left out.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FormDocument {
    name: String,
    #[serde(default = "session")]
    resource: String,
    action: String,
    #[serde(default)]
    fields: BTreeMap<String, FieldDocument>,
    #[serde(default)]
    roles: BTreeSet<String>,
}

/// What is demanded of a field.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct FieldDocument {
    #[serde(default)]
    required: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    min_length: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    max_length: Option<usize>,
    #[serde(default)]
    email: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pattern: Option<String>,
}

const RESOURCE: &str = "Session";

fn session() -> String {
    RESOURCE.to_owned()
}

impl FormDocument {
    /// The configuration, or everything that is wrong with the document, one sentence each.
    pub fn into_configuration(self) -> Result<FormConfiguration, Vec<String>> {
        let mut wrong = Vec::new();
        let name = FormName::parse(&self.name).map_err(|error| wrong.push(format!("name {error}"))).ok();
        if self.resource != RESOURCE {
            wrong.push(format!("resource must be {RESOURCE}"));
        }
        let action = FormAction::parse(&self.action);
        if action.is_none() {
            wrong.push("action must be create or delete".to_owned());
        }
        let mut fields = BTreeMap::new();
        for (field, document) in self.fields {
            match document.into_rules() {
                Ok(rules) => drop(fields.insert(field, rules)),
                Err(sentence) => wrong.push(format!("fields.{field}.{sentence}")),
            }
        }
        let mut roles = BTreeSet::new();
        for role in self.roles {
            match RoleName::parse(&role) {
                Ok(role) => drop(roles.insert(role)),
                Err(error) => wrong.push(format!("roles: a role's name {error}")),
            }
        }
        match (name, action) {
            (Some(name), Some(action)) if wrong.is_empty() => Ok(FormConfiguration { name, action, fields, roles }),
            _ => Err(wrong),
        }
    }
}

impl FieldDocument {
    fn into_rules(self) -> Result<FieldRules, String> {
        if let (Some(min), Some(max)) = (self.min_length, self.max_length)
            && min > max
        {
            return Err("min_length must not exceed max_length".to_owned());
        }
        let pattern = self.pattern.map(|expression| Pattern::parse(&expression)).transpose();
        let pattern = pattern.map_err(|_| "pattern must be a regular expression of at most 500 characters")?;
        Ok(FieldRules {
            required: self.required,
            min_length: self.min_length,
            max_length: self.max_length,
            email: self.email,
            pattern,
        })
    }
}

impl From<&FormConfiguration> for FormDocument {
    fn from(form: &FormConfiguration) -> Self {
        let field = |rules: &FieldRules| FieldDocument {
            required: rules.required,
            min_length: rules.min_length,
            max_length: rules.max_length,
            email: rules.email,
            pattern: rules.pattern.as_ref().map(|pattern| pattern.as_str().to_owned()),
        };
        Self {
            name: form.name.to_string(),
            resource: session(),
            action: form.action.as_str().to_owned(),
            fields: form.fields.iter().map(|(name, rules)| (name.clone(), field(rules))).collect(),
            roles: form.roles.iter().map(ToString::to_string).collect(),
        }
    }
}
