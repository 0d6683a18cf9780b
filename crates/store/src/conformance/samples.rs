//! One entry of every kind, with every field that it can have.

mod finance;
mod services;

use std::sync::Arc;

use engine::{
    AccountId, AccountNumber, AddExchangeRates, Amount, Balance, CancellationFact, ChargeFact,
    Contra, Conversion, CreditEnd, Currency, CustomerFields, CustomerId, CustomerKind, Entry,
    ExchangeRate, Fact, Grant, Limit, Name, Next, NoteFact, Opening, Origin, PaymentFact, Position,
    Posting, Rate, Refusal, RefusedFact, Renaming, SessionFact, SessionKey, SettlementFact,
    ShardId, Timestamp, TransferFact, Transit,
};

pub const CUSTOMER: CustomerId = CustomerId(70_001);
pub const ACCOUNT: AccountId = AccountId(70_001);
const NOON: i64 = 1_800_000_000_000_000;

/// Every kind with a name for each shape that it has, at the positions from 1 on.
pub fn one_of_each() -> Vec<(&'static str, Entry)> {
    let facts = directory().into_iter().chain(money()).chain(credit()).chain(sessions());
    let facts = facts.chain(finance::returns()).chain(finance::promises());
    let facts = facts.chain(services::services()).chain(services::subscriptions());
    let facts = facts.chain(services::periods()).chain(services::switches());
    let facts = facts.chain(services::uses());
    let samples = facts
        .enumerate()
        .map(|(place, (name, fact))| (name, entry(Position(place as u64 + 1), fact)));
    samples.collect()
}

/// The same, at the positions after `entries`.
pub fn one_of_each_after(entries: &[Entry]) -> Vec<Entry> {
    let head = entries.last().map_or(Position::START, |it| it.position);
    let samples = one_of_each()
        .into_iter()
        .map(|(_, entry)| Entry { position: Position(head.0 + entry.position.0), ..entry });
    samples.collect()
}

fn entry(position: Position, fact: Fact) -> Entry {
    let about_customer = matches!(fact, Fact::CustomerCreated(_) | Fact::CustomerUpdated(_));
    let about_nobody = matches!(
        fact,
        Fact::ExchangeRatesAdded(_)
            | Fact::PromisePolicySet(_)
            | Fact::ServiceSet(_)
            | Fact::PaymentUnallocated(_)
            | Fact::PaymentReturned(_)
            | Fact::PaymentForwarded(_)
    );
    let has_reason = matches!(fact, Fact::Adjustment(_) | Fact::CreditLimitSet(_));
    let reason = has_reason.then(|| "asked by \"phone\", ü".into());
    Entry {
        position,
        at: Timestamp(NOON + position.0 as i64 * 1_000_001),
        origin: Origin { actor: name("ann"), channel: name("console"), reason },
        customer: (!about_nobody).then_some(CUSTOMER),
        posting: (!about_nobody && !about_customer).then(|| posting(position, &fact)),
        fact,
    }
}

fn posting(position: Position, fact: &Fact) -> Posting {
    let (amount, contra) = match fact {
        Fact::Payment(_) => (12_500_000, Contra::Payments(name("cash"))),
        Fact::PaymentCancelled(_) | Fact::PaymentChargedBack(_) | Fact::Refunded(_) => {
            (-12_500_000, Contra::Payments(name("cash")))
        }
        Fact::PaymentAllocated(_) => (12_500_000, Contra::Unallocated),
        Fact::OpeningBalance(_) => (-7_500_000, Contra::Opening),
        Fact::WrittenOff(_) => (30_000, Contra::WrittenOff),
        Fact::WriteOffRecovered(_) => (-30_000, Contra::WrittenOff),
        Fact::Charge(_) | Fact::Settled { .. } => (-1_166_667, Contra::Revenue(name("call"))),
        Fact::Adjustment(_) => (-10_000, Contra::Adjustments(name("goodwill"))),
        Fact::TransferOut(_) => (-20_000, Contra::Transfers),
        Fact::TransferIn(_) => (20_000, Contra::Exchange(currency("USD"))),
        fact => services::movement(fact).unwrap_or((0, Contra::None)),
    };
    Posting {
        account: ACCOUNT,
        currency: Currency::EUR,
        exponent: 2,
        prev: Position(position.0 - 1),
        amount: Balance::from_units(amount).unwrap(),
        balance: Balance::from_units(-5_000_000 + amount).unwrap(),
        held: units(4_000_000),
        credit: match fact {
            Fact::CreditLimitSet(limit) => *limit,
            _ => Limit::Limited(units(9_000_000)),
        },
        contra,
    }
}

