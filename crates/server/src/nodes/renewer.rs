//! A thread that keeps the leases, shares the shards evenly, and says who has which.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use engine::ShardId;
use store::{Holder, Holders, Leases, StoreError, Taking};
use tokio::sync::watch;

/// How often leases of ours are renewed: several times before they end.
const RENEW_EVERY: Duration = Duration::from_millis(600);

/// How often it is looked whether another node's have ended, by whoever has none.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// How long a node that could not open a shard leaves it to others.
const REST: Duration = Duration::from_secs(5);

pub struct Renewer {
    shards: Vec<Known>,
    wishes: mpsc::Sender<Wish>,
    thread: JoinHandle<()>,
}

/// What is known of a shard.
#[derive(Clone)]
pub struct Known {
    /// Who has it, as far as is known; said again at each renewal.
    pub holder: watch::Receiver<Holder>,
    /// Whether we are to let go of it although it is ours.
    pub let_go: watch::Receiver<bool>,
}

/// What is to be done about the leases.
#[derive(Clone, Copy, Debug)]
pub enum Wish {
    /// The node is about to stop: let go of every shard, and take none.
    Leave,
    /// The shard is closed here: another node may have it.
    GiveBack(ShardId),
    /// The shard cannot be opened here: leave it to others for a while.
    Rest(ShardId),
    End,
}

impl Renewer {
    /// Keeps leases of these shards, which are all that there are.
    pub fn start(leases: Leases, shards: &[ShardId]) -> anyhow::Result<Self> {
        let (wishes, to_do) = mpsc::channel();
        let (told, shards): (Vec<Told>, Vec<Known>) = shards.iter().map(|it| channels(*it)).unzip();
        let keeping = Keeping { leases, told, is_leaving: false, is_failing: false };
        let run = move || keeping.run(&to_do);
        let thread = std::thread::Builder::new().name("leases".into()).spawn(run);
        Ok(Self { shards, wishes, thread: thread.context("failed to start a thread")? })
    }

    /// By the shard's number.
    pub fn shards(&self) -> &[Known] {
        &self.shards
    }

    pub fn wishes(&self) -> mpsc::Sender<Wish> {
        self.wishes.clone()
    }

    pub fn stop(self) {
        // It has ended already, or does now.
        let _ = self.wishes.send(Wish::End);
        if self.thread.join().is_err() {
            tracing::error!("keeping the leases ended by a panic");
        }
    }
}

/// How is said what is known of a shard.
struct Told {
    shard: ShardId,
    holder: watch::Sender<Holder>,
    let_go: watch::Sender<bool>,
    resting_until: Instant,
}

fn channels(shard: ShardId) -> (Told, Known) {
    let (say, holder) = watch::channel(Holder::Nobody);
    let (tell, let_go) = watch::channel(false);
    let resting_until = Instant::now();
    (Told { shard, holder: say, let_go: tell, resting_until }, Known { holder, let_go })
}

impl Told {
    fn is_ours(&self) -> bool {
        matches!(*self.holder.borrow(), Holder::Us { .. })
    }
}

struct Keeping {
    leases: Leases,
    told: Vec<Told>,
    is_leaving: bool,
    is_failing: bool,
}

impl Keeping {
    fn run(mut self, wishes: &mpsc::Receiver<Wish>) {
        loop {
            let holders = self.hold();
            self.note(&holders);
            if let Ok(holders) = holders {
                self.tell(holders);
            }
            let has_any = self.told.iter().any(Told::is_ours);
            match wishes.recv_timeout(if has_any { RENEW_EVERY } else { LOOK_EVERY }) {
                Err(RecvTimeoutError::Timeout) => {}
                Ok(Wish::Leave) => self.leave(),
                Ok(Wish::GiveBack(shard)) => self.give_back(shard, Duration::ZERO),
                Ok(Wish::Rest(shard)) => self.give_back(shard, REST),
                Ok(Wish::End) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn hold(&mut self) -> Result<Holders, StoreError> {
        if self.is_leaving {
            return self.leases.hold(Taking::Nothing);
        }
        let now = Instant::now();
        let resting = self.told.iter().filter(|it| now < it.resting_until);
        let resting: Vec<ShardId> = resting.map(|it| it.shard).collect();
        self.leases.hold(Taking::AllBut(&resting))
    }

    fn tell(&self, holders: Holders) {
        let ours = holders.of.iter().filter(|it| matches!(it, Holder::Us { .. })).count();
        for (told, holder) in self.told.iter().zip(holders.of) {
            told.holder.send_replace(holder);
        }
        // One at a time, so that there is never much that nobody answers.
        let is_handing_over = self.told.iter().any(|it| *it.let_go.borrow() && it.is_ours());
        let fewest = holders.others.into_iter().min();
        let has_too_many = fewest.is_some_and(|it| ours > it + 1);
        if has_too_many && !is_handing_over && !self.is_leaving {
            let surplus = self.told.iter().rfind(|it| it.is_ours());
            if let Some(told) = surplus {
                tracing::info!(shard = told.shard.number(), "another node has less to do");
                told.let_go.send_replace(true);
            }
        }
    }

    fn leave(&mut self) {
        self.is_leaving = true;
        for told in &self.told {
            told.let_go.send_replace(true);
        }
    }

    fn give_back(&mut self, shard: ShardId, rest: Duration) {
        if let Err(error) = self.leases.give_back(shard) {
            let shard = shard.number();
            tracing::warn!(%error, shard, "a lease was not given back; it ends by itself");
        }
        for told in self.told.iter_mut().filter(|it| it.shard == shard) {
            told.resting_until = Instant::now() + rest;
            told.holder.send_replace(Holder::Nobody);
            told.let_go.send_replace(self.is_leaving);
        }
    }

    /// Says once that something begins to fail, and once that it is well again.
    fn note(&mut self, holders: &Result<Holders, StoreError>) {
        match holders {
            Ok(_) if self.is_failing => tracing::info!("the database says again who has what"),
            Err(error) if !self.is_failing => {
                let cause = std::error::Error::source(error).map(ToString::to_string);
                tracing::warn!(%error, cause, "it is not known who has which shard");
            }
            Ok(_) | Err(_) => {}
        }
        self.is_failing = holders.is_err();
    }
}
