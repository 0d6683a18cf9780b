//! The history of an exchange rate, with the points that were used.

use super::{Drawing, Finished, Scale, Span, draw_days};
use crate::{Cell, Column, Html, Message, Moment, Row, Say, Shared, Table};

#[derive(Clone, Debug, Default)]
pub struct RatesChart {
    /// Of the figure; once on a page.
    pub id: String,
    pub base: String,
    pub quote: String,
    /// Oldest first.
    pub points: Vec<RatePoint>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RatePoint {
    /// From when it is valid.
    pub at: Moment,
    /// As published, a decimal number with a point.
    pub rate: String,
    pub source: String,
}

const TOP: i64 = 20;
const BOTTOM: i64 = 196;
const HEIGHT: i64 = 220;
/// Decimals that are drawn; what is finer is not seen.
const DECIMALS: usize = 10;

/// In 10⁻¹⁰; `None` for what is no decimal number.
fn parsed(rate: &str) -> Option<i128> {
    let (whole, fraction) = rate.split_once('.').unwrap_or((rate, ""));
    let kept: String = fraction.chars().take(DECIMALS).collect();
    format!("{whole}{kept:0<DECIMALS$}").parse().ok()
}

/// The other way round: without zeros at the end.
fn written(value: i128, say: Say) -> String {
    let one = 10_i128.pow(10);
    let text = format!("{}.{:010}", value / one, value % one);
    say.decimal(text.trim_end_matches('0').trim_end_matches('.'))
}

impl RatesChart {
    pub fn html(&self, say: Say) -> Html {
        let shared = Shared::of(say.language);
        let points: Vec<(i128, &RatePoint)> =
            self.points.iter().filter_map(|it| Some((parsed(&it.rate)?, it))).collect();
        let [Some((_, first)), Some((_, last))] = [points.first(), points.last()] else {
            let words = Html::text(shared.no_points);
            return Html::trusted(format!("<p class=\"quiet\">{words}</p>"));
        };
        let scale = Scale::over(points.iter().map(|it| it.0), TOP, BOTTOM);
        let span = Span::new(first.at, last.at);
        let mut drawing = Drawing::default();
        for tick in scale.ticks(5) {
            let down = scale.place(tick);
            drawing.line("axis", (0, down), (super::RIGHT, down));
        }
        let place = |it: &(i128, &RatePoint)| (span.place(it.1.at), scale.place(it.0));
        for pair in points.windows(2) {
            drawing.line("line", place(&pair[0]), place(&pair[1]));
        }
        // More points than this run into one another.
        if points.len() <= 60 {
            points.iter().for_each(|it| drawing.point("point", place(it)));
        }
        draw_days(&mut drawing, span, HEIGHT - 4, say);
        let title = shared.rate_over_time.with("quote", &self.quote).with("base", &self.base);
        let (least, most) =
            (points.iter().map(|it| it.0).min(), points.iter().map(|it| it.0).max());
        let description = shared
            .rate_chart
            .with("quote", &self.quote)
            .with("base", &self.base)
            .with("from", say.day_text(&first.at))
            .with("to", say.day_text(&last.at))
            .with("least", written(least.unwrap_or_default(), say))
            .with("most", written(most.unwrap_or_default(), say));
        let table = self.table(say, title.clone());
        let words = scale.ticks(5).into_iter().map(|it| (scale.place(it), written(it, say)));
        let finished = Finished {
            id: &self.id,
            title,
            description,
            height: HEIGHT,
            scale: words.collect(),
            drawing,
            legend: Vec::new(),
            table,
        };
        finished.html(say)
    }

    fn table(&self, say: Say, caption: String) -> Table {
        let shared = Shared::of(say.language);
        let rows = self.points.iter().rev().map(|it| {
            let rate = Cell::Text(say.decimal(&it.rate));
            Row::new([Cell::Moment(it.at), rate, Cell::text(&it.source)])
        });
        Table {
            caption,
            columns: vec![
                Column::text(shared.when),
                Column::figure(shared.rate),
                Column::text(shared.source),
            ],
            rows: rows.collect(),
        }
    }
}
