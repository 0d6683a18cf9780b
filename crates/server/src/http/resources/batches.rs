//! `POST /v1/batches`: up to 10,000 operations, each answered on its own.

mod parts;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use engine::{Command, Entry, Fact, Order, Origin};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::authorisations::{self, AuthorisationRequest, AuthorisationView};
use super::charges::{ChargeRequest, named_in_batch};
use super::payments::PaymentRequest;
use super::reservations::{self, SettlementRequest, SettlementView};
use crate::http::app::{App, Entries, FoundAgain, find_again};
use crate::http::auth::{Permission, origin};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::wire::{self, WireLimit, WireMoney};
use crate::shard::{Answered, Key, Operation, Outcome, Reply, key_digest};
use parts::{PartResult, do_parts};

pub use parts::Part;

/// Operations in one batch, at most.
pub const OPERATIONS_MAX: usize = 10_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest<'a> {
    #[serde(borrow)]
    pub operations: Vec<BatchOperation<'a>>,
}

/// One operation: `{"charge": {"account": …}}`, with the fields that it has on its own and
/// what its path would name.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BatchOperation<'a> {
    #[serde(borrow)]
    Charge(ChargeRequest<'a>),
    #[serde(borrow)]
    Payment(PaymentRequest<'a>),
    #[serde(borrow)]
    Authorise(AuthorisationRequest<'a>),
    #[serde(borrow)]
    Settle(SettlementRequest<'a>),
}

#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// In the order of the operations.
    pub results: Vec<BatchResult>,
}

/// [`BatchView`], of operations of several shards.
#[derive(Serialize)]
struct PartsView {
    results: Vec<PartResult>,
}

/// What came of one operation: one of the fields, or a charge's or payment's figures.
#[skip_serializing_none]
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct BatchResult {
    /// Place in the journal.
    pub position: Option<u64>,
    pub amount: Option<WireMoney>,
    pub balance: Option<WireMoney>,
    pub available: Option<WireLimit>,
    pub authorisation: Option<AuthorisationView>,
    pub settlement: Option<SettlementView>,
    pub problem: Option<Problem>,
}

impl BatchResult {
    fn of(entry: &Entry) -> Self {
        let Some(posting) = &entry.posting else {
            return Self::default();
        };
        let (currency, exponent) = (posting.currency, posting.exponent);
        match &entry.fact {
            Fact::Authorised { .. } | Fact::Refused { .. } => {
                Self { authorisation: AuthorisationView::new(entry), ..Self::default() }
            }
            Fact::Settled { .. } => {
                Self { settlement: SettlementView::new(entry), ..Self::default() }
            }
            _ => Self {
                position: Some(entry.position.0),
                amount: Some(WireMoney::balance(posting.amount, currency, exponent)),
                balance: Some(WireMoney::balance(posting.balance, currency, exponent)),
                available: Some(WireLimit::available(posting.available(), currency, exponent)),
                ..Self::default()
            },
        }
    }

    fn problem(problem: Problem) -> Self {
        Self { problem: Some(problem), ..Self::default() }
    }
}

/// Does many operations, in order, each on its own: one that is refused leaves the others alone.
#[utoipa::path(post, path = "/v1/batches", tag = "use",
    request_body = BatchRequest,
    responses((status = 200, body = BatchView), (status = 400, body = Problem)))]
pub async fn create_batch(State(app): State<App>, call: Call) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Use).await?;
    let body = call.json::<BatchRequest>()?;
    if body.operations.len() > OPERATIONS_MAX {
        let why = format!("has more than {OPERATIONS_MAX} operations");
        return Err(Problem::malformed("operations", why));
    }
    let key = crate::http::app::idempotency_key(&call.writing(caller))?;
    let may_pay = caller.role.may(Permission::Payments);
    let is_part = app.shards.are_many();
    let doing = Doing { origin: origin(caller, &call.headers)?, key, may_pay, is_part };
    if is_part {
        let results = do_parts(&app, &doing, call.bytes(), &body.operations).await?;
        return Ok(Json(PartsView { results }).into_response());
    }
    let results = do_all(&app, &doing, body.operations.iter().enumerate().collect()).await?;
    Ok(Json(BatchView { results }).into_response())
}

/// Whose a batch is, and how its operations are done.
struct Doing {
    origin: Origin,
    /// Under which all of it is done at most once.
    key: Option<Key>,
    may_pay: bool,
    /// Other shards do the rest of it. Then an operation's key is by its place in the whole batch,
    /// and else by that among those which are understood, so that the first of them has the first.
    is_part: bool,
}

