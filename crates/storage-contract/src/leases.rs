//! The laws of [`Leases`], for databases that several nodes use at once. No other store has any.
//!
//! An implementation names how two processes open the same ones, and gets a test for each law from
//! [`leases_contract!`](crate::leases_contract).

pub mod laws;

use std::{any::Any, sync::Arc};

use vestibule_application::ports::Leases;

/// Leases, as two processes see them.
pub struct Place {
    here: Arc<dyn Leases>,
    there: Arc<dyn Leases>,
    _kept: Box<dyn Any + Send + Sync>,
}

impl Place {
    /// Opened by two processes, in a place that is there for as long as what is `kept`.
    pub fn shared<L: Leases + 'static>(here: L, there: L, kept: impl Any + Send + Sync) -> Self {
        Self { here: Arc::new(here), there: Arc::new(there), _kept: Box::new(kept) }
    }
}

/// Stamps a test for each law. Takes the expression that makes a fresh [`Place`]; it may await.
#[macro_export]
macro_rules! leases_contract {
    ($place:expr) => {
        $crate::leases_contract!(@each $place,
            nobody_holds_a_lease_before_it_is_taken
            who_takes_a_lease_has_heard_of_nothing
            what_the_last_of_all_has_heard_is_told
            who_says_the_same_again_goes_on_holding_it
            who_gave_it_up_holds_nothing_whatever_they_say
            who_has_not_heard_of_it_is_struck_out_and_nobody_else
            messages_are_numbered_as_high_as_they_may_be
        );
    };
    (@each $place:expr, $($law:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                $crate::leases::laws::$law($place).await;
            }
        )*
    };
}
