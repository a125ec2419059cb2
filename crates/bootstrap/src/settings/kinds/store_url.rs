//! Where a store is.

use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use url::Url;

use super::Kind;

/// Where a store is. May carry a password, so it has no `Debug`; [`StoreUrl::masked`] is what may be seen.
#[derive(Clone, PartialEq, Eq)]
pub struct StoreUrl(String);

impl StoreUrl {
    /// A SQLite file; its path is made absolute, as the URL demands.
    pub(in crate::settings) fn sqlite(path: &Path) -> Self {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        // What a URL reads in its own way: the driver decodes it again.
        let path = path.display().to_string().replace('%', "%25").replace('?', "%3F").replace('#', "%23");
        Self(format!("sqlite://{path}"))
    }

    /// Reads a URL of one of the kinds that there are, available or not.
    pub fn parse(text: &str) -> Option<Self> {
        let url = Self(text.to_owned());
        let known = match url.scheme() {
            "memory" => url.0 == "memory:",
            "sqlite" => url.0.strip_prefix("sqlite:///").is_some_and(|path| !path.is_empty()),
            "redb" => url.0.strip_prefix("redb:///").is_some_and(|path| !path.is_empty() && !path.contains(['?', '#'])),
            "postgres" | "postgresql" | "mysql" | "mariadb" | "redis" | "rediss" => url.0.contains("://"),
            _ => false,
        };
        known.then_some(url)
    }

    /// The URL itself, for the driver only.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The file of a store that is one. `%` begins an encoded byte.
    pub fn file(&self) -> Option<PathBuf> {
        let path = ["sqlite://", "redb://"].into_iter().find_map(|scheme| self.0.strip_prefix(scheme))?;
        Url::parse(&format!("file://{path}")).ok()?.to_file_path().ok()
    }

    /// The file of a redb store, if it is one.
    pub fn redb_file(&self) -> Option<PathBuf> {
        self.file().filter(|_| self.scheme() == "redb")
    }

    /// Whether the store is gone when the service stops.
    pub fn is_memory(&self) -> bool {
        self.scheme() == "memory"
    }

    /// The part before the first colon.
    pub fn scheme(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    /// The URL with `***` for its password and without its query, where drivers take secrets too.
    pub fn masked(&self) -> String {
        let (address, query) = self.0.split_once('?').map_or((self.0.as_str(), ""), |(address, _)| (address, "?***"));
        let Some((scheme, rest)) = address.split_once("://") else { return format!("{address}{query}") };
        match rest.rsplit_once('@') {
            Some((info, place)) if info.contains(':') => {
                let user = info.split(':').next().unwrap_or_default();
                format!("{scheme}://{user}:***@{place}{query}")
            }
            Some(_) | None => format!("{address}{query}"),
        }
    }
}

impl Kind for StoreUrl {
    fn allowed() -> String {
        "sqlite:///absolute/path/file.db, redb:///absolute/path/file.redb, memory:, postgres://... or mysql://..., for \
         sessions_url redis://..."
            .to_owned()
    }

    fn read(value: &Json) -> Option<Self> {
        Self::parse(value.as_str()?)
    }

    fn show(&self) -> Json {
        self.masked().into()
    }
}
