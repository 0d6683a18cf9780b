//! Repeats in a shard what the first one has laid down: versions of services and of policies for
//! promised payments, and exchange rates.
//!
//! **Invariant:** originals are repeated in their order, each once, and none is left out. A
//! repetition has a key that is made from its original and kept for ever, so where a shard stands
//! is the newest original whose key it has. One that cannot be repeated stops those behind it.

use std::sync::Arc;
use std::time::Duration;

use engine::{Command, Entry, Fact, Order, Position, ShardId, State};
use store::{Kept, KeyAnswer, KeyRecord, StoreError};
use tokio::sync::watch;

use super::originals::Originals;
use super::repetition::{key_of, told};
use crate::readers::Readers;
use crate::shard::{Key, Operation, Outcome, Shard, Unavailable};

/// Originals that are read at once.
const SLICE: usize = 64;

/// How long a shard that opens is kept from answering until it has what was laid down meanwhile.
const OPENING_MAX: Duration = Duration::from_secs(1);

/// How long is waited after a failure, and after an original that cannot be repeated.
const REST: Duration = Duration::from_millis(500);
const REST_STOPPED: Duration = Duration::from_secs(10);

/// Why a shard does not go on.
#[derive(Debug)]
enum Halt {
    /// For a moment: the journal cannot be read, or the shard takes nothing.
    Failed(String),
    /// Until somebody has looked: what is repeated would not be what was laid down.
    Stopped { original: Position, why: String },
}

impl From<Unavailable> for Halt {
    fn from(_: Unavailable) -> Self {
        Self::Failed("the shard takes nothing now".to_owned())
    }
}

impl From<StoreError> for Halt {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

pub struct Repeater {
    shard: Shard,
    /// What reads the shard that repeats.
    readers: Readers,
    originals: Originals,
    /// The newest original that the shard has, once that is known.
    place: Option<Position>,
    shown: Shown,
}

impl Repeater {
    pub fn new(number: ShardId, shard: Shard, readers: Readers, originals: Originals) -> Self {
        let shown = Shown { shard: number.number() };
        shown.lag(None);
        shown.stopped(false);
        Self { shard, readers, originals, place: None, shown }
    }

    /// Repeats what was laid down while the shard was closed, before it answers anybody: as much as
    /// can be soon.
    pub async fn open(&mut self) {
        if let Ok(Err(halt)) = tokio::time::timeout(OPENING_MAX, self.catch_up()).await {
            self.shown.halt(&halt);
        }
    }

    /// Repeats until the server stops. What is under way then is done, or is done again.
    pub async fn run(mut self, mut stopping: watch::Receiver<bool>) {
        let stopped = async move {
            // Ends only with the server itself when nobody stops it.
            let _ = stopping.wait_for(|stopping| *stopping).await;
        };
        tokio::pin!(stopped);
        loop {
            tokio::select! {
                () = self.turn() => {}
                () = &mut stopped => return,
            }
        }
    }

