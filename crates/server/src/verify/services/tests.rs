use std::sync::Arc;

use engine::{
    AccountRef, Amount, AskUse, AuthoriseUse, Balance, Command, Currency, CustomerFields,
    CustomerId, ExchangeRates, Limit, Money, OpenAccount, OpenSubscription, Order, Origin,
    Purchase, ReceivePayment, SessionKey, Settings, SettleUse, Suspender, ThenUse, Whom,
};

use super::*;

const DAY: i64 = 86_400_000_000;

const PHONE: &str = r#"{
    "name": "phone", "version": 0, "title": "Telephone", "currency": "EUR", "mode": "prepaid",
    "recurring": {"price": "1.00", "every": {"count": 1, "unit": "day"}},
    "usage": {"unit": "second", "per": 60, "increment": 10, "allowance": 20, "rates": [
        {"price": [{"from": 0, "price": "0.10"}, {"from": 60, "price": "0.07"}], "set_up": "0.05"}
    ]}
}"#;

const TURBO: &str = r#"{
    "name": "turbo", "version": 0, "title": "Turbo", "currency": "EUR", "mode": "prepaid",
    "one_time": {"price": "0.50", "duration_seconds": 60}
}"#;

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn units(units: i64) -> Amount {
    Amount::from_units(units).unwrap()
}

/// A journal that is being made.
struct Journal {
    state: State,
    entries: Vec<Entry>,
    now: Timestamp,
}

impl Journal {
    fn take(&mut self, command: Command) {
        let origin = Origin { actor: name("anna"), channel: name("api"), reason: None };
        self.state.execute(&Order { origin, command }, self.now, &mut self.entries).unwrap();
    }

    fn pay(&mut self, reference: &str, amount: i64) {
        self.take(Command::ReceivePayment(Box::new(ReceivePayment {
            account: Some(account()),
            source: name("cash"),
            reference: reference.into(),
            money: Money { amount: units(amount), currency: Currency::EUR },
            paid_at: None,
            note: None,
        })));
    }

    fn settle(&mut self, request: u32, used: u64, then: ThenUse) {
        let reservation = engine::ReservationId { account: AccountId(1), serial: 1 };
        let used = engine::Used::More(used);
        self.take(Command::SettleUse(Box::new(SettleUse { reservation, request, used, then })));
    }
}

fn account() -> AccountRef {
    AccountRef::Id(AccountId(1))
}

/// Three days of a telephone, a call, a turbo button, and money that ends and comes again.
fn sound() -> (Vec<Entry>, State) {
    let state = State::new(Settings::default(), ExchangeRates::default());
    let mut journal = Journal { state, entries: Vec::new(), now: Timestamp(0) };
    journal.take(Command::CreateCustomer(CustomerFields::default().into()));
    journal.take(Command::OpenAccount(Box::new(OpenAccount {
        customer: CustomerId(1),
        currency: Currency::EUR,
        name: "".into(),
        number: None,
        limit: Limit::NONE,
        ceiling: None,
    })));
    for text in [PHONE, TURBO] {
        let service = serde_json::from_str(text).unwrap();
        journal.take(Command::SetService(Arc::new(service)));
    }
    journal.pay("R1", 3_000_000);
    journal.take(Command::OpenSubscription(Box::new(OpenSubscription {
        account: account(),
        service: name("phone"),
        priority: 1,
        own_price: None,
        subjects: vec!["+49 30".into()],
        base: None,
    })));
    let ask = AskUse { quantity: 40, minimum: 1, expires_at: Timestamp(DAY) };
    journal.take(Command::AuthoriseUse(Box::new(AuthoriseUse {
        whom: Whom::Subject("+49 30".into()),
        service: None,
        session: SessionKey(7),
        session_text: "call".into(),
        request: 1,
        destination: None,
        ask,
    })));
    journal.settle(2, 33, ThenUse::Ask(ask));
    journal.settle(3, 61, ThenUse::End);
    let (base, item) = (Some(1), None);
    let purchase = Purchase { account: account(), service: name("turbo"), base, item };
    journal.take(Command::Purchase(Box::new(purchase)));
    // The second day is paid for, the third is not.
    journal.now = Timestamp(2 * DAY + DAY / 2);
    while journal.state.fire_next(journal.now, &mut journal.entries) {}
    journal.pay("R2", 5_000_000);
    let subscription = engine::SubscriptionId { account: AccountId(1), serial: 1 };
    let (by, until) = (Suspender::Customer, None);
    journal.take(Command::SuspendSubscription { subscription, by, until });
    journal.take(Command::ResumeSubscription { subscription, by });
    (journal.entries, journal.state)
}

