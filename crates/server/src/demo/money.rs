//! Payments and charges: who pays how, and what is billed.

use engine::{
    Account, AccountRef, CancelPayment, Command, Contra, Entry, FINE_PER_MINOR, Fact, Money,
    Origin, ReceivePayment, State, Timestamp,
};

use super::catalogue::{self, currency, minor, top_up};
use super::provider::{Act, DAY, HOUR, Provider, account_id, name, operation, origin, staff};
use super::roster::{Habit, Plan};
use super::services::subscribe;
use crate::http::resources::payments::{cancellation_key, payment_key};
use crate::shard::{Key, Operation};

/// Films that can be watched.
const FILMS: [&str; 8] = [
    "The Long Reef",
    "Ciudad de agua",
    "Le Dernier Phare",
    "Тихий берег",
    "Night Ferry",
    "Los vecinos de arriba",
    "Hina et la lune",
    "Harbour Lights",
];

/// The way that a payment comes: source, actor, channel, and how its reference begins.
const WAYS: [(&str, &str, &str, &str); 6] = [
    ("kiosk", "kiosk", "kiosk", "K07"),
    ("kiosk", "kiosk", "kiosk", "K12"),
    ("card", "self-care", "portal", "CRD"),
    ("card", "self-care", "portal", "CRD"),
    ("cash", "maria", "counter", "RCP"),
    ("bank-transfer", "bank-import", "bank", "TRF"),
];

impl Provider {
    pub(super) fn pay(&mut self, line: usize, state: &State, now: Timestamp) -> Option<Operation> {
        let account = self.account(line, state)?;
        let money = self.sum_to_pay(line, account)?;
        // The organisations pay by bank transfer, late evenings are for cards.
        let way = match self.roster.lines[line].plan {
            Plan::Office => WAYS.len() - 1,
            _ => self.random.below(WAYS.len()),
        };
        Some(self.payment(line, money, way, state, now))
    }

    /// What the customer would pay now.
    fn sum_to_pay(&mut self, line: usize, account: &Account) -> Option<Money> {
        let own = account.currency;
        let owed = account.balance.units().min(0).unsigned_abs();
        let owed = i64::try_from(owed.div_ceil(FINE_PER_MINOR.unsigned_abs())).ok()?;
        // Somebody may have tried what an account can bear; nobody pays that.
        let owed = Some(owed).filter(|it| *it < 1_000_000_000)?;
        let size = self.random.below(catalogue::TOP_UP_SIZES);
        let plan = self.roster.lines[line].plan;
        if self.random.chance(4) {
            let other = currency(self.random.pick(&catalogue::CURRENCIES));
            return Some(top_up(other, size));
        }
        let amount = match plan.fee().map(|it| it.price(own)) {
            // What is owed, and the month that comes.
            Some(fee) if owed == 0 || self.random.chance(25) => {
                minor(owed).checked_add(fee.amount)?
            }
            Some(_) => minor(owed),
            None => top_up(own, size).amount,
        };
        Some(Money { amount, currency: own })
    }

    pub(super) fn payment(
        &mut self,
        line: usize,
        money: Money,
        way: usize,
        state: &State,
        now: Timestamp,
    ) -> Operation {
        let (source, actor, channel, prefix) = WAYS[way];
        // The journal's next position makes it unique for as long as the journal goes on.
        let reference = format!("{prefix}-{}-{:06}", date(now), state.shared.head.plus(1).0);
        let by_bank = source == "bank-transfer";
        let paid_at = by_bank.then(|| now.plus(-self.random.between(HOUR, 2 * DAY)));
        let key = payment_key(source, &reference);
        let payment = ReceivePayment {
            account: Some(AccountRef::Id(account_id(line))),
            source: name(source),
            reference: reference.into(),
            money,
            paid_at,
            note: None,
        };
        let command = Command::ReceivePayment(Box::new(payment));
        let mut operation = operation(origin(actor, channel), command);
        operation.reference_key = Some(Key { key, fingerprint: 0 });
        operation
    }

    /// Opens the subscription in the first month, and plans the payment of each.
    pub(super) fn bill(&mut self, line: usize, state: &State, now: Timestamp) -> Option<Operation> {
        let account = self.account(line, state)?;
        let (plan, habit) = (self.roster.lines[line].plan, self.roster.lines[line].habit);
        plan.fee()?;
        let next = now.plus(30 * DAY);
        self.plan(next, Act::Bill(line));
        let pays_at = match (habit, plan) {
            (Habit::Prompt, Plan::Office) => now.plus(self.random_days(5, 12)),
            (Habit::Prompt, _) => next.plus(-self.random_days(1, 4)),
            (Habit::Late, _) => next.plus(self.random_days(2, 9)),
            (Habit::Never, _) => Timestamp::NEVER,
        };
        self.plan(pays_at, Act::Pay(line));
        // From then on the subscription sees to its months itself.
        let is_first = account.subscriptions().is_empty();
        is_first.then(|| subscribe(line, plan, account.currency))
    }

    fn random_days(&mut self, low: i64, high: i64) -> i64 {
        self.random.between(low * DAY, high * DAY)
    }

    /// A film, or a day of more speed.
    pub(super) fn film(&mut self, line: usize, state: &State) -> Option<Operation> {
        let title = self.random.pick(&FILMS);
        self.buy(line, title, state)
    }
}

/// Takes back the payment of `entry`, at the rate it came in at.
pub fn cancellation(entry: &Entry) -> Option<Operation> {
    let posting = entry.posting?;
    let (Fact::Payment(payment), Contra::Payments(source)) = (&entry.fact, posting.contra) else {
        return None;
    };
    let cancel = CancelPayment {
        payment: entry.position,
        account: posting.account,
        amount: posting.amount.magnitude(),
        source,
        conversion: payment.conversion.clone(),
        note: Some("paid to the wrong account: two digits were swapped".into()),
    };
    let by: Origin = staff(posting.account.0 as usize, Some("the payer called with the receipt"));
    let mut operation = operation(by, Command::CancelPayment(Box::new(cancel)));
    let key = cancellation_key(entry.position);
    operation.reference_key = Some(Key { key, fingerprint: 0 });
    Some(operation)
}

/// `261122`
fn date(at: Timestamp) -> String {
    utc(at).strftime("%y%m%d").to_string()
}

fn utc(at: Timestamp) -> jiff::Zoned {
    let at = jiff::Timestamp::from_microsecond(at.0).expect("a moment of our time");
    at.to_zoned(jiff::tz::TimeZone::UTC)
}
