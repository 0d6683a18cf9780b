//! What is beside the journal: who may come in, webhooks, commands to the network. Written anew
//! each time that a copy goes on: it is small beside the journal, and its rows change.

use store::{StoreError, Table, Tables};

use crate::beside::Beside;

/// What the three kinds are, in the order of [`Beside::tables`].
pub const KINDS: [&str; 3] =
    ["rows of who may come in", "rows of webhooks", "rows of commands to the network"];

/// Answers how many rows there are.
pub fn copy(source: &Beside, target: &Beside) -> anyhow::Result<u64> {
    let mut copied = 0;
    for (source, mut target) in source.tables()?.into_iter().zip(target.tables()?) {
        for table in listed(&source, &target)? {
            copied += target.copy_from(&source, &table)?;
        }
    }
    Ok(copied)
}

/// The tables of both: one of the two is a file, and knows.
pub fn listed(left: &Tables, right: &Tables) -> Result<Vec<Table>, StoreError> {
    Ok(match left.list()? {
        Some(tables) => tables,
        None => right.list()?.unwrap_or_default(),
    })
}
