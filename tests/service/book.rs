//! The documentation: what it says to paste is pasted, and its links lead somewhere.
//!
//! Every page below `docs`, and the README, is a page of the book. Its ```` ```sh ```` blocks are run by one bash, in order, in the
//! directory of a running service of the page's own; `vestibule` is the program, and the ports 8080 and 8081 are that service's;
//! at 8443, 8090 and 3000 nobody listens until the page has somebody do so.
//! A command that fails is an error, and so is an answer of 400 or more that the page does not show. After it all, every promised
//! series is among the service's metrics.
//!
//! What a block prints can follow it as ```` ```text ```` or ```` ```json ````. There `…` stands for anything within a line, and alone on
//! a line for any lines; in JSON white space does not count. A block that cannot be run says why: ```` ```sh no-run (reason) ````.

mod links;
mod page;
mod shell;

use page::Page;

/// Why a block may not be run. Each is in use.
const REASONS: [&str; 7] = [
    "builds the program",
    "starts the service",
    "fuzzes for minutes",
    "needs an export of Firebase",
    "needs the key file to be lost",
    "needs root",
    "needs Docker",
];

/// Runs the pages whose names this is true of, each on a service of its own.
async fn paste(belongs: impl Fn(&str) -> bool) {
    let pages: Vec<Page> = page::all().into_iter().filter(|page| belongs(&page.name)).collect();
    assert!(pages.iter().any(|page| !page.snippets().is_empty()), "nothing to paste");
    let mut wrong = Vec::new();
    for page in &pages {
        wrong.extend(shell::paste(page).await);
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

fn is_dialect(name: &str) -> bool {
    name.starts_with("docs/dialects/")
}

fn is_how_to(name: &str) -> bool {
    name.starts_with("docs/howto/")
}

#[tokio::test]
async fn the_pages_of_the_dialects_can_be_pasted() {
    paste(is_dialect).await;
}

#[tokio::test]
async fn the_how_tos_can_be_pasted() {
    paste(is_how_to).await;
}

#[tokio::test]
async fn the_tour_and_all_other_pages_can_be_pasted() {
    paste(|name| !is_dialect(name) && !is_how_to(name)).await;
}

#[test]
fn whatever_is_not_run_says_why() {
    let mut reasons = Vec::new();
    for page in page::all() {
        for block in page.blocks() {
            let (language, more) = block.info.split_once(' ').unwrap_or((&block.info, ""));
            let place = format!("{}:{}", page.name, block.line);
            assert!(!["bash", "console", "shell"].contains(&language), "{place}: what is to be pasted is marked sh");
            if language == "sh" && !more.is_empty() {
                let reason = more.strip_prefix("no-run (").and_then(|more| more.strip_suffix(')'));
                let reason = reason.unwrap_or_else(|| panic!("{place}: is it run? {more}"));
                assert!(REASONS.contains(&reason), "{place}: no reason that is known: {reason}");
                eprintln!("{place}: not run, because it {reason}");
                reasons.push(reason.to_owned());
            }
        }
    }
    for reason in REASONS {
        assert!(reasons.iter().any(|given| given == reason), "no block gives the reason {reason} any more");
    }
}

#[tokio::test]
async fn a_snippet_that_does_not_do_what_the_page_says_is_told_with_its_line() {
    let text = "# A page\n\n```sh\nA=1\n```\n\n```sh\necho $A; echo 2\n```\n\n```text\n1\n3\n```\n\n```sh\necho three; echo\nfalse\n```\n";
    let page = Page { name: "page.md".to_owned(), text: text.to_owned() };
    let wrong = shell::paste(&page).await;
    assert_eq!(wrong.len(), 2, "{wrong:?}");
    assert!(wrong[0].starts_with("page.md:8: prints something else") && wrong[0].contains("1\n2"), "{}", wrong[0]);
    assert!(wrong[1].starts_with("page.md:17: fails") && wrong[1].contains("line 18"), "{}", wrong[1]);

    let text = "```sh\ncurl -s localhost:8080/session\ncurl -s localhost:8080/session/user\n```\n";
    let wrong = shell::paste(&Page { name: "page.md".to_owned(), text: text.to_owned() }).await;
    assert!(wrong[0].starts_with("page.md:2: is answered 401"), "{wrong:?}");
}

#[test]
fn every_page_is_in_the_table_of_contents() {
    let pages = page::all();
    let contents: Vec<String> =
        pages.iter().filter(|page| page.name.ends_with("/README.md")).flat_map(links::targets).collect();
    for page in pages.iter().filter(|page| page.name.starts_with("docs/")) {
        let listed = page.name == "docs/README.md" || contents.contains(&page.name);
        assert!(listed, "no contents page leads to {}", page.name);
    }
}
