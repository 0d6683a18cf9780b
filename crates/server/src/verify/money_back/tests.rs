use std::sync::Arc;

use engine::{
    AccountRef, AllocatePayment, Amount, Balance, CancelPayment, Command, CustomerFields,
    CustomerId, ExchangeRates, Money, OpenAccount, Order, Origin, Precision, ReceivePayment,
    RefundPayment, ReturnPayment, ReversePart, Settings, State, Timestamp,
};

use super::*;

fn euros(text: &str) -> Amount {
    Amount::parse(text, 2, Precision::MinorUnits).unwrap()
}

fn money(text: &str) -> Money {
    Money { amount: euros(text), currency: Currency::EUR }
}

/// A journal that is being made.
struct Journal {
    state: State,
    entries: Vec<Entry>,
}

impl Journal {
    fn new() -> Self {
        let state = State::new(Settings::default(), ExchangeRates::default());
        let mut journal = Self { state, entries: Vec::new() };
        journal.take("anna", Command::CreateCustomer(CustomerFields::default().into()));
        for _ in 0..2 {
            let open = OpenAccount {
                customer: CustomerId(1),
                currency: Currency::EUR,
                name: "".into(),
                number: None,
                limit: Limit::NONE,
                ceiling: None,
            };
            journal.take("anna", Command::OpenAccount(Box::new(open)));
        }
        journal
    }

    fn take(&mut self, who: &str, command: Command) -> Entry {
        let actor = Name::new(who).unwrap();
        let origin = Origin { actor, channel: actor, reason: None };
        let order = Order { origin, command };
        self.state.execute(&order, Timestamp(0), &mut self.entries).unwrap();
        self.entries.last().unwrap().clone()
    }

    fn receive(&mut self, account: Option<u32>, reference: &str, amount: &str) -> Entry {
        let payment = ReceivePayment {
            account: account.map(|it| AccountRef::Id(AccountId(it))),
            source: Name::new("cash").unwrap(),
            reference: reference.into(),
            money: money(amount),
            paid_at: None,
            note: None,
        };
        self.take("anna", Command::ReceivePayment(Box::new(payment)))
    }
}

fn original(entry: &Entry) -> CancelPayment {
    let posting = entry.posting.unwrap();
    CancelPayment {
        payment: entry.position,
        account: posting.account,
        amount: posting.amount.magnitude(),
        source: Name::new("cash").unwrap(),
        conversion: None,
        note: None,
    }
}

/// Something of every kind, all in order.
fn sound() -> Vec<Entry> {
    let mut journal = Journal::new();
    let paid = journal.receive(Some(1), "R1", "10.00");
    let part = Some(money("4.00"));
    let reverse = ReversePart { original: original(&paid), part };
    journal.take("anna", Command::ChargeBackPayment(Box::new(reverse.clone())));
    let refund = RefundPayment { reverse, cap: Some(Amount::ZERO) };
    journal.take("anna", Command::RefundPayment(Box::new(refund)));
    journal.take("bob", Command::ApproveRefund { account: AccountId(1), serial: 1 });
    let whole = journal.receive(Some(1), "R2", "3.00");
    journal.take("anna", Command::CancelPayment(Box::new(original(&whole))));
    for (reference, allocate) in [("R3", true), ("R4", false)] {
        let kept = journal.receive(None, reference, "5.00");
        let (Fact::PaymentUnallocated(received), payment) = (kept.fact, kept.position) else {
            panic!("it fits")
        };
        let account = AccountRef::Id(AccountId(2));
        let command = match allocate {
            true => Command::AllocatePayment(Box::new(AllocatePayment {
                payment,
                received,
                account,
                note: None,
            })),
            false => {
                Command::ReturnPayment(Box::new(ReturnPayment { payment, received, note: None }))
            }
        };
        journal.take("anna", command);
    }
    let account = AccountRef::Id(AccountId(1));
    let amount = Balance::debit(euros("30.00"));
    let currency = Currency::EUR;
    let (owed_since, note) = (None, None);
    let command = Command::SetOpeningBalance {
        account: account.clone(),
        amount,
        currency,
        owed_since,
        note: note.clone(),
    };
    journal.take("anna", command);
    let command = Command::WriteOff { account: account.clone(), money: None, note: note.clone() };
    journal.take("anna", command);
    journal.take("anna", Command::RecoverWriteOff { account, money: None, note });
    journal.entries
}

