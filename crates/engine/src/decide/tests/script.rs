//! The language of [`super::check`]: one line of words becomes one command.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::scenario::Scenario;
use super::{finance, promises, services};
use crate::{
    AccountId, AccountNumber, AccountRef, AddExchangeRates, Amount, Ask, Authorise, Balance,
    CancelPayment, Charge, Command, CreditId, Currency, CustomerFields, CustomerId, Date, Limit,
    Money, Name, OpenAccount, Origin, Precision, Rate, ReceivePayment, ReservationId, SessionKey,
    Settle, Then, Timestamp, Timing, Transfer, Zone,
};

const HOUR: i64 = 3_600_000_000;

/// The words of a line, taken from the front; options are taken from anywhere behind.
pub struct Words<'a>(Vec<&'a str>, &'a str);

impl<'a> Words<'a> {
    pub fn new(line: &'a str) -> Self {
        Self(line.split_whitespace().collect(), line)
    }

    pub fn next(&mut self) -> &'a str {
        assert!(!self.0.is_empty(), "the line is too short");
        self.0.remove(0)
    }

    /// The word after `key`, both taken out.
    pub fn option(&mut self, key: &str) -> Option<&'a str> {
        let place = self.0.iter().position(|it| *it == key)?;
        self.0.remove(place);
        Some(self.0.remove(place))
    }

    pub fn flag(&mut self, key: &str) -> bool {
        let place = self.0.iter().position(|it| *it == key);
        place.map(|it| self.0.remove(it)).is_some()
    }

    /// The whole line again, from its verb on; nothing is left here.
    pub fn all(&mut self) -> Self {
        self.0.clear();
        Self::new(self.1)
    }

    /// The word behind the verb: mostly an account's name.
    pub fn second(&self) -> &'a str {
        self.0.get(1).expect("an order has two words or more")
    }

    /// The rest of the line from where `first` begins a word, all taken out.
    pub fn rest_from(&mut self, first: char) -> Option<String> {
        let place = self.0.iter().position(|it| it.starts_with(first))?;
        Some(self.0.drain(place..).collect::<Vec<_>>().join(" "))
    }

    /// Whether a day of the calendar comes next: `2027-01-31`.
    pub fn date(&mut self) -> Option<Date> {
        let date = self.0.first().and_then(|it| Date::parse(it))?;
        self.0.remove(0);
        Some(date)
    }

    /// The currency that is named anywhere in the line.
    pub fn currency(&mut self) -> Option<Currency> {
        let is_code = |it: &&str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_uppercase());
        let place = self.0.iter().position(is_code)?;
        Some(currency(self.0.remove(place)))
    }

    /// `[day]d hh:mm[:ss[.micros]]`
    pub fn moment(&mut self) -> Timestamp {
        let mut word = self.next();
        let mut days = 0;
        if let Some(day) = word.strip_suffix('d') {
            days = day.parse().expect("a day");
            word = self.next();
        }
        parse_moment(days, word)
    }

    pub fn finish(self) {
        assert!(self.0.is_empty(), "not understood: {:?}", self.0);
    }

    /// The currency that is named anywhere in the line, else the account's own.
    pub fn unit(&mut self, scenario: &Scenario, account: &AccountRef) -> Currency {
        if let Some(named) = self.currency() {
            return named;
        }
        let account = scenario.state.resolve(account);
        account.map_or(Currency::EUR, |it| it.currency)
    }

    /// As [`Self::money`], when an amount is there at all.
    pub fn optional_money(&mut self, unit: Currency) -> Option<Money> {
        self.0.pop().map(|it| money_of(it, unit))
    }

    /// The amount that stands last of what is left, in the unit of the line.
    pub fn money(&mut self, scenario: &Scenario, account: &AccountRef) -> Money {
        let unit = self.unit(scenario, account);
        money_of(self.0.pop().expect("an amount"), unit)
    }

    pub fn request(&mut self) -> u32 {
        let place = self.0.iter().position(|it| it.starts_with('#'));
        place.map_or(0, |it| self.0.remove(it)[1..].parse().expect("a number"))
    }
}

pub fn parse_moment(days: i64, word: &str) -> Timestamp {
    let (time, micros) = word.split_once('.').unwrap_or((word, "0"));
    let mut parts = time.split(':').map(|it| it.parse::<i64>().expect("a time"));
    let mut next = || parts.next().unwrap_or(0);
    let seconds = days * 86_400 + next() * 3600 + next() * 60 + next();
    let micros: i64 = format!("{micros:0<6}").parse().expect("microseconds");
    Timestamp(seconds * 1_000_000 + micros)
}

