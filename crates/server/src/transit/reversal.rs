//! What is taken back of a payment that stands on an account of another shard.

use axum::http::Request;
use axum::response::Response;
use engine::{
    Amount, Command, Currency, Entry, Money, Name, Note, Order, Origin, Position, RefundPayment,
    Refusal, ReversePart,
};
use serde::{Deserialize, Serialize};

use crate::http::app::App;
use crate::http::call::Call;
use crate::http::error::{Behind, Problem};
use crate::http::resources::payments::{cancellation_key, original};
use crate::http::wire;
use crate::shard::{Key, Operation};
use crate::shards::Question;

/// How a payment is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReversalWay {
    /// As a whole.
    Cancel,
    ChargeBack,
    /// It has gone back already: nobody is asked for leave.
    Refund,
}

/// What is taken back, and under which key for ever.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reversal {
    pub way: ReversalWay,
    /// In the currency that was paid in; `None` is all that is left.
    pub part: Option<(Amount, Currency)>,
    /// A cancellation has its own.
    pub key: Option<u128>,
}

/// Asks the shard of a payment's account to take it back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskReversal {
    /// As what it stands on its account.
    payment: Position,
    actor: Name,
    channel: Name,
    reason: Option<String>,
    note: Option<String>,
    reversal: Reversal,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Reversed {
    position: Position,
    is_repeat: bool,
}

impl Question for AskReversal {
    const NAME: &'static str = "reversal";

    type Answer = Result<Reversed, Box<Refusal>>;

    async fn answer(self, app: &App) -> Result<Self::Answer, Problem> {
        let at = self.payment;
        let entry = app.readers.read(move |it| it.entry(at)).await?;
        let note: Note = self.note.map(Into::into);
        let Some(original) = entry.and_then(|it| original(&it, note)) else {
            let payment = wire::payment_id(at);
            return Ok(Err(Box::new(Refusal::PaymentNotFound { payment })));
        };
        let Reversal { way, part, key } = self.reversal;
        let part = part.map(|(amount, currency)| Money { amount, currency });
        let (command, key) = match way {
            ReversalWay::Cancel => {
                (Command::CancelPayment(Box::new(original)), Some(cancellation_key(at)))
            }
            ReversalWay::ChargeBack => {
                (Command::ChargeBackPayment(Box::new(ReversePart { original, part })), key)
            }
            ReversalWay::Refund => {
                let refund = RefundPayment { reverse: ReversePart { original, part }, cap: None };
                (Command::RefundPayment(Box::new(refund)), key)
            }
        };
        let origin = Origin {
            actor: self.actor,
            channel: self.channel,
            reason: self.reason.map(Into::into),
        };
        let mut operation = Operation::new(Order { origin, command });
        operation.reference_key = key.map(|key| Key { key, fingerprint: 0 });
        match app.execute(operation).await {
            Ok(entries) => {
                let position = entries.first()?.position;
                Ok(Ok(Reversed { position, is_repeat: entries.is_repeat() }))
            }
            Err(problem) => match problem.behind.as_deref() {
                Some(Behind::Refusal(refusal)) => Ok(Err(Box::new(refusal.clone()))),
                _ => Err(problem),
            },
        }
    }
}

impl App {
    /// Whether an entry is of another shard than this one.
    pub fn is_elsewhere(&self, entry: Position) -> bool {
        entry.shard() != Some(self.shards.own())
    }

    /// Takes back a payment that stands on an account of another shard; answers by which entry,
    /// and whether it was taken back before.
    pub async fn reverse_elsewhere(
        &self,
        payment: Position,
        origin: Origin,
        note: Note,
        reversal: Reversal,
    ) -> Result<(Entry, bool), Problem> {
        let shard = payment.shard().ok_or_else(Problem::internal)?;
        let question = AskReversal {
            payment,
            actor: origin.actor,
            channel: origin.channel,
            reason: origin.reason.map(|it| it.to_string()),
            note: note.map(|it| it.to_string()),
            reversal,
        };
        let reversed = self.ask(shard, question).await?;
        let reversed = reversed.map_err(|refusal| Problem::refused(&refusal))?;
        let at = reversed.position;
        let entry = self.shards.read(shard, move |it| it.entry(at)).await?;
        Ok((entry.ok_or_else(Problem::internal)?, reversed.is_repeat))
    }

    /// What the shard answers to a request about a payment that stands there by `entry`; nothing
    /// where that is this one. `what` is the last part of the address.
    pub async fn answer_elsewhere(
        &self,
        call: &Call,
        entry: &Entry,
        what: &str,
    ) -> Option<Response> {
        let shard = entry.position.shard().filter(|it| *it != self.shards.own())?;
        let path = format!("/v1/payments/{}/{what}", wire::payment_id(entry.position));
        let request = Request::post(path).body(()).expect("an id and a word are an address");
        let (mut parts, ()) = request.into_parts();
        parts.headers.clone_from(&call.headers);
        Some(self.shards.pass_on(shard, parts, call.bytes().clone()).await)
    }
}
