//! `migrate`.

use anyhow::Result;
use serde_json::json;

use super::print;
use crate::{compose, settings::Settings};

pub(super) async fn run(settings: &Settings, as_json: bool) -> Result<()> {
    let applied = compose::migrate(settings).await?;
    let text = if as_json {
        json!({ "applied": applied }).to_string()
    } else if applied.is_empty() {
        "the tables are up to date".to_owned()
    } else {
        format!("applied {}", applied.join(", "))
    };
    Ok(print(&text)?)
}
