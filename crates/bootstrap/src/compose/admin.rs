//! Puts together what operators are answered by.

use vestibule_adapters_http::{
    admin::{self, health},
    mount::{Front, Shared},
};

/// Everything there is on the operators' listener.
pub(super) fn front(shared: &Shared) -> Front {
    admin::front([health::router()], shared)
}
