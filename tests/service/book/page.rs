//! Pages, taken apart.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A page of Markdown.
pub(super) struct Page {
    /// Its path from the root of the repository.
    pub(super) name: String,
    /// All of it.
    pub(super) text: String,
}

/// What stands between two fences.
pub(super) struct Block {
    /// What the opening fence says.
    pub(super) info: String,
    /// The number of the first line after the fence.
    pub(super) line: usize,
    /// The lines, without the indentation of the fence.
    pub(super) text: String,
    /// Whether nothing stands between the block before and this one.
    adjoins: bool,
}

/// A block to be run.
pub(super) struct Snippet {
    /// The number of its first line.
    pub(super) line: usize,
    /// Its lines.
    pub(super) text: String,
    /// What it prints, if the page says so.
    pub(super) printed: Option<Printed>,
}

/// What the page says is printed.
pub(super) struct Printed {
    json: bool,
    text: String,
}

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The README, and every page below `docs`.
pub(super) fn all() -> Vec<Page> {
    let mut found = vec![read(&root().join("README.md"))];
    let mut folders = vec![root().join("docs")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(read(&path));
            }
        }
    }
    found.sort_by(|one, other| one.name.cmp(&other.name));
    found
}

/// One page.
pub(super) fn read(path: &Path) -> Page {
    let name = path.strip_prefix(root()).unwrap().display().to_string();
    Page { name, text: fs::read_to_string(path).unwrap() }
}

impl Page {
    /// Its fenced blocks.
    pub(super) fn blocks(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let (mut open, mut adjoins) = (None, false);
        for (number, line) in self.text.lines().enumerate() {
            let fence = line.trim_start().strip_prefix("```");
            match (open, fence) {
                (None, Some(info)) => {
                    open = Some(line.len() - line.trim_start().len());
                    let (info, line) = (info.trim().to_owned(), number + 2);
                    blocks.push(Block { info, line, text: String::new(), adjoins });
                }
                (Some(_), Some("")) => (open, adjoins) = (None, true),
                (Some(indentation), _) => {
                    let block = blocks.last_mut().unwrap();
                    block.text.push_str(line.get(indentation..).unwrap_or_default());
                    block.text.push('\n');
                }
                (None, None) => adjoins &= line.trim().is_empty(),
            }
        }
        assert!(open.is_none(), "{}: a block has no end", self.name);
        blocks
    }

    /// The blocks to be run.
    pub(super) fn snippets(&self) -> Vec<Snippet> {
        let mut snippets = Vec::new();
        let mut blocks = self.blocks().into_iter().peekable();
        while let Some(block) = blocks.next() {
            if block.info == "sh" {
                let says = blocks.next_if(|next| next.adjoins && ["json", "text"].contains(&next.info.as_str()));
                let printed = says.map(|says| Printed { json: says.info == "json", text: says.text });
                snippets.push(Snippet { line: block.line, text: block.text, printed });
            }
        }
        snippets
    }
}

impl Printed {
    /// Whether this is it.
    pub(super) fn is(&self, output: &str) -> bool {
        if self.json {
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            return line_matches(&bare(&self.text), &bare(output));
        }
        let lines = |text: &str| text.trim_end().lines().map(str::to_owned).collect::<Vec<_>>();
        lines_match(&lines(&self.text), &lines(output))
    }
}

fn lines_match(said: &[String], printed: &[String]) -> bool {
    match (said, printed) {
        ([], _) => printed.is_empty(),
        ([any, rest @ ..], _) if any == "…" => {
            (0..=printed.len()).any(|skipped| lines_match(rest, &printed[skipped..]))
        }
        ([one, rest @ ..], [line, lines @ ..]) => line_matches(one, line) && lines_match(rest, lines),
        (_, []) => false,
    }
}

fn line_matches(said: &str, printed: &str) -> bool {
    let mut parts = said.split('…');
    let Some(mut left) = printed.trim_end().strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return left.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return left.ends_with(part);
        }
        let Some((_, after)) = left.split_once(part) else { return false };
        left = after;
    }
    true
}
