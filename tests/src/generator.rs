//! A program that reads the document of an API and tries what it says, and what it does not say.

use tokio::process::Command;

use crate::tool;

/// How many cases the program tried against the service, all of which it kept to; nothing, if it is not installed.
/// Bounded, and the same each time.
pub async fn generated(document: &str, configuration: &str, arguments: &[&str]) -> Option<u32> {
    let program = tool("schemathesis", "schemathesis 4.32.5 by pip", &["--version"])?;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("schemathesis.toml"), configuration).unwrap();
    let run = Command::new(program)
        .current_dir(directory.path())
        .args(["run", document, "--seed", "1", "--max-examples", "12", "--generation-deterministic", "--no-color"])
        .args(arguments)
        .kill_on_drop(true)
        .output();
    let output = run.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let cases = told.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
    let count = |what: &str| {
        let parts = cases.split(", ").map(str::trim);
        parts.filter_map(|part| part.strip_suffix(what)).find_map(|count| count.trim().parse::<u32>().ok())
    };
    let generated = count("generated");
    assert!(generated.is_some() && count("passed") == generated, "{told}");
    generated
}
