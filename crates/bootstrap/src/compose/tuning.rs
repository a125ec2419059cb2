//! Finding out what password hashes should cost here.

use std::{num::NonZeroUsize, time::Duration};

use anyhow::{Context, Result};
use vestibule_adapters_crypto::{Argon2Cost, measure, propose};

pub(crate) use vestibule_adapters_crypto::Measured;

/// What hashes of the proposed cost take. Says before each step what it does.
pub(crate) fn tune(
    threads: NonZeroUsize,
    target: Duration,
    most_memory_kib: u32,
    mut say: impl FnMut(&str),
) -> Result<Measured> {
    let measured = |cost: Argon2Cost| measure(cost, threads, 5).context("passwords cannot be hashed");
    say(&format!("hashing at the least safe cost with {threads} at once"));
    let mut latest = measured(Argon2Cost::default())?;
    // Twice, because dearer hashes take more than in proportion once they outgrow the processor's caches.
    for _ in 0..2 {
        let cost = propose(&latest, target, most_memory_kib);
        if cost == latest.cost {
            break;
        }
        say(&format!("hashing with {} MiB and {} passes", cost.memory_kib / 1024, cost.iterations));
        latest = measured(cost)?;
    }
    Ok(latest)
}
