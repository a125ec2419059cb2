//! The parts of a string in the [PHC format]: `$ident$name=value,name=value$salt$hash`.
//!
//! [PHC format]: https://github.com/P-H-C/phc-string-format

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Base 64, with padding or without: the format asks for none, and half the world adds it.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) struct Phc<'a> {
    pub(super) ident: &'a str,
    params: &'a str,
    pub(super) salt: &'a str,
    pub(super) hash: &'a str,
}

impl<'a> Phc<'a> {
    /// The four parts, none of them looked into.
    pub(super) fn split(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix('$')?.split('$');
        let (ident, params, salt, hash) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        parts.next().is_none().then_some(Self { ident, params, salt, hash })
    }

    /// The parameters as they stand between two dollar signs.
    pub(super) const fn params(&self) -> &'a str {
        self.params
    }

    /// The values of exactly these parameters, in whatever order they are. An optional one has `?` after its name.
    pub(super) fn values<const N: usize>(&self, names: [&str; N]) -> Option<[Option<&'a str>; N]> {
        let mut values = [None; N];
        for param in self.params.split(',') {
            let (name, value) = param.split_once('=')?;
            let place = names.iter().position(|known| known.trim_end_matches('?') == name)?;
            if values[place].replace(value).is_some() {
                return None;
            }
        }
        let complete = names.iter().zip(values).all(|(name, value)| name.ends_with('?') || value.is_some());
        complete.then_some(values)
    }
}

/// A whole number in decimal digits alone.
pub(super) fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Bytes in base 64.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    BASE64.decode(text).ok()
}
