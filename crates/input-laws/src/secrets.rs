//! Tokens, signatures, seals and hashes.

use std::{
    num::NonZeroUsize,
    sync::{Arc, LazyLock, OnceLock},
};

use vestibule_adapters_crypto::{AesSeals, Argon2Config, Argon2Cost, Argon2Hasher, Ed25519Signer, Keyring, Keys};
use vestibule_application::ports::{Against, Clock, PasswordHasher, Seals, TokenSigner, Verdict};
use vestibule_domain::{
    secret::{OpaqueToken, Password, PasswordHash},
    session::{Bearer, Origin, SignedToken},
    time::Timestamp,
};

use crate::{api::NOW, http::runtime};

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn keyring() -> Arc<Keyring> {
    let keyring = Keys::random(NOW).and_then(|keys| Keyring::new(&keys, Arc::new(Still)));
    Arc::new(keyring.unwrap_or_else(|_| panic!("they are keys")))
}

/// What is taken for a token is written as it was read.
pub fn tokens(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(token) = OpaqueToken::parse(text) {
        assert!(
            token.expose().len() <= 512 && token.expose().bytes().all(|byte| byte.is_ascii_graphic()),
            "an odd token"
        );
        assert!(OpaqueToken::parse(token.expose()).is_ok_and(|again| again.expose() == token.expose()));
        if let Some(bits) = token.bits() {
            assert!(OpaqueToken::from_bits(bits).bits() == Some(bits), "a token has other bits");
        }
    }
    match Bearer::parse(text) {
        Ok(Bearer::Opaque(token)) => assert!(OpaqueToken::parse(token.expose()).is_ok(), "a bearer is no token"),
        Ok(Bearer::Signed(token)) => assert!(SignedToken::parse(token.expose()).is_ok(), "a bearer is no token"),
        Err(_) => {}
    }
    if let Ok(password) = Password::parse(text) {
        assert!(password.expose() == text, "a password is taken as it is");
    }
}

/// Nothing that anybody else wrote is verified.
pub fn signatures(bytes: &[u8]) {
    static SIGNER: LazyLock<Ed25519Signer> = LazyLock::new(|| Ed25519Signer::new(keyring(), "https://id.test"));
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // As it comes from a caller, and past the first look at it.
    let read = SignedToken::parse(text).ok();
    for token in read.into_iter().chain([SignedToken::new(text)]) {
        assert!(SIGNER.verify(&token).is_err(), "somebody signed with our key");
    }
}

/// What is read from a sealed token is sealed and read again the same; an invented one is no better than a guess.
pub fn seals(bytes: &[u8]) {
    static SEALS: LazyLock<AesSeals> = LazyLock::new(|| {
        let origins = ["easydb", "dood"].map(Origin::new);
        AesSeals::new(keyring(), origins).unwrap_or_else(|_| panic!("they can be told apart"))
    });
    let mut bits = [0; 16];
    for (bit, byte) in bits.iter_mut().zip(bytes) {
        *bit = *byte;
    }
    let token = OpaqueToken::from_bits(bits);
    assert!(SEALS.session_id(&token) == SEALS.session_id(&token), "a session has two identifiers");
    for seal in SEALS.unseal(&token) {
        assert!(SEALS.unseal(&SEALS.seal(&seal)).contains(&seal), "a seal says something else");
    }
    let text = std::str::from_utf8(bytes).ok().and_then(|text| OpaqueToken::parse(text).ok());
    if let Some(token) = text {
        let _ = (SEALS.unseal(&token), SEALS.session_id(&token));
    }
}

/// No stored hash but one that was made of the password lets it in, and none costs more than the service can afford.
pub fn hashes(bytes: &[u8]) {
    static HASHER: OnceLock<Argon2Hasher> = OnceLock::new();
    let hasher = HASHER.get_or_init(|| {
        let cost = Argon2Cost { memory_kib: 8, iterations: 1, parallelism: 1 };
        let config = Argon2Config { cost, threads: NonZeroUsize::MIN, queue: NonZeroUsize::MIN };
        Argon2Hasher::start(config).unwrap_or_else(|_| panic!("it is a cost"))
    });
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // A dear hash is computed as long as it is affordable: what is looked for here is in the reading.
    let is_dear = text.split(['$', ',']).any(|part| {
        let (name, number) = part.split_once('=').unwrap_or(("", part));
        let number = number.parse::<u64>().unwrap_or_default();
        match name {
            "m" => (1024..=1 << 20).contains(&number),
            "v" | "p" => false,
            _ => number > 4,
        }
    });
    if is_dear {
        return;
    }
    let password = Password::parse("a password that nobody has").expect("it is one");
    let verdict = runtime().block_on(hasher.verify(&password, Against::Stored(PasswordHash::new(text))));
    assert!(!matches!(verdict, Ok(Verdict::Right | Verdict::RightButOutdated)), "an invented hash lets in");
}
