//! Form configurations: what an operator demands of the values a client submits (seed 002, `form_name`).

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    rights::RoleName,
    text::{TextError, word_type},
    user::EmailAddress,
};

word_type!(
    /// A form configuration's unique name.
    FormName,
    200
);

/// What submitting a form does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FormAction {
    /// Begins a session.
    Create,
    /// Ends one.
    Delete,
}

impl FormAction {
    /// `create` or `delete`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }

    /// The action of that name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Create, Self::Delete].into_iter().find(|action| action.as_str() == name)
    }
}

/// A regular expression that must match somewhere in a value. Matching takes time linear in the value's length.
#[derive(Clone, Debug)]
pub struct Pattern(regex::Regex);

impl Pattern {
    /// Compiles an expression of at most 500 bytes that is at most 50 deep: the compiler goes down as deep on its stack, and
    /// two hundred `+` in a row were more than a thread has.
    pub fn parse(expression: &str) -> Result<Self, TextError> {
        if expression.len() > 500 {
            return Err(TextError::TooLong(500));
        }
        let compiled = regex::RegexBuilder::new(expression).size_limit(1 << 20).nest_limit(50).build();
        compiled.map(Self).map_err(|_| TextError::Invalid("must be a regular expression of moderate size and depth"))
    }

    /// The expression.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}
impl Eq for Pattern {}

/// The validations of one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldRules {
    /// The field must be there and not be blank.
    pub required: bool,
    /// The fewest characters of a value that is there.
    pub min_length: Option<usize>,
    /// The most characters.
    pub max_length: Option<usize>,
    /// The value must be an e-mail address.
    pub email: bool,
    /// The value must match.
    pub pattern: Option<Pattern>,
}

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Required, and missing or blank.
    Blank,
    /// Fewer characters than this.
    TooShort(usize),
    /// More characters than this.
    TooLong(usize),
    /// Not an e-mail address, or not matched by the pattern.
    Invalid,
}

/// The violations of a submission, by field.
pub type Violations = BTreeMap<String, Vec<Violation>>;

/// A form configuration. The resource is always `Session`: nothing else is submitted to this service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormConfiguration {
    /// Unique.
    pub name: FormName,
    /// What submitting does.
    pub action: FormAction,
    /// The fields and what is demanded of each.
    pub fields: BTreeMap<String, FieldRules>,
    /// The roles of which a user must have one to use it; anyone may when there is none.
    pub roles: BTreeSet<RoleName>,
}

impl FormConfiguration {
    /// Checks the values; an empty answer means they pass. Values of fields the form does not know are ignored.
    pub fn violations(&self, values: &BTreeMap<String, String>) -> Violations {
        let check = |(field, rules): (&String, &FieldRules)| {
            let found = rules.violations(values.get(field).map_or("", String::as_str));
            (!found.is_empty()).then(|| (field.clone(), found))
        };
        self.fields.iter().filter_map(check).collect()
    }

    /// Whether a user with these roles may use it.
    pub fn admits(&self, roles: &BTreeSet<RoleName>) -> bool {
        self.roles.is_empty() || !self.roles.is_disjoint(roles)
    }
}

impl FieldRules {
    fn violations(&self, value: &str) -> Vec<Violation> {
        if value.trim().is_empty() {
            return if self.required { vec![Violation::Blank] } else { Vec::new() };
        }
        let length = value.chars().count();
        let short = self.min_length.filter(|min| length < *min).map(Violation::TooShort);
        let long = self.max_length.filter(|max| length > *max).map(Violation::TooLong);
        let malformed = (self.email && EmailAddress::parse(value).is_err())
            || self.pattern.as_ref().is_some_and(|pattern| !pattern.0.is_match(value));
        [short, long, malformed.then_some(Violation::Invalid)].into_iter().flatten().collect()
    }
}

/// The configurations every store has from its first migration on: those of seed 002's examples, in the plural and the
/// singular, which the document's own site uses by turns.
pub fn shipped_forms() -> Vec<FormConfiguration> {
    let required = FieldRules { required: true, ..FieldRules::default() };
    let credentials = BTreeMap::from([
        ("email".to_owned(), FieldRules { email: true, ..required.clone() }),
        ("password".to_owned(), required),
    ]);
    [
        ("reference_rest_api_create_sessions", FormAction::Create),
        ("reference_rest_api_create_session", FormAction::Create),
        ("reference_rest_api_delete_sessions", FormAction::Delete),
        ("reference_rest_api_delete_session", FormAction::Delete),
    ]
    .into_iter()
    .map(|(name, action)| FormConfiguration {
        name: FormName(name.into()),
        action,
        fields: if action == FormAction::Create { credentials.clone() } else { BTreeMap::new() },
        roles: BTreeSet::new(),
    })
    .collect()
}
