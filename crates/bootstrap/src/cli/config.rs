//! `config check`, `config show`, `config reference`.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::print;
use crate::{
    compose,
    settings::{Settings, reference},
};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Say everything that is wrong with the configuration, or OK.
    Check,
    /// Print the settings in force, passwords masked.
    Show,
    /// Print every setting there is, what it means and its default, as Markdown.
    Reference,
}

/// Whatever is wrong with single settings was found when they were read.
pub(super) fn run(command: &Command, settings: &Settings, as_json: bool) -> Result<()> {
    let text = match command {
        Command::Check => {
            compose::check(settings)?;
            if as_json { json!({ "ok": true }).to_string() } else { "OK".to_owned() }
        }
        Command::Reference => reference().trim_end().to_owned(),
        Command::Show if as_json => settings.to_json().to_string(),
        Command::Show => settings.to_toml().trim_end().to_owned(),
    };
    Ok(print(&text)?)
}
