//! The vestibule service and its command line.
//!
//! `settings` reads and checks the configuration, `compose` is the only place that names adapters, `serve` runs what was
//! composed, and `cli` is what `main` calls. Nothing here decides anything about sessions. Start with [`compose::build`].

pub mod form_document;
pub mod settings;
