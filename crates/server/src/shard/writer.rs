//! The writing thread: one transaction a batch, then the replies.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Instant;

use engine::Position;
use store::{Batch, Store, StoreError};
use tokio::sync::watch;

use super::Gauges;
use super::job::{Message, Pending};

/// A batch that takes longer is worth a line in a debugging log.
const SLOW_MICROS: u64 = 20_000;

/// What the decider hands over.
pub enum Write {
    Batch(Arc<Batch>, Vec<Pending>),
    /// Is the store well again?
    Probe,
}

pub struct Writer {
    pub store: Box<dyn Store>,
    pub batches: Receiver<Write>,
    pub decider: Sender<Message>,
    pub durable: watch::Sender<Position>,
    /// Notes how far answers have gone out, outside the database.
    pub acknowledged: Box<dyn FnMut(Position) + Send>,
    pub gauges: Arc<Gauges>,
    /// To the thread that sends many replies at once.
    pub replies: Sender<Durable>,
}

/// A batch that is durable, and the replies that waited for it.
pub type Durable = (Arc<Batch>, Vec<Pending>);

/// Replies that the writing thread sends itself: with more, waking those who wait takes as long
/// as writing, and the next batch would wait for it.
const OWN_REPLIES: usize = 256;

/// Sends replies until the writing thread ends.
pub fn send_replies(durable: &Receiver<Durable>) {
    while let Ok((batch, pending)) = durable.recv() {
        pending.into_iter().for_each(|reply| reply.send(&batch));
    }
}

impl Writer {
    pub fn run(mut self) {
        while let Ok(write) = self.batches.recv() {
            let message = match write {
                Write::Batch(batch, pending) => self.write(&batch, pending),
                Write::Probe => Message::Probed(self.probe()),
            };
            if self.decider.send(message).is_err() {
                return;
            }
        }
    }

    /// Where the journal ends, when the store is well again.
    ///
    /// A batch that failed may have become durable all the same, and then whoever asks again is
    /// told so: that is an acknowledgement as any other.
    fn probe(&mut self) -> Result<Position, StoreError> {
        let probed = self.store.probe().and_then(|()| self.store.reader()?.head());
        if let Ok(head) = &probed {
            (self.acknowledged)(*head);
            self.durable.send_replace(*head);
        }
        probed
    }

    fn write(&mut self, batch: &Arc<Batch>, pending: Vec<Pending>) -> Message {
        let started = Instant::now();
        let written = if batch.is_empty() { Ok(()) } else { self.store.append(batch) };
        let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.gauges.write_micros.fetch_add(micros, Ordering::Relaxed);
        if micros > SLOW_MICROS {
            let entries = batch.entries.len();
            let pages = batch.checkpoint.as_ref().map_or(0, |it| it.pages.len());
            tracing::debug!(micros, entries, pages, "a batch took long to write");
        }
        if let Err(error) = written {
            self.gauges.failures.fetch_add(1, Ordering::Relaxed);
            pending.into_iter().for_each(Pending::fail);
            return Message::Written(Err(error));
        }
        if let Some(last) = batch.entries.last() {
            (self.acknowledged)(last.position);
            self.gauges.entries.fetch_add(batch.entries.len() as u64, Ordering::Relaxed);
            self.gauges.batches.fetch_add(1, Ordering::Relaxed);
        }
        // Nothing has left the shard before this line. The position goes first: whoever has a reply
        // and then asks how far the journal is finds it there.
        if let Some(last) = batch.entries.last() {
            self.durable.send_replace(last.position);
        }
        self.send(batch, pending);
        Message::Written(Ok(()))
    }

    fn send(&self, batch: &Arc<Batch>, pending: Vec<Pending>) {
        if pending.len() <= OWN_REPLIES {
            pending.into_iter().for_each(|reply| reply.send(batch));
        } else if let Err(unsent) = self.replies.send((Arc::clone(batch), pending)) {
            let (batch, pending) = unsent.0;
            pending.into_iter().for_each(|reply| reply.send(&batch));
        }
    }
}
