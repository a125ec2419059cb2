//! What a user tells about themselves when registering (seed 003).

use std::ops::Range;

use jiff::civil::Date;
use smol_str::SmolStr;
use thiserror::Error;

use crate::text::{TextError, short, short_text};

/// `M` or `F`, in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sex {
    /// `M`, and what the document assumes when nothing is said.
    #[default]
    Male,
    /// `F`.
    Female,
}

impl Sex {
    /// Reads `M` or `F` in any case.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        match text.trim() {
            "M" | "m" => Ok(Self::Male),
            "F" | "f" => Ok(Self::Female),
            _ => Err(ProfileError::Sex),
        }
    }

    /// `M` or `F`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
        }
    }
}

short_text!(
    /// A given name, surname or nickname: 1 to 100 characters, no control characters.
    PersonName,
    100
);

/// A city's name in upper case: 1 to 100 characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct City(SmolStr);

impl City {
    /// Reads a name in any case.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        // Upper-casing may lengthen ("ß" to "SS"), so the limit is asked of the result.
        short(&short(text, 100)?.to_uppercase(), 100).map(Self)
    }

    /// The name, in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `WARSZAWA`, the default of seed 003.
impl Default for City {
    fn default() -> Self {
        Self(SmolStr::new_static("WARSZAWA"))
    }
}

/// A day of birth: a real date. Whether it lies in the future is asked where the clock is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Birthdate(Date);

impl Birthdate {
    /// Reads eight digits, `DDMMYYYY`, that are a date of the Gregorian calendar since 1 January 1800.
    pub fn parse(text: &str) -> Result<Self, ProfileError> {
        let digits = text.trim();
        if digits.len() != 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(ProfileError::Birthdate);
        }
        let number = |range: Range<usize>| digits[range].parse::<i16>().map_err(|_| ProfileError::Birthdate);
        let small =
            |range: Range<usize>| number(range).and_then(|n| i8::try_from(n).map_err(|_| ProfileError::Birthdate));
        let date = Date::new(number(4..8)?, small(2..4)?, small(0..2)?).map_err(|_| ProfileError::Birthdate)?;
        if date.year() < 1800 { Err(ProfileError::Birthdate) } else { Ok(Self(date)) }
    }

    /// `DDMMYYYY`.
    pub fn to_digits(self) -> String {
        format!("{:02}{:02}{:04}", self.0.day(), self.0.month(), self.0.year())
    }

    /// Whether the day begins, somewhere on earth, only after `now`.
    pub fn is_after(self, now: crate::time::Timestamp) -> bool {
        // The earliest zone is fourteen hours ahead of UTC.
        let latest = now.plus(std::time::Duration::from_hours(14));
        jiff::Timestamp::from_millisecond(latest.as_millis())
            .is_ok_and(|latest| self.0 > latest.to_zoned(jiff::tz::TimeZone::UTC).date())
    }
}

/// Which part of a profile is malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ProfileError {
    /// Neither `M` nor `F`.
    #[error("sex must be M or F")]
    Sex,
    /// Not a date in the form `DDMMYYYY`, or in the future.
    #[error("birthdate must be a past date in the form DDMMYYYY")]
    Birthdate,
}

/// What a user told about themselves; all of it optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// `M` or `F`.
    pub sex: Sex,
    /// Given name.
    pub name: Option<PersonName>,
    /// Surname.
    pub surname: Option<PersonName>,
    /// Nickname.
    pub nickname: Option<PersonName>,
    /// Day of birth.
    pub birthdate: Option<Birthdate>,
    /// City.
    pub default_city: City,
}
