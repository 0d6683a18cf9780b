//! Promised payments looked back at: who granted them, what became of them.

use std::collections::BTreeMap;

use engine::{
    Amount, CreditId, CustomerId, Entry, Fact, Name, PromiseEnd, PromiseEndFact, PromiseFact,
};
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::{MatterRecord, Reader, StoreError};
use utoipa::ToSchema;

use super::app::App;
use super::entry_view::PolicyName;
use super::error::Problem;
use super::wire::{self, WireMoney};
use crate::shards::Question;

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

/// Asks a shard how promised payments on accounts of its own stand.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskStandings {
    credits: Vec<CreditId>,
}

/// What the state knows beside the entries: whose account it is, and what was paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Standing {
    pub credit: CreditId,
    pub number: String,
    pub customer: CustomerId,
    /// The group that the customer is in now.
    pub group: Option<Name>,
    /// Real payments since it was granted, for as long as the account remembers.
    pub paid: Option<Amount>,
}

impl Question for AskStandings {
    const NAME: &'static str = "promise-standings";

    type Answer = Vec<Standing>;

    async fn answer(self, app: &App) -> Result<Vec<Standing>, Problem> {
        let standing = |state: &engine::State, credit: CreditId| {
            let account = state.account(credit.account)?;
            let known = account.promises().iter().find(|it| it.credit == credit.serial);
            Some(Standing {
                credit,
                number: account.number.to_string(),
                customer: account.customer,
                group: state.group_of(account),
                paid: known.map(|it| it.paid),
            })
        };
        let look = move |state: &engine::State, _| {
            self.credits.into_iter().filter_map(|it| standing(state, it)).collect()
        };
        Ok(app.shard.read(None, look).await?)
    }
}

/// Records with how they stand, in their order.
pub async fn stand(app: &App, records: Vec<Record>) -> Result<Vec<(Record, Standing)>, Problem> {
    let credits = records.iter().filter_map(Record::credit);
    let own = |credits| AskStandings { credits };
    let standings = app.ask_owners(credits, |it| it.account.shard(), own).await?;
    let standings = standings.into_iter().flatten();
    let mut known: BTreeMap<_, _> = standings.map(|it| (it.credit, it)).collect();
    let stood = |it: Record| known.remove(&it.credit()?).map(|standing| (it, standing));
    Ok(records.into_iter().filter_map(stood).collect())
}

impl Record {
    fn credit(&self) -> Option<CreditId> {
        let account = self.granted.posting?.account;
        Some(CreditId { account, serial: granted_fact(&self.granted)?.credit })
    }
}

impl PromiseView {
    pub fn new((record, standing): &(Record, Standing)) -> Option<Self> {
        let Record { granted, ended } = record;
        let (posting, fact) = (granted.posting?, granted_fact(granted)?);
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        let end = ended.as_ref().and_then(|it| Some((it, ended_fact(it)?)));
        let paid = standing.paid.or(end.map(|(_, end)| end.paid));
        let overridden: Vec<_> = fact.overridden.iter().map(|it| it.code()).collect();
        Some(Self {
            id: wire::credit_id(standing.credit),
            account: wire::account_id(posting.account),
            number: standing.number.clone(),
            customer: wire::customer_id(standing.customer),
            group: standing.group.map(|it| it.to_string()),
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
