//! `/channels/kiosk/{channel}`: payment terminals check an account and pay to it.
//!
//! **Invariant:** the answer to a payment that was received says nothing that could differ the
//! next time: their number, ours, and the sum.

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use engine::{
    AccountNumber, AccountRef, Amount, Balance, Currency, CustomerId, Entry, ExchangeError, Fact,
    Money, Name, Origin, Position, Precision, ReceivePayment, Refusal, State as Accounts,
    Timestamp, UnallocatedFact, Unfit, Unit,
};
use store::StoreError;

use super::payments;
use crate::channels::Kiosk;
use crate::channels::access::ClientAddress;
use crate::channels::kiosk::{self, Answer, Code, Command, No, Parameters};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::path::Path;
use crate::http::unallocated::{Standing, became, take_back};
use crate::shard::Unavailable;

/// The longest form that is read.
const FORM_BYTES_MAX: usize = 64 * 1024;

/// A request of a payment terminal, in the query.
///
/// `command` is `check`, `pay`, `cancel` or `status`; docs/channels.md explains parameters and
/// codes. The secret is the password of HTTP Basic, or a parameter.
#[utoipa::path(get, path = "/channels/kiosk/{channel}", tag = "channels", security(()),
    params(("channel" = String, Path, example = "osmp")),
    responses((status = 200, content_type = "text/xml", body = String),
        (status = 403, content_type = "text/xml", body = String)))]
pub async fn call_kiosk(
    State(app): State<App>,
    Path(channel): Path<String>,
    client: ClientAddress,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    respond(&app, &channel, client, &headers, query.as_deref().unwrap_or_default()).await
}

/// The same request, as a form.
#[utoipa::path(post, path = "/channels/kiosk/{channel}", tag = "channels", security(()),
    params(("channel" = String, Path, example = "osmp")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, content_type = "text/xml", body = String),
        (status = 403, content_type = "text/xml", body = String)))]
pub async fn post_kiosk(
    State(app): State<App>,
    Path(channel): Path<String>,
    client: ClientAddress,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let no = match axum::body::to_bytes(body, FORM_BYTES_MAX).await {
        Ok(form) => match std::str::from_utf8(&form) {
            Ok(form) => return respond(&app, &channel, client, &parts.headers, form).await,
            Err(_) => No::new(Code::Other, "the form has bytes that are not percent-encoded"),
        },
        Err(_) => No::new(Code::Other, "the form was cut off, or has more than 65536 bytes"),
    };
    // Nothing of the form was read: not even whether the secret stands in it.
    match open_from(&app, &channel, client) {
        Ok(_) => xml(StatusCode::OK, &Answer::no(no)),
        Err(no) => xml(StatusCode::FORBIDDEN, &Answer::no(no)),
    }
}

async fn respond(
    app: &App,
    channel: &str,
    client: ClientAddress,
    headers: &HeaderMap,
    text: &str,
) -> Response {
    let (kiosk, parameters) = match enter(app, channel, client, headers, text) {
        Ok(entered) => entered,
        Err(no) => return xml(StatusCode::FORBIDDEN, &Answer::no(no)),
    };
    let command = Command::read(&parameters);
    let name = command.as_ref().map_or("unknown", |it| it.name());
    let txn_id = kiosk::read_txn_id(&parameters).ok();
    let answer = match command {
        Ok(command) => obey(app, kiosk, command, &parameters).await,
        Err(no) => Err(no),
    };
    let mut answer = answer.unwrap_or_else(Answer::no);
    answer.txn_id = txn_id;
    let result = answer.code.number().to_string();
    let labels = [
        ("channel", kiosk.channel.name.as_str().to_owned()),
        ("command", name.to_owned()),
        ("result", result),
    ];
    metrics::counter!("sporran_kiosk_requests_total", &labels).increment(1);
    xml(StatusCode::OK, &answer)
}

fn xml(status: StatusCode, answer: &Answer) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/xml; charset=utf-8")];
    (status, kind, Body::from(answer.xml())).into_response()
}

/// The channel, when it may be called from there. Nobody hears which of the two was wrong.
fn open_from<'a>(app: &'a App, channel: &str, client: ClientAddress) -> Result<&'a Kiosk, No> {
    let kiosk = app.channels.kiosk.get(channel);
    let kiosk = kiosk.filter(|it| it.channel.access.allows(client.0));
    kiosk.ok_or_else(|| {
        metrics::counter!("sporran_channel_denials_total", "kind" => "kiosk").increment(1);
        let why = "there is no such channel, or it may not be called from this address";
        No::new(Code::Technical, why)
    })
}

/// The channel and the parameters, for whoever knows the secret.
pub(super) fn enter<'a>(
    app: &'a App,
    channel: &str,
    client: ClientAddress,
    headers: &HeaderMap,
    text: &str,
) -> Result<(&'a Kiosk, Parameters), No> {
    let kiosk = open_from(app, channel, client)?;
    let parameters = Parameters::parse(text, kiosk.secret_parameter.as_deref());
    let offered = match kiosk.secret_parameter {
        Some(_) => parameters.secret().map(|it| it.as_bytes().to_vec()),
        None => password(headers),
    };
    match offered.is_some_and(|it| kiosk.channel.access.is_secret(&it)) {
        true => Ok((kiosk, parameters)),
        false => {
            metrics::counter!("sporran_channel_denials_total", "kind" => "kiosk").increment(1);
            Err(No::new(Code::Technical, "the secret is missing or wrong"))
        }
    }
}

