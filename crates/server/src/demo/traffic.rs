//! Live traffic: the provider goes on working, a few operations each second.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use engine::{AccountRef, State, Timestamp};
use tokio::time::MissedTickBehavior;

use super::catalogue::top_up;
use super::provider::{Act, Provider};
use super::roster::Plan;
use super::sessions::Fate;
use super::stories::Story;
use crate::shard::{Answered, Operation, Outcome, Shard, Unavailable};

/// Goes on until it is dropped. Nothing that fails here is worth stopping for.
pub async fn run(shard: Shard, provider: Provider, rate: u32) {
    let Some(between) = Duration::from_secs(1).checked_div(rate) else {
        // No traffic was asked for.
        return;
    };
    let provider = Arc::new(Mutex::new(provider));
    let mut ticks = tokio::time::interval(between);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        if step(&shard, &provider).await.is_err() {
            // The shard recovers, or stops.
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

async fn step(shard: &Shard, provider: &Arc<Mutex<Provider>>) -> Result<(), Unavailable> {
    let deciding = Arc::clone(provider);
    let look = move |state: &State, now: Timestamp| match deciding.lock() {
        Ok(mut provider) => provider.next_operations(state, now),
        Err(_) => Vec::new(),
    };
    for operation in shard.read(None, look).await? {
        let order = operation.order.clone();
        let reply = shard.execute(operation).await?;
        let Ok(mut provider) = provider.lock() else {
            return Err(Unavailable);
        };
        provider.observe(reply.entries(&reply.outcome));
        if let Outcome::Refused(refusal) = &reply.outcome {
            tracing::debug!(code = refusal.code(), "the demo's traffic was refused");
            provider.observe_refusal(&order, refusal, shard.now());
        }
    }
    Ok(())
}

impl Provider {
    /// What was planned comes first; else something new happens.
    fn next_operations(&mut self, state: &State, now: Timestamp) -> Vec<Operation> {
        // A plan may come to nothing, because its session or account is gone.
        while let Some((_, act)) = self.next_act(now) {
            let operations = self.perform(act, state, now);
            if !operations.is_empty() {
                return operations;
            }
        }
        let act = self.invent(state);
        self.perform(act, state, now)
    }

    fn invent(&mut self, state: &State) -> Act {
        let line = self.random.below(self.roster.lines.len());
        let plan = self.roster.lines[line].plan;
        let stories =
            [Story::Goodwill, Story::Transfer, Story::Moved, Story::WrongPayment, Story::Roaming];
        match plan {
            _ if self.random.chance(3) => Act::Tell(self.random.pick(&stories)),
            _ if self.is_short(line, state) && self.random.chance(50) => Act::Pay(line),
            Plan::Mobile | Plan::Office => Act::Begin(line, Fate::draw(&mut self.random)),
            Plan::Internet(_) | Plan::Television(_) if self.random.chance(25) => Act::Film(line),
            _ => {
                let mobile = |it: &usize| matches!(self.roster.lines[*it].plan, Plan::Mobile);
                let count = self.roster.lines.len();
                let another = (line..line + count).map(|it| it % count).find(mobile);
                Act::Begin(another.unwrap_or(line), Fate::draw(&mut self.random))
            }
        }
    }

    /// Whether the customer would think of paying.
    fn is_short(&self, line: usize, state: &State) -> bool {
        let account = AccountRef::Id(super::provider::account_id(line));
        let Ok(account) = state.resolve(&account) else {
            return false;
        };
        account.balance.units() < top_up(account.currency, 2).amount.units()
    }
}
