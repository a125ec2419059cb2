//! The three layers of the configuration, flattened to dotted keys.

use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
};

use config::{ConfigError, Environment, File, FileFormat, Map, Source, Value, ValueKind};
use serde_json::{Map as JsonMap, Value as Json};

use super::problem::{Found, Problem};

/// The defaults that are compiled in.
pub(super) const DEFAULTS: &str = include_str!("../../../../config/default.toml");
const PREFIX: &str = "VESTIBULE";
const WORKING_DIRECTORY_FILE: &str = "vestibule.toml";

/// Where settings come from, besides the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    file: Option<(String, String)>,
    environment: HashMap<String, String>,
}

impl Sources {
    /// `file`, else `vestibule.toml` in the working directory when there is one; and this process's environment.
    pub fn of_process(file: Option<&Path>) -> Result<Self, Problem> {
        let in_working_directory = PathBuf::from(WORKING_DIRECTORY_FILE);
        let file = match file {
            Some(path) => Some(path),
            None if in_working_directory.is_file() => Some(in_working_directory.as_path()),
            None => None,
        };
        let read = |path: &Path| match std::fs::read_to_string(path) {
            Ok(text) => Ok((path.display().to_string(), text)),
            Err(error) => Err(Problem::source(&path.display().to_string(), &error.to_string())),
        };
        let variables = std::env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok().filter(|name| name.starts_with(PREFIX))?;
            Some((name, value))
        });
        let mut environment = HashMap::new();
        for (name, value) in variables {
            let value = value.into_string().map_err(|_| Problem::source(&name, "must be UTF-8"))?;
            environment.insert(name, value);
        }
        Ok(Self { file: file.map(read).transpose()?, environment })
    }

    /// A file's text only: what a test wants.
    pub fn of_text(text: impl Into<String>) -> Self {
        Self { file: Some((WORKING_DIRECTORY_FILE.to_owned(), text.into())), environment: HashMap::new() }
    }

    /// These, with one more environment variable.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// All that is set, the environment over the file.
    pub(super) fn flatten(self) -> Result<BTreeMap<String, Found>, Problem> {
        let mut found = BTreeMap::new();
        if let Some((name, text)) = self.file {
            for (key, value) in toml(&text).map_err(|error| Problem::source(&name, &without_source(&error)))? {
                found.insert(key, Found { value, place: name.clone() });
            }
        }
        let environment = Environment::with_prefix(PREFIX).separator("__").ignore_empty(true);
        let variables = environment.source(Some(self.environment)).collect();
        for (key, value) in variables.map_err(|error| Problem::source("the environment", &error.to_string()))? {
            let place = format!("{PREFIX}__{}", key.to_uppercase().replace('.', "__"));
            found.insert(key, Found { value: tables(json(value)), place });
        }
        Ok(found)
    }
}

/// The defaults, key by key.
pub(super) fn defaults() -> Result<BTreeMap<String, Json>, Problem> {
    toml(DEFAULTS).map_err(|error| Problem::source("config/default.toml", &error.to_string()))
}

/// A list of tables in a variable is written as TOML: `[{dialect = "easydb"}]`.
fn tables(value: Json) -> Json {
    let text = value.as_str().filter(|text| text.trim_start().starts_with("[{"));
    let read = text.and_then(|text| toml(&format!("list = {text}")).ok()?.remove("list"));
    read.unwrap_or(value)
}

fn toml(text: &str) -> Result<BTreeMap<String, Json>, ConfigError> {
    let mut flat = BTreeMap::new();
    for (key, value) in File::from_str(text, FileFormat::Toml).collect()? {
        flatten(key, value, &mut flat);
    }
    Ok(flat)
}

/// What is wrong and where, without the line itself: a password may stand in it.
fn without_source(error: &ConfigError) -> String {
    let text = error.to_string();
    let is_quote = |line: &&str| line.contains('|');
    text.lines()
        .filter(|line| !is_quote(line))
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join(": ")
}

fn flatten(key: String, value: Value, flat: &mut BTreeMap<String, Json>) {
    if let ValueKind::Table(table) = value.kind {
        for (name, value) in table {
            flatten(format!("{key}.{name}"), value, flat);
        }
    } else {
        flat.insert(key, json(value));
    }
}

fn json(value: Value) -> Json {
    let object = |table: Map<String, Value>| {
        let mut members: Vec<_> = table.into_iter().map(|(name, value)| (name, json(value))).collect();
        members.sort_by(|one, other| one.0.cmp(&other.0));
        JsonMap::from_iter(members)
    };
    match value.kind {
        ValueKind::Nil => Json::Null,
        ValueKind::Boolean(value) => value.into(),
        ValueKind::I64(value) => value.into(),
        ValueKind::U64(value) => value.into(),
        ValueKind::Float(value) => value.into(),
        ValueKind::I128(value) => value.to_string().into(),
        ValueKind::U128(value) => value.to_string().into(),
        ValueKind::String(value) => value.into(),
        ValueKind::Array(values) => values.into_iter().map(json).collect(),
        ValueKind::Table(table) => object(table).into(),
    }
}
