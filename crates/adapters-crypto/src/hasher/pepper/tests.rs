use super::*;

/// Two keys that were random once.
const NEW: &str = "2:9fYtVZ1c0oPpkhPq6VQ2uY0a3cXoF8t0wEwq1m2Zs7A=";
const OLD: &str = "2019:Lr0vDgs5mXa7sV9jZ2Lq1yq8mZ0tT3rWc5uE7kP4hB8=";

fn problem(text: &str) -> Option<(usize, PepperProblem)> {
    Peppers::parse(text).err()
}

#[test]
fn the_first_of_a_file_is_for_new_hashes_and_all_are_for_old_ones() {
    let peppers = Peppers::parse(&format!("# newest first\n\n{NEW}\n {OLD}\r\n")).ok().unwrap();
    assert_eq!(peppers.newest(), Some("2"));
    let under = |id| peppers.applied(id, "password").map(|bytes| bytes.to_vec());
    assert_eq!(under(None), Ok(b"password".to_vec()));
    assert!(under(Some("2")) != under(Some("2019")) && under(Some("2")).is_ok_and(|bytes| bytes.len() == 32));
    assert_eq!(under(Some("3")), Err(UnusableHash::UnknownPepper("3".to_owned())));
    assert_eq!(Peppers::default().newest(), None);
}

/// The expected value is Python's (`hmac`, `hashlib`): RFC 4231 has no key that would not be refused as weak.
#[test]
fn a_pepper_is_the_key_of_an_hmac_of_sha_256() {
    let peppers = Peppers::parse(NEW).ok().unwrap();
    let expected = u128::from_str_radix("b7113649b279fe11d1c692b219d84cf4", 16).unwrap();
    let applied = peppers.applied(Some("2"), "password").unwrap();
    assert_eq!((applied.len(), &applied[..16]), (32, &expected.to_be_bytes()[..]));
}

#[test]
fn a_weak_or_malformed_line_is_refused_by_number() {
    let line = |bytes: &[u8]| format!("x:{}", STANDARD.encode(bytes));
    for (text, expected) in [
        ("nonsense", PepperProblem::Form),
        (":9fYtVZ1c0oPpkhPq6VQ2uY0a3cXoF8t0wEwq1m2Zs7A=", PepperProblem::Form),
        ("ninechars:9fYtVZ1c0oPpkhPq6VQ2uY0a3cXoF8t0wEwq1m2Zs7A=", PepperProblem::Form),
        ("a-b:9fYtVZ1c0oPpkhPq6VQ2uY0a3cXoF8t0wEwq1m2Zs7A=", PepperProblem::Form),
        ("1:not base 64", PepperProblem::Form),
        ("1:", PepperProblem::Short),
        (NEW, PepperProblem::Twice),
        (&line(&(128..159).collect::<Vec<u8>>()), PepperProblem::Short),
        (&line(&[0xab; 32]), PepperProblem::Guessable),
        (&line(&[1, 2, 200, 4].repeat(8)), PepperProblem::Guessable),
        (&line(b"change-me-0123456789-abcdefghijklmnop"), PepperProblem::Guessable),
    ] {
        assert_eq!(problem(&format!("{NEW}\n{text}")), Some((2, expected)), "{text}");
    }
}

#[test]
fn a_file_that_is_missing_empty_or_wrong_is_told_without_its_keys() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pepper");
    let refused = || Peppers::load(&file).err().map(|error| error.to_string()).unwrap();
    assert!(refused().contains("cannot read the pepper file"));
    fs::write(&file, "# none yet\n").unwrap();
    assert!(refused().contains("has no pepper"));
    fs::write(&file, format!("{NEW}\n1:c2VjcmV0")).unwrap();
    let refused = refused();
    assert!(refused.contains("line 2") && refused.contains("openssl") && !refused.contains("c2VjcmV0"), "{refused}");
}
