//! Does in a shard what entries of another one's journal ask of it.
//!
//! **Invariant:** originals are done in their order, each once, and none is left out. What is done
//! has a key that is made from its original and kept for ever, so where a shard stands is the
//! newest original whose key it has. One that cannot be done stops those behind it.

use std::time::Duration;

use engine::{Command, Entry, Position, ShardId, State};
use store::{Kept, KeyAnswer, KeyRecord, Reader, StoreError};
use tokio::sync::watch;

use crate::readers::Readers;
use crate::shard::{Key, Operation, Outcome, Shard, Unavailable};

/// Originals that are read at once.
const SLICE: usize = 64;

/// Which entries are followed, and what is to be done for each.
pub trait Followed: Copy + Send + Sync + 'static {
    /// Up to `limit` of them after `after`, oldest first.
    fn after(
        self,
        reader: &dyn Reader,
        after: Position,
        limit: usize,
    ) -> Result<Vec<Entry>, StoreError>;

    /// Where up to `limit` of them before `before` are, newest first.
    fn before(
        self,
        reader: &dyn Reader,
        before: Position,
        limit: usize,
    ) -> Result<Vec<Position>, StoreError>;

    /// The key of what is done for an original.
    fn key(original: Position) -> u128;

    /// What is to be done; `None` for what nobody knows here.
    fn command(original: &Entry) -> Option<Command>;

    /// Why it cannot be done now.
    fn misfit(_state: &State, _original: &Entry) -> Option<String> {
        None
    }

    /// Whether this is what comes of the original.
    fn comes_of(done: &Entry, original: &Entry) -> bool;
}

/// Why a shard does not go on.
#[derive(Debug)]
pub enum Halt {
    /// For a moment: the journal cannot be read, or the shard takes nothing.
    Failed(String),
    /// Until somebody has looked: what is done would not be what the original asks for.
    Stopped { original: Position, why: String },
}

impl Halt {
    /// Whether somebody has to look.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped { .. })
    }

    /// How long is waited until it is tried again.
    pub fn rest(&self) -> Duration {
        match self {
            Self::Failed(_) => Duration::from_millis(500),
            Self::Stopped { .. } => Duration::from_secs(10),
        }
    }
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

pub struct Follower<F> {
    followed: F,
    /// What does it.
    shard: Shard,
    /// What reads that shard.
    readers: Readers,
    /// What reads the shard that is followed.
    other: Readers,
    /// Before the first original.
    start: Position,
    /// The newest original that is done, once that is known.
    place: Option<Position>,
    /// When the oldest original was written that is not done, as far as is known.
    oldest: Option<i64>,
}

impl<F: Followed> Follower<F> {
    pub fn new(
        followed: F,
        (shard, readers): (Shard, Readers),
        (of, other): (ShardId, Readers),
    ) -> Self {
        let start = of.start();
        Self { followed, shard, readers, other, start, place: None, oldest: None }
    }

    /// How long ago the oldest original was written that is not done, in microseconds.
    pub fn lag(&self) -> i64 {
        self.oldest.map_or(0, |it| self.shard.now().0 - it)
    }

    /// Does what there is.
    pub async fn catch_up(&mut self, shown: &Shown) -> Result<(), Halt> {
        let followed = self.followed;
        let mut place = match self.place {
            Some(place) => place,
            None => self.find_place().await?,
        };
        loop {
            self.place = Some(place);
            let read = self.other.read(move |it| followed.after(it, place, SLICE));
            let originals = read.await?;
            if originals.is_empty() {
                self.oldest = None;
                return Ok(());
            }
            for original in &originals {
                self.oldest = Some(original.at.0);
                shown.lag(self.lag());
                self.follow(original).await?;
                place = original.position;
                self.place = Some(place);
            }
        }
    }

