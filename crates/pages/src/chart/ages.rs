//! Receivables by age, as stacked bars.

use super::{Anchor, Drawing, Finished, Scale, short_figure};
use crate::{Cell, Column, Html, Message, Moment, Money, Row, Say, Shared, Table};

/// Amounts count ten-thousandths of the minor unit.
#[derive(Clone, Debug, Default)]
pub struct AgesChart {
    /// Of the figure; once on a page.
    pub id: String,
    pub currency: String,
    pub exponent: u8,
    /// Oldest first.
    pub bars: Vec<Bar>,
}

/// What was owed at a moment, by the age of the debts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bar {
    pub at: Moment,
    /// 0–30, 31–60, 61–90 and more than 90 days.
    pub ages: [i128; 4],
}

impl Bar {
    fn sum(&self) -> i128 {
        self.ages.iter().sum()
    }
}

const CLASSES: [&str; 4] = ["age-0", "age-1", "age-2", "age-3"];
const TOP: i64 = 20;
const BOTTOM: i64 = 196;
const HEIGHT: i64 = 220;
/// Of a single moment.
const BAND_HEIGHT: i64 = 34;

/// Its height, the words of its scale, the drawing, and its legend.
type Drawn = (i64, Vec<(i64, String)>, Drawing, Vec<(&'static str, String)>);

/// What the ages are called, youngest first.
pub(crate) fn age_names(shared: &Shared) -> [String; 4] {
    let between = |from: u32, to: u32| shared.age_days.with("from", from).with("to", to);
    [between(0, 30), between(31, 60), between(61, 90), shared.age_days_over.with("from", 90)]
}

impl AgesChart {
    pub fn html(&self, say: Say) -> Html {
        let shared = Shared::of(say.language);
        let [Some(first), Some(last)] = [self.bars.first(), self.bars.last()] else {
            let words = Html::text(shared.no_points);
            return Html::trusted(format!("<p class=\"quiet\">{words}</p>"));
        };
        let (height, scale, drawing, legend) = match self.bars.as_slice() {
            [only] => self.draw_band(only, say),
            _ => self.draw_over_time(say),
        };
        let description = shared
            .ages_chart
            .with("currency", &self.currency)
            .with("from", say.day_text(&first.at))
            .with("to", say.day_text(&last.at))
            .with("last", self.money(last.sum()).text(say.language));
        let finished = Finished {
            id: &self.id,
            title: format!("{} · {}", shared.receivables_by_age, self.currency),
            description,
            height,
            scale,
            drawing,
            legend,
            table: self.table(say),
        };
        finished.html(say)
    }

    /// One moment has no course: a band as wide as the page, with its figures in words below.
    fn draw_band(&self, bar: &Bar, say: Say) -> Drawn {
        let mut drawing = Drawing::default();
        let whole = bar.sum().max(1);
        let place = |it: i128| i64::try_from(it * i128::from(super::RIGHT) / whole).unwrap_or(0);
        let mut before = 0;
        // The oldest debts come first, as they lie at the bottom of bars.
        for (age, class) in bar.ages.iter().zip(CLASSES).rev().filter(|it| *it.0 > 0) {
            let (left, right) = (place(before), place(before + age));
            let class = format!("age {class}");
            drawing.rectangle(&class, (left, 1), (right - left).max(30), BAND_HEIGHT - 2);
            before += age;
        }
        let names = age_names(Shared::of(say.language)).into_iter().zip(bar.ages);
        let figures = names.map(|(name, it)| match it {
            0 => name,
            _ => format!("{name}: {}", self.money(it).figure(say.language)),
        });
        (BAND_HEIGHT, Vec::new(), drawing, CLASSES.into_iter().zip(figures).collect())
    }

    fn draw_over_time(&self, say: Say) -> Drawn {
        let sums = self.bars.iter().map(Bar::sum);
        let scale = Scale::over(sums.chain([0]), TOP, BOTTOM);
        let mut drawing = Drawing::default();
        let ticks = scale.ticks(4);
        for tick in &ticks {
            let down = scale.place(*tick);
            drawing.line(if *tick == 0 { "zero" } else { "axis" }, (0, down), (super::RIGHT, down));
        }
        self.draw_bars(&mut drawing, scale, say);
        let words = ticks.into_iter().map(|it| {
            let words = short_figure(&self.money(it), say);
            (scale.place(it), words)
        });
        let legend = CLASSES.into_iter().zip(age_names(Shared::of(say.language)));
        (HEIGHT, words.collect(), drawing, legend.collect())
    }

    fn money(&self, units: i128) -> Money {
        Money::new(units, &self.currency, self.exponent)
    }

    fn draw_bars(&self, drawing: &mut Drawing, scale: Scale, say: Say) {
        let count = i64::try_from(self.bars.len()).unwrap_or(1).max(1);
        let room = super::RIGHT / count;
        let width = (room * 7 / 10).min(700);
        for (place, bar) in (0_i64..).zip(&self.bars) {
            let across = room * place + (room - width) / 2;
            let mut below = 0;
            // The oldest debts lie at the bottom: they are the ones that stay.
            for (age, class) in bar.ages.iter().zip(CLASSES).rev().filter(|it| *it.0 > 0) {
                let (top, bottom) = (scale.place(below + age), scale.place(below));
                let class = format!("age {class}");
                drawing.rectangle(&class, (across, top), width, (bottom - top).max(1));
                below += age;
            }
            // Days below the first, the middle and the last one; below every one of a few.
            if count <= 4 || [0, count / 2, count - 1].contains(&place) {
                let middle = (across + width / 2, HEIGHT - 4);
                let anchor = if place == count - 1 { Anchor::End } else { Anchor::Middle };
                let middle = if place == count - 1 { (across + width, middle.1) } else { middle };
                drawing.words("", middle, anchor, &say.day_text(&bar.at));
            }
        }
    }

    fn table(&self, say: Say) -> Table {
        let shared = Shared::of(say.language);
        let ages = age_names(shared).into_iter().map(Column::figure);
        let sum = Column::figure(format!("{} ({})", shared.in_all, self.currency));
        let columns = [Column::text(shared.when)].into_iter().chain(ages).chain([sum]);
        let rows = self.bars.iter().map(|bar| {
            let ages = bar.ages.iter().map(|it| Cell::Figure(self.money(*it)));
            let sum = Cell::Figure(self.money(bar.sum()));
            Row::new([Cell::Day(bar.at)].into_iter().chain(ages).chain([sum]))
        });
        Table {
            caption: shared.receivables_by_age.to_owned(),
            columns: columns.collect(),
            rows: rows.collect(),
        }
    }
}