    /// Repeats what there is, and waits for more.
    async fn turn(&mut self) {
        // What is laid down from here on is a change, if it is not found already.
        self.originals.newest.borrow_and_update();
        match self.catch_up().await {
            Ok(()) => {
                self.shown.stopped(false);
                if self.originals.newest.changed().await.is_err() {
                    // Nobody looks any more: the process is ending.
                    std::future::pending::<()>().await;
                }
            }
            Err(halt) => {
                self.shown.halt(&halt);
                let rest = match halt {
                    Halt::Failed(_) => REST,
                    Halt::Stopped { .. } => REST_STOPPED,
                };
                tokio::time::sleep(rest).await;
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), Halt> {
        let mut place = match self.place {
            Some(place) => place,
            None => self.find_place().await?,
        };
        loop {
            self.place = Some(place);
            let read = self.originals.first.read(move |it| it.laid_down_after(place, SLICE));
            let originals = read.await?;
            if originals.is_empty() {
                self.shown.lag(None);
                return Ok(());
            }
            for original in &originals {
                self.shown.lag(Some(self.shard.now().0 - original.at.0));
                self.repeat(original).await?;
                place = original.position;
                self.place = Some(place);
            }
        }
    }

    /// Looks back from the newest original for one that the shard has.
    async fn find_place(&self) -> Result<Position, Halt> {
        let mut before = Position(u64::MAX);
        loop {
            let read = self.originals.first.read(move |it| it.laid_down_before(before, SLICE));
            let places = read.await?;
            let Some(last) = places.last() else { return Ok(ShardId::FIRST.start()) };
            before = *last;
            let found = self.shard.find_all(places.iter().map(|it| key_of(*it)).collect()).await?;
            let known = places.iter().zip(found).find_map(|(at, it)| Some((*at, it?)));
            if let Some((place, sequence)) = known {
                self.check_place(place, sequence).await?;
                return Ok(place);
            }
        }
    }

    /// Whether what stands at this place is what was repeated: after the first shard alone was put
    /// back to an older moment, its places come again.
    async fn check_place(&self, place: Position, sequence: u64) -> Result<(), Halt> {
        let read = self.originals.first.read(move |it| it.entry(place));
        let original = read.await?;
        let read = self.readers.read(move |it| match it.key(Kept::ForEver, sequence)? {
            Some(KeyRecord { answer: KeyAnswer::Entries { first, .. }, .. }) => it.entry(first),
            _ => Ok(None),
        });
        let told = |it: &Option<Entry>| it.as_ref().map(|it| told(&it.fact));
        if told(&read.await?) == told(&original) {
            return Ok(());
        }
        let why = "something else was repeated from there before".to_owned();
        Err(Halt::Stopped { original: place, why })
    }

    async fn repeat(&self, original: &Entry) -> Result<(), Halt> {
        let place = original.position;
        let stop = |why: String| Halt::Stopped { original: place, why };
        let Some(command) = command(&original.fact) else {
            return Err(stop(format!("nobody repeats {}", original.fact.kind())));
        };
        let key = Key { key: key_of(place), fingerprint: 0 };
        let fact = original.fact.clone();
        let next = self.shard.read_with_keys(move |state, find, _| match find(key.key) {
            Some(_) => Next::Known,
            None => next(state, &fact),
        });
        match next.await? {
            Next::Known => return Ok(()),
            Next::Fits => {}
            Next::Differs { newest } => {
                return Err(stop(format!("this shard's newest version is {newest}")));
            }
        }
        let order = Order { origin: original.origin.clone(), command };
        let operation = Operation { reference_key: Some(key), ..Operation::new(order) };
        match self.shard.execute(operation).await?.outcome {
            Outcome::Refused(refusal) => Err(stop(format!("it is refused: {}", refusal.code()))),
            _ => Ok(()),
        }
    }
}

/// How an original fits what its shard has.
enum Next {
    Known,
    Fits,
    /// The version that it would get is another one.
    Differs {
        newest: u32,
    },
}

fn next(state: &State, fact: &Fact) -> Next {
    let (version, newest) = match fact {
        Fact::ServiceSet(service) => {
            let newest = state.catalogue().newest(service.name);
            (service.version, newest.map_or(0, |it| it.service.version))
        }
        Fact::PromisePolicySet(policy) => {
            let newest = state.promise_policy_exactly(policy.group, policy.currency);
            (policy.version, newest.map_or(0, |it| it.version))
        }
        // Rates have their own moments, and no versions.
        _ => return Next::Fits,
    };
    match version == newest + 1 {
        true => Next::Fits,
        false => Next::Differs { newest },
    }
}

/// What lays the same down again.
fn command(fact: &Fact) -> Option<Command> {
    match fact {
        Fact::ServiceSet(service) => Some(Command::SetService(Arc::clone(service))),
        Fact::PromisePolicySet(policy) => Some(Command::SetPromisePolicy(Arc::clone(policy))),
        Fact::ExchangeRatesAdded(added) => Some(Command::AddExchangeRates(Arc::clone(added))),
        _ => None,
    }
}

/// What is told of a shard's repeating, until another node has it.
struct Shown {
    shard: u32,
}

impl Shown {
    /// How long ago the oldest original was laid down that the shard does not have, in
    /// microseconds.
    fn lag(&self, micros: Option<i64>) {
        let seconds = micros.map_or(0.0, |it| it.max(0) as f64 / 1e6);
        metrics::gauge!("sporran_repetition_lag_seconds", "shard" => self.shard.to_string())
            .set(seconds);
    }

    fn stopped(&self, is_stopped: bool) {
        metrics::gauge!("sporran_repetition_stopped", "shard" => self.shard.to_string())
            .set(f64::from(u8::from(is_stopped)));
    }

    fn halt(&self, halt: &Halt) {
        let shard = self.shard;
        match halt {
            Halt::Failed(error) => {
                tracing::warn!(shard, error, "what the first shard has laid down waits");
            }
            Halt::Stopped { original, why } => {
                let original = original.0;
                tracing::error!(
                    shard,
                    original,
                    why,
                    "what the first shard has laid down cannot be repeated, and nothing after it"
                );
            }
        }
        self.stopped(matches!(halt, Halt::Stopped { .. }));
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.lag(None);
        self.stopped(false);
    }
}