fn directory() -> Vec<(&'static str, Fact)> {
    let plain = CustomerFields { name: "Zoë Søren Đặng".into(), ..CustomerFields::default() };
    let full = CustomerFields {
        name: "O'Neill \"Ltd\" 株式会社".into(),
        kind: CustomerKind::Organisation,
        phone: Some("+47 22 33 44 55".into()),
        email: Some("a@b.example".into()),
        group: Some(name("vip")),
        language: Some("nb-NO".into()),
        country: Some("NO".into()),
        time_zone: engine::Zone::new("Europe/Oslo"),
        external_id: None,
        since: Some(Timestamp(NOON - 1)),
    };
    let opening = Opening {
        number: AccountNumber::own(ShardId::FIRST, 60_001),
        name: "home".into(),
        exponent: 2,
        own_sequence: Some(60_001),
        elder: Some(AccountId(60_001)),
        limit: Limit::Limited(units(5_000_000)),
        ceiling: Some(units(9_000_000)),
    };
    let rates = AddExchangeRates {
        base: Currency::EUR,
        source: name("ecb"),
        valid_from: Timestamp(NOON),
        rates: vec![(currency("USD"), rate("1.0832")), (currency("JPY"), rate("163.05"))],
    };
    vec![
        ("customer_created", Fact::CustomerCreated(plain.into())),
        ("customer_updated", Fact::CustomerUpdated(full.into())),
        ("account_opened", Fact::AccountOpened(opening.into())),
        ("account_renamed", Fact::AccountRenamed(Renaming { name: "shop".into() }.into())),
        ("exchange_rates_added", Fact::ExchangeRatesAdded(rates.into())),
        ("account_closed", Fact::AccountClosed),
    ]
}

fn money() -> Vec<(&'static str, Fact)> {
    let note = || Some(Arc::<str>::from("late"));
    let payment = PaymentFact {
        reference: "R/1 é".into(),
        paid_at: Some(Timestamp(NOON - 5)),
        conversion: Some(conversion()),
        note: note(),
    };
    let bare = PaymentFact { paid_at: None, conversion: None, note: None, reference: "R/2".into() };
    let cancelled =
        CancellationFact { payment: Position(7), conversion: Some(conversion()), note: note() };
    let charge = ChargeFact {
        reference: Some("invoice 7".into()),
        note: note(),
        conversion: Some(conversion()),
        overrun: Some(units(7)),
    };
    let other = AccountId(9);
    let transfer =
        TransferFact { other, conversion: Some(conversion()), note: note(), transit: None };
    let plain = TransferFact { other, conversion: None, note: None, transit: None };
    let far = ShardId::new(1).and_then(|it| it.account(9)).expect("there is room");
    let number = |shard| AccountNumber::own(ShardId::new(shard).expect("a shard"), 9);
    let sent = Transit::Sent {
        amount: units(20_000),
        currency: Currency::EUR,
        exponent: 2,
        from: number(0),
        to: number(1),
    };
    let sent = TransferFact { other: far, transit: Some(sent), ..plain.clone() };
    let received = Transit::Received { original: Position(7), from: number(1) };
    let received = TransferFact { other: far, transit: Some(received), ..plain.clone() };
    vec![
        ("payment_converted", Fact::Payment(payment.into())),
        ("payment", Fact::Payment(bare.into())),
        ("payment_cancelled", Fact::PaymentCancelled(cancelled.into())),
        ("charge", Fact::Charge(None)),
        ("charge_with_everything", Fact::Charge(Some(charge.into()))),
        ("adjustment", Fact::Adjustment(None)),
        ("adjustment_with_note", Fact::Adjustment(Some(NoteFact { note: "sorry".into() }.into()))),
        ("transfer_out", Fact::TransferOut(plain.into())),
        ("transfer_in", Fact::TransferIn(transfer.into())),
        ("transfer_sent", Fact::TransferOut(sent.into())),
        ("transfer_received", Fact::TransferIn(received.into())),
    ]
}

