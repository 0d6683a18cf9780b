//! Commands in an SQLite file of their own, beside the journal's.

mod change;
mod look;

use std::path::Path;

use engine::{Position, SubscriptionId, Timestamp};

use super::{
    Acknowledgement, Attempt, Command, NewCommand, Outcome, ProvisioningStore, Queue, Retried,
    Which,
};
use crate::StoreError;
use crate::answers::{self, AnswerStore, KeptAnswer};
use crate::beside::Beside;

/// Steps of the schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql")];

pub struct SqliteProvisioning {
    file: Beside,
}

impl SqliteProvisioning {
    /// Opens the file, making it if need be.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let file = Beside::open(path, MIGRATIONS, "open the database of provisioning")?;
        Ok(Self { file })
    }
}

impl AnswerStore for SqliteProvisioning {
    fn answer(&self, key: u128) -> Result<Option<KeptAnswer>, StoreError> {
        answers::find(&self.file, key)
    }

    fn keep_answer(&mut self, key: u128, answer: &KeptAnswer) -> Result<(), StoreError> {
        answers::keep(&mut self.file, key, answer)
    }
}

impl ProvisioningStore for SqliteProvisioning {
    fn cursor(&self) -> Result<Position, StoreError> {
        look::cursor(&self.file)
    }

    fn enqueue(
        &mut self,
        expected: Position,
        cursor: Position,
        commands: &[NewCommand],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.file.write("make provisioning commands", |transaction| {
            if !change::move_cursor(transaction, expected, cursor)? {
                return Ok(false);
            }
            for command in commands {
                change::add(transaction, command, now)?;
            }
            Ok(true)
        })
    }

    fn resume(&mut self, now: Timestamp) -> Result<u64, StoreError> {
        self.file.write("have interrupted provisioning commands sent again", |transaction| {
            change::resume(transaction, now)
        })
    }

    fn put_back(&mut self, head: Position, now: Timestamp) -> Result<u64, StoreError> {
        self.file.write("forget provisioning commands", |transaction| {
            change::put_back(transaction, head, now)
        })
    }

    fn claim(
        &mut self,
        adapter: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError> {
        // Most often nothing is due, and then nothing is written.
        if look::due_at(&self.file, adapter)?.is_none_or(|it| it > now) {
            return Ok(Vec::new());
        }
        self.file.write("take provisioning commands that are due", |transaction| {
            change::claim(transaction, adapter, now, limit)
        })
    }

    fn next_due_at(&self, adapters: &[&str]) -> Result<Option<Timestamp>, StoreError> {
        let mut first = None;
        for adapter in adapters {
            let due = look::due_at(&self.file, adapter)?;
            first = [first, due].into_iter().flatten().min();
        }
        Ok(first)
    }

    fn record(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        self.file.write("note how provisioning attempts went", |transaction| {
            outcomes.iter().try_for_each(|it| change::record(transaction, it))
        })
    }

    fn acknowledge(
        &mut self,
        command: Position,
        said: &Acknowledgement,
    ) -> Result<Option<Command>, StoreError> {
        self.file.write("acknowledge a provisioning command", |transaction| {
            change::acknowledge(transaction, command, said)
        })
    }

    fn retry(
        &mut self,
        command: Position,
        now: Timestamp,
        actor: &str,
    ) -> Result<Retried, StoreError> {
        self.file.write("have a provisioning command sent again", |transaction| {
            change::retry(transaction, command, now, actor)
        })
    }

    fn repair(
        &mut self,
        subscriptions: &[SubscriptionId],
        now: Timestamp,
        actor: &str,
    ) -> Result<Vec<Option<Position>>, StoreError> {
        self.file.write("have provisioning commands sent again", |transaction| {
            let repair = |it: &SubscriptionId| change::repair(transaction, *it, now, actor);
            subscriptions.iter().map(repair).collect()
        })
    }

    fn commands(
        &self,
        which: &Which,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError> {
        look::commands(&self.file, which, before, limit)
    }

    fn command(&self, id: Position) -> Result<Option<(Command, Vec<Attempt>)>, StoreError> {
        look::command(&self.file, id)
    }

    fn newest(&self, subscription: SubscriptionId) -> Result<Option<Command>, StoreError> {
        look::newest(&self.file, subscription)
    }

    fn ordered_on(&self, adapter: &str) -> Result<Vec<SubscriptionId>, StoreError> {
        look::ordered_on(&self.file, adapter)
    }

    fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        look::queues(&self.file)
    }

    fn prune(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.file.write("delete old provisioning commands", |transaction| {
            change::prune(transaction, before, limit)
        })
    }
}
