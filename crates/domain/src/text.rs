//! The rules that every short text from outside shares: trimmed, NFC, bounded, free of control characters.

use smol_str::SmolStr;
use thiserror::Error;
use unicode_normalization::UnicodeNormalization;

/// Why a short text was refused. Never carries the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TextError {
    /// Nothing is left after trimming.
    #[error("must not be empty")]
    Empty,
    /// More characters than the limit, which it carries.
    #[error("must have at most {0} characters")]
    TooLong(usize),
    /// A control character, NUL among them.
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Not of the form that this kind of text has, which it carries as a demand.
    #[error("{0}")]
    Invalid(&'static str),
}

/// `text` trimmed and in NFC, when it has 1 to `max` characters and no control character.
pub fn short(text: &str, max: usize) -> Result<SmolStr, TextError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(TextError::Empty);
    }
    // Longer input is refused before it is normalised: normalisation can grow a text, never shrink it eightfold.
    if text.len() > max.saturating_mul(32) {
        return Err(TextError::TooLong(max));
    }
    if text.chars().any(char::is_control) {
        return Err(TextError::ControlCharacter);
    }
    let text: SmolStr = text.nfc().collect();
    if text.chars().count() > max {
        return Err(TextError::TooLong(max));
    }
    Ok(text)
}

/// The form in which two spellings of one name are equal: NFC, lower case, NFC again.
pub fn fold(text: &str) -> String {
    text.nfc().collect::<String>().to_lowercase().nfc().collect()
}

/// Declares a newtype over [`short`] text: private field, one way in, one way out.
macro_rules! short_text {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(smol_str::SmolStr);

        impl $name {
            /// The most characters such a text may have.
            pub const MAX: usize = $max;

            /// Reads the text; see the type for what it may be.
            pub fn parse(text: &str) -> Result<Self, $crate::text::TextError> {
                $crate::text::short(text, Self::MAX).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use short_text;

/// Declares a newtype over an identifier word; see [`word`].
macro_rules! word_type {
    ($(#[$doc:meta])* $name:ident, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(smol_str::SmolStr);

        impl $name {
            /// The most characters such a word may have.
            pub const MAX: usize = $max;

            /// Reads the word: ASCII letters, digits, `.`, `_`, `-`, `:` and `/`, compared as written; not `.` or `..`.
            pub fn parse(text: &str) -> Result<Self, $crate::text::TextError> {
                $crate::text::word(text, Self::MAX).map(Self)
            }

            /// The word.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}
pub(crate) use word_type;

const WORD: &str = "must consist of ASCII letters, digits and . _ - : / only";

/// `text` when it is an identifier word of 1 to `max` characters. `.` and `..` are none: in a path they are taken for steps
/// before anybody looks for what is called so (RFC 3986, 5.2.4).
pub fn word(text: &str, max: usize) -> Result<SmolStr, TextError> {
    let text = short(text, max)?;
    if matches!(text.as_str(), "." | "..") {
        return Err(TextError::Invalid("must not be . or .."));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/');
    if text.chars().all(allowed) { Ok(text) } else { Err(TextError::Invalid(WORD)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn control_characters_and_nothing_are_refused() {
        assert_eq!(short(" \t ", 5), Err(TextError::Empty));
        assert_eq!(short("a\0b", 5), Err(TextError::ControlCharacter));
        assert_eq!(short("abcdef", 5), Err(TextError::TooLong(5)));
        assert_eq!(word("a b", 5), Err(TextError::Invalid(WORD)));
    }

    #[test]
    fn steps_in_a_path_are_no_words() {
        for step in [".", ".."] {
            assert!(matches!(word(step, 5), Err(TextError::Invalid(_))), "{step}");
        }
        assert_eq!(word("...", 5).as_deref(), Ok("..."));
    }

    #[test]
    fn two_spellings_of_one_letter_are_one_text() {
        assert_eq!(short("e\u{301}", 1).as_deref(), Ok("\u{e9}"));
        assert_eq!(fold("E\u{301}"), fold("\u{e9}"));
    }

    proptest! {
        #[test]
        fn what_was_read_once_reads_the_same_again(text in "\\PC{0,40}") {
            if let Ok(read) = short(&text, 60) {
                prop_assert_eq!(short(&read, 60), Ok(read.clone()));
                prop_assert_eq!(fold(&fold(&read)), fold(&read));
            }
        }
    }
}
