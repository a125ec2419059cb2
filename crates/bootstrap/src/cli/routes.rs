//! `routes`.

use anyhow::Result;
use serde_json::{Value, json};

use super::print;
use crate::{compose, settings::Settings};

pub(super) fn run(settings: &Settings, as_json: bool) -> Result<()> {
    let routes = compose::routes(settings)?;
    if as_json {
        let route = |route: &compose::RouteEntry| {
            json!({
                "dialect": route.dialect,
                "edition": route.edition,
                "operation": route.operation,
                "method": route.method,
                "path": route.path,
                "hosts": route.hosts,
            })
        };
        let routes: Value = routes.iter().map(route).collect();
        return Ok(print(&routes.to_string())?);
    }
    for route in routes {
        let compose::RouteEntry { dialect, edition, operation, method, path, hosts } = route;
        let hosts = hosts.join(", ");
        print(format!("{method:<6} {path:<40} {dialect:<10} {edition:<10} {operation:<22} {hosts}").trim_end())?;
    }
    Ok(())
}
