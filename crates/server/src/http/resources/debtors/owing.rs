//! What is known of debtors who were found: what they owe from memory, their names from the
//! directory.

use std::collections::BTreeMap;

use engine::{
    Account, AccountId, Ageing, Amount, Currency, CustomerId, Limit, Name, State, Timestamp, day_of,
};
use serde::{Deserialize, Serialize};
use store::{Reader, StoreError};

use super::list::Places;
use super::{Debtor, DebtorsPage, OpenPromise};
use crate::http::app::App;
use crate::http::error::Problem;
use crate::http::resources::receivables::Bands;
use crate::http::wire::{self, WireLimit, WireMoney};
use crate::shards::{Question, by_shard};

/// Debtors that are described without anybody else having a turn.
const DESCRIBED: usize = 1_024;

/// Asks a shard what is owed on accounts of its own, in their order; nothing of those who have paid
/// since they were found.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskOwing {
    accounts: Vec<AccountId>,
}

/// An account on which something is owed, as memory knows it. Money is in its currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OwingAccount {
    pub account: AccountId,
    pub customer: CustomerId,
    pub number: String,
    pub currency: Currency,
    pub exponent: u8,
    pub group: Option<Name>,
    pub owed: Amount,
    /// The debts, each since its day: from 1970-01-01 in UTC.
    pub debts: Vec<(i32, Amount)>,
    pub written_off: Amount,
    pub limit: Limit,
    pub promise: Option<Promised>,
    pub closed: bool,
}

/// A promised payment that runs.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Promised {
    amount: Amount,
    paid: Amount,
    until: Timestamp,
}

/// What a debtor is called, and the account.
#[derive(Clone, Debug, Default)]
pub struct Names {
    pub customer: String,
    pub phone: Option<String>,
    pub account: String,
}

impl Question for AskOwing {
    const NAME: &'static str = "owing-accounts";

    type Answer = Vec<OwingAccount>;

    async fn answer(self, app: &App) -> Result<Vec<OwingAccount>, Problem> {
        let mut described = Vec::with_capacity(self.accounts.len());
        for slice in self.accounts.chunks(DESCRIBED) {
            let slice = slice.to_vec();
            let look = move |state: &State, _| {
                let accounts = slice.into_iter().filter_map(|it| state.account(it));
                let owing = |it: &Account| OwingAccount::of(it, state.group_of(it));
                accounts.filter_map(owing).collect::<Vec<_>>()
            };
            described.extend(app.shard.read(None, look).await?);
        }
        Ok(described)
    }
}

impl OwingAccount {
    /// Nothing for somebody who has paid.
    fn of(account: &Account, group: Option<Name>) -> Option<Self> {
        account.debts.first()?;
        let promise = account.promises().iter().rev().find(|it| it.is_open());
        let promised =
            |it: &engine::Promise| Promised { amount: it.amount, paid: it.paid, until: it.until };
        Some(Self {
            account: account.id,
            customer: account.customer,
            number: account.number.to_string(),
            currency: account.currency,
            exponent: account.exponent,
            group,
            owed: account.owed(),
            debts: account.debts.iter().map(|it| (it.day, it.amount)).collect(),
            written_off: account.written_off(),
            limit: account.limit,
            promise: promise.map(promised),
            closed: account.closed,
        })
    }

    /// By the age of the debts on a day.
    pub fn ageing(&self, today: i32) -> Ageing {
        let mut ageing = Ageing::default();
        for (day, amount) in &self.debts {
            ageing.add(today - day, amount.units().into());
        }
        ageing
    }

    /// The day of the oldest debt.
    pub fn since(&self) -> i32 {
        self.debts.first().map_or(0, |(day, _)| *day)
    }
}

/// What is known of these accounts and of their customers, in their order.
pub async fn look_at(
    app: &App,
    accounts: &[AccountId],
) -> Result<Vec<(OwingAccount, Names)>, Problem> {
    let own = |accounts| AskOwing { accounts };
    let owing = app.ask_owners(accounts.iter().copied(), |it| it.shard(), own).await?;
    let mut known = BTreeMap::new();
    for (shard, owing) in by_shard(owing.into_iter().flatten(), |it| it.account.shard()) {
        let readers = app.shards.readers_of(shard).ok_or_else(Problem::internal)?;
        let named = readers.read(move |it| add_names(it, owing)).await?;
        known.extend(named.into_iter().map(|it| (it.0.account, it)));
    }
    Ok(accounts.iter().filter_map(|it| known.remove(it)).collect())
}

fn add_names(
    reader: &dyn Reader,
    owing: Vec<OwingAccount>,
) -> Result<Vec<(OwingAccount, Names)>, StoreError> {
    let mut known = BTreeMap::new();
    let mut named = Vec::with_capacity(owing.len());
    for it in owing {
        let fields = match known.entry(it.customer) {
            std::collections::btree_map::Entry::Occupied(it) => it.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(reader.customer(it.customer)?.map(|it| it.fields))
            }
        };
        let fields = fields.as_ref();
        let names = Names {
            customer: fields.map(|it| it.name.clone()).unwrap_or_default(),
            phone: fields.and_then(|it| it.phone.clone()),
            account: reader.account(it.account)?.map(|it| it.name).unwrap_or_default(),
        };
        named.push((it, names));
    }
    Ok(named)
}

/// The page of what was found.
pub async fn describe(app: &App, found: Places, as_of: Timestamp) -> Result<DebtorsPage, Problem> {
    let today = day_of(as_of);
    let (accounts, next) = found.accounts();
    let known = look_at(app, &accounts).await?;
    let debtors = known.into_iter().map(|(it, names)| debtor(&it, names, today)).collect();
    Ok(DebtorsPage { as_of: wire::time(as_of), debtors, next })
}

fn debtor(it: &OwingAccount, names: Names, today: i32) -> Debtor {
    let money = |amount| WireMoney::amount(amount, it.currency, it.exponent);
    let promise = it.promise.map(|it| OpenPromise {
        amount: money(it.amount),
        paid: money(it.paid),
        until: wire::time(it.until),
    });
    Debtor {
        account: wire::account_id(it.account),
        number: it.number.clone(),
        customer: wire::customer_id(it.customer),
        name: names.customer,
        phone: names.phone,
        group: it.group,
        owed: money(it.owed),
        bands: Bands::new(it.ageing(today), it.exponent),
        owed_since: wire::day(it.since()),
        oldest_days: today - it.since(),
        written_off: (!it.written_off.is_zero()).then(|| money(it.written_off)),
        credit_limit: WireLimit::limit(it.limit, it.currency, it.exponent),
        promise,
        closed: it.closed,
    }
}
