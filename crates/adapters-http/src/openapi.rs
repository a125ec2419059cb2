//! What routes are to their callers, and the documents made of that (OpenAPI 3.1).
//!
//! Every [`Route`](crate::dialect::Route) comes with a [`Description`], and every [`Entry`] with its route's: a document
//! has the paths that are mounted, and no others.

mod description;
#[cfg(test)]
mod tests;
mod whole;

use std::sync::Arc;

use http::Method;
use url::Url;
use utoipa::openapi::{
    Components, Info, OpenApi, Paths, PathsBuilder, Server,
    path::{HttpMethod, Operation, ParameterIn},
};

pub use self::description::Description;
pub(crate) use self::{
    description::{ALWAYS, reference, text},
    whole::whole,
};
use crate::{
    admin::documents::Write,
    mount::{BELOW, Entry},
};

/// What writes a document for each API that is mounted, with its name: all its mounts under the URL that the outside world
/// knows.
pub fn documents(entries: &[Arc<Entry>], public_url: &Url) -> Vec<(&'static str, Write)> {
    let mut names: Vec<&'static str> = Vec::new();
    for entry in entries {
        if !names.contains(&entry.dialect.name()) {
            names.push(entry.dialect.name());
        }
    }
    let write = |name: &'static str| {
        let theirs = entries.iter().filter(|entry| entry.dialect.name() == name);
        let (theirs, public_url): (Vec<_>, _) = (theirs.cloned().collect(), public_url.clone());
        let write: Write = Arc::new(move || document(name, theirs.iter(), &public_url));
        (name, write)
    };
    names.into_iter().map(write).collect()
}

fn document<'a>(name: &str, entries: impl Iterator<Item = &'a Arc<Entry>>, public_url: &Url) -> OpenApi {
    let (mut paths, mut components) = (PathsBuilder::new().build(), Components::new());
    let mut mounts = Vec::new();
    for entry in entries {
        let mount = entry.to_string();
        if !mounts.contains(&mount) {
            mounts.push(mount);
        }
        let Some(method) = method(&entry.method) else { continue };
        let path = path(entry);
        if let Some(same) = paths.paths.get_mut(&path).and_then(|item| operation(item, &method)) {
            // On other hosts, where another edition may have other answers.
            same.servers.get_or_insert_default().extend(servers(entry, public_url));
            for (status, answer) in described(entry, public_url, &mut components).responses.responses {
                same.responses.responses.entry(status).or_insert(answer);
            }
            continue;
        }
        let described = described(entry, public_url, &mut components);
        paths.add_path_operation(path, vec![method], described);
    }
    let about = format!("As it is mounted: {}.", mounts.join(", "));
    completed(name, about, server(public_url), paths, components)
}

/// The document of what is no mount's, all of it asked by GET at this server.
pub(crate) fn document_of<const N: usize>(
    name: &str,
    about: &str,
    server: &str,
    routes: [(&str, Description); N],
) -> OpenApi {
    let (mut paths, mut components) = (PathsBuilder::new().build(), Components::new());
    for (path, description) in routes {
        let operation = operation_of(&Method::GET, path, description, &mut components);
        paths.add_path_operation(path, vec![HttpMethod::Get], operation);
    }
    completed(name, about.to_owned(), server, paths, components)
}

fn completed(name: &str, about: String, server: &str, paths: Paths, components: Components) -> OpenApi {
    let mut info = Info::new(format!("Vestibule: {name}"), "1".to_owned());
    info.description = Some(about);
    let mut document = OpenApi::new(info, paths);
    document.servers = Some(vec![Server::new(server)]);
    document.components = Some(components);
    document
}

/// Where everybody asks, as a document says it.
pub(crate) fn server(public_url: &Url) -> &str {
    public_url.as_str().trim_end_matches('/')
}

fn described(entry: &Entry, public_url: &Url, components: &mut Components) -> Operation {
    let mut description = (entry.describe)();
    if entry.path.ends_with(BELOW) {
        description = description.needs(ParameterIn::Path, "below", "Anything.");
    }
    let mut operation = operation_of(&entry.method, &path(entry), description, components);
    let servers: Vec<Server> = servers(entry, public_url).collect();
    operation.servers = (!servers.is_empty()).then_some(servers);
    operation
}

fn operation_of(method: &Method, path: &str, description: Description, components: &mut Components) -> Operation {
    let Description { mut operation, answers, schemas, schemes } = description;
    operation.responses = answers.into_iter().collect();
    components.schemas.extend(schemas);
    for (name, scheme) in schemes {
        components.add_security_scheme(name, scheme);
    }
    if method == Method::GET {
        // It has no meaning there (RFC 9110, 9.3.1).
        operation.request_body = None;
    }
    operation.operation_id = Some(format!("{method}{}", path.replace('/', "_")));
    operation
}

fn path(entry: &Entry) -> String {
    entry.path.replace(BELOW, "{below}")
}

/// Where a mount for some hosts only is to be asked.
fn servers(entry: &Entry, public_url: &Url) -> impl Iterator<Item = Server> {
    let port = public_url.port().map(|port| format!(":{port}")).unwrap_or_default();
    entry.hosts.iter().map(move |host| Server::new(format!("{}://{host}{port}", public_url.scheme())))
}

fn operation<'a>(item: &'a mut utoipa::openapi::PathItem, method: &HttpMethod) -> Option<&'a mut Operation> {
    match method {
        HttpMethod::Get => item.get.as_mut(),
        HttpMethod::Put => item.put.as_mut(),
        HttpMethod::Post => item.post.as_mut(),
        HttpMethod::Delete => item.delete.as_mut(),
        HttpMethod::Options => item.options.as_mut(),
        HttpMethod::Head => item.head.as_mut(),
        HttpMethod::Patch => item.patch.as_mut(),
        HttpMethod::Trace => item.trace.as_mut(),
    }
}

fn method(method: &Method) -> Option<HttpMethod> {
    Some(match *method {
        Method::GET => HttpMethod::Get,
        Method::PUT => HttpMethod::Put,
        Method::POST => HttpMethod::Post,
        Method::DELETE => HttpMethod::Delete,
        Method::OPTIONS => HttpMethod::Options,
        Method::HEAD => HttpMethod::Head,
        Method::PATCH => HttpMethod::Patch,
        Method::TRACE => HttpMethod::Trace,
        _ => return None,
    })
}
