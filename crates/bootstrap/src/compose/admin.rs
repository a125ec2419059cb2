//! Puts together what operators are answered by.

use std::sync::Arc;

use vestibule_adapters_http::{
    admin::{self, health, v1},
    mount::{Front, Shared},
};
use vestibule_application::operator::Operator;

use super::Core;
use crate::settings::Settings;

/// Everything there is on the operators' listener.
pub(super) fn front(shared: &Shared, operator: &Arc<Operator>, core: &Core, settings: &Settings) -> Front {
    let api = v1::router(operator.clone(), core.clock.clone(), settings.to_json());
    admin::front([health::router(), api], shared)
}