/// The password of HTTP Basic; whose it is does not matter.
fn password(headers: &HeaderMap) -> Option<Vec<u8>> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let credentials = scheme.eq_ignore_ascii_case("basic").then_some(credentials)?;
    let decoded = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let colon = decoded.iter().position(|it| *it == b':')?;
    Some(decoded[colon + 1..].to_vec())
}

async fn obey(
    app: &App,
    kiosk: &Kiosk,
    command: Command,
    parameters: &Parameters,
) -> Result<Answer, No> {
    let terms = &kiosk.channel.terms;
    match kiosk::Request::read(command, parameters, terms, app.shard.now())? {
        kiosk::Request::Check { account, sum, .. } => check(app, kiosk, account, sum).await,
        kiosk::Request::Pay { txn_id, account, sum, paid_at } => {
            pay(app, kiosk, txn_id, account, sum, paid_at).await
        }
        kiosk::Request::Cancel { txn_id, sum, prv_txn } => {
            cancel(app, kiosk, &txn_id, sum, prv_txn).await
        }
        kiosk::Request::Status { txn_id } => status(app, kiosk, &txn_id).await,
    }
}

/// What a look at an account shows of it.
struct Seen {
    customer: CustomerId,
    currency: Currency,
    exponent: u8,
    balance: Balance,
}

/// Says whether a payment would be taken; moves nothing.
async fn check(
    app: &App,
    kiosk: &Kiosk,
    number: AccountNumber,
    sum: Option<Amount>,
) -> Result<Answer, No> {
    let terms = &kiosk.channel.terms;
    if let Some(sum) = sum {
        terms.check_sum(sum)?;
    }
    let account = AccountRef::Number(number);
    let (of, currency) = (account.clone(), terms.currency);
    let look = move |accounts: &Accounts, now| look(accounts, &of, currency, sum, now);
    let seen = app.shard.read(Some(account), look).await?;
    let seen = seen.map_err(|refusal| No::from(Problem::refused(&refusal)))?;
    let customer = app.readers.read(move |it| it.customer(seen.customer)).await?;
    let name = customer.map_or(String::new(), |it| masked(&it.fields.name));
    let mut fields = vec![
        ("name", name),
        ("balance", seen.balance.display(seen.exponent).to_string()),
        ("currency", seen.currency.to_string()),
    ];
    if seen.balance.is_negative() {
        let debt = seen.balance.magnitude().display(seen.exponent).to_string();
        fields.push(("recommended_sum", debt));
    }
    let sum = sum.map(|it| (it, terms.currency.exponent()));
    Ok(Answer { sum, fields, ..Answer::new(Code::Done) })
}

/// The account, if it takes payments and the money could become its own.
fn look(
    accounts: &Accounts,
    account: &AccountRef,
    currency: Currency,
    sum: Option<Amount>,
    now: Timestamp,
) -> Result<Seen, Refusal> {
    let account = accounts.resolve(account)?;
    if account.closed {
        return Err(Refusal::AccountClosed { account: account.id });
    }
    if account.payments_locked {
        return Err(Refusal::PaymentsLocked { account: account.id });
    }
    if account.currency != currency {
        let from = Unit { currency, exponent: currency.exponent() };
        let to = account.unit();
        let sum = sum.unwrap_or_default();
        let converted = accounts.exchange.convert(sum, from, to, now, Precision::MinorUnits);
        converted.map_err(|error| match error {
            ExchangeError::NoRate => {
                Refusal::NoExchangeRate { from: currency, to: to.currency, at: now }
            }
            ExchangeError::OutOfRange => {
                Refusal::AmountOutOfRange { currency: to.currency, exponent: to.exponent }
            }
        })?;
    }
    Ok(Seen {
        customer: account.customer,
        currency: account.currency,
        exponent: account.exponent,
        balance: account.balance,
    })
}

/// Whoever stands at the terminal recognises the name; nobody learns it.
fn masked(name: &str) -> String {
    let words = name.split_whitespace().filter_map(|it| it.chars().next());
    let words: Vec<String> = words.map(|first| format!("{first}***")).collect();
    words.join(" ")
}

async fn pay(
    app: &App,
    kiosk: &Kiosk,
    txn_id: Box<str>,
    account: AccountNumber,
    sum: Amount,
    paid_at: Option<Timestamp>,
) -> Result<Answer, No> {
    let channel = &kiosk.channel;
    if let Err(no) = channel.terms.check_sum(sum) {
        // Bounds may have changed since: what was received keeps its answer.
        app.find_payment(channel.name, &txn_id).await?.ok_or(no)?;
    }
    let payment = ReceivePayment {
        account: Some(AccountRef::Number(account)),
        source: channel.name,
        reference: txn_id,
        money: Money { amount: sum, currency: channel.terms.currency },
        paid_at,
        note: None,
    };
    let entries = payments::receive(app, origin(kiosk)?, None, payment).await?;
    let entry = entries.first()?;
    let comment = match &entry.fact {
        Fact::PaymentUnallocated(fact) => format!("received for staff to allocate: {}", why(fact)),
        _ => String::new(),
    };
    Ok(Answer { comment, ..of_payment(kiosk, entry.position, sum, Code::Done) })
}