    /// Looks back from the newest original for one that is done.
    async fn find_place(&self) -> Result<Position, Halt> {
        let followed = self.followed;
        let mut before = Position(u64::MAX);
        loop {
            let read = self.other.read(move |it| followed.before(it, before, SLICE));
            let places = read.await?;
            let Some(last) = places.last() else { return Ok(self.start) };
            before = *last;
            let found = self.shard.find_all(places.iter().map(|it| F::key(*it)).collect()).await?;
            let known = places.iter().zip(found).find_map(|(at, it)| Some((*at, it?)));
            if let Some((place, sequence)) = known {
                self.check_place(place, sequence).await?;
                return Ok(place);
            }
        }
    }

    /// Whether what stands at this place is what was done for it: after the other shard alone was
    /// put back to an older moment, its places come again.
    async fn check_place(&self, place: Position, sequence: u64) -> Result<(), Halt> {
        let read = self.other.read(move |it| it.entry(place));
        let original = read.await?;
        let read = self.readers.read(move |it| match it.key(Kept::ForEver, sequence)? {
            Some(KeyRecord { answer: KeyAnswer::Entries { first, .. }, .. }) => it.entry(first),
            _ => Ok(None),
        });
        let done = read.await?;
        if original.zip(done).is_some_and(|(original, done)| F::comes_of(&done, &original)) {
            return Ok(());
        }
        let why = "something else was done for what stood there before".to_owned();
        Err(Halt::Stopped { original: place, why })
    }

    async fn follow(&self, original: &Entry) -> Result<(), Halt> {
        let place = original.position;
        let stop = |why: String| Halt::Stopped { original: place, why };
        let Some(command) = F::command(original) else {
            return Err(stop(format!("nobody follows {}", original.fact.kind())));
        };
        let key = Key { key: F::key(place), fingerprint: 0 };
        let entry = original.clone();
        let known = self.shard.read_with_keys(move |state, find, _| match find(key.key) {
            Some(_) => Ok(true),
            None => F::misfit(state, &entry).map_or(Ok(false), Err),
        });
        if known.await?.map_err(stop)? {
            return Ok(());
        }
        let order = engine::Order { origin: original.origin.clone(), command };
        let operation = Operation { reference_key: Some(key), ..Operation::new(order) };
        match self.shard.execute(operation).await?.outcome {
            Outcome::Refused(refusal) => Err(stop(format!("it is refused: {}", refusal.code()))),
            _ => Ok(()),
        }
    }
}

/// Follows until the server stops. What is under way then is done, or is done again.
pub async fn until(mut stopping: watch::Receiver<bool>, turns: impl Future<Output = ()>) {
    let stopped = async move {
        if stopping.wait_for(|stopping| *stopping).await.is_err() {
            // Ends only with the server itself when nobody stops it.
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        () = turns => {}
        () = stopped => {}
    }
}

/// What is told of a shard's following, until another node has it.
pub struct Shown {
    pub shard: ShardId,
    /// Gauges: seconds since the oldest original that is not done, and whether one cannot be done.
    pub lag: &'static str,
    pub stopped: &'static str,
    /// What waits, for the log.
    pub what: &'static str,
}

impl Shown {
    pub fn lag(&self, micros: i64) {
        let seconds = micros.max(0) as f64 / 1e6;
        metrics::gauge!(self.lag, "shard" => self.shard.number().to_string()).set(seconds);
    }

    pub fn stopped(&self, is_stopped: bool) {
        let value = f64::from(u8::from(is_stopped));
        metrics::gauge!(self.stopped, "shard" => self.shard.number().to_string()).set(value);
    }

    /// Logs it.
    pub fn halt(&self, halt: &Halt) {
        let (shard, what) = (self.shard.number(), self.what);
        match halt {
            Halt::Failed(error) => tracing::warn!(shard, error, "{what} waits"),
            Halt::Stopped { original, why } => {
                let original = original.0;
                tracing::error!(
                    shard,
                    original,
                    why,
                    "{what} stops, and what comes after it waits"
                );
            }
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.lag(0);
        self.stopped(false);
    }
}
