use proptest::prelude::*;

use super::*;

/// What a new hash costs in these tests.
const STANDARD: Argon2Cost = Argon2Cost { memory_kib: 64, iterations: 1, parallelism: 1 };

/// From the README of Firebase's scrypt utility; the password is `user1password`.
const FIREBASE: &str = "$firebase-scrypt$ln=14,r=8,s=Bw==,k=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==";

/// Passwords with hashes that the systems they come from have published in their tests or documents.
const PUBLISHED: [(&str, &str, &str); 41] = [
    // Argon2's reference implementation (`test.c`), by way of its adaption in Rust.
    ("argon2id", "password", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"),
    (
        "argon2id, lanes",
        "password",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ),
    (
        "argon2i",
        "password",
        "$argon2i$v=19$m=65536,t=1,p=1$c29tZXNhbHQAAAAAAAAAAA$+r0d29hqEB0yasKr55ZgICsQGSkl0v0kgwhd+U3wyRo",
    ),
    (
        "argon2d",
        "password",
        "$argon2d$v=19$m=65536,t=2,p=1$YzI5dFpYTmhiSFFBQUFBQUFBQUFBQQ$Jxy74cswY2mq9y+u+iJcJy8EqOp4t/C7DWDzGwGB3IM",
    ),
    // Django, tests/auth_tests/test_hashers.py.
    (
        "django argon2i 1.0",
        "secret",
        "argon2$argon2i$m=8,t=1,p=1$c29tZXNhbHQ$gwQOXSNhxiOxPOA0+PY10P9QFO4NAYysnqRt1GSQLE55m+2GYDt9FEjPMHhP2Cuf0nOEXXMocVrsJAtNSsKyfg",
    ),
    ("django argon2i", "secret", "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q"),
    ("django argon2id", "secret", "argon2$argon2id$v=19$m=102400,t=2,p=8$Y041dExhNkljRUUy$TMa6A8fPJhCAUXRhJXCXdw"),
    ("django pbkdf2", "lètmein", "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="),
    ("django pbkdf2 sha1", "lètmein", "pbkdf2_sha1$390000$seasalt2$aDapRanzW8aHTz97v2TcfHzWD+I="),
    (
        "django scrypt",
        "lètmein",
        "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==",
    ),
    // Passlib's tests of Django's formats, and of its own.
    ("django bcrypt", "U*U", "bcrypt$$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("django bcrypt_sha256", "lètmein", "bcrypt_sha256$$2a$08$NDjSAIcas.EcoxCRiArvT.MkNiPYVhrsrnJsRkLueZOoV1bsQqlmC"),
    ("django bcrypt_sha256, empty", "", "bcrypt_sha256$$2a$06$/3OeRpbOf8/l6nPPRdZPp.nRiyYqPobEZGdNRBWihQhiFDh1ws1tu"),
    ("passlib pbkdf2", "password", "$pbkdf2$1212$OB.dtnSEXZK8U5cgxU/GYQ$y5LKPOplRmok7CZp/aqVDVg8zGI"),
    (
        "passlib pbkdf2-sha256",
        "password",
        "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ",
    ),
    (
        "passlib pbkdf2-sha512",
        "password",
        "$pbkdf2-sha512$1212$RHY0Fr3IDMSVO/RSZyb5ow$eNLfBK.eVozomMr.1gYa17k9B7KIK25NOEshvhrSX.esqY3s.FvWZViXz4KoLlQI.BzY/YTNJOiKc5gBYFYGww",
    ),
    (
        "passlib scrypt",
        "password",
        "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
    ),
    // RFC 7914, sections 11 and 12, written as PHC strings.
    (
        "rfc pbkdf2",
        "Password",
        "$pbkdf2-sha256$i=80000,l=64$TmFDbA$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ",
    ),
    (
        "rfc scrypt",
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
    // crypt_blowfish (Openwall) and OpenBSD, the ones that agree.
    ("bcrypt 1", "U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
    ("bcrypt 2", "U*U*", "$2b$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    ("bcrypt 3", "U*U*", "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"),
    ("bcrypt, empty", "", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy"),
    (
        "bcrypt, long",
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
    (
        "bcrypt, 72 bytes",
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui",
    ),
    (
        "bcrypt, 72 zeros",
        "000000000000000000000000000000000000000000000000000000000000000000000000",
        "$2b$05$CCCCCCCCCCCCCCCCCCCCC.6.O1dLNbjod2uo0DVcW.jHucKbPDdHS",
    ),
    // Drepper's specification of SHA-crypt.
    (
        "sha512-crypt",
        "Hello world!",
        "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    ),
    (
        "sha512-crypt, rounds",
        "Hello world!",
        "$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.",
    ),
    (
        "sha512-crypt, rounds named",
        "This is just a test",
        "$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0",
    ),
    ("sha256-crypt", "Hello world!", "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5"),
    // phpass's own test, and Passlib's.
    ("phpass", "test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ("phpass of phpBB", "test1", "$H$9aaaaaSXBjgypwqm.JsMssPLiS8YQ00"),
    ("phpass 2", "123456", "$H$9PE8jEklgZhgLmZl5.HYJAzfGCQtzi1"),
    ("phpass 3", "thisisalongertestPW", "$P$912345678LIjjb6PhecupozNBmDndU0"),
    ("phpass 4", "JohnRipper", "$P$B12345678L6Lpt4BxNotVIMILOa9u81"),
    ("phpass, empty", "", "$P$7JaFQsPzJSuenezefD/3jHgt5hVfNH0"),
    // The README of Firebase's scrypt utility, and the same key with other parameters (passwap, Kratos).
    ("firebase", "user1password", FIREBASE),
    (
        "firebase, no separator",
        "user1password",
        "$firebase-scrypt$ln=14,r=8,s=,k=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA$42xEC+ixf3L2lw$NohHtJ2FmkEqzefZ0IHnOlqTzFN8n6vXXd0EW2OIGuUh4rcwvVh7XVRDVs5yOrueoudRPIoimS6jIwf4pMW3rg",
    ),
    (
        "firebase, smaller",
        "user1password",
        "$firebase-scrypt$ln=10,r=4,s=Bw==,k=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==$42xEC+ixf3L2lw==$EQ0tlNdKv5ZBDYN7ofOYlhhTEe5Tu9bueDmtDUhLPM+9dcS1u1ALgMcT6N1+U9GsDlVdd3FE2dmz37fU5Y8A9Q==",
    ),
    (
        "firebase of Kratos",
        "8x4WjoDbSxJZdR",
        "$firebase-scrypt$ln=14,r=8,s=Bw==,k=YE0dO4bwD4JnJafh6lZZfkp1MtKzuKAXQcDCJNJNyeCHairWHKENOkbh3dzwaCdizzOspwr/FITUVlnOAwPKyw==$sPtDhWcd1MfdAw==$xbSou7FOl6mChCyzpCPIQ7tku7nsQMTFtyOZSXXd7tjBa4NtimOx7v42Gv2SfzPQu1oxM2/k4SsbOu73wlKe1A==",
    ),
    (
        "pbkdf2, any order",
        "Password",
        "$pbkdf2-sha256$l=64,i=80000$TmFDbA==$TdzY9guYviGDDO5e8icB+WQaRBjQTAQUrv8Ih2s0q1ah1CWhIlgzVJrbhBtRybMXaicr3ruh0HhHj2Kzl/M8jQ==",
    ),
];

fn unwrapped<T, E: std::fmt::Display>(result: Result<T, E>, name: &str) -> T {
    result.unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn matches(name: &str, stored: &Stored, password: &str) -> bool {
    let output = unwrapped(stored.derivation.derive(password.as_bytes(), &mut Vec::new()), name);
    output == stored.expected
}

fn refusal(text: &str) -> Option<UnusableHash> {
    read(text, STANDARD).err()
}

#[test]
fn published_hashes_are_those_of_their_passwords_and_of_no_neighbours() {
    for (name, password, hash) in PUBLISHED {
        let stored = unwrapped(read(hash, STANDARD), name);
        assert!(matches(name, &stored, password), "{name}");
        let mut wrong = password.to_owned();
        wrong.insert(0, 'x');
        assert!(!matches(name, &stored, &wrong), "{name}");
    }
}

#[test]
fn what_bcrypt_never_saw_of_a_long_password_does_not_count_and_the_rest_does() {
    let stored = unwrapped(read("$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui", STANDARD), "bcrypt");
    let known = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    assert!(matches("longer", &stored, &format!("{known}{}", "y".repeat(900))));
    assert!(!matches("shorter", &stored, &known[..71]));
    assert!(!matches("the 72nd byte differs", &stored, &format!("{}x", &known[..71])));
}

#[test]
fn a_hash_that_any_character_of_it_is_missing_from_is_malformed_or_another() {
    for (name, password, hash) in PUBLISHED.iter().filter(|(name, ..)| !name.starts_with("argon2")) {
        for (place, character) in hash.char_indices() {
            let shorter = [&hash[..place], &hash[place + character.len_utf8()..]].concat();
            // Dear ones are only read here: what is left of a number may demand more.
            if let Ok(stored) = read(&shorter, STANDARD)
                && name.starts_with("phpass")
            {
                assert!(!matches(name, &stored, password), "{name} without {place}");
            }
        }
    }
}

#[test]
fn what_is_not_a_hash_is_told_apart_from_a_broken_one() {
    for text in ["", "password", "$", "$$$$$", "$1$abc$def", "md5$salt$0123", "!locked", "{SSHA}abc", "$2$05$x", "$7$x"]
    {
        assert_eq!(refusal(text), Some(UnusableHash::UnknownFormat), "{text}");
    }
    assert_eq!(refusal(&format!("$6${}", "x".repeat(2000))), Some(UnusableHash::UnknownFormat));
    for text in [
        "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ",
        "$argon2id$v=18$m=64,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=2,p=1$c29tZQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$argon2id$v=19$m=64,t=2,p=1,data=YWJj$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
        "$2b$12$short",
        "$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$2b$+5$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "bcrypt$$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        "$scrypt$ln=14,r=8$U29kaXVt$cCO9yzr9c0hGHAbNgf044w",
        "$scrypt$ln=14,r=8,p=1,p=1$U29kaXVt$cCO9yzr9c0hGHAbNgf044w",
        "$scrypt$ln=14,r=8,p=+1$U29kaXVt$cCO9yzr9c0hGHAbNgf044w",
        "$pbkdf2-sha256$i=80000,l=31$TmFDbA$TdzY9gul/CG+gwzuXjUnAdASf5lE0kQUaOnfyCeBaa8",
        "$pbkdf2-sha256$0$TmFDbA$TdzY9gul/CG+gwzuXjUnAdASf5lE0kQUaOnfyCeBaa8",
        "$pbkdf2-sha256$80000$TmFDbA$",
        "$6$rounds=10$roundstoolow$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        "$6$saltstring$short",
        "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r!L0",
        "$P$9IQRa",
        "$firebase-scrypt$ln=14,r=8,s=,k=Bw==$42xEC+ixf3L2lw==$Bw==",
        "pbkdf2_sha256$seasalt$8xBlGd3jVgvJ",
        "scrypt$16383$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TA==",
    ] {
        assert!(matches!(refusal(text), Some(UnusableHash::Malformed(_))), "{text}: {:?}", refusal(text));
    }
}

#[test]
fn what_demands_too_much_is_refused_and_what_demands_much_is_not() {
    let argon2 =
        |params: &str| refusal(&format!("$argon2id$v=19${params}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8"));
    let scrypt = |params: &str| refusal(&format!("$scrypt${params}$U29kaXVt$cCO9yzr9c0hGHAbNgf044w"));
    let pbkdf2 =
        |rounds: &str| refusal(&format!("$pbkdf2-sha256${rounds}$TmFDbA$TdzY9gul/CG+gwzuXjUnAdASf5lE0kQUaOnfyCeBaa8"));
    let bcrypt = |cost: &str| refusal(&format!("$2b${cost}$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"));
    let sha = |rounds: &str| {
        refusal(&format!(
            "$6$rounds={rounds}$s$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1"
        ))
    };
    let phpass = |log: &str| refusal(&format!("$P${log}IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"));
    let django = |hash: &str| refusal(hash);
    let firebase = |log: &str| refusal(&FIREBASE.replace("ln=14", log));
    let at_the_limit = [
        argon2("m=262144,t=4,p=64"),
        argon2("m=8192,t=100,p=1"),
        scrypt("ln=18,r=8,p=1"),
        scrypt("ln=12,r=8,p=64"),
        pbkdf2("2000000"),
        bcrypt("14"),
        sha("1000000"),
        phpass("E"),
        firebase("ln=18"),
    ];
    assert!(at_the_limit.iter().all(Option::is_none), "{at_the_limit:?}");
    let over_it = [
        argon2("m=262145,t=1,p=1"),
        argon2("m=262144,t=5,p=1"),
        argon2("m=8388608,t=2,p=1"),
        argon2("m=64,t=101,p=1"),
        argon2("m=64,t=4294967295,p=1"),
        argon2("m=65536,t=1,p=65"),
        scrypt("ln=18,r=8,p=2"),
        scrypt("ln=19,r=8,p=1"),
        scrypt("ln=63,r=8,p=1"),
        scrypt("ln=64,r=8,p=1"),
        scrypt("ln=4294967295,r=1,p=1"),
        scrypt("ln=1,r=4294967295,p=64"),
        scrypt("ln=1,r=1,p=4294967295"),
        pbkdf2("2000001"),
        pbkdf2("4294967295"),
        bcrypt("15"),
        bcrypt("31"),
        sha("1000001"),
        sha("4294967295"),
        phpass("F"),
        phpass("S"),
        django("pbkdf2_sha1$1000001$salt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="),
        django("scrypt$1073741824$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TA=="),
        django("bcrypt_sha256$$2b$15$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        firebase("ln=19"),
    ];
    let too_dear = |refusal: &Option<UnusableHash>| matches!(refusal, Some(UnusableHash::TooDear(_)));
    assert!(over_it.iter().all(too_dear), "{over_it:?}");
}

#[test]
fn what_new_hashes_cost_is_never_too_dear() {
    let hash = "$argon2id$v=19$m=1048576,t=3,p=4$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8";
    let own = Argon2Cost { memory_kib: 1_048_576, iterations: 3, parallelism: 4 };
    assert!(read(hash, own).is_ok());
    assert!(matches!(read(hash, STANDARD).err(), Some(UnusableHash::TooDear(_))));
}

/// Those that are computed in no time.
const CHEAP: [&str; 8] = [
    "argon2id, lanes",
    "django argon2i",
    "django argon2i 1.0",
    "django bcrypt",
    "passlib pbkdf2",
    "passlib pbkdf2-sha512",
    "phpass",
    "bcrypt 3",
];

/// Strings that begin like hashes and go on like them, with numbers of all sizes.
fn hash_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => Just("$".to_owned()),
        2 => proptest::sample::select(vec![
            "argon2id", "argon2i", "v=19", "2b", "2y", "6", "5", "P", "H", "scrypt", "pbkdf2-sha256", "firebase-scrypt",
            "pbkdf2_sha256", "bcrypt_sha256", "bcrypt", "argon2", "rounds=", "ln=", "r=", "p=", "m=", "t=", "i=", "l=",
            "keyid=", "data=", "s=", "k=", ",", "=", "U29kaXVtQ2hs", "CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
        ]).prop_map(str::to_owned),
        1 => any::<u32>().prop_map(|number| number.to_string()),
        1 => (0u32..40).prop_map(|number| number.to_string()),
        1 => ".{0,12}",
        1 => "[./A-Za-z0-9]{0,90}",
    ];
    proptest::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_string_makes_reading_panic(text in prop_oneof![".{0,80}", hash_like()]) {
        drop(read(&text, STANDARD));
    }

    #[test]
    fn a_published_hash_with_something_else_somewhere_makes_nothing_panic(
        which in 0..PUBLISHED.len(), place in any::<prop::sample::Index>(), other in ".{0,4}",
    ) {
        let mut characters: Vec<char> = PUBLISHED[which].2.chars().collect();
        let place = place.index(characters.len());
        characters.splice(place..=place, other.chars());
        drop(read(&String::from_iter(characters), STANDARD));
    }

    #[test]
    fn whatever_was_read_can_be_compared_with_any_password(
        which in proptest::sample::select(CHEAP.to_vec()),
        from_end in 0usize..60,
        other in "[./A-Za-z0-9$=+]{0,3}",
        password in prop_oneof![".{0,80}", "x{900,1024}", "\\PC{60,80}"],
    ) {
        let hash = PUBLISHED.iter().find(|(name, ..)| *name == which).unwrap().2;
        let place = hash.len().saturating_sub(from_end + 1);
        let changed = [&hash[..place], &other, &hash[place + 1..]].concat();
        // The beginning says what it costs; that stays.
        if place > hash.len() / 3 && let Ok(stored) = read(&changed, STANDARD) {
            prop_assert!(stored.derivation.derive(password.as_bytes(), &mut Vec::new()).is_ok());
        }
    }
}