pub fn account_ref(name: &str, accounts: &BTreeMap<String, AccountId>) -> AccountRef {
    if let Some(id) = name.strip_prefix('@') {
        return AccountRef::Id(AccountId(id.parse().expect("an id")));
    }
    if let Some(number) = name.strip_prefix('=') {
        return AccountRef::Number(AccountNumber::parse(number).expect("an account number"));
    }
    AccountRef::Id(*accounts.get(name).expect("the script opened the account"))
}

pub fn origin(actor: &str, channel: &str) -> Origin {
    Origin { actor: Name::new(actor).unwrap(), channel: Name::new(channel).unwrap(), reason: None }
}

/// Reads one line as a command.
pub fn command(scenario: &Scenario, mut line: Words<'_>) -> Command {
    let words = &mut line;
    let verb = words.next();
    let command = match verb {
        "customer" | "update" | "open" | "rename" | "close" | "rate" => {
            directory(scenario, verb, words)
        }
        "pay" | "cancel" | "charge" | "charge-after" | "adjust" | "transfer" => {
            money(scenario, verb, words)
        }
        "limit" | "ceiling" | "credit" | "revoke" => credit(scenario, verb, words),
        "authorise" | "settle" | "release" => session(scenario, verb, words),
        "policy" | "promise" | "offer" => promises::promise(scenario, verb, words),
        "plan" | "alert" | "lock" | "unlock" | "opening" | "write-off" | "recover" | "allocate"
        | "return" | "forward" | "send" | "receive" | "chargeback" | "refund" | "approve"
        | "reject" => finance::finance(scenario, verb, words),
        _ => services::services(scenario, verb, words),
    };
    line.finish();
    command
}

fn directory(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    let group = words.option("group").map(|it| Name::new(it).unwrap());
    let since = words.option("since").map(|it| parse_moment(it.parse().unwrap(), "00:00"));
    let time_zone = words.option("zone").map(|it| Zone::new(it).expect("a zone"));
    let fields = |name: &str| {
        let name = name.into();
        Arc::new(CustomerFields { name, group, since, time_zone, ..CustomerFields::default() })
    };
    match verb {
        "customer" => Command::CreateCustomer(fields(words.next())),
        "update" => Command::UpdateCustomer {
            customer: CustomerId(words.next().parse().unwrap()),
            fields: fields(words.next()),
        },
        "open" => open(words),
        "rename" => Command::RenameAccount {
            account: scenario.account_ref(words.next()),
            name: words.next().into(),
        },
        "close" => Command::CloseAccount { account: scenario.account_ref(words.next()) },
        _ => {
            let from = words.option("from").map(|it| parse_moment(0, it));
            let (base, quote) = (currency(words.next()), currency(words.next()));
            let rate = Rate::try_from(words.next().to_string()).unwrap();
            Command::AddExchangeRates(Arc::new(AddExchangeRates {
                base,
                source: Name::new("ecb").unwrap(),
                valid_from: from.unwrap_or(scenario.now),
                rates: vec![(quote, rate)],
            }))
        }
    }
}

fn open(words: &mut Words<'_>) -> Command {
    let name = words.next();
    let unit = currency(words.next());
    let amount = |it: &str| amount(it, unit);
    let number = words.option("number");
    Command::OpenAccount(Box::new(OpenAccount {
        customer: CustomerId(words.option("of").map_or(1, |it| it.parse().unwrap())),
        currency: unit,
        name: name.into(),
        number: number.map(|it| AccountNumber::parse(it).expect("an account number")),
        limit: words.option("limit").map_or(Limit::NONE, |it| limit(it, unit)),
        ceiling: words.option("ceiling").map(amount),
    }))
}

fn money(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    if verb == "cancel" {
        return cancel(scenario, words.next());
    }
    let reference = words.option("ref");
    let account = scenario.account_ref(words.next());
    match verb {
        "transfer" => Command::Transfer(Box::new(Transfer {
            money: words.money(scenario, &account),
            from: account,
            to: scenario.account_ref(words.next()),
            note: None,
        })),
        "pay" => Command::ReceivePayment(Box::new(ReceivePayment {
            money: words.money(scenario, &account),
            account: Some(account),
            source: Name::new("cash").unwrap(),
            reference: reference.unwrap_or("R0").into(),
            paid_at: None,
            note: None,
        })),
        "adjust" => {
            let unit = words.unit(scenario, &account);
            let written = words.next();
            let reason = Name::new(words.next()).unwrap();
            let amount = Balance::parse(written, unit.exponent(), Precision::MinorUnits);
            Command::Adjust { account, amount: amount.unwrap(), currency: unit, reason, note: None }
        }
        _ => Command::Charge(Charge {
            money: words.money(scenario, &account),
            account,
            service: Name::new("internet").unwrap(),
            timing: match verb {
                "charge" => Timing::BeforeUse,
                _ => Timing::AfterUse,
            },
            reference: reference.map(Into::into),
            note: None,
        }),
    }
}