fn faults(entries: &[Entry]) -> Vec<String> {
    let mut books = MoneyBack::default();
    entries.iter().filter_map(|it| books.check(it)).collect()
}

#[test]
fn a_sound_journal_has_no_fault() {
    assert_eq!(faults(&sound()), [""; 0]);
}

/// What is found when the first entry of a kind is changed.
fn found(kind: &str, change: impl Fn(&mut Entry)) -> String {
    let mut entries = sound();
    let entry = entries.iter_mut().find(|it| it.fact.kind() == kind);
    change(entry.unwrap_or_else(|| panic!("there is no {kind}")));
    faults(&entries).join("; ")
}

/// What is found when the first entry of a kind comes twice.
fn found_twice(kind: &str) -> String {
    let mut entries = sound();
    let place = entries.iter().position(|it| it.fact.kind() == kind);
    let place = place.unwrap_or_else(|| panic!("there is no {kind}"));
    let entry = entries[place].clone();
    entries.insert(place + 1, entry);
    faults(&entries).join("; ")
}

#[test]
fn what_happens_twice_is_found() {
    for (kind, fault) in [
        ("payment_allocated", "was not waiting"),
        ("payment_returned", "was not waiting"),
        ("payment_cancelled", "more of payment"),
        ("payment_charged_back", "more of payment"),
        ("refunded", "more of payment"),
        ("refund_requested", "was asked for before"),
        ("opening_balance", "had an opening balance before"),
        ("write_off_recovered", "more was recovered"),
    ] {
        let found = found_twice(kind);
        assert!(found.contains(fault), "{kind}: {found}");
    }
}

#[test]
fn what_is_other_than_it_was_is_found() {
    let amount = |it: &mut Entry, units: &str| {
        it.posting.as_mut().unwrap().amount = Balance::debit(euros(units));
    };
    let found_amount = found("payment_charged_back", |it| amount(it, "7.00"));
    assert!(found_amount.contains("more of payment"), "{found_amount}");
    let found_part = found("payment_cancelled", |it| amount(it, "2.00"));
    assert!(found_part.contains("cancelled in part"), "{found_part}");
    let found_account = found("payment_charged_back", |it| {
        it.posting.as_mut().unwrap().account = AccountId(2);
    });
    assert!(found_account.contains("another account"), "{found_account}");
    let found_back = found("payment_returned", |it| {
        let Fact::PaymentReturned(fact) = &mut it.fact else { panic!() };
        Arc::make_mut(fact).amount = euros("4.99");
    });
    assert!(found_back.contains("came in as"), "{found_back}");
    let found_sum = found("payment_allocated", |it| {
        it.posting.as_mut().unwrap().amount = Balance::credit(euros("5.01"));
    });
    assert!(found_sum.contains("came in as"), "{found_sum}");
    let found_person = found("refunded", |it| it.origin.actor = Name::new("anna").unwrap());
    assert!(found_person.contains("no second person"), "{found_person}");
    let found_refund = found("refunded", |it| amount(it, "3.99"));
    assert!(found_refund.contains("asked for otherwise"), "{found_refund}");
    let found_debt = found("written_off", |it| {
        it.posting.as_mut().unwrap().balance = Balance::credit(euros("0.01"));
    });
    assert!(found_debt.contains("than was owed"), "{found_debt}");
    let found_payment = found("payment_charged_back", |it| {
        let Fact::PaymentChargedBack(fact) = &mut it.fact else { panic!() };
        Arc::make_mut(fact).payment = Position(999);
    });
    assert!(found_payment.contains("stands on no account"), "{found_payment}");
}
