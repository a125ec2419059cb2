//! What the operator's commands share: where they read from, how they print, and a few kinds of argument.

mod render;
#[cfg(test)]
pub(super) mod tests;

use std::{
    io::{self, BufRead, IsTerminal, Write},
    time::{Duration, UNIX_EPOCH},
};

use anyhow::{Context as _, Result};
use serde::Serialize;
use vestibule_application::operator::Operator;
use vestibule_domain::{secret::Password, time::Timestamp};

pub(super) use self::render::readable;
use super::BadArgument;

/// What a command works with.
pub(super) struct Context<'a> {
    pub(super) operator: &'a Operator,
    /// Whether to print JSON.
    pub(super) json: bool,
    pub(super) input: Box<dyn BufRead + 'a>,
    /// Asks for a password without showing it; nothing when there is nobody to ask.
    pub(super) prompt: Option<fn(&str) -> io::Result<String>>,
    pub(super) output: Box<dyn Write + 'a>,
    /// For what a person should know and a script should not read.
    pub(super) notes: Box<dyn Write + 'a>,
}

impl<'a> Context<'a> {
    /// This process's own.
    pub(super) fn of_process(operator: &'a Operator, json: bool) -> Self {
        Self {
            operator,
            json,
            input: Box::new(io::stdin().lock()),
            prompt: io::stdin().is_terminal().then_some(|prompt| rpassword::prompt_password(prompt)),
            output: Box::new(io::stdout()),
            // Not locked: the log of other threads goes there too.
            notes: Box::new(io::stderr()),
        }
    }

    /// Prints an object or an array of objects: as one line of JSON, or as lines or a table.
    pub(super) fn print(&mut self, value: &impl Serialize) -> Result<()> {
        let value = serde_json::to_value(value)?;
        let text = if self.json { value.to_string() } else { render::readable(&value) };
        writeln!(self.output, "{text}")?;
        Ok(self.output.flush()?)
    }

    /// Prints an object in the form in which it is read again, for people and scripts alike.
    pub(super) fn print_document(&mut self, value: &impl Serialize) -> Result<()> {
        let text = if self.json { serde_json::to_string(value) } else { serde_json::to_string_pretty(value) };
        writeln!(self.output, "{}", text?)?;
        Ok(self.output.flush()?)
    }

    /// Tells a person something beside the output.
    pub(super) fn note(&mut self, text: &str) -> Result<()> {
        Ok(writeln!(self.notes, "note: {text}")?)
    }

    /// A new password: the first line of the input when `from_input`, else asked for twice.
    pub(super) fn new_password(&mut self, from_input: bool) -> Result<Password> {
        let typed = match self.prompt {
            _ if from_input => self.first_line()?,
            Some(prompt) => {
                let typed = prompt("New password: ")?;
                if prompt("The same again: ")? != typed {
                    return Err(BadArgument("the two passwords differ; nothing was done".to_owned()).into());
                }
                typed
            }
            None => {
                let advice = "there is no terminal to ask for the password; pipe it in with --password-stdin";
                return Err(BadArgument(advice.to_owned()).into());
            }
        };
        Password::parse(typed).map_err(|error| BadArgument(error.to_string()).into())
    }

    /// The first line without its ending; the rest of it is the password's, white space and all.
    fn first_line(&mut self) -> Result<String> {
        let mut line = String::new();
        self.input.read_line(&mut line).context("cannot read the password from standard input")?;
        let length = line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(&line).len();
        line.truncate(length);
        Ok(line)
    }
}

/// A moment as RFC 3339 writes it, in UTC. Moments before 1970 or after 9999 are shown as these.
pub(super) fn time(at: Timestamp) -> String {
    const LAST: u64 = 253_402_300_799_999;
    let millis = u64::try_from(at.as_millis()).unwrap_or(0).min(LAST);
    humantime::format_rfc3339_millis(UNIX_EPOCH + Duration::from_millis(millis)).to_string()
}

/// Reads a moment as [`time`] writes it.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    let at =
        humantime::parse_rfc3339(text).map_err(|error| format!("{error}; write for example 2026-11-22T10:00:00Z"))?;
    let millis = at.duration_since(UNIX_EPOCH).map_err(|error| error.to_string())?.as_millis();
    i64::try_from(millis).map(Timestamp::from_millis).map_err(|error| error.to_string())
}

/// Reads a span of time that is longer than nothing, such as `90s`, `5m` or `30d`.
pub(super) fn lifetime(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(Duration::ZERO) => Err("it would be over before it began".to_owned()),
        Ok(lifetime) => Ok(lifetime),
        Err(error) => Err(format!("{error}; write for example 90s, 5m or 30d")),
    }
}
