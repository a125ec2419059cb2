//! The dialects, a folder each. Each owns its requests, responses, handlers and routes.

pub mod dialogram;
pub mod dood;
pub mod easydb;
pub mod platformos;
pub mod vprotect;