fn faults_of(entries: &[Entry], state: &State) -> Vec<String> {
    let mut services = Services::default();
    let mut found: Vec<String> = entries
        .iter()
        .filter_map(|it| Some(format!("{}: {}", it.position.0, services.check(it)?)))
        .collect();
    let mut report = Report::default();
    services.check_standing(state, &mut report);
    found.append(&mut report.faults);
    found
}

#[test]
fn a_sound_journal_has_no_fault() {
    let (entries, state) = sound();
    assert_eq!(faults_of(&entries, &state), [""; 0]);
    let kinds: std::collections::BTreeSet<_> = entries.iter().map(|it| it.fact.kind()).collect();
    for kind in ["period_ended", "subscription_closed", "settled", "settled_final", "purchased"] {
        assert!(kinds.contains(kind), "{kind}: {kinds:?}");
    }
}

/// What is found when the last entry of a kind is changed; every fault names its place.
fn found(kind: &str, change: impl Fn(&mut Entry)) -> String {
    let (mut entries, state) = sound();
    let entry = entries.iter_mut().rfind(|it| it.fact.kind() == kind);
    let entry = entry.unwrap_or_else(|| panic!("there is no {kind}"));
    change(entry);
    let position = entry.position.0;
    let faults = faults_of(&entries, &state).join("; ");
    assert!(faults.contains(&position.to_string()), "{kind} at {position}: {faults}");
    faults
}

fn settlement(entry: &mut Entry) -> &mut UsedFact {
    let Fact::Settled { extra: Some(extra), .. } = &mut entry.fact else { panic!() };
    Arc::make_mut(extra).used.as_mut().unwrap()
}

#[test]
fn use_that_does_not_add_up_is_found() {
    let parts = found("settled_final", |it| settlement(it).parts[0].quantity += 1);
    assert!(parts.contains("its parts are"), "{parts}");
    let free = found("settled", |it| settlement(it).free -= 1);
    assert!(free.contains("its parts are"), "{free}");
    let back = found("settled_final", |it| settlement(it).total = 32);
    assert!(back.contains("goes back from 33 to 32"), "{back}");
    let more = found("settled_final", |it| settlement(it).more += 1);
    assert!(more.contains("61 units came with it, and it says 62"), "{more}");
    let step = found("settled_final", |it| settlement(it).parts[0].step ^= 1);
    assert!(step.contains("its price is"), "{step}");
    let money = found("settled_final", |it| {
        let posting = it.posting.as_mut().unwrap();
        posting.amount = Balance::from_units(posting.amount.units() - 1).unwrap();
    });
    assert!(money.contains("was charged for the session"), "{money}");
    let unknown = found("settled", |it| {
        let Fact::Settled { serial, .. } = &mut it.fact else { panic!("{it:?}") };
        *serial = 9;
    });
    assert!(unknown.contains("session 9 was not authorised"), "{unknown}");
}

#[test]
fn a_period_that_overlaps_another_is_found() {
    let overlap = found("period_started", |it| {
        let Fact::PeriodStarted { from, .. } = &mut it.fact else { panic!("{it:?}") };
        *from = from.plus(-DAY);
    });
    assert!(overlap.contains("overlaps the one until"), "{overlap}");
    let nothing = found("period_started", |it| {
        let Fact::PeriodStarted { from, until, .. } = &mut it.fact else { panic!("{it:?}") };
        *until = *from;
    });
    assert!(nothing.contains("overlaps"), "{nothing}");
}

#[test]
fn a_switch_that_is_not_what_it_should_be_is_found() {
    let off = found("switched", |it| {
        let Fact::Switched(switch) = &mut it.fact else { panic!("{it:?}") };
        Arc::make_mut(switch).on = false;
    });
    assert!(off.contains("sub_1-1: its last switch"), "{off}");
    assert!(off.contains("was off before"), "{off}");
    // The button is closed, and the command that switches it off is lost.
    let (mut entries, state) = sound();
    let lost =
        |it: &Entry| matches!(&it.fact, Fact::Switched(it) if it.cause == SwitchCause::Ended);
    let count = entries.len();
    entries.retain(|it| !lost(it));
    assert_eq!(entries.len(), count - 1);
    assert_eq!(faults_of(&entries, &state), ["subscription sub_1-2 is closed and still on"]);
}

#[test]
fn what_has_not_fallen_due_yet_is_no_fault() {
    let (mut entries, mut state) = sound();
    // Something else is written after the period's end, before that has been seen to.
    let origin = Origin { actor: name("anna"), channel: name("api"), reason: None };
    let command = Command::CreateCustomer(CustomerFields::default().into());
    let later = Timestamp(9 * DAY);
    state.execute(&Order { origin, command }, later, &mut entries).unwrap();
    assert_eq!(state.shared.last_at, later);
    assert_eq!(faults_of(&entries, &state), [""; 0]);
}
