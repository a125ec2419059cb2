//! The five session APIs on HTTP, and beside them the service's own for what no document has.
//!
//! A [`dialect::Dialect`] owns one API's requests, responses and routes; [`mount::mount`] puts dialects under prefixes and
//! hosts and builds the router. Handlers parse, call [`vestibule_application::api::SessionApi`], and put the outcome in the
//! dialect's words: no rule about sessions lives here. To add an API, add a folder under [`dialects`].

pub mod account;
pub mod admin;
pub mod client;
pub mod cookie;
pub mod device;
pub mod dialect;
pub mod dialects;
pub mod form_document;
pub mod inbound;
mod media_type;
pub mod mount;
pub mod negotiation;
pub mod openapi;
pub mod origin;
pub mod params;
pub mod reply;
pub mod request_id;
#[cfg(test)]
mod testing;
pub mod verify;
