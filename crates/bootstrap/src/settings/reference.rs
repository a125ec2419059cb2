//! Every setting as a document for people: `config/default.toml`, which says what each one means, put in another shape.

#[cfg(test)]
mod tests;

use std::fmt::Write;

use super::layers::DEFAULTS;

/// What stands above the settings.
const PREFACE: &str = "\
# Configuration

Every setting, with its default. Written by `vestibule config reference` from `config/default.toml`, which is compiled in; a
test keeps it so.

";

/// One line of the defaults.
enum Line<'a> {
    /// `# text`
    Comment(&'a str),
    /// `key = value`, commented out or not.
    Setting {
        key: &'a str,
        value: &'a str,
        is_set: bool,
    },
    /// `[section]` or `[[section]]`.
    Section {
        name: &'a str,
        is_list: bool,
    },
    Empty,
}

impl<'a> Line<'a> {
    fn read(line: &'a str) -> Self {
        let commented = line.strip_prefix('#').map(str::trim);
        if line.is_empty() {
            return Self::Empty;
        }
        if let Some((key, value)) = setting(commented.unwrap_or(line)) {
            return Self::Setting { key, value, is_set: commented.is_none() };
        }
        let section = |open, close| commented.unwrap_or(line).strip_prefix(open)?.strip_suffix(close);
        match (section("[[", "]]"), section("[", "]"), commented) {
            (Some(name), _, _) => Self::Section { name, is_list: true },
            (None, Some(name), _) => Self::Section { name, is_list: false },
            (None, None, Some(text)) => Self::Comment(text),
            (None, None, None) => Self::Empty,
        }
    }
}

fn setting(line: &str) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(" = ")?;
    let is_key = key.bytes().all(|byte| byte.is_ascii_lowercase() || b"_.0123456789".contains(&byte));
    is_key.then_some((key, value))
}

/// The document, as Markdown.
pub fn reference() -> String {
    let mut document = Document { text: PREFACE.to_owned(), ..Document::default() };
    for line in DEFAULTS.lines().map(str::trim_end) {
        document.add(&Line::read(line), line);
    }
    document.close();
    document.text
}

#[derive(Default)]
struct Document<'a> {
    text: String,
    section: &'a str,
    /// What was said since the latest setting.
    said: Vec<&'a str>,
    /// Whether the lines of a list of tables are shown as they stand.
    as_it_stands: bool,
}

impl<'a> Document<'a> {
    fn add(&mut self, line: &Line<'a>, raw: &str) {
        match *line {
            Line::Comment(text) => {
                self.close();
                self.said.push(text);
            }
            Line::Section { name, is_list: true } => {
                if !self.as_it_stands {
                    self.head(name);
                    self.text.push_str("```toml\n");
                    self.as_it_stands = true;
                }
                self.line(raw);
            }
            Line::Section { .. } | Line::Setting { .. } if self.as_it_stands && is_below(line, raw) => self.line(raw),
            Line::Section { name, .. } => {
                self.close();
                self.head(name);
            }
            Line::Setting { key, value, is_set } => {
                self.close();
                self.setting(key, value, is_set);
            }
            // What is said before it is said of no one setting.
            Line::Empty => self.say(),
        }
    }

    /// A section's heading, and what was said before it.
    fn head(&mut self, name: &'a str) {
        if self.section != name {
            let _ = write!(self.text, "## `[{name}]`\n\n");
            self.section = name;
        }
        self.say();
    }

    fn setting(&mut self, key: &str, value: &str, is_set: bool) {
        let dot = if self.section.is_empty() { "" } else { "." };
        let full = format!("{}{dot}{key}", self.section);
        let variable = full.to_uppercase().replace('.', "__");
        let default = if is_set { format!("default `{value}`") } else { format!("not set; for example `{value}`") };
        let _ = write!(self.text, "### `{full}`\n\n`VESTIBULE__{variable}`, {default}\n\n");
        self.say();
    }

    fn say(&mut self) {
        if !self.said.is_empty() {
            let _ = write!(self.text, "{}\n\n", self.said.join("\n"));
            self.said.clear();
        }
    }

    /// A line of what is shown as it stands.
    fn line(&mut self, raw: &str) {
        let line = raw.strip_prefix("# ").unwrap_or(raw);
        let _ = writeln!(self.text, "{line}");
    }

    fn close(&mut self) {
        if self.as_it_stands {
            self.text.push_str("```\n\n");
            self.as_it_stands = false;
        }
    }
}

/// Whether a line is of the list of tables that is being shown: its own settings, and sections of what is commented out.
fn is_below(line: &Line<'_>, raw: &str) -> bool {
    match line {
        Line::Section { .. } => raw.starts_with('#'),
        Line::Setting { .. } => true,
        Line::Comment(_) | Line::Empty => false,
    }
}
