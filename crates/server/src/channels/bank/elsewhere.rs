//! Accounts of other shards that payers named: a statement is read by one shard, and whose the
//! money is may be in any.

use std::collections::{BTreeMap, BTreeSet};

use engine::{AccountId, AccountNumber, AccountRef, Origin, State, Whose};
use serde::{Deserialize, Serialize};

use super::import::{Became, Outcome, Stopped};
use crate::http::app::App;
use crate::http::error::{Behind, Problem};
use crate::http::unallocated::allocation;
use crate::shards::{Question, by_shard};

/// Asks a shard which accounts have numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskNumbers(Vec<AccountNumber>);

impl Question for AskNumbers {
    const NAME: &'static str = "numbers";

    /// Those that an account has.
    type Answer = Vec<(AccountNumber, AccountId)>;

    async fn answer(self, app: &App) -> Result<Self::Answer, Problem> {
        let look = move |state: &State, _| {
            let find = |it: AccountNumber| {
                let account = state.find(Whose::Number(&it))?;
                Some((it, account))
            };
            self.0.into_iter().filter_map(find).collect()
        };
        Ok(app.shard.read(None, look).await?)
    }
}

/// The accounts of other shards that have these numbers.
pub(super) async fn accounts(
    app: &App,
    numbers: BTreeSet<AccountNumber>,
) -> Result<BTreeMap<AccountNumber, AccountId>, Stopped> {
    let found = app.shards_of_numbers(numbers.into_iter().collect()).await?;
    let others = found.into_iter().filter(|it| it.1 != app.shards.own());
    let mut accounts = BTreeMap::new();
    for (shard, numbers) in by_shard(others, |it| it.1) {
        let numbers = numbers.into_iter().map(|it| it.0).collect();
        accounts.extend(app.ask(shard, AskNumbers(numbers)).await?);
    }
    Ok(accounts)
}

/// Sends a payment that was received here to its account in another shard. One that is not taken
/// there waits for staff like any other.
pub(super) async fn forward(
    app: &App,
    origin: &Origin,
    became: Became,
    account: AccountId,
) -> Result<Became, Stopped> {
    let payment = became.payment.ok_or(Stopped)?;
    let entry = app.readers.read(move |it| it.entry(payment)).await?.ok_or(Stopped)?;
    let operation = allocation(origin.clone(), &entry, AccountRef::Id(account), None);
    let mut operation = operation.ok_or(Stopped)?;
    operation.order.command = match app.towards(operation.order.command).await {
        Ok(command) => command,
        Err(problem) => match problem.behind.as_deref() {
            Some(Behind::Refusal(refusal)) => {
                return Ok(Became { reason: Some(refusal.code()), ..became });
            }
            _ => return Err(problem.into()),
        },
    };
    let sent = app.execute(operation).await?;
    app.received(sent.first()?).await?;
    let outcome = match became.outcome {
        Outcome::Unallocated => Outcome::Credited,
        known => known,
    };
    Ok(Became { outcome, reason: None, account: Some(account), payment: Some(payment) })
}
