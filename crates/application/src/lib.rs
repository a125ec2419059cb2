//! What Vestibule does: one use case for each documented operation, the operator's commands, and the ports they stand on.
//!
//! Nothing here knows HTTP, SQL or a dialect's name. Start with [`api::SessionApi`], the driving port; each of its
//! methods is a module of [`use_cases`] with the same four items: `Command`, `Outcome`, `Error`, `UseCase`.

pub mod activity;
pub mod api;
pub mod change;
pub mod meters;
pub mod operator;
pub mod policies;
pub mod ports;
pub mod service;
#[cfg(test)]
mod testing;
pub mod touched;
pub mod use_cases;
pub mod view;
