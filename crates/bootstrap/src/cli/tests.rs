use clap::CommandFactory;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn every_command_of_the_contract_is_there_and_takes_json() {
    Cli::command().debug_assert();
    for line in [
        "serve",
        "migrate",
        "copy --from URL --to-file F",
        "copy --from-file F --to URL --overwrite",
        "routes",
        "keys create",
        "keys list",
        "keys rotate --activate-after 0s --overlap 30d",
        "keys revoke 0123456789abcdef",
        "keys prune",
        "config check",
        "config show",
        "user add --login L --email e@x.test --role admin --role other --time-zone Europe/Warsaw --password-stdin",
        "user list",
        "user show U",
        "user disable U",
        "user enable U",
        "user remove U",
        "user password U --password-stdin",
        "role list",
        "role grant U R",
        "role withdraw U R",
        "role set R --right a --right b",
        "client add C --expires-in 30d",
        "client list",
        "client revoke C",
        "node add N",
        "node list",
        "node rotate N",
        "node remove N",
        "form list",
        "form show F",
        "form set file.json",
        "form remove F",
        "login-token issue U --expires-in 5m",
        "session list --user U",
        "session show c473472d-c085-4043-9bf0-ee80bff73d40",
        "session revoke c473472d-c085-4043-9bf0-ee80bff73d40",
        "session revoke --user U",
        "session revoke --all",
    ] {
        let cli = parse(&format!("vestibule --config f.toml {line} --json"));
        let cli = cli.unwrap_or_else(|error| panic!("{line}: {error}"));
        assert!(cli.json && cli.config.is_some() && cli.command.is_some(), "{line}");
    }
}

#[test]
fn without_a_command_the_service_is_run() {
    assert!(parse("vestibule").unwrap().command.is_none());
    assert!(parse("vestibule --config f.toml").unwrap().command.is_none());
}

#[test]
fn bad_arguments_and_configuration_end_with_status_2_and_the_rest_with_1() {
    assert_eq!(parse("vestibule fly").err().unwrap().exit_code(), 2);
    assert_eq!(status(&Invalid::because("mounts", "overlap").into()), 2);
    assert_eq!(status(&anyhow::Error::from(BadArgument("x".to_owned())).context("while reading")), 2);
    assert_eq!(status(&anyhow::anyhow!("the disk is full")), 1);
}
