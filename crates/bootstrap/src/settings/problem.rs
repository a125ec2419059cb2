//! What can be wrong with a configuration, said so that it can be put right.

use std::fmt;

use serde_json::Value as Json;
use thiserror::Error;

/// A value, and where it was set.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) value: Json,
    pub(super) place: String,
}

/// One thing that is wrong. Names the key and what is allowed; never repeats a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{what}: {sentence}")]
pub struct Problem {
    what: String,
    sentence: String,
}

impl Problem {
    /// A file or variable cannot be read at all.
    pub(super) fn source(name: &str, sentence: &str) -> Self {
        Self { what: name.to_owned(), sentence: sentence.trim_end().to_owned() }
    }

    /// The setting `key`, set in `place`, is not as it must be.
    pub(super) fn setting(key: &str, place: &str, sentence: impl Into<String>) -> Self {
        Self { what: format!("{key} (in {place})"), sentence: sentence.into() }
    }

    /// There is no setting `key`; `known` are those there are.
    pub(super) fn unknown<'a>(key: &str, place: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let sentence = match nearest(key, known) {
            Some(meant) => format!("there is no such setting; did you mean {meant}?"),
            None => "there is no such setting".to_owned(),
        };
        Self::setting(key, place, sentence)
    }
}

/// The key that was probably meant: one that ends like it, else one that is spelt like it.
fn nearest<'a>(key: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = key.rsplit('.').next().unwrap_or(key);
    let likeness = |candidate: &str| {
        let same_name = candidate.rsplit('.').next() == Some(name);
        strsim::jaro_winkler(key, candidate) + if same_name { 0.5 } else { 0.0 }
    };
    let rated = known.map(|candidate| (likeness(candidate), candidate));
    let best = rated.max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness > 0.8).map(|(_, candidate)| candidate)
}

/// Everything that is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub struct Invalid(pub Vec<Problem>);

impl Invalid {
    /// The setting `key`, valid in itself, cannot be put into effect.
    pub(crate) fn because(key: &str, sentence: &str) -> Self {
        Self(vec![Problem::source(key, sentence)])
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration is not valid:")?;
        self.0.iter().try_for_each(|problem| write!(f, "\n  {problem}"))
    }
}

impl From<Problem> for Invalid {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}