fn why(fact: &UnallocatedFact) -> &'static str {
    match fact.why {
        Unfit::AccountMissing | Unfit::AccountUnknown => "there is no account of this number",
        Unfit::AccountClosed => "the account is closed",
        Unfit::PaymentsLocked => "the account takes no payments",
        Unfit::NoExchangeRate => "there is no exchange rate for the account's currency",
        Unfit::AmountOutOfRange => "the account cannot hold so much",
    }
}

/// Reverses a payment, whole. Asked again it is the same answer.
async fn cancel(
    app: &App,
    kiosk: &Kiosk,
    txn_id: &str,
    sum: Option<Amount>,
    prv_txn: Option<u64>,
) -> Result<Answer, No> {
    let entry = app.find_payment(kiosk.channel.name, txn_id).await?;
    let entry = entry.ok_or_else(|| No::new(Code::Other, "there is no payment of this txn_id"))?;
    let paid = paid(&entry)?;
    if prv_txn.is_some_and(|it| it != entry.position.0) {
        return Err(No::new(Code::Other, "prv_txn stands for another payment"));
    }
    if sum.is_some_and(|it| it != paid) {
        return Err(No::new(Code::Other, "sum is not the payment's; it is cancelled whole"));
    }
    let note = Some("cancelled by the payment system".into());
    take_back(app, origin(kiosk)?, &entry, note).await?;
    Ok(of_payment(kiosk, entry.position, paid, Code::Done))
}

/// What became of a payment.
async fn status(app: &App, kiosk: &Kiosk, txn_id: &str) -> Result<Answer, No> {
    let Some(entry) = app.find_payment(kiosk.channel.name, txn_id).await? else {
        let comment = "there is no payment of this txn_id".to_owned();
        return Ok(Answer { comment, state: Some("unknown"), ..Answer::new(Code::NotFinished) });
    };
    let (paid, position) = (paid(&entry)?, entry.position);
    let became = became(app, &entry).await?;
    let cancelled = match &became {
        Standing::OnAccount(entry) => {
            let (shard, at) = (entry.position.shard().unwrap_or_default(), entry.position);
            let record = app.shards.read(shard, move |it| it.payment(at)).await?;
            record.is_some_and(|it| it.cancelled_by.is_some())
        }
        _ => false,
    };
    let (code, state, comment) = match (became, cancelled) {
        (Standing::OnAccount(_), false) => (Code::Done, "paid", String::new()),
        (Standing::Waiting(fact), _) => {
            (Code::Done, "paid", format!("waits for staff to allocate it: {}", why(&fact)))
        }
        (Standing::OnAccount(_), true) => {
            (Code::Other, "cancelled", "the payment was cancelled".to_owned())
        }
        (Standing::Sent(_), _) => (Code::Done, "paid", "is under way to its account".to_owned()),
        (Standing::Returned(_), _) => {
            (Code::Other, "cancelled", "the payment was sent back".to_owned())
        }
    };
    Ok(Answer { comment, state: Some(state), ..of_payment(kiosk, position, paid, code) })
}

fn paid(entry: &Entry) -> Result<Amount, No> {
    let money = payments::paid_money(entry).ok_or_else(Problem::internal)?;
    Ok(money.amount)
}

fn of_payment(kiosk: &Kiosk, payment: Position, sum: Amount, code: Code) -> Answer {
    let exponent = kiosk.channel.terms.currency.exponent();
    Answer { payment: Some(payment), sum: Some((sum, exponent)), ..Answer::new(code) }
}

fn origin(kiosk: &Kiosk) -> Result<Origin, No> {
    let channel = Name::new("kiosk").map_err(|_| No::from(Problem::internal()))?;
    Ok(Origin { actor: kiosk.channel.name, channel, reason: None })
}

impl From<Problem> for No {
    fn from(problem: Problem) -> Self {
        let code = match problem.code {
            // Whatever is our own trouble: the terminal has the money, and asks again.
            _ if problem.status >= 500 => Code::Temporary,
            "account_not_found" if problem.figures["check_digit_wrong"] == true => {
                Code::AccountFormat
            }
            "account_not_found" => Code::AccountNotFound,
            "account_closed" => Code::AccountInactive,
            "payments_locked" => Code::Prohibited,
            "no_exchange_rate" => Code::Technical,
            "amount_out_of_range" => Code::SumTooLarge,
            _ => Code::Other,
        };
        Self::new(code, problem.title)
    }
}

impl From<Unavailable> for No {
    fn from(unavailable: Unavailable) -> Self {
        Problem::from(unavailable).into()
    }
}

impl From<StoreError> for No {
    fn from(error: StoreError) -> Self {
        Problem::from(error).into()
    }
}
