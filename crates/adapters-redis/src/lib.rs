//! Sessions in Redis or Valkey, beside a store that holds everything else.
//!
//! Two stores are made one by a single rule: **a session that has a row beside Redis is what that row says**, whatever
//! Redis still has of it. Redis takes sessions as they begin, and notes when they were seen. Whatever else becomes of a
//! session (an end, a sign-out, another subject) is committed beside Redis, together with the rest of its unit, and is
//! the unit's moment of truth; then Redis lets go of the session. So Redis can lose, by a crash or a fail-over, only that
//! a session began or was used: its holder logs in again. It cannot lose that a session ended.
//!
//! - [`RedisStore`] implements the ports; `commit` has the protocol, step by step.
//! - `entries` is what Redis holds, `scripts` what it does in one go, `guard` how a server is noticed that has lost writes.
#![recursion_limit = "256"] // The futures of a store beside this one are nested deeply.

mod archive;
mod budgets;
mod commit;
mod connection;
mod entries;
mod guard;
mod housekeeping;
mod keys;
mod reads;
mod record;
mod scripts;
mod server;
mod store;

pub use budgets::RedisBudgets;
pub use connection::ConnectError;
pub use server::Durability;
pub use store::RedisStore;
