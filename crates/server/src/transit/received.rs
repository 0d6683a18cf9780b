//! What came of what was sent.

use std::time::Duration;

use engine::{Entry, Fact, Position, ReceiveTransit, Sent, Transit};
use serde::{Deserialize, Serialize};

use crate::http::app::App;
use crate::http::error::Problem;
use crate::shard::key_digest;
use crate::shards::Question;

/// How long whoever sent something is kept waiting for the other side of it. What takes longer is
/// under way, and said to be.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// The key of the other side of what an entry has sent.
pub fn key_of(original: Position) -> u128 {
    key_digest(&[b"transit", &original.0.to_be_bytes()])
}

/// Whether an entry is the other side of what `original` has sent.
pub fn receives(entry: &Entry, original: &Entry) -> bool {
    let Some(sent) = ReceiveTransit::of(original) else { return false };
    let money = match (&entry.fact, entry.posting) {
        (Fact::PaymentUnallocated(fact), _) => {
            return fact.original == Some(sent.original)
                && (fact.amount, fact.currency) == (sent.money.amount, sent.money.currency);
        }
        (_, Some(posting)) if posting.account == sent.account => match entry.fact.conversion() {
            Some(it) => (it.original, it.currency),
            None => (posting.amount.magnitude(), posting.currency),
        },
        _ => return false,
    };
    let is_of = match (&entry.fact, &sent.sent) {
        (Fact::TransferIn(fact), Sent::Transfer { from, .. }) => {
            let original = match &fact.transit {
                Some(Transit::Received { original, .. }) => Some(*original),
                _ => None,
            };
            fact.other == *from && original == Some(sent.original)
        }
        (Fact::PaymentAllocated(fact), Sent::Payment { payment, .. }) => fact.payment == *payment,
        _ => false,
    };
    is_of && money == (sent.money.amount, sent.money.currency)
}

/// Has the shard of an account receive what was sent to it, and asks by which entry it did.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskReceived {
    /// The entry that sent it.
    pub original: Position,
}

impl Question for AskReceived {
    const NAME: &'static str = "received";

    /// Nothing where it could not be received now.
    type Answer = Option<Position>;

    async fn answer(self, app: &App) -> Result<Self::Answer, Problem> {
        let key = key_of(self.original);
        if let Some(entry) = app.find_under(key).await? {
            return Ok(Some(entry.position));
        }
        let from = self.original.shard().ok_or_else(Problem::internal)?;
        let received = app.arrivals.receive(from);
        // Whoever asked does not wait longer.
        let _ = tokio::time::timeout(WAIT_MAX, received).await;
        Ok(app.find_under(key).await?.map(|it| it.position))
    }
}

impl App {
    /// The other side of what an entry has sent, once the other shard has written it; nothing when
    /// that takes long.
    pub async fn received(&self, original: &Entry) -> Result<Option<Entry>, Problem> {
        let Some(account) = original.fact.sent_to() else { return Ok(None) };
        let shard = account.shard();
        let asked = self.ask(shard, AskReceived { original: original.position });
        let position = match tokio::time::timeout(WAIT_MAX, asked).await {
            Ok(Ok(Some(position))) => position,
            // It is sent all the same: the shard receives it when it is there again.
            Ok(Ok(None) | Err(_)) | Err(_) => return Ok(None),
        };
        Ok(self.shards.read(shard, move |it| it.entry(position)).await?)
    }
}
