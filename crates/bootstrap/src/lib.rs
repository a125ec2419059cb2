//! The vestibule service and its command line.
//!
//! [`settings`] reads and checks the configuration, [`compose`] is the only place that names adapters, [`serve`] runs
//! what was composed, and [`cli`] is what `main` calls. Nothing here decides anything about sessions. Start with
//! [`compose::build`].
#![recursion_limit = "256"] // SeaORM's futures for three databases are nested deeply.

mod background;
pub mod cli;
mod clock;
pub mod compose;
mod copy;
mod core_dumps;
mod key_watch;
mod metrics;
mod report;
pub mod serve;
pub mod settings;
pub mod telemetry;
mod upkeep;
