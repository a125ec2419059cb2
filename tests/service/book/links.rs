//! Links lead to what is there.

use std::path::{Component, Path, PathBuf};

use super::page::{self, Page};

/// Every page of Markdown of ours: the book, and what stands beside the README.
fn pages() -> Vec<Page> {
    let beside = ["CHANGELOG.md", "CONTRIBUTING.md"].map(|name| page::read(&page::root().join(name)));
    page::all().into_iter().chain(beside).collect()
}

/// The page without blocks and code, in which nothing is a link.
fn prose(page: &Page) -> String {
    let mut text = String::new();
    let mut fenced = false;
    for line in page.text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            text.push_str(line);
            text.push('\n');
        }
    }
    text
}

/// The targets of a page's links, as they are written.
fn links(page: &Page) -> Vec<String> {
    let prose = prose(page);
    // Links can be around code, but not in it: of `a](b)` nothing is left between backticks.
    let without_code: String = prose
        .split('`')
        .enumerate()
        .map(|(part, text)| if part % 2 == 0 { text.to_owned() } else { text.replace("](", "") })
        .collect();
    without_code.split("](").skip(1).filter_map(|after| Some(after.split_once(')')?.0.to_owned())).collect()
}

/// The paths, from the root of the repository, to which a page leads.
pub(super) fn targets(page: &Page) -> Vec<String> {
    let local = links(page).into_iter().filter(|link| !link.contains("://") && !link.starts_with('#'));
    local.map(|link| path(page, &link)).collect()
}

/// Where a link of this page leads, from the root of the repository.
fn path(page: &Page, link: &str) -> String {
    let file = link.split_once('#').map_or(link, |(file, _)| file);
    if file.is_empty() {
        return page.name.clone();
    }
    let folder = Path::new(&page.name).parent().unwrap();
    let mut path = PathBuf::new();
    for part in folder.join(file).components() {
        match part {
            Component::ParentDir => assert!(path.pop(), "{}: {link} leads out of the repository", page.name),
            Component::CurDir => {}
            Component::Prefix(_) | Component::RootDir | Component::Normal(_) => path.push(part),
        }
    }
    path.display().to_string()
}

/// What a page's headings are called in links, as hosts of repositories do it.
fn anchors(page: &Page) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for heading in prose(page).lines().filter_map(|line| line.strip_prefix('#')) {
        let heading = heading.trim_start_matches('#').trim();
        // Of a link, its text.
        let mut parts = heading.split("](");
        let begin = parts.next().unwrap_or_default().to_owned();
        let text = parts.fold(begin, |text, part| text + part.split_once(')').map_or("", |(_, after)| after));
        let text = text.to_lowercase();
        let kept = text.chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = anchors.iter().filter(|other| **other == anchor).count();
        anchors.push(if before == 0 { anchor } else { format!("{anchor}-{before}") });
    }
    anchors
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    let mut checked = 0;
    for page in pages() {
        for link in links(&page).into_iter().filter(|link| !link.contains("://")) {
            let target = path(&page, &link);
            assert!(page::root().join(&target).exists(), "{}: {link} leads nowhere", page.name);
            if let Some((_, anchor)) = link.split_once('#') {
                let there = anchors(&page::read(&page::root().join(&target)));
                assert!(there.iter().any(|name| name == anchor), "{}: {link}: only {there:?}", page.name);
            }
            checked += 1;
        }
    }
    assert!(checked > 50, "only {checked} links were found");
}
