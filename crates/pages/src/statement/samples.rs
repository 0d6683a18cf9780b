//! Statements in each state that one can be in: for tests to render and for people to look at.

use super::{Conversion, Line, Period, Provider, Rate, Span, Standing, Statement, Sum};
use crate::{Language, Moment};

const EUR: i128 = 1_000_000;

/// Each with a name that says what is to be seen.
pub fn samples() -> Vec<(&'static str, Statement)> {
    vec![
        ("empty", empty()),
        ("one", one()),
        ("many", many()),
        ("long_names", long_names()),
        ("other_scripts", other_scripts()),
        ("negative", negative()),
        ("without_minor_unit", without_minor_unit()),
    ]
}

fn moment(day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute }
}

fn line(day: u8, kind: &'static str, name: &str, amount: i128) -> Line {
    Line {
        at: moment(day, 9 + day % 12, day % 60),
        kind,
        name: Some(name.into()),
        amount,
        ..Line::default()
    }
}

/// Fills in the balances and the sums.
fn with_lines(mut statement: Statement, mut lines: Vec<Line>) -> Statement {
    let mut balance = statement.opening;
    for line in &mut lines {
        balance += line.amount;
        line.balance = balance;
        let sum = match statement.sums.iter_mut().find(|it| it.kind == line.kind) {
            Some(sum) => sum,
            None => {
                statement.sums.push(Sum { kind: line.kind, money_in: 0, money_out: 0 });
                statement.sums.last_mut().expect("just pushed")
            }
        };
        sum.money_in += line.amount.max(0);
        sum.money_out += (-line.amount).max(0);
    }
    statement.closing = balance;
    statement.lines = lines;
    statement
}

fn empty() -> Statement {
    let midnight = moment(1, 0, 0);
    Statement {
        language: Language::English,
        provider: Provider {
            name: "Highland Telecom".into(),
            address: vec!["12 Quay Street".into(), "Inverness IV1 1AA".into()],
            contact: vec!["+44 1463 555 010".into(), "care@highland.example".into()],
        },
        customer: "Ann Fraser".into(),
        number: "100000049".into(),
        name: "Internet".into(),
        currency: "EUR".into(),
        exponent: 2,
        period: Period {
            from: midnight,
            to: Moment { month: 12, ..midnight },
            span: Span::Days { last: moment(30, 0, 0) },
            time_zone: "Europe/London".into(),
        },
        opening: 12 * EUR,
        closing: 12 * EUR,
        sums: Vec::new(),
        standing: None,
        lines: Vec::new(),
        made_at: Moment { month: 12, ..moment(2, 8, 30) },
    }
}

fn one() -> Statement {
    let mut paid = line(3, "payment", "kiosk", 20 * EUR);
    paid.reference = Some("77-12031".into());
    with_lines(empty(), vec![paid])
}

fn converted() -> Line {
    let mut paid = line(4, "payment", "card", 9_230_000);
    paid.reference = Some("ch_3Q".into());
    paid.conversion = Some(Conversion {
        original: 10 * EUR,
        currency: "USD".into(),
        exponent: 2,
        rates: vec![Rate {
            base: "EUR".into(),
            quote: "USD".into(),
            rate: "1.0832".into(),
            source: "ecb".into(),
            at: moment(2, 0, 0),
        }],
    });
    paid
}

fn session(day: u8, parts: usize) -> Line {
    let part = |place: usize| Line {
        at: moment(day, 14, place as u8 % 60),
        kind: if place + 1 == parts { "settled_final" } else { "settled" },
        amount: -116_667 - place as i128 * 10,
        ..Line::default()
    };
    let parts: Vec<Line> = (0..parts).map(part).collect();
    let mut session = line(day, "session", "call", parts.iter().map(|it| it.amount).sum());
    session.reference = Some("pgw.example;1880;42".into());
    session.parts = parts;
    session
}

fn many() -> Statement {
    let mut lines = vec![one().lines.remove(0), converted()];
    for day in 5..28 {
        lines.push(line(day, "charge", "internet-100", -390_000));
        if day % 4 == 0 {
            lines.push(session(day, usize::from(day)));
        }
        if day % 7 == 0 {
            let mut sent = line(day, "transfer_out", "", -2 * EUR);
            (sent.name, sent.other_account) = (None, Some("100000031".into()));
            lines.push(sent);
        }
    }
    let mut corrected = line(28, "adjustment", "goodwill", 1_234_560_000);
    corrected.note = Some("The line was down for two days".into());
    lines.push(corrected);
    let mut statement = empty();
    statement.standing = Some(Standing { held: EUR, credit: Some(5 * EUR), available: None });
    statement.period.span = Span::UntilNow;
    statement.period.to = moment(29, 18, 42);
    with_lines(statement, lines)
}

fn long_names() -> Statement {
    let mut statement = one();
    statement.customer = "Maria del Carmen Fernandez de la Vega y Gutierrez-Santillana, \
                          Import Export and Sons Limited Liability Partnership"
        .into();
    statement.name = "Headquarters, third floor, meeting rooms, guests and everything else".into();
    statement.number = "OLD-SYSTEM/2003.0000000000000042".into();
    statement.lines[0].note = Some(
        "Paid by the neighbour of the owner's sister at the counter in the station, who asked \
         for a receipt with Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamter \
         <b>written</b> & \"signed\" on it"
            .into(),
    );
    statement.lines[0].reference = Some("R".repeat(120));
    statement
}

fn other_scripts() -> Statement {
    let mut statement = many();
    statement.language = Language::Russian;
    statement.provider.name = "Связь и Сеть".into();
    statement.customer = "Αλέξανδρος Παπαδόπουλος, Zoë Đặng, Айгүл Өтегенова".into();
    statement.name = "Дом · דירה · 株式会社".into();
    statement.lines[0].note = Some("Оплата за ноябрь — спасибо".into());
    statement
}

fn negative() -> Statement {
    let mut statement = empty();
    (statement.language, statement.opening) = (Language::French, -EUR);
    statement.standing =
        Some(Standing { held: 0, credit: Some(0), available: Some(-1_234_567_800_000) });
    statement.period.span = Span::Moments;
    let overrun = line(9, "charge", "roaming", -1_234_566_800_000);
    with_lines(statement, vec![overrun, session(10, 1)])
}

fn without_minor_unit() -> Statement {
    let mut statement = empty();
    (statement.language, statement.currency, statement.exponent) =
        (Language::Spanish, "XPF".into(), 0);
    (statement.opening, statement.provider) = (1_193 * 10_000, Provider::default());
    with_lines(statement, vec![line(7, "payment", "cash", 800 * 10_000)])
}
