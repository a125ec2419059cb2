use std::{fs::Permissions, path::PathBuf, time::Duration};

use rcgen::{CertifiedKey, generate_simple_self_signed};
use tempfile::TempDir;

use super::*;

/// A directory with a certificate and its key.
fn files() -> (TempDir, Tls) {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| -> PathBuf { directory.path().join(name) };
    let settings = Tls {
        cert_file: path("tls.crt"),
        key_file: path("tls.key"),
        check_interval: Duration::from_secs(30),
        hsts: true,
    };
    put_pair(&settings);
    (directory, settings)
}

fn self_signed() -> (String, String) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["id.test".to_owned()]).unwrap();
    (cert.pem(), signing_key.serialize_pem())
}

fn put(settings: &Tls, (certificate, _): &(String, String), (_, key): &(String, String)) {
    fs::write(&settings.cert_file, certificate).unwrap();
    fs::write(&settings.key_file, key).unwrap();
}

fn put_pair(settings: &Tls) {
    let pair = self_signed();
    put(settings, &pair, &pair);
}

fn refused(settings: &Tls) -> String {
    format!("{:#}", Certificate::read(settings.clone()).err().unwrap())
}

#[test]
fn what_is_wrong_with_the_files_is_said_with_the_setting_that_names_them() {
    let (_directory, settings) = files();
    assert!(Certificate::read(settings.clone()).is_ok());
    let (certificate, key) = self_signed();
    let cut_off = &key[..key.len() / 2];
    for (certificate, key, expected) in [
        ("", &key[..], "server.tls.cert_file: there is no certificate in "),
        (&key, &key, "server.tls.cert_file: there is no certificate in "),
        (&certificate, "", "server.tls.key_file: there is no private key in "),
        (&certificate, &certificate, "server.tls.key_file: there is no private key in "),
        (&certificate, cut_off, "the file may be cut off"),
        (
            &certificate,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAA==\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "is encrypted",
        ),
        (&certificate, &self_signed().1, "is not that of the first certificate in "),
    ] {
        put(&settings, &(certificate.to_owned(), String::new()), &(String::new(), key.to_owned()));
        let said = refused(&settings);
        assert!(said.contains(expected), "{said}");
        assert!(!said.contains(key.get(40..60).unwrap_or("no key")), "{said}");
    }
    fs::remove_file(&settings.key_file).unwrap();
    assert!(refused(&settings).starts_with("server.tls.key_file: cannot read "));
}

#[test]
fn only_a_new_pair_that_can_be_used_takes_the_place_of_the_one_in_use() {
    let (_directory, settings) = files();
    let certificate = Certificate::read(settings.clone()).unwrap();
    let in_use = || Arc::as_ptr(&certificate.current.lock().unwrap().config);
    let first = in_use();
    certificate.renew();
    assert_eq!(in_use(), first);
    put(&settings, &self_signed(), &self_signed());
    certificate.renew();
    assert_eq!(in_use(), first);
    fs::remove_file(&settings.cert_file).unwrap();
    certificate.renew();
    assert_eq!(in_use(), first);
    put_pair(&settings);
    certificate.renew();
    assert_ne!(in_use(), first);
}

#[test]
fn a_key_that_everybody_can_read_is_noticed() {
    let (_directory, settings) = files();
    for (mode, expected) in [(0o600, false), (0o640, false), (0o644, true)] {
        fs::set_permissions(&settings.key_file, Permissions::from_mode(mode)).unwrap();
        assert_eq!(is_open_to_others(&settings.key_file).unwrap(), expected, "{mode:o}");
    }
}
