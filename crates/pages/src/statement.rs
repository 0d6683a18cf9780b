//! A statement of account: what moved in a period, as a document that stands by itself.

use askama::Template;

use crate::{Figure, Language, Moment, Words, fill};

mod samples;

pub use samples::samples;

/// Everything that a statement says. Amounts count ten-thousandths of the minor unit.
#[derive(Clone, Debug)]
pub struct Statement {
    pub language: Language,
    pub provider: Provider,
    pub customer: String,
    pub number: String,
    /// What the customer calls the account; may be empty.
    pub name: String,
    pub currency: String,
    /// Decimal places of the currency's minor unit.
    pub exponent: u8,
    pub period: Period,
    pub opening: i128,
    pub closing: i128,
    pub sums: Vec<Sum>,
    /// How the account stands, where the period ends now.
    pub standing: Option<Standing>,
    /// Oldest first.
    pub lines: Vec<Line>,
    pub made_at: Moment,
}

/// Who sends the statement; what is not known is empty.
#[derive(Clone, Debug, Default)]
pub struct Provider {
    pub name: String,
    pub address: Vec<String>,
    /// Telephone, e-mail, website, registration: one to a line.
    pub contact: Vec<String>,
}

#[derive(Clone, Debug)]
pub struct Period {
    pub from: Moment,
    /// The end, which is outside.
    pub to: Moment,
    pub span: Span,
    pub time_zone: String,
}

/// How a period is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// Whole days, of which this one is the last.
    Days {
        last: Moment,
    },
    Moments,
    UntilNow,
}

/// What the entries of one kind come to.
#[derive(Clone, Debug)]
pub struct Sum {
    pub kind: &'static str,
    pub money_in: i128,
    pub money_out: i128,
}

/// `None` is without limit.
#[derive(Clone, Copy, Debug)]
pub struct Standing {
    pub held: i128,
    pub credit: Option<i128>,
    pub available: Option<i128>,
}

/// One line: an entry, or a session with all its settlements in the period.
#[derive(Clone, Debug, Default)]
pub struct Line {
    pub at: Moment,
    pub kind: &'static str,
    /// A source, a service or a reason.
    pub name: Option<String>,
    /// The number of the account on the other side of a transfer.
    pub other_account: Option<String>,
    pub note: Option<String>,
    pub reference: Option<String>,
    pub conversion: Option<Conversion>,
    /// Zero where nothing moved.
    pub amount: i128,
    /// After this line and those before it.
    pub balance: i128,
    /// What a session's line is made of; empty where that is one entry.
    pub parts: Vec<Line>,
}

#[derive(Clone, Debug)]
pub struct Conversion {
    pub original: i128,
    pub currency: String,
    pub exponent: u8,
    pub rates: Vec<Rate>,
}

/// `rate` is as published, a decimal number with a point.
#[derive(Clone, Debug)]
pub struct Rate {
    pub base: String,
    pub quote: String,
    pub rate: String,
    pub source: String,
    pub at: Moment,
}

impl Line {
    /// What happened, in plain words.
    pub fn title(&self, language: Language) -> String {
        let words = language.words();
        let kind = match words.kind(self.kind) {
            Some(word) => word.to_owned(),
            // A kind without a word is better named as it is than left out.
            None => self.kind.replace('_', " "),
        };
        if let Some(number) = &self.other_account {
            let towards = if self.amount < 0 { words.to_account } else { words.from_account };
            return format!("{kind} {}", fill(towards, "number", number));
        }
        match &self.name {
            Some(name) => format!("{kind} · {name}"),
            None => kind,
        }
    }

    /// What else there is to say, a line each.
    pub fn details(&self, language: Language) -> Vec<String> {
        let words = language.words();
        let reference = self.reference.iter().map(|it| fill(words.reference, "reference", it));
        let conversion = self.conversion.iter().map(|it| it.describe(language));
        self.note.iter().cloned().chain(reference).chain(conversion).collect()
    }
}

