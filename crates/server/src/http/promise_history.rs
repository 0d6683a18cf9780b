//! Promised payments looked back at: who granted them, what became of them.

use engine::{Amount, Entry, Fact, PromiseEnd, PromiseEndFact, PromiseFact};
use serde::Serialize;
use serde_with::skip_serializing_none;
use store::{MatterRecord, Reader, StoreError};
use utoipa::ToSchema;

use super::entry_view::PolicyName;
use super::wire::{self, WireMoney};

/// A promised payment: the entry that granted it and the one that ended it.
#[derive(Clone, Debug)]
pub struct Record {
    pub granted: Entry,
    pub ended: Option<Entry>,
}

/// Reads the entries of promised payments from the journal.
pub fn read(reader: &dyn Reader, matters: Vec<MatterRecord>) -> Result<Vec<Record>, StoreError> {
    let entry = |position: engine::Position| {
        let place = || format!("position {}", position.0);
        reader.entry(position)?.ok_or_else(|| StoreError::damaged(place(), "it is missing"))
    };
    let read = |it: MatterRecord| {
        Ok(Record { granted: entry(it.began)?, ended: it.settled_by.map(entry).transpose()? })
    };
    matters.into_iter().map(read).collect()
}

/// A promised payment with its end, when it has ended.
#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct PromiseView {
    #[schema(example = "crd_34-1")]
    pub id: String,
    #[schema(example = "acc_34")]
    pub account: String,
    pub number: String,
    #[schema(example = "cus_12")]
    pub customer: String,
    /// The group that the customer is in now.
    pub group: Option<String>,
    pub amount: WireMoney,
    pub granted_at: String,
    pub until: String,
    /// Who granted it.
    pub actor: &'static str,
    pub channel: &'static str,
    pub reason: Option<String>,
    pub policy: PolicyName,
    pub fee: Option<WireMoney>,
    /// Rules that staff have overridden.
    pub overridden: Option<Vec<&'static str>>,
    /// Real payments since it was granted; those that came after an end without them count too.
    pub paid: WireMoney,
    pub ended_at: Option<String>,
    /// `repaid`, `partly_repaid`, `expired` or `revoked`.
    pub end: Option<&'static str>,
    /// Who revoked it, or whose payment kept it.
    pub ended_by: Option<&'static str>,
    pub end_reason: Option<String>,
}

/// What a record says, with what the state knows beside: whose account it is, what was paid.
pub fn views(state: &engine::State, records: &[Record]) -> Vec<PromiseView> {
    records.iter().filter_map(|it| PromiseView::new(state, it)).collect()
}

impl PromiseView {
    fn new(state: &engine::State, record: &Record) -> Option<Self> {
        let Record { granted, ended } = record;
        let (posting, fact) = (granted.posting?, granted_fact(granted)?);
        let account = state.account(posting.account)?;
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        let end = ended.as_ref().and_then(|it| Some((it, ended_fact(it)?)));
        let known = account.promises().iter().find(|it| it.credit == fact.credit);
        let paid = known.map(|it| it.paid).or(end.map(|(_, end)| end.paid));
        let overridden: Vec<_> = fact.overridden.iter().map(|it| it.code()).collect();
        let credit = engine::CreditId { account: posting.account, serial: fact.credit };
        Some(Self {
            id: wire::credit_id(credit),
            account: wire::account_id(posting.account),
            number: account.number.to_string(),
            customer: wire::customer_id(account.customer),
            group: state.group_of(account).map(|it| it.to_string()),
            amount: money(fact.amount),
            granted_at: wire::time(granted.at),
            until: wire::time(fact.until),
            actor: granted.origin.actor.as_str(),
            channel: granted.origin.channel.as_str(),
            reason: granted.origin.reason.as_deref().map(Into::into),
            policy: PolicyName {
                group: fact.group.map(|it| it.to_string()),
                currency: posting.currency,
                version: fact.version,
            },
            fee: (!fact.fee.is_zero()).then(|| money(fact.fee)),
            overridden: (!overridden.is_empty()).then_some(overridden),
            paid: money(paid.unwrap_or(Amount::ZERO)),
            ended_at: end.map(|(entry, _)| wire::time(entry.at)),
            end: end.map(|(_, end)| end_code(end.end)),
            ended_by: end.map(|(entry, _)| entry.origin.actor.as_str()),
            end_reason: end.and_then(|(it, _)| it.origin.reason.as_deref().map(Into::into)),
        })
    }
}

fn granted_fact(entry: &Entry) -> Option<&PromiseFact> {
    match &entry.fact {
        Fact::PromiseGranted(fact) => Some(fact),
        _ => None,
    }
}

fn ended_fact(entry: &Entry) -> Option<&PromiseEndFact> {
    match &entry.fact {
        Fact::PromiseEnded(fact) => Some(fact),
        _ => None,
    }
}

/// How it ended, as programs read it.
pub fn end_code(end: PromiseEnd) -> &'static str {
    match end {
        PromiseEnd::Repaid => "repaid",
        PromiseEnd::PartlyRepaid => "partly_repaid",
        PromiseEnd::Expired => "expired",
        PromiseEnd::Revoked => "revoked",
    }
}
