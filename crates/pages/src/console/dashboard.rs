//! The dashboard: how the day goes, at a glance and live.

use crate::{Cell, Column, Html, Link, Money, Place, Row, Shell, Table};

mod samples;

#[derive(Clone, Debug, Default)]
pub struct Dashboard {
    /// The day's figures are not complete yet.
    pub is_counting: bool,
    /// A line for each currency in which money has moved today.
    pub money: Vec<MoneyToday>,
    /// Services switched today.
    pub switched_on: u64,
    pub switched_off: u64,
    /// Authorisations a second over the last minute, as it is said: `1,204`.
    pub per_second: String,
    /// Half of them were answered within this: `0.8 ms`.
    pub latency_half: String,
    /// Ninety-nine of a hundred.
    pub latency_most: String,
    /// The most frequent first.
    pub refusals: Vec<RefusalCount>,
    /// What waits for somebody; what does not is left out.
    pub waiting: Vec<Waiting>,
}

/// Amounts count ten-thousandths of the minor unit.
#[derive(Clone, Debug, Default)]
pub struct MoneyToday {
    pub currency: String,
    pub exponent: u8,
    /// Payments, less what was taken back.
    pub money_in: i128,
    /// Refunds and returns.
    pub money_out: i128,
    pub charged: i128,
}

#[derive(Clone, Debug, Default)]
pub struct RefusalCount {
    /// The refusal in the reader's words.
    pub text: String,
    pub count: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    UnallocatedPayments(usize),
    Commands(usize),
    Deliveries(usize),
    OldRates(usize),
    Refunds(usize),
}

impl Waiting {
    fn link(self, shell: &Shell) -> Link {
        let (console, language) = (shell.console(), shell.language);
        match self {
            Self::UnallocatedPayments(count) => {
                let text = console.unallocated.of(count, language);
                Link::new(text, Place::Unallocated.path())
            }
            Self::Commands(count) => {
                let text = console.commands_stuck.of(count, language);
                Link::new(text, Place::Provisioning.path())
            }
            Self::Deliveries(count) => {
                let text = console.deliveries_stuck.of(count, language);
                Link::new(text, Place::Webhooks.path())
            }
            Self::OldRates(count) => {
                Link::new(console.rates_old.of(count, language), Place::Rates.path())
            }
            Self::Refunds(count) => {
                let text = console.refunds_waiting.of(count, language);
                Link::new(text, Place::Refunds.path())
            }
        }
    }
}

impl Dashboard {
    fn waiting_links(&self, shell: &Shell) -> Vec<Link> {
        self.waiting.iter().map(|it| it.link(shell)).collect()
    }

    fn money_table(&self, shell: &Shell) -> Table {
        let console = shell.console();
        let row = |it: &MoneyToday| {
            let figure =
                |units| Cell::Figure(Money::new(units, &it.currency, it.exponent).rounded());
            let (money_in, money_out) = (figure(it.money_in), figure(-it.money_out));
            Row::new([Cell::text(&it.currency), money_in, money_out, figure(it.charged)])
        };
        Table {
            caption: console.dashboard_today.to_owned(),
            columns: vec![
                Column::text(console.currency),
                Column::figure(console.money_in),
                Column::figure(console.money_out),
                Column::figure(console.charged),
            ],
            rows: self.money.iter().map(row).collect(),
        }
    }

    /// How wide the bar of a refusal is, as a share of the widest.
    fn bar(&self, count: &u64) -> Html {
        let most = self.refusals.iter().map(|it| it.count).max().unwrap_or(1).max(1);
        // What happened at all is seen.
        let share = (count.saturating_mul(100) / most).max(1);
        Html::trusted(format!(
            "<svg class=\"bar\" width=\"100%\" height=\"8\" aria-hidden=\"true\">\
             <rect width=\"{share}%\" height=\"8\" rx=\"2\"/></svg>"
        ))
    }
}

page!(Dashboard, "console/dashboard.html");

#[cfg(test)]
mod tests {
    use super::*;

    fn busy() -> (Dashboard, Shell) {
        let (_, busy) = Dashboard::samples().pop().expect("a busy day");
        (busy, crate::gallery::console_shell(Default::default(), Default::default()))
    }

    #[test]
    fn what_was_charged_is_shown_in_minor_units() {
        let (busy, shell) = busy();
        let table = busy.money_table(&shell);
        let Cell::Figure(charged) = &table.rows[1].cells[3] else { panic!("no figure") };
        assert_eq!(charged.text(shell.language), "998,212.35\u{A0}EUR");
    }

    #[test]
    fn a_day_that_is_still_counted_says_so() {
        let (busy, shell) = busy();
        assert!(busy.to_html(&shell).contains("counting…"));
        assert!(!Dashboard { is_counting: false, ..busy }.to_html(&shell).contains("counting…"));
    }
}