impl Conversion {
    /// `10.00 USD · 1 EUR = 1.0832 USD (ecb, 2 Nov 2026)`
    fn describe(&self, language: Language) -> String {
        let original = Figure::new(self.original, self.exponent, language);
        let mut text = format!("{original}\u{A0}{}", self.currency);
        for rate in &self.rates {
            text.push_str(" · ");
            text.push_str(&rate.describe(language));
        }
        text
    }
}

impl Rate {
    fn describe(&self, language: Language) -> String {
        let (_, mark, _) = language.number_marks();
        let rate = self.rate.replace('.', &mark.to_string());
        let date = self.at.date(language);
        let message = language.words().rate;
        [
            ("base", &self.base),
            ("quote", &self.quote),
            ("rate", &rate),
            ("at", &date),
            ("source", &self.source),
        ]
        .into_iter()
        .fold(message.to_owned(), |text, (name, value)| fill(&text, name, value))
    }
}

impl Statement {
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    pub fn figure(&self, units: i128) -> Figure {
        Figure::new(units, self.exponent, self.language)
    }

    /// With its currency.
    pub fn money(&self, units: i128) -> String {
        format!("{}\u{A0}{}", self.figure(units), self.currency)
    }

    /// `None` is without limit.
    pub fn limit(&self, units: Option<i128>) -> String {
        units.map_or(self.words().unlimited.to_owned(), |it| self.money(it))
    }

    pub fn date_and_time(&self, at: Moment) -> String {
        at.date_and_time(self.language)
    }

    pub fn period(&self) -> String {
        let words = self.words();
        let Period { from, to, span, .. } = self.period;
        let (form, from, to) = match span {
            Span::Days { last } => {
                (words.period_days, from.date(self.language), last.date(self.language))
            }
            Span::Moments => {
                (words.period_moments, self.date_and_time(from), self.date_and_time(to))
            }
            Span::UntilNow => {
                (words.period_so_far, from.date(self.language), self.date_and_time(to))
            }
        };
        fill(&fill(form, "from", from), "to", to)
    }

    /// The last day of the period.
    pub fn closing_date(&self) -> String {
        match self.period.span {
            Span::Days { last } => last.date(self.language),
            Span::Moments | Span::UntilNow => self.period.to.date(self.language),
        }
    }

    pub fn time_zone(&self) -> String {
        fill(self.words().time_zone, "zone", &self.period.time_zone)
    }

    pub fn made_at(&self) -> String {
        fill(self.words().made_at, "at", self.date_and_time(self.made_at))
    }

    /// `Page 2 of 7`
    pub fn page_of(&self, page: usize, pages: usize) -> String {
        fill(&fill(self.words().page_of, "page", page), "pages", pages)
    }

    /// What all sums come to.
    pub fn total(&self) -> (i128, i128) {
        let add =
            |(money_in, money_out), sum: &Sum| (money_in + sum.money_in, money_out + sum.money_out);
        self.sums.iter().fold((0, 0), add)
    }

    /// Characters from the decimal mark on, at most: how far a column reaches to the right of it.
    pub fn fraction_length(&self) -> usize {
        let parts = self.lines.iter().flat_map(|it| &it.parts);
        let lines = self.lines.iter().chain(parts).flat_map(|it| [it.amount, it.balance]);
        let all = lines.chain([self.opening, self.closing]);
        all.map(|it| self.figure(it).fraction_length()).max().unwrap_or_default()
    }

    /// The statement as a page that needs nothing but itself: its style is inside, and no script.
    pub fn to_html(&self) -> String {
        let (money_in, money_out) = self.total();
        let page = Page {
            it: self,
            words: self.words(),
            style: crate::STYLE,
            total_in: self.figure(money_in),
            total_out: self.figure(-money_out),
            fraction_length: self.fraction_length(),
        };
        page.render().expect("writing into a text does not fail")
    }
}

#[derive(Template)]
#[template(path = "statement.html")]
struct Page<'a> {
    it: &'a Statement,
    words: &'static Words,
    style: &'static str,
    total_in: Figure,
    total_out: Figure,
    fraction_length: usize,
}

#[cfg(test)]
mod tests;
