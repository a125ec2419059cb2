//! What holds of every parser of the service, whatever it is given: each law is a function of bytes that panics when it is
//! broken. A fuzzer calls one again and again (`fuzz/`); the tests of this crate try all on seeds and their mutations.
#![expect(clippy::panic, clippy::missing_panics_doc, reason = "a law that is broken ends the run")]
#![expect(clippy::expect_used, reason = "what cannot fail here is set up by this crate itself")]

mod api;
mod corpora;
mod http;
mod names;
mod secrets;

pub use self::{
    corpora::corpora,
    http::{dialogram, dood, easydb, platformos, vprotect},
    names::{forms, names},
    secrets::{hashes, seals, signatures, tokens},
};

/// A law.
pub type Law = fn(&[u8]);

/// Every law under the name that its fuzz target and its folder of seeds have.
pub const LAWS: [(&str, Law); 11] = [
    ("easydb", easydb),
    ("dialogram", dialogram),
    ("platformos", platformos),
    ("dood", dood),
    ("vprotect", vprotect),
    ("names", names),
    ("forms", forms),
    ("tokens", tokens),
    ("signatures", signatures),
    ("seals", seals),
    ("hashes", hashes),
];
