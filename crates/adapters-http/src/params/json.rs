//! JSON objects: read into what is wanted, or as a list of their fields, in their order and each name once: a map would keep the last of two fields of
//! one name, where somebody before us may have read the first.

use std::{collections::BTreeSet, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, MapAccess, Visitor},
};
use serde_json::error::Category;

pub(crate) struct Object<V>(pub(crate) Vec<(String, V)>);

impl<'de, V: Deserialize<'de>> Deserialize<'de> for Object<V> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields(PhantomData))
    }
}

struct Fields<V>(PhantomData<V>);

impl<'de, V: Deserialize<'de>> Visitor<'de> for Fields<V> {
    type Value = Object<V>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with each name once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<V>, A::Error> {
        let (mut fields, mut names) = (Vec::new(), BTreeSet::new());
        while let Some((name, value)) = map.next_entry::<String, V>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom("a name is there twice"));
            }
            fields.push((name, value));
        }
        Ok(Object(fields))
    }
}

/// Why a body is none of the objects that are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It is something else than an object.
    NotAnObject,
    /// It is not JSON.
    NotJson,
    /// A field has the wrong type, is given twice, or is missing.
    WrongField,
}

/// Reads an object.
pub(crate) fn object<T: DeserializeOwned>(body: &[u8]) -> Result<T, Unreadable> {
    // serde would take the fields in order from an array too.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(Unreadable::NotAnObject);
    }
    // Nor would it look at the bytes of a field that nobody reads.
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::NotJson)?;
    serde_json::from_str(text).map_err(|error| match error.classify() {
        Category::Data => Unreadable::WrongField,
        Category::Syntax | Category::Eof | Category::Io => Unreadable::NotJson,
    })
}