fn credit() -> Vec<(&'static str, Fact)> {
    let (serial, amount, until) = (3, units(2_000_000), Timestamp(NOON + 86_400_000_000));
    let notice_at = Some(Timestamp(NOON + 43_200_000_000));
    vec![
        ("credit_limit_set", Fact::CreditLimitSet(Limit::Limited(amount))),
        ("credit_limit_unlimited", Fact::CreditLimitSet(Limit::Unlimited)),
        ("credit_ceiling_set", Fact::CreditCeilingSet(Some(amount))),
        ("credit_ceiling_lifted", Fact::CreditCeilingSet(None)),
        ("credit_granted", Fact::CreditGranted { serial, amount, until, notice_at: None }),
        ("credit_granted_with_notice", Fact::CreditGranted { serial, amount, until, notice_at }),
        ("credit_ending", Fact::CreditEnding { serial, amount, until }),
        ("credit_expired", Fact::CreditEnded { serial, amount, end: CreditEnd::Expired }),
        ("credit_revoked", Fact::CreditEnded { serial, amount, end: CreditEnd::Revoked }),
    ]
}

fn sessions() -> Vec<(&'static str, Fact)> {
    let (serial, request, forget_at) = (4, 2, Timestamp(NOON + 3_600_000_000));
    let grant = Grant { amount: units(1_500_000), expires_at: Timestamp(NOON + 60_000_000) };
    let session = SessionFact {
        key: SessionKey(u128::MAX - 0xfeed),
        session: "call;7 \u{1F4DE}".into(),
        service: name("call"),
        requested: units(4_000_000),
        minimum: units(1_000_000),
        usage: None,
    };
    let refusal = Refusal::InsufficientFunds {
        available: Balance::from_units(-500_000).unwrap(),
        requested: units(1_000_000),
        currency: Currency::EUR,
        exponent: 2,
    };
    let asked = SettlementFact {
        overrun: Some(units(1)),
        refusal: Some(refusal.clone()),
        requested: Some(units(2)),
        ..SettlementFact::default()
    };
    let refused = RefusedFact { session: session.clone(), asked: None, refusal, forget_at };
    let settled = |next, extra: Option<SettlementFact>| Fact::Settled {
        serial,
        request,
        next,
        extra: extra.map(Arc::new),
    };
    vec![
        ("authorised", Fact::Authorised { serial, request, grant, session: session.into() }),
        ("settled_kept", settled(Next::Kept { held: units(0) }, None)),
        ("settled_granted", settled(Next::Granted(grant), None)),
        ("settled_refused", settled(Next::Refused, Some(asked))),
        ("settled_final", settled(Next::Final { forget_at }, None)),
        ("released", Fact::Released { serial, request, forget_at }),
        ("reservation_expired", Fact::ReservationExpired { serial, forget_at }),
        ("refused", Fact::Refused { serial, request: 0, refused: refused.into() }),
    ]
}

fn conversion() -> Arc<Conversion> {
    let dated = |quote: &str, value: &str| ExchangeRate {
        base: Currency::EUR,
        quote: currency(quote),
        rate: rate(value),
        valid_from: Timestamp(NOON - 100),
        source: name("ecb"),
    };
    Arc::new(Conversion {
        original: units(10_000_000),
        currency: currency("USD"),
        exponent: 2,
        rates: vec![dated("USD", "1.10"), dated("GBP", "0.85")],
    })
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn currency(code: &str) -> Currency {
    Currency::from_code(code).unwrap()
}

fn units(units: i64) -> Amount {
    Amount::from_units(units).unwrap()
}

fn rate(text: &str) -> Rate {
    Rate::try_from(text.to_owned()).unwrap()
}
