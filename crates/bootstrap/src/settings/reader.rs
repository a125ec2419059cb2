//! Takes settings out of the flattened layers, each once and by its type, and collects what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use super::{
    kinds::Kind,
    problem::{Found, Invalid, Problem},
};

/// Reads settings. What was never asked for is unknown, and [`Reader::finish`] says so.
pub(super) struct Reader {
    defaults: BTreeMap<String, Json>,
    found: BTreeMap<String, Found>,
    known: BTreeSet<String>,
    effective: Map<String, Json>,
    problems: Vec<Problem>,
    prefix: String,
}

impl Reader {
    pub(super) fn new(defaults: BTreeMap<String, Json>, found: BTreeMap<String, Found>) -> Self {
        Self {
            defaults,
            found,
            known: BTreeSet::new(),
            effective: Map::new(),
            problems: Vec::new(),
            prefix: String::new(),
        }
    }

    /// The setting as it was set, else its default from `default.toml`.
    pub(super) fn take<T: Kind>(&mut self, key: &str) -> Result<T, Problem> {
        self.take_where(key, |_| true, "")
    }

    /// The same, for a value that must also fulfil `rule`, put in words by `demand`.
    pub(super) fn take_where<T: Kind>(
        &mut self,
        key: &str,
        rule: impl Fn(&T) -> bool,
        demand: &str,
    ) -> Result<T, Problem> {
        let set = self.set(key, rule, demand);
        let default = || self.defaults.get(key).and_then(T::read);
        let missing = || Problem::setting(&self.full(key), "config/default.toml", "has no usable default");
        let value = set.or_else(default).ok_or_else(missing)?;
        self.show(key, value.show());
        Ok(value)
    }

    /// The setting as it was set, else `default`, which depends on other settings.
    pub(super) fn take_or<T: Kind>(&mut self, key: &str, default: T) -> T {
        self.take_or_where(key, default, |_| true, "")
    }

    /// The same, for a value that must also fulfil `rule`, put in words by `demand`.
    pub(super) fn take_or_where<T: Kind>(
        &mut self,
        key: &str,
        default: T,
        rule: impl Fn(&T) -> bool,
        demand: &str,
    ) -> T {
        let value = self.set(key, rule, demand).unwrap_or(default);
        self.show(key, value.show());
        value
    }

    /// The setting, if it was set.
    pub(super) fn optional<T: Kind>(&mut self, key: &str) -> Option<T> {
        let value = self.set(key, |_| true, "")?;
        self.show(key, T::show(&value));
        Some(value)
    }

    /// A secret, if it was set: under its key, or in the file that `KEY_file` names.
    pub(super) fn secret<T: Kind>(&mut self, key: &str) -> Option<T> {
        self.read_secret_file(key);
        self.optional(key)
    }

    /// The same, else `default`.
    pub(super) fn secret_or<T: Kind>(&mut self, key: &str, default: T) -> T {
        self.read_secret_file(key);
        self.take_or(key, default)
    }

    /// Takes what the file that `KEY_file` names holds for the value of `key`.
    fn read_secret_file(&mut self, key: &str) {
        let file_key = format!("{key}_file");
        self.known.insert(file_key.clone());
        let Some(file) = self.found.remove(&file_key) else { return };
        let text = file.value.as_str().map(std::fs::read_to_string);
        let sentence = match text {
            Some(_) if self.found.contains_key(key) => format!("only one of {key} and {file_key} can be set"),
            Some(Ok(text)) => {
                self.found.insert(key.to_owned(), Found { value: text.trim().into(), place: file.place });
                return;
            }
            Some(Err(error)) => format!("the file cannot be read: {error}"),
            None => "must be the path of a file".to_owned(),
        };
        self.problems.push(Problem::setting(&file_key, &file.place, sentence));
    }

    /// The setting, which a table cannot do without.
    pub(super) fn required<T: Kind>(&mut self, key: &str) -> Option<T> {
        if !self.found.contains_key(key) {
            self.object(key, format!("must be set: {}", T::allowed()));
        }
        self.optional(key)
    }

    /// The tables of a list, each read by `read` from a reader of its own.
    pub(super) fn tables<T>(&mut self, key: &str, read: impl Fn(&mut Reader) -> Option<T>) -> Vec<T> {
        self.known.insert(key.to_owned());
        let default =
            || Some(Found { value: self.defaults.get(key)?.clone(), place: "config/default.toml".to_owned() });
        let Some(Found { value, place }) = self.found.remove(key).or_else(default) else {
            return Vec::new();
        };
        let Json::Array(items) = value else {
            self.problems.push(Problem::setting(key, &place, "must be a list of tables"));
            return Vec::new();
        };
        let (mut tables, mut shown) = (Vec::new(), Vec::new());
        for (index, item) in items.into_iter().enumerate() {
            let name = format!("{key}[{index}]");
            let Json::Object(members) = item else {
                self.problems.push(Problem::setting(&name, &place, "must be a table"));
                continue;
            };
            let members = members.into_iter().map(|(name, value)| (name, Found { value, place: place.clone() }));
            let mut reader = Reader::new(BTreeMap::new(), members.collect());
            reader.prefix = format!("{name}.");
            tables.extend(read(&mut reader));
            reader.note_unknown();
            self.problems.append(&mut reader.problems);
            shown.push(Json::Object(reader.effective));
        }
        self.show(key, Json::Array(shown));
        tables
    }

    /// Takes whatever else there is, as it stands.
    pub(super) fn rest(&mut self) -> Map<String, Json> {
        let found = std::mem::take(&mut self.found);
        let rest: Map<_, _> = found.into_iter().map(|(key, found)| (key, found.value)).collect();
        self.effective.extend(rest.clone());
        rest
    }

    /// Notes what is wrong with `key` beyond its form.
    pub(super) fn object(&mut self, key: &str, sentence: impl Into<String>) {
        let full = self.full(key);
        self.problems.push(Problem::source(full.trim_end_matches('.'), &sentence.into()));
    }

    /// Every key that was asked for.
    #[cfg(test)]
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.known.iter().map(String::as_str)
    }

    /// What is in force, if nothing is wrong.
    pub(super) fn finish(mut self) -> Result<Map<String, Json>, Invalid> {
        self.note_unknown();
        if self.problems.is_empty() { Ok(self.effective) } else { Err(Invalid(self.problems)) }
    }

    fn note_unknown(&mut self) {
        for (key, found) in std::mem::take(&mut self.found) {
            let known = self.known.iter().map(String::as_str);
            self.problems.push(Problem::unknown(&self.full(&key), &found.place, known));
        }
    }

    fn set<T: Kind>(&mut self, key: &str, rule: impl Fn(&T) -> bool, demand: &str) -> Option<T> {
        self.known.insert(self.full(key));
        let found = self.found.remove(key)?;
        let value = T::read(&found.value);
        let sentence = match &value {
            None => format!("must be {}", T::allowed()),
            Some(value) if !rule(value) => format!("must be {demand}"),
            Some(_) => return value,
        };
        self.problems.push(Problem::setting(&self.full(key), &found.place, sentence));
        None
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.prefix)
    }

    /// Notes under `key` what is in force, in the nesting of a file.
    fn show(&mut self, key: &str, value: Json) {
        let mut table = &mut self.effective;
        let mut path = key.split('.').peekable();
        while let Some(name) = path.next() {
            if path.peek().is_none() {
                table.insert(name.to_owned(), value);
                return;
            }
            let section = table.entry(name).or_insert_with(|| Json::Object(Map::new()));
            let Json::Object(section) = section else { return };
            table = section;
        }
    }
}
