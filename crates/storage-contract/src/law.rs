//! The laws as values, for whoever wants some of them rather than a test for each.

use std::pin::Pin;

use crate::Store;

/// A law, by name.
#[derive(Clone, Copy)]
pub struct Law {
    /// What it demands, in snake case. No two laws have one name.
    pub name: &'static str,
    /// The module of [`crate::laws`] it stands in.
    pub group: &'static str,
    demand: fn(Store) -> Pin<Box<dyn Future<Output = ()>>>,
}

impl Law {
    /// Tries the law on a fresh store, on a Tokio runtime with timers and, for the races to be races, several threads.
    ///
    /// # Panics
    ///
    /// When the store breaks the law.
    pub async fn demand_of(&self, fresh: Store) {
        (self.demand)(fresh).await;
    }
}

/// Every law there is, in the order of the list.
pub fn all() -> Vec<Law> {
    let mut all = Vec::new();
    crate::laws!(values, &mut all);
    all
}

/// Adds each law of a group to a list.
#[doc(hidden)]
#[macro_export]
macro_rules! values {
    (@group $laws:expr, $group:ident, $($law:ident)*) => {
        $(
            $laws.push(Law {
                name: stringify!($law),
                group: stringify!($group),
                demand: |store| Box::pin($crate::laws::$group::$law(store)),
            });
        )*
    };
}
