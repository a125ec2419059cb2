//! Which route a request is for: documented paths are exact, so a table tells.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use http::{Method, Request, header::HOST};

use super::{Entry, Fallback};

/// What a path ends with that stands for everything below it.
pub const BELOW: &str = "{*below}";

/// What a path begins with that stands for everything below it.
pub(super) fn below(path: &str) -> Option<&str> {
    path.strip_suffix(BELOW)
}

/// The routes by host.
pub(super) struct Hosts {
    pub(super) entries: Vec<Arc<Entry>>,
    named: HashMap<String, OfHost>,
    any: OfHost,
}

/// What answers for one host, or for hosts that no mount names.
pub(super) struct OfHost {
    paths: Paths,
    /// The routes for everything below a path, which ends with a slash.
    below: Vec<(String, Vec<Arc<Entry>>)>,
    pub(super) fallback: Fallback,
}

type Paths = HashMap<String, Vec<Arc<Entry>>, foldhash::fast::RandomState>;

impl Hosts {
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let entries: Vec<Arc<Entry>> = entries.into_iter().map(Arc::new).collect();
        let named: BTreeSet<&String> = entries.iter().flat_map(|entry| &entry.hosts).collect();
        Self {
            named: named.into_iter().map(|host| (host.clone(), OfHost::of(&entries, Some(host)))).collect(),
            any: OfHost::of(&entries, None),
            entries,
        }
    }

    /// What answers for the host of this request.
    pub(super) fn of_request<B>(&self, request: &Request<B>) -> &OfHost {
        if self.named.is_empty() {
            return &self.any;
        }
        host_of(request).and_then(|host| self.named.get(&host)).unwrap_or(&self.any)
    }
}

impl OfHost {
    fn of(entries: &[Arc<Entry>], host: Option<&str>) -> Self {
        let mut paths = Paths::default();
        let here: Vec<&Arc<Entry>> = entries.iter().filter(|entry| entry.answers(host)).collect();
        for entry in &here {
            paths.entry(entry.path.clone()).or_default().push(Arc::clone(entry));
        }
        let below =
            paths.iter().filter_map(|(path, entries)| Some((below(path)?.to_owned(), entries.clone()))).collect();
        Self { paths, below, fallback: Fallback::new(&here) }
    }

    /// The route for this path and method. GETs that may have effects are not for HEAD.
    pub(super) fn find<B>(&self, request: &Request<B>) -> Option<&Arc<Entry>> {
        let method = request.method();
        let takes = |entry: &&Arc<Entry>| {
            entry.method == *method || method == Method::HEAD && entry.method == Method::GET && entry.answers_head
        };
        let path = request.uri().path();
        let below =
            || self.below.iter().find(|(place, _)| path.starts_with(place.as_str())).map(|(_, entries)| entries);
        self.paths.get(path).or_else(below)?.iter().find(takes)
    }
}

/// The host a request is for, without its port, in lower case.
fn host_of<B>(request: &Request<B>) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or(request.uri().authority().map(http::uri::Authority::as_str))?;
    let host = host.parse::<http::uri::Authority>().ok()?;
    Some(host.host().to_ascii_lowercase())
}
