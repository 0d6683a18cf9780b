//! Commands, in an SQLite file beside the journal's or in tables beside it on PostgreSQL: those of
//! the shard that the store was opened for.

mod change;
mod look;

use std::path::Path;
use std::sync::Arc;

use engine::{Position, ShardId, SubscriptionId, Timestamp};

use super::{
    Acknowledgement, Attempt, Command, NewCommand, Outcome, ProvisioningStore, Queue, Retried,
    Which,
};
use crate::answers::{AnswerStore, Answers, KeptAnswer};
use crate::beside::{Alone, Beside, Tables, values};
use crate::{PostgresDatabase, StoreError};

use change::Changing;
use look::Looking;

/// Steps of the file's schema, oldest first. Steps that were released are never changed.
const MIGRATIONS: &[&str] = &[include_str!("schema.sql"), include_str!("schema_2.sql")];

const ANSWERS: Answers = Answers("provisioning_answers");

/// The one shard that a file has.
const IN_FILE: u32 = 0;

pub struct SqlProvisioning {
    beside: Beside,
    shard: u32,
}

impl SqlProvisioning {
    /// All of it, to be copied.
    pub fn into_tables(self) -> Tables {
        self.beside.into()
    }

    /// Opens a file, making it if need be.
    pub fn in_file(path: &Path) -> Result<Self, StoreError> {
        let beside = Beside::in_file(path, MIGRATIONS, "open the database of provisioning")?;
        Ok(Self { beside, shard: IN_FILE })
    }

    /// The tables of a server's database, for one of its shards.
    pub fn on_server(database: &Arc<PostgresDatabase>, shard: ShardId) -> Result<Self, StoreError> {
        let shard = shard.number();
        let mut beside = Beside::on_server(database, "provisioning");
        beside.write("open the tables of provisioning", &Alone::Nothing, |transaction| {
            let sql = "INSERT INTO beside_locks (place, slot) VALUES ('provisioning', ?1) \
                       ON CONFLICT (place, slot) DO NOTHING";
            transaction.execute(sql, values![shard])?;
            let sql = "INSERT INTO provisioning_cursors (shard, position) VALUES (?1, 0) \
                       ON CONFLICT (shard) DO NOTHING";
            transaction.execute(sql, values![shard]).map(drop)
        })?;
        Ok(Self { beside, shard })
    }

    fn looking(&self) -> Looking<'_> {
        Looking { beside: &self.beside, shard: self.shard }
    }

    /// Changes commands, which of a shard is done by one at a time.
    fn change<T>(
        &mut self,
        doing: &'static str,
        change: impl Fn(&Changing<'_>) -> crate::beside::Result<T>,
    ) -> Result<T, StoreError> {
        let shard = self.shard;
        self.beside.write(doing, &Alone::Slots(vec![shard.into()]), |transaction| {
            change(&Changing { transaction: *transaction, shard })
        })
    }
}

impl AnswerStore for SqlProvisioning {
    fn answer(&self, key: u128) -> Result<Option<KeptAnswer>, StoreError> {
        ANSWERS.find(&self.beside, key)
    }

    fn keep_answer(&mut self, key: u128, answer: &KeptAnswer) -> Result<(), StoreError> {
        ANSWERS.keep(&mut self.beside, key, answer)
    }
}

impl ProvisioningStore for SqlProvisioning {
    fn cursor(&self) -> Result<Position, StoreError> {
        self.looking().cursor()
    }

    fn enqueue(
        &mut self,
        expected: Position,
        cursor: Position,
        commands: &[NewCommand],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.change("make provisioning commands", |it| {
            if !it.move_cursor(expected, cursor)? {
                return Ok(false);
            }
            for command in commands {
                it.add(command, now)?;
            }
            Ok(true)
        })
    }

    fn resume(&mut self, under_way: &[Position], now: Timestamp) -> Result<u64, StoreError> {
        self.change("have interrupted provisioning commands sent again", |it| {
            it.resume(under_way, now)
        })
    }

    fn put_back(&mut self, head: Position, now: Timestamp) -> Result<u64, StoreError> {
        self.change("forget provisioning commands", |it| it.put_back(head, now))
    }

    fn claim(
        &mut self,
        adapter: &str,
        now: Timestamp,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError> {
        // Most often nothing is due, and then nothing is written.
        if self.looking().due_at(adapter)?.is_none_or(|it| it > now) {
            return Ok(Vec::new());
        }
        self.change("take provisioning commands that are due", |it| it.claim(adapter, now, limit))
    }

    fn next_due_at(&self, adapters: &[&str]) -> Result<Option<Timestamp>, StoreError> {
        let mut first = None;
        for adapter in adapters {
            let due = self.looking().due_at(adapter)?;
            first = [first, due].into_iter().flatten().min();
        }
        Ok(first)
    }

    fn record(&mut self, outcomes: &[Outcome]) -> Result<(), StoreError> {
        self.change("note how provisioning attempts went", |it| {
            outcomes.iter().try_for_each(|outcome| it.record(outcome))
        })
    }

    fn acknowledge(
        &mut self,
        command: Position,
        said: &Acknowledgement,
    ) -> Result<Option<Command>, StoreError> {
        self.change("acknowledge a provisioning command", |it| it.acknowledge(command, said))
    }

    fn retry(
        &mut self,
        command: Position,
        now: Timestamp,
        actor: &str,
    ) -> Result<Retried, StoreError> {
        self.change("have a provisioning command sent again", |it| it.retry(command, now, actor))
    }

    fn repair(
        &mut self,
        subscriptions: &[SubscriptionId],
        now: Timestamp,
        actor: &str,
    ) -> Result<Vec<Option<Position>>, StoreError> {
        self.change("have provisioning commands sent again", |it| {
            subscriptions.iter().map(|subscription| it.repair(*subscription, now, actor)).collect()
        })
    }

    fn commands(
        &self,
        which: &Which,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Command>, StoreError> {
        self.looking().commands(which, before, limit)
    }

    fn command(&self, id: Position) -> Result<Option<(Command, Vec<Attempt>)>, StoreError> {
        self.looking().command(id)
    }

    fn newest(&self, subscription: SubscriptionId) -> Result<Option<Command>, StoreError> {
        self.looking().newest(subscription)
    }

    fn ordered_on(&self, adapter: &str) -> Result<Vec<SubscriptionId>, StoreError> {
        self.looking().ordered_on(adapter)
    }

    fn queues(&self) -> Result<Vec<Queue>, StoreError> {
        self.looking().queues()
    }

    fn prune(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.change("delete old provisioning commands", |it| it.prune(before, limit))
    }
}
