use std::collections::BTreeSet;

use engine::{AccountId, CustomerId, Name, REFUSAL_CODES, ServiceKind, SwitchCause, Timestamp};
use pages::Theme;

use super::*;

const NOW: Timestamp = Timestamp(1_795_824_000_000_000);

/// Problems that a form can be answered with and that are no refusals of the rules.
const OTHER_CODES: [&str; 10] = [
    "idempotency_key_reused",
    "reference_reused",
    "already_settled",
    "partly_taken_back",
    "command_overtaken",
    "webhook_endpoint_disabled",
    "statement_too_long",
    "not_found",
    "forbidden",
    // Of a service that is to be resumed.
    "not_suspended",
];

fn looks(language: Language) -> Looks {
    Looks::new(language, Theme::System, jiff::tz::TimeZone::UTC, NOW)
}

fn name(it: &str) -> Name {
    Name::new(it).expect("a name")
}

/// Every refusal there is, in the order of precedence.
fn refusals() -> Vec<Refusal> {
    let subscription = || "sub_34-1".to_owned();
    let reservation = || "res_34-1".to_owned();
    let (account, service) = (AccountId(34), name("internet-100"));
    let (until, now) = (NOW, NOW);
    let mut all = vec![
        Refusal::CustomerNotFound { customer: CustomerId(99) },
        Refusal::AccountNotFound { account: "100000018".into(), check_digit_wrong: true },
        Refusal::PaymentNotFound { payment: "pay_99".into() },
        Refusal::ReservationNotFound { reservation: reservation() },
        Refusal::CreditNotFound { credit: "crd_34-1".into() },
        Refusal::RefundNotFound { refund: "rfd_34-7".into() },
        Refusal::ServiceNotFound { service },
        Refusal::SubscriptionNotFound { subscription: subscription() },
        Refusal::NoPromisePolicy { group: None, currency: Currency::EUR },
        Refusal::AccountClosed { account },
    ];
    all.extend(money(account));
    all.extend([
        Refusal::AccountHasSubscriptions { subscription: subscription() },
        Refusal::ServiceInvalid {
            place: "usage.bands[1]".into(),
            what: "overlaps".into(),
            remedy: "another time".into(),
        },
        Refusal::ServiceWithdrawn { service },
        Refusal::ServiceUnfit { service, needed: ServiceKind::OneTime },
        Refusal::SubjectTaken { subject: "ann@net".into(), subscription: subscription() },
        Refusal::SubscriptionSuspended { subscription: subscription(), suspended: true },
        Refusal::SubscriptionSuspended { subscription: subscription(), suspended: false },
        Refusal::SuspendedByStaff { subscription: subscription() },
        Refusal::SuspensionEndsInPast { until, now },
        Refusal::AccountNumberTaken { number: "KA-1207".into() },
        Refusal::ShardFull,
        Refusal::OpeningBalanceSet { account },
        Refusal::PlanHeld { until },
        Refusal::SecondPersonNeeded { requested_by: name("user.ann") },
        Refusal::SameAccount { account },
        Refusal::CreditEndsInPast { until, now },
        Refusal::RequestReused { request: 2, field: "amount".into() },
        Refusal::RequestOutOfOrder { request: 2, reservation: reservation() },
        Refusal::SessionEnded { reservation: reservation() },
        Refusal::SessionOpen { reservation: reservation() },
        Refusal::UseWentBack { before: 7_200, reported: 3_600 },
        Refusal::DestinationNotServed { destination: "+41".into() },
        Refusal::SubscriptionOff { subscription: subscription(), why: SwitchCause::Overdue },
    ]);
    all
}

fn money(account: AccountId) -> Vec<Refusal> {
    let amount = |units| Amount::from_units(units).expect("small");
    let balance = |units| Balance::from_units(units).expect("small");
    let (currency, exponent) = (Currency::EUR, 2);
    let requested = amount(20_000_000);
    vec![
        Refusal::AccountNotEmpty {
            balance: balance(-1_250_000),
            held: amount(0),
            currency,
            exponent,
        },
        Refusal::PaymentsLocked { account },
        Refusal::CurrencyMismatch { expected: currency, actual: Currency::EUR },
        Refusal::OverrideNotAllowed {
            role: name("agent"),
            amount_max: amount(50_000_000),
            requested,
            hours_max: 240,
            hours: 72,
            currency,
            exponent,
        },
        Refusal::NoExchangeRate { from: currency, to: Currency::EUR, at: NOW },
        Refusal::AmountOutOfRange { currency, exponent },
        Refusal::CreditCeilingExceeded { ceiling: requested, requested, currency, exponent },
        Refusal::PaymentReversed { left: amount(0), requested, currency, exponent },
        Refusal::MoreThanOwed { owed: amount(0), requested, currency, exponent },
        Refusal::PromiseNotPossible { failing: Vec::new(), currency, exponent },
        Refusal::InsufficientFunds {
            available: balance(12_000_000),
            requested,
            currency,
            exponent,
        },
    ]
}

