//! Rules that several use cases share.

pub mod backoffice;
pub mod callers;
pub mod gate;
pub mod lifetimes;
pub mod new_passwords;
pub mod openings;
pub mod password;
pub mod redemptions;
pub mod resolver;
pub mod setup;
pub mod verifier;
pub mod viewer;
