//! Exchange rates: those in force, and the history of one pair drawn.

use crate::chart::{RatePoint, RatesChart};
use crate::{Badge, Cell, Column, Field, FieldKind, Moment, Row, Shell, Table, Tone};

#[derive(Clone, Debug, Default)]
pub struct Rates {
    pub pairs: Vec<RateLine>,
    /// Of the pair that was asked for, or the first one.
    pub chart: Option<RatesChart>,
    /// The form by which a rate is set; `None` where the role may not.
    pub form: Option<RateForm>,
}

/// The newest rate of a pair.
#[derive(Clone, Debug, Default)]
pub struct RateLine {
    pub base: String,
    pub quote: String,
    /// As published, a decimal number with a point.
    pub rate: String,
    pub valid_from: Moment,
    pub source: String,
    /// Where its history is.
    pub href: String,
    /// Older than configured: nothing is converted with it any more.
    pub is_old: bool,
}

#[derive(Clone, Debug, Default)]
pub struct RateForm {
    pub path: String,
    /// From [`RateForm::fields`], with values and errors filled in.
    pub fields: Vec<Field>,
}

impl RateForm {
    /// The empty fields: `base`, `quote`, `rate`, `valid_from`.
    pub fn fields(shell: &Shell) -> Vec<Field> {
        let console = shell.console();
        vec![
            Field::new("base", console.base, FieldKind::Text),
            Field::new("quote", console.quote, FieldKind::Text),
            Field::new("rate", console.rate, FieldKind::Text),
            Field::new("valid_from", console.valid_from, FieldKind::DateTime).optional(),
        ]
    }
}

impl Rates {
    fn table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &RateLine| {
            let old = Badge::Other(Tone::Soon, console.too_old.to_owned());
            Row::new([
                Cell::link(format!("1 {} = {}", it.base, it.quote), &it.href),
                Cell::Text(shell.say().decimal(&it.rate)),
                Cell::Moment(it.valid_from),
                Cell::text(&it.source),
                if it.is_old { Cell::Badge(old) } else { Cell::Empty },
            ])
        };
        Table {
            caption: console.rates_title.to_owned(),
            columns: vec![
                Column::text(console.currency),
                Column::figure(console.rate),
                Column::text(console.valid_from),
                Column::text(console.source),
                Column::text(""),
            ],
            rows: self.pairs.iter().map(row).collect(),
        }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let at = |day| Moment { year: 2026, month: 11, day, hour: 15, minute: 0 };
        let line = |base: &str, quote: &str, rate: &str, is_old| RateLine {
            base: base.into(),
            quote: quote.into(),
            rate: rate.into(),
            valid_from: at(28),
            source: "ecb".into(),
            href: format!("/console/rates/{base}/{quote}"),
            is_old,
        };
        let rates = ["1.0832", "1.0871", "1.0868", "1.0903", "1.0899", "1.0915", "1.0847", "1.079"];
        let points = (2_u8..).step_by(3).zip(rates).map(|(day, rate)| RatePoint {
            at: at(day),
            rate: rate.into(),
            source: "ecb".into(),
        });
        let chart = RatesChart {
            id: "rates-chart".into(),
            base: "EUR".into(),
            quote: "USD".into(),
            points: points.collect(),
        };
        let shell = crate::gallery::console_shell(Default::default(), Default::default());
        let mut fields = RateForm::fields(&shell);
        let wrong = "A rate is a decimal number above zero.";
        fields[2] = fields[2].clone().with_value("1,08o").with_error(wrong);
        let many = Self {
            pairs: vec![
                line("EUR", "USD", "1.0790", false),
                line("EUR", "XPF", "119.331742", false),
                line("KWD", "EUR", "2.98210044", true),
            ],
            chart: Some(chart),
            form: Some(RateForm { path: "/console/rates".into(), fields }),
        };
        vec![("empty", Self::default()), ("many", many)]
    }
}

page!(Rates, "console/rates.html");
