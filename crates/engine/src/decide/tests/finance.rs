//! The lines of the script about payments that wait, go back, and debts.

use std::sync::Arc;

use super::scenario::Scenario;
use super::script::{Words, amount, original, parse_moment};
use crate::{
    AccountNumber, AccountRef, Alerts, AllocatePayment, Balance, Command, Currency, Fact,
    FarAccount, ForwardPayment, Name, Plan, Position, Precision, ReceiveTransit, RefundPayment,
    ReturnPayment, ReversePart, SendTransfer, Sent, ShardId, UnallocatedFact,
};

pub fn finance(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    match verb {
        "allocate" => {
            let (payment, received) = unallocated(scenario, words.next());
            let account = scenario.account_ref(words.next());
            let allocate = AllocatePayment { payment, received, account, note: None };
            Command::AllocatePayment(Box::new(allocate))
        }
        "return" => {
            let (payment, received) = unallocated(scenario, words.next());
            let back = ReturnPayment { payment, received, note: None };
            Command::ReturnPayment(Box::new(back))
        }
        "forward" => {
            let (payment, received) = unallocated(scenario, words.next());
            let account = far(words.next()).id;
            let forward = ForwardPayment { payment, received, account, note: None };
            Command::ForwardPayment(Box::new(forward))
        }
        "send" => {
            let from = scenario.account_ref(words.next());
            let to = far(words.next());
            let money = words.money(scenario, &from);
            Command::SendTransfer(Box::new(SendTransfer { from, to, money, note: None }))
        }
        "receive" => receive(scenario, words),
        "chargeback" | "refund" => reverse(scenario, verb, words),
        "approve" | "reject" => {
            let (account, serial) = words.next().split_once('/').expect("account/serial");
            let AccountRef::Id(account) = scenario.account_ref(account) else {
                panic!("refunds go by id");
            };
            let serial = serial.parse().unwrap();
            match verb {
                "approve" => Command::ApproveRefund { account, serial },
                _ => Command::RejectRefund { account, serial, note: None },
            }
        }
        _ => account_line(scenario, verb, words),
    }
}

fn account_line(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    let account = scenario.account_ref(words.next());
    let unit = words.unit(scenario, &account);
    match verb {
        "lock" | "unlock" => Command::LockPayments { account, locked: verb == "lock" },
        "opening" => Command::SetOpeningBalance {
            account,
            owed_since: words
                .option("since")
                .map(|it| parse_moment(it.parse().expect("a day"), "00:00")),
            amount: balance(words.next(), unit),
            currency: unit,
            note: None,
        },
        "write-off" => Command::WriteOff { account, money: words.optional_money(unit), note: None },
        "recover" => {
            Command::RecoverWriteOff { account, money: words.optional_money(unit), note: None }
        }
        "plan" => {
            let name = words.next();
            let plan = (name != "none").then(|| Plan {
                name: Name::new(name).unwrap(),
                monthly_fee: amount(words.next(), unit),
            });
            Command::SetPlan { account, plan, currency: Some(unit) }
        }
        _ => {
            let mut alerts = Alerts::default();
            while let Some(low) = words.option("low") {
                alerts.balance_below.push(balance(low, unit));
            }
            alerts.owed_over = words.option("owed").map(|it| amount(it, unit));
            Command::SetAlerts { account, alerts: Arc::new(alerts), currency: unit }
        }
    }
}

/// An account in the second shard, by its currency.
fn far(currency: &str) -> FarAccount {
    let id = ShardId::new(1).and_then(|it| it.account(7)).expect("there is room");
    let number = AccountNumber::own(id.shard(), 7);
    FarAccount { id, number, currency: super::script::currency(currency) }
}

fn receive(scenario: &Scenario, words: &mut Words<'_>) -> Command {
    let original = ShardId::new(1).expect("a shard").start().plus(12);
    let sent = match words.option("ref") {
        Some(reference) => Sent::Payment {
            payment: ShardId::new(1).expect("a shard").start().plus(3),
            source: Name::new("cash").unwrap(),
            reference: reference.into(),
            paid_at: None,
            note: None,
        },
        None => {
            let FarAccount { id: from, number, .. } = far("EUR");
            Sent::Transfer { from, number, note: None }
        }
    };
    let account = scenario.account_ref(words.next());
    let money = words.money(scenario, &account);
    let AccountRef::Id(account) = account else { panic!("what was sent goes by id") };
    Command::ReceiveTransit(Box::new(ReceiveTransit { original, account, money, sent }))
}

fn reverse(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    let original = original(scenario, words.next());
    let account = AccountRef::Id(original.account);
    let own = scenario.state.resolve(&account).expect("it is there").currency;
    let cap = words.option("cap").map(|it| amount(it, own));
    let paid_in = original.conversion.as_ref().map_or(own, |it| it.currency);
    let part = words.optional_money(paid_in);
    let reverse = ReversePart { original, part };
    match verb {
        "chargeback" => Command::ChargeBackPayment(Box::new(reverse)),
        _ => Command::RefundPayment(Box::new(RefundPayment { reverse, cap })),
    }
}

fn unallocated(scenario: &Scenario, reference: &str) -> (Position, Arc<UnallocatedFact>) {
    let position = *scenario.unallocated.get(reference).expect("it is unallocated");
    let entry = &scenario.journal[usize::try_from(position.0).unwrap() - 1];
    match &entry.fact {
        Fact::PaymentUnallocated(fact) => (position, Arc::clone(fact)),
        _ => panic!("not unallocated: {entry:?}"),
    }
}

pub fn balance(written: &str, unit: Currency) -> Balance {
    Balance::parse(written, unit.exponent(), Precision::MinorUnits).unwrap()
}
