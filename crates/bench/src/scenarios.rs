//! What is measured, and what it should come to.

mod growth;
mod logins;
pub(crate) mod nodes;
mod reads;
mod sizes;
mod starts;
mod writes;

use std::{future::Future, pin::Pin};

use anyhow::Result;

use crate::{bench::Bench, figure::Figure};

type Later<'a> = Pin<Box<dyn Future<Output = Result<Vec<Figure>>> + 'a>>;

/// One thing to find out.
pub(crate) struct Scenario {
    /// What it goes by.
    pub(crate) name: &'static str,
    /// Finds it out; nothing if that cannot be found out here, after saying why.
    pub(crate) run: for<'a> fn(&'a Bench) -> Later<'a>,
}

/// All, in the order of the table.
pub(crate) const ALL: &[Scenario] = &[
    Scenario { name: "read-easydb", run: |bench| Box::pin(reads::easydb(bench)) },
    Scenario { name: "read-vprotect", run: |bench| Box::pin(reads::vprotect(bench)) },
    Scenario { name: "verify", run: |bench| Box::pin(reads::verify(bench)) },
    Scenario { name: "read-many", run: |bench| Box::pin(reads::of_many(bench)) },
    Scenario { name: "logins", run: |bench| Box::pin(logins::against_raw(bench)) },
    Scenario { name: "flood", run: |bench| Box::pin(logins::flood(bench)) },
    Scenario { name: "hashes", run: |bench| Box::pin(logins::beside_hashes(bench)) },
    Scenario { name: "refusals", run: |bench| Box::pin(logins::refusals(bench)) },
    Scenario { name: "creations", run: |bench| Box::pin(writes::creations(bench)) },
    Scenario { name: "ends", run: |bench| Box::pin(writes::ends(bench)) },
    Scenario { name: "anonymous", run: |bench| Box::pin(starts::anonymous(bench)) },
    Scenario { name: "memory", run: |bench| Box::pin(sizes::memory(bench)) },
    Scenario { name: "start", run: |bench| Box::pin(starts::start(bench)) },
    Scenario { name: "binary", run: |bench| Box::pin(std::future::ready(sizes::binary(bench))) },
    Scenario { name: "growth", run: |bench| Box::pin(growth::growth(bench)) },
    Scenario { name: "nodes", run: |bench| Box::pin(nodes::strict(bench)) },
    Scenario { name: "nodes-that-follow", run: |bench| Box::pin(nodes::followed(bench)) },
    Scenario { name: "nodes-with-leases", run: |bench| Box::pin(nodes::leased(bench)) },
];