fn cancel(scenario: &Scenario, reference: &str) -> Command {
    Command::CancelPayment(Box::new(original(scenario, reference)))
}

/// The payment as the caller of the engine finds it in the journal.
pub fn original(scenario: &Scenario, reference: &str) -> CancelPayment {
    let payment = *scenario.payments.get(reference).expect("it was paid");
    let entry = &scenario.journal[usize::try_from(payment.0).unwrap() - 1];
    let posting = entry.posting.expect("a payment has an account");
    assert!(entry.fact.is_real_payment(), "not a payment: {entry:?}");
    CancelPayment {
        payment,
        account: posting.account,
        amount: posting.amount.magnitude(),
        source: Name::new("cash").unwrap(),
        conversion: entry.fact.conversion().cloned().map(Arc::new),
        note: None,
    }
}

fn credit(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    let name = words.next();
    if verb == "revoke" {
        let (account, serial) = name.split_once('/').expect("an account and a serial");
        let AccountRef::Id(account) = scenario.account_ref(account) else {
            panic!("credits go by id");
        };
        let serial = serial.parse().unwrap();
        return Command::RevokeCredit { credit: CreditId { account, serial } };
    }
    let account = scenario.account_ref(name);
    let unit = words.unit(scenario, &account);
    let written = words.next();
    match verb {
        "limit" => Command::SetCreditLimit {
            account,
            limit: limit(written, unit),
            currency: (written != "unlimited").then_some(unit),
        },
        "ceiling" => Command::SetCreditCeiling {
            account,
            ceiling: (written != "none").then(|| money_of(written, unit)),
        },
        _ => {
            assert_eq!(words.next(), "until");
            Command::GrantCredit { account, money: money_of(written, unit), until: words.moment() }
        }
    }
}

fn session(scenario: &Scenario, verb: &str, words: &mut Words<'_>) -> Command {
    let request = words.request();
    let minimum = words.option("min");
    let expires_in = words.option("for").map_or(HOUR, duration);
    let ask = |written: &str, unit: Currency| Ask {
        amount: amount(written, unit),
        minimum: amount(minimum.unwrap_or(written), unit),
        expires_at: scenario.now.plus(expires_in),
    };
    if verb == "authorise" {
        let account = scenario.account_ref(words.next());
        let unit = words.unit(scenario, &account);
        let name = words.next();
        return Command::Authorise(Authorise {
            account,
            session: key(name),
            session_text: name.into(),
            request,
            service: Name::new("call").unwrap(),
            currency: unit,
            ask: ask(words.next(), unit),
        });
    }
    let reservation = reservation(scenario, words.next());
    if verb == "release" {
        return Command::Release { reservation, request };
    }
    let unit = words.unit(scenario, &AccountRef::Id(reservation.account));
    let next = words.option("next");
    Command::Settle(Settle {
        reservation,
        request,
        currency: unit,
        used: amount(words.next(), unit),
        then: match next {
            Some(next) => Then::Ask(ask(next, unit)),
            None if words.flag("final") => Then::End,
            None => Then::Keep,
        },
    })
}

/// A session that the script named, or `@account/serial`.
pub fn reservation(scenario: &Scenario, name: &str) -> ReservationId {
    let Some(place) = name.strip_prefix('@') else {
        return *scenario.sessions.get(name).expect("it was authorised");
    };
    let (account, serial) = place.split_once('/').expect("an account and a serial");
    ReservationId { account: AccountId(account.parse().unwrap()), serial: serial.parse().unwrap() }
}

/// Stands for the digest: every name has a key of its own.
pub fn key(name: &str) -> SessionKey {
    let bytes = name.bytes().map(u128::from);
    SessionKey(bytes.fold(1, |sum, byte| sum * 256 + byte))
}

pub fn duration(word: &str) -> i64 {
    let (number, unit) = word.split_at(word.len() - 1);
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => panic!("not a duration: {word:?}"),
    };
    number.parse::<i64>().unwrap() * seconds * 1_000_000
}

pub fn money_of(written: &str, unit: Currency) -> Money {
    Money { amount: amount(written, unit), currency: unit }
}

fn limit(written: &str, unit: Currency) -> Limit {
    match written {
        "unlimited" => Limit::Unlimited,
        _ => Limit::Limited(amount(written, unit)),
    }
}

pub fn amount(written: &str, unit: Currency) -> Amount {
    Amount::parse(written, unit.exponent(), Precision::Fine).unwrap()
}

pub fn currency(code: &str) -> Currency {
    Currency::from_code(code).expect("a currency")
}