/// Does operations of a batch, each with its place there; answers what came of them, in order.
async fn do_all(
    app: &App,
    doing: &Doing,
    placed: Vec<(usize, &BatchOperation<'_>)>,
) -> Result<Vec<BatchResult>, Problem> {
    let mut results: Vec<Option<BatchResult>> = Vec::with_capacity(placed.len());
    let mut operations = Vec::with_capacity(placed.len());
    for (place, operation) in placed {
        match command(app, operation, doing.may_pay) {
            Err(problem) => results.push(Some(BatchResult::problem(problem))),
            Ok((command, reference)) => {
                let origin = doing.origin.clone();
                let mut operation = Operation::new(Order { origin, command });
                let place = if doing.is_part { place } else { operations.len() };
                operation.idempotency_key = doing.key.map(|it| within(it, place));
                operation.reference_key = reference.map(|key| Key { key, fingerprint: 0 });
                operations.push(operation);
                results.push(None);
            }
        }
    }
    let fingerprint = doing.key.map(|it| it.fingerprint);
    let asked: Vec<Command> = match doing.key.is_some() || operations.iter().any(needs_compare) {
        true => operations.iter().map(|it| it.order.command.clone()).collect(),
        false => Vec::new(),
    };
    // The first operation alone tells whether the key stands for another batch; then none is done.
    let rest = match doing.key {
        Some(_) if operations.len() > 1 => operations.split_off(1),
        _ => Vec::new(),
    };
    let reply = app.shard.execute_all(operations).await?;
    let mut answers = answers(app, reply, fingerprint, &asked).await?;
    if !rest.is_empty() {
        let asked = asked.get(1..).unwrap_or_default();
        let reply = app.shard.execute_all(rest).await?;
        answers.extend(self::answers(app, reply, fingerprint, asked).await?);
    }
    let mut answers = answers.into_iter();
    let filled = results.into_iter().map(|it| it.or_else(|| answers.next()).unwrap_or_default());
    Ok(filled.collect())
}

/// Whether the answer has to be held against what was asked.
fn needs_compare(operation: &Operation) -> bool {
    match &operation.order.command {
        Command::Authorise(_) | Command::AuthoriseUse(_) => true,
        Command::Settle(it) => it.request > 0,
        Command::SettleUse(it) => it.request > 0,
        _ => operation.reference_key.is_some(),
    }
}

/// The key of one operation, by its place.
fn within(batch: Key, place: usize) -> Key {
    let key = key_digest(&[&batch.key.to_le_bytes(), &place.to_le_bytes()]);
    Key { key, fingerprint: batch.fingerprint }
}

type Asked = (Command, Option<u128>);

fn command(app: &App, operation: &BatchOperation<'_>, may_pay: bool) -> Result<Asked, Problem> {
    match operation {
        BatchOperation::Charge(it) => {
            let account = named_in_batch("charge.account", it.account.as_deref())?;
            Ok((it.command(wire::parse_account("charge.account", account)?)?, None))
        }
        BatchOperation::Payment(_) if !may_pay => {
            Err(Problem::malformed("payment", "is not for a key of this role"))
        }
        BatchOperation::Payment(it) => {
            let account = named_in_batch("payment.account", it.account.as_deref())?;
            let account = wire::parse_account("payment.account", account)?;
            let (payment, key) = it.command(Some(account))?;
            Ok((Command::ReceivePayment(Box::new(payment)), Some(key)))
        }
        BatchOperation::Authorise(it) => Ok((it.command(app)?, None)),
        BatchOperation::Settle(it) => {
            let field = "settle.reservation";
            let reservation = named_in_batch(field, it.reservation.as_deref())?;
            let reservation = wire::parse_reservation(field, reservation)?;
            Ok((it.command(app, reservation)?, None))
        }
    }
}

async fn answers(
    app: &App,
    reply: Reply<Vec<Outcome>>,
    fingerprint: Option<u64>,
    asked: &[Command],
) -> Result<Vec<BatchResult>, Problem> {
    let mut results = Vec::with_capacity(reply.outcome.len());
    for (place, outcome) in reply.outcome.iter().enumerate() {
        let result = match outcome {
            Outcome::Entries { .. } => {
                reply.entries(outcome).first().map(BatchResult::of).unwrap_or_default()
            }
            Outcome::Refused(refusal) => refused(asked.get(place), Problem::refused(refusal)),
            other => {
                let other = other.clone();
                let found = app.readers.read(move |it| find_again(it, &other)).await?;
                match repeated(app, found, fingerprint, asked.get(place)).await {
                    Ok(result) => result,
                    Err(problem) if problem.code == "idempotency_key_reused" => {
                        return Err(problem);
                    }
                    Err(problem) => refused(asked.get(place), problem),
                }
            }
        };
        results.push(result);
    }
    Ok(results)
}

/// A "no" to authorise is an answer, here as on its own.
fn refused(asked: Option<&Command>, problem: Problem) -> BatchResult {
    match asked {
        Some(Command::Authorise(_) | Command::AuthoriseUse(_))
            if authorisations::is_answer(&problem) =>
        {
            BatchResult {
                authorisation: Some(AuthorisationView::refused(problem)),
                ..BatchResult::default()
            }
        }
        _ => BatchResult::problem(problem),
    }
}

async fn repeated(
    app: &App,
    found: FoundAgain,
    fingerprint: Option<u64>,
    asked: Option<&Command>,
) -> Result<BatchResult, Problem> {
    let entries: Entries = found.into_entries(fingerprint)?;
    let entry = entries.first()?;
    match asked {
        Some(asked @ (Command::Authorise(_) | Command::AuthoriseUse(_))) => {
            authorisations::check_same(entry, asked)?;
        }
        Some(asked @ (Command::Settle(_) | Command::SettleUse(_))) => {
            reservations::check_same(entry, asked)?;
        }
        Some(Command::ReceivePayment(asked)) => {
            super::payments::check_same(app, entry, asked.account.clone(), asked.money).await?;
        }
        _ => {}
    }
    Ok(BatchResult::of(entry))
}
