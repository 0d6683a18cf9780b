//! A thread that keeps the lease, and says who has it.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context;
use store::{Holder, Lease, StoreError};
use tokio::sync::watch;

/// How often a lease of ours is renewed: several times before it ends.
const RENEW_EVERY: Duration = Duration::from_millis(600);

/// How often it is looked whether another node's has ended.
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// How long a node that could not open the shard leaves it to others.
const REST: Duration = Duration::from_secs(5);

pub struct Renewer {
    known: watch::Receiver<Holder>,
    wishes: mpsc::Sender<Wish>,
    thread: JoinHandle<()>,
}

/// What is to be done about the lease.
#[derive(Clone, Copy, Debug)]
pub enum Wish {
    /// Give it back and ask for it no more.
    Leave,
    /// Give it back and leave it to others for a while.
    Rest,
    End,
}

impl Renewer {
    pub fn start(lease: Lease) -> anyhow::Result<Self> {
        let (say, known) = watch::channel(Holder::Nobody);
        let (wishes, to_do) = mpsc::channel();
        let run = move || renew(lease, &say, &to_do);
        let thread = std::thread::Builder::new().name("lease".into()).spawn(run);
        Ok(Self { known, wishes, thread: thread.context("failed to start a thread")? })
    }

    /// Who has the shard, as far as is known; says so again at each renewal.
    pub fn known(&self) -> watch::Receiver<Holder> {
        self.known.clone()
    }

    pub fn wishes(&self) -> mpsc::Sender<Wish> {
        self.wishes.clone()
    }

    pub fn stop(self) {
        // It has ended already, or does now.
        let _ = self.wishes.send(Wish::End);
        if self.thread.join().is_err() {
            tracing::error!("keeping the lease ended by a panic");
        }
    }
}

fn renew(mut lease: Lease, say: &watch::Sender<Holder>, wishes: &mpsc::Receiver<Wish>) {
    let mut is_leaving = false;
    let mut resting_until = Instant::now();
    let mut is_failing = false;
    loop {
        let looks_only = is_leaving || Instant::now() < resting_until;
        let holder = if looks_only { lease.look() } else { lease.hold() };
        note(&holder, &mut is_failing);
        let every = match holder {
            Ok(Holder::Us { .. }) => RENEW_EVERY,
            Ok(_) | Err(_) => LOOK_EVERY,
        };
        if let Ok(holder) = holder {
            say.send_replace(holder);
        }
        match wishes.recv_timeout(every) {
            Err(RecvTimeoutError::Timeout) => continue,
            Ok(Wish::Leave) => is_leaving = true,
            Ok(Wish::Rest) => resting_until = Instant::now() + REST,
            Ok(Wish::End) | Err(RecvTimeoutError::Disconnected) => return,
        }
        if let Err(error) = lease.give_back() {
            tracing::warn!(%error, "the lease was not given back; it ends by itself");
        }
        say.send_replace(Holder::Nobody);
    }
}

/// Says once that something begins to fail, and once that it is well again.
fn note(holder: &Result<Holder, StoreError>, is_failing: &mut bool) {
    match holder {
        Ok(_) if *is_failing => tracing::info!("the database says again who has the shard"),
        Err(error) if !*is_failing => {
            let cause = std::error::Error::source(error).map(ToString::to_string);
            tracing::warn!(%error, cause, "it is not known who has the shard");
        }
        Ok(_) | Err(_) => {}
    }
    *is_failing = holder.is_err();
}
