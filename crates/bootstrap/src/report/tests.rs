use super::*;
use crate::settings::Sources;

fn report(settings: &str, listen: &str, unconfigured: bool, secret: Option<&OpaqueToken>) -> Report {
    let settings = Settings::read(Sources::of_text(settings)).unwrap_or_else(|invalid| panic!("{invalid}"));
    let url = settings.server.public_url.as_ref().map_or("http://127.0.0.1:8080", |url| url.as_str());
    let (public_url, listen) = (Url::parse(url).unwrap(), listen.parse().unwrap());
    let at = Addresses { public_url: &public_url, listen, admin: settings.admin.listen };
    Report::new(&settings, at, None, unconfigured, secret)
}

#[test]
fn a_system_that_is_set_up_and_listens_on_loopback_has_nothing_to_fear() {
    let report = report("", "127.0.0.1:8080", false, None);
    assert_eq!((report.risks, report.setup), (vec![], None));
}

#[test]
fn behind_a_proxy_on_this_machine_it_is_exposed_all_the_same() {
    for server in ["public_url = \"https://id.example\"", "trusted_proxies = [\"127.0.0.1\"]"] {
        let risks = report(&format!("[server]\n{server}\n"), "127.0.0.1:8080", false, None).risks;
        assert!(risks.iter().any(|risk| risk.contains("dood.registration")), "{server}: {risks:?}");
    }
    let here = "[server]\npublic_url = \"http://id.localhost:8080\"\n";
    assert_eq!(report(here, "127.0.0.1:8080", false, None).risks, [""; 0]);
}

#[test]
fn an_exposed_faithful_system_is_told_each_risk_with_the_setting_that_closes_it() {
    let report = report("", "0.0.0.0:8080", false, None);
    for part in [
        "server.public_url",
        "easydb.login_origins",
        "dood: passwords may come by GET",
        "throttle.disclosures_*",
        "passwords.min_length",
        "dood.registration",
        "set server.public_url",
        "easydb: session tokens in URLs",
        "sessions.backoffice.networks",
        "sessions.backoffice.idle_ttl",
    ] {
        assert!(report.text().contains(part), "{part} is not in\n{}", report.text());
    }
    assert!(report.risks.iter().all(|risk| risk.contains("set ") || risk.contains("raise ")), "{:?}", report.risks);
}

#[test]
fn the_hardened_profile_behind_tls_leaves_no_risk() {
    let settings = "profile = \"hardened\"\n[server]\npublic_url = \"https://id.example\"\n\
                    [dood]\nregistration = \"off\"\n";
    assert_eq!(report(settings, "0.0.0.0:8080", true, None).risks, [""; 0]);
}

#[test]
fn one_faithful_mount_of_a_hardened_service_is_still_told() {
    let settings = "profile = \"hardened\"\n[server]\npublic_url = \"https://id.example\"\n\
                    [[mounts]]\ndialect = \"dood\"\nprofile = \"faithful\"\n[[mounts]]\ndialect = \"easydb\"\n";
    let risks = report(settings, "0.0.0.0:8080", false, None).risks;
    assert!(!risks.is_empty() && risks.iter().all(|risk| risk.starts_with("dood")), "{risks:?}");
}

#[test]
fn an_unconfigured_system_tells_the_secret_and_who_needs_it() {
    let secret = OpaqueToken::from_bits([7; 16]);
    let text = |open_to: &str, secret| {
        report(&format!("[setup]\nopen_to = \"{open_to}\"\n"), "127.0.0.1:1", true, secret).setup.unwrap()
    };
    assert!(text("loopback", Some(&secret)).contains(secret.expose()));
    assert!(text("secret", Some(&secret)).contains(secret.expose()));
    assert!(text("anyone", Some(&secret)).contains("EVERY easydb session"));
    assert!(text("nobody", None).contains("no session has any right"));
}

#[test]
fn only_what_is_mounted_and_faithful_is_open_to_more_than_the_secret() {
    let secret = OpaqueToken::from_bits([7; 16]);
    let text = |settings: &str| report(settings, "127.0.0.1:1", true, Some(&secret)).setup.unwrap();
    let hardened = text("profile = \"hardened\"\n[setup]\nopen_to = \"anyone\"\n");
    assert!(hardened.contains(secret.expose()) && !hardened.contains("EVERY"), "{hardened}");
    assert!(text("[[mounts]]\ndialect = \"dood\"\n").contains("no session has any right"));
}

#[test]
fn the_first_thing_to_try_is_something_that_is_mounted() {
    let text = |settings: &str| report(settings, "0.0.0.0:81", false, None).text();
    assert!(text("").contains("curl -i http://127.0.0.1:81/api/session\n"));
    let dood = "[[mounts]]\ndialect = \"dood\"\nprefix = \"/m\"\nhosts = [\"a.example\"]\n";
    assert!(text(dood).contains("curl -i http://127.0.0.1:81/m/session/start/ -H 'Host: a.example'\n"));
}

#[test]
fn where_operators_are_answered_is_told_and_that_it_is_open_if_it_is() {
    let told = |settings: &str| report(settings, "127.0.0.1:8080", false, None);
    assert!(told("").text().contains("operators   http://127.0.0.1:8081\n"), "{}", told("").text());
    assert!(told("admin.listen = \"off\"").text().contains("operators   off\n"));
    assert_eq!(told("admin.listen = \"0.0.0.0:1\"").risks, [ADMIN_EXPOSED]);
}