const FAULTS: [Fault; 24] = [
    Fault::NoAmount,
    Fault::Negative,
    Fault::Zero,
    Fault::NoDecimals,
    Fault::Decimals { max: 2 },
    Fault::TooLarge,
    Fault::Empty,
    Fault::Long { characters_max: 64 },
    Fault::Invisible,
    Fault::Currency,
    Fault::Moment,
    Fault::Number,
    Fault::Account,
    Fault::Choose,
    Fault::Name,
    Fault::Rate,
    Fault::Same,
    Fault::Many { max: 8 },
    Fault::Phone,
    Fault::Email,
    Fault::Country,
    Fault::TimeZone,
    Fault::Taken,
    Fault::OtherAccount,
];

#[test]
fn every_refusal_has_words_in_every_language_and_every_place_is_filled() {
    let all = refusals();
    let codes: BTreeSet<_> = all.iter().map(Refusal::code).collect();
    assert_eq!(codes, REFUSAL_CODES.into_iter().collect(), "each refusal is said once");
    for language in Language::ALL {
        let looks = looks(language);
        for refusal in &all {
            let problem = Problem::refused(refusal);
            let code = problem.code;
            assert!(Shared::of(language).named("refusal", code).is_some(), "{language:?} {code}");
            let said = notice(&problem, &looks);
            let texts = said.details.iter().chain([&said.text]);
            for text in texts {
                assert!(!text.contains(['{', '}']), "{language:?} {code}: {text}");
                assert_ne!(*text, problem.title, "{code}");
            }
        }
    }
}

#[test]
fn there_are_no_words_for_a_refusal_that_there_is_not() {
    let known: BTreeSet<_> = REFUSAL_CODES.into_iter().chain(OTHER_CODES).collect();
    let shared = Shared::of(Language::English);
    assert_eq!(shared.names("refusal").collect::<BTreeSet<_>>(), known);
    let helps: Vec<_> = shared.names("help").filter(|it| *it != "mistyped").collect();
    assert!(helps.iter().all(|it| known.contains(it)), "{helps:?}");
}

#[test]
fn every_fault_of_a_field_has_words() {
    let names: BTreeSet<_> = FAULTS.into_iter().map(Fault::name).collect();
    assert_eq!(Shared::of(Language::English).names("fault").collect::<BTreeSet<_>>(), names);
    for (language, fault) in Language::ALL.into_iter().flat_map(|it| FAULTS.map(|of| (it, of))) {
        let text = faulty(fault, language);
        assert!(!text.contains(['{', '}']) && text.contains(' '), "{language:?} {text}");
    }
}

#[test]
fn figures_are_said_as_the_reader_writes_them() {
    let refusal = money(AccountId(34)).pop().expect("the last is of money");
    let said = notice(&Problem::refused(&refusal), &looks(Language::Spanish));
    assert_eq!(
        said.text,
        "No hay suficiente disponible: se necesitan 20,00\u{A0}EUR y hay 12,00\u{A0}EUR."
    );
    assert_eq!(said.details, ["Faltan 8,00\u{A0}EUR: bastaría un pago de ese importe."]);
    let mistyped = &refusals()[1];
    let said = notice(&Problem::refused(mistyped), &looks(Language::English));
    assert_eq!(said.text, "There is no account 1000\u{A0}0001\u{A0}8.");
    assert_eq!(said.details, ["A digit was mistyped: the last one does not fit the others."]);
}

#[test]
fn what_is_wrong_with_a_field_is_said_at_the_field() {
    let problem = Problem::faulty("amount", Fault::Decimals { max: 2 }, "has too many decimals");
    let field = |name| Field::new(name, "", pages::FieldKind::Text);
    let mut fields = [field("account"), field("amount")];
    assert!(place(&problem, &mut fields, &looks(Language::French)).is_none());
    assert_eq!(fields[1].error, "Au plus 2 chiffres après la virgule.");
    assert_eq!(fields[0].error, "");
    let above = place(&problem, &mut [], &looks(Language::Russian)).expect("it stands above");
    assert_eq!(above.text, "Не больше 2 знаков после запятой.");
}

#[test]
fn what_has_no_words_is_said_as_the_api_says_it() {
    let problem = Problem::malformed("file", "is no picture").hint("send a picture");
    let said = notice(&problem, &looks(Language::French));
    assert_eq!(
        (said.text.as_str(), said.details),
        ("file is no picture", vec!["send a picture".into()])
    );
}
