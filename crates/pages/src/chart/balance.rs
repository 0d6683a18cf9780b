//! The balance over time, as steps: it jumps, it does not slope.

use super::{Anchor, Drawing, Finished, Scale, Span, draw_days, short_figure};
use crate::{Cell, Column, Html, Message, Moment, Money, Row, Say, Shared, Table};

/// Amounts count ten-thousandths of the minor unit.
#[derive(Clone, Debug, Default)]
pub struct BalanceChart {
    /// Of the figure; once on a page.
    pub id: String,
    pub account_number: String,
    pub currency: String,
    pub exponent: u8,
    /// The balance from each moment on, oldest first; the first one begins the drawing.
    pub points: Vec<Point>,
    pub now: Moment,
    /// How far below zero it may go: drawn as a line there. `None` is without limit.
    pub credit: Option<i128>,
    /// What is expected after now, oldest first.
    pub forecast: Vec<Point>,
    /// When services are switched off, if nothing is paid.
    pub off_at: Option<Moment>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Point {
    pub at: Moment,
    pub balance: i128,
}

const TOP: i64 = 26;
const BOTTOM: i64 = 196;
const HEIGHT: i64 = 220;

impl BalanceChart {
    /// With title, words and table.
    pub fn html(&self, say: Say) -> Html {
        let shared = Shared::of(say.language);
        let Some(span) = self.span() else {
            return Html::trusted(format!(
                "<p class=\"quiet\">{}</p>",
                Html::text(shared.no_points)
            ));
        };
        let scale = self.scale(TOP, BOTTOM);
        let mut drawing = Drawing::default();
        for tick in scale.ticks(5) {
            let down = scale.place(tick);
            let class = if tick == 0 { "zero" } else { "axis" };
            drawing.line(class, (0, down), (super::RIGHT, down));
        }
        self.draw_steps(&mut drawing, span, scale);
        self.draw_limit(&mut drawing, scale, shared);
        self.draw_off(&mut drawing, span, say);
        draw_days(&mut drawing, span, HEIGHT - 4, say);
        let finished = Finished {
            id: &self.id,
            title: format!("{} · {}", shared.balance_over_time, self.currency),
            description: self.describe(say),
            height: HEIGHT,
            scale: scale
                .ticks(5)
                .into_iter()
                .map(|it| (scale.place(it), short_figure(&self.money(it), say)))
                .collect(),
            drawing,
            legend: Vec::new(),
            table: self.table(say),
        };
        finished.html(say)
    }

    /// Small, without words: beside an account's figures.
    pub fn spark(&self, say: Say) -> Html {
        let Some(span) = self.span() else { return Html::default() };
        let scale = self.scale(4, 40);
        let mut drawing = Drawing::default();
        if scale.least < 0 && scale.most >= 0 {
            let zero = scale.place(0);
            drawing.line("axis", (0, zero), (super::RIGHT, zero));
        }
        self.draw_steps(&mut drawing, span, scale);
        if let Some(off_at) = self.off_at {
            let place = span.place(off_at);
            drawing.line("off-mark", (place, 0), (place, 44));
        }
        let (svg, words) = (drawing.svg, Html::text(&self.describe(say)));
        Html::trusted(format!(
            "<svg class=\"chart spark\" width=\"100%\" height=\"44\" role=\"img\" \
             aria-label=\"{words}\">{svg}</svg>"
        ))
    }

    fn money(&self, units: i128) -> Money {
        Money::new(units, &self.currency, self.exponent)
    }

    /// `None` where there is nothing to draw.
    fn span(&self) -> Option<Span> {
        let from = self.points.first()?.at;
        let ahead = self.forecast.iter().map(|it| it.at).chain(self.off_at).max();
        let span = Span::new(from, ahead.unwrap_or(self.now).max(self.now));
        let span = if ahead.is_some() { span.with_room() } else { span };
        (span.to > span.from).then_some(span)
    }

    fn scale(&self, top: i64, bottom: i64) -> Scale {
        let all = self.points.iter().chain(&self.forecast).map(|it| it.balance);
        // A limit far below what happens would press the balance flat.
        let limit = self.credit.map(|it| -it);
        let values: Vec<i128> = all.chain([0]).collect();
        let range = values.iter().max().zip(values.iter().min()).map_or(0, |(max, min)| max - min);
        let near = limit.filter(|it| -it <= range * 2);
        Scale::over(values.into_iter().chain(near), top, bottom)
    }

    fn draw_limit(&self, drawing: &mut Drawing, scale: Scale, shared: &Shared) {
        let Some(limit) = self.credit.map(|it| -it).filter(|it| *it < 0 && *it >= scale.least)
        else {
            return;
        };
        let down = scale.place(limit);
        drawing.line("limit", (0, down), (super::RIGHT, down));
        let middle = (super::RIGHT / 2, down - 4);
        drawing.words("limit-text", middle, Anchor::Middle, shared.credit_limit);
    }

    fn draw_steps(&self, drawing: &mut Drawing, span: Span, scale: Scale) {
        let zero = scale.place(0);
        let now = span.place(self.now);
        let mut last = None;
        for (place, point) in self.points.iter().enumerate() {
            let end = self.points.get(place + 1).map_or(now, |it| span.place(it.at));
            let (left, down) = (span.place(point.at), scale.place(point.balance));
            let height = (zero - down).abs();
            drawing.rectangle("area", (left, down.min(zero)), (end - left).max(0), height);
            if let Some(before) = last {
                drawing.line("line", (left, before), (left, down));
            }
            drawing.line("line", (left, down), (end, down));
            last = Some(down);
        }
        let Some(mut before) = last else { return };
        let mut left = now;
        for point in &self.forecast {
            let (place, down) = (span.place(point.at), scale.place(point.balance));
            drawing.line("forecast", (left, before), (place, before));
            drawing.line("forecast", (place, before), (place, down));
            (left, before) = (place, down);
        }
        if !self.forecast.is_empty() {
            drawing.line("forecast", (left, before), (super::RIGHT, before));
        }
        drawing.point("now", (now, last.unwrap_or(zero)));
    }

    fn draw_off(&self, drawing: &mut Drawing, span: Span, say: Say) {
        let Some(off_at) = self.off_at else { return };
        let place = span.place(off_at);
        drawing.line("off-mark", (place, 16), (place, BOTTOM));
        let words = Shared::of(say.language).switch_off.with("at", say.moment_text(&off_at));
        let anchor = if place > 5_000 { Anchor::End } else { Anchor::Start };
        drawing.words("off-text", (place, 12), anchor, &words);
    }

    fn describe(&self, say: Say) -> String {
        let shared = Shared::of(say.language);
        let Some(first) = self.points.first() else { return shared.no_points.to_owned() };
        let balances = || self.points.iter().map(|it| it.balance);
        let text = |units: Option<i128>| self.money(units.unwrap_or_default()).text(say.language);
        let sentence = shared
            .balance_chart
            .with("number", &self.account_number)
            .with("currency", &self.currency)
            .with("from", say.day_text(&first.at))
            .with("to", say.day_text(&self.now))
            .with("least", text(balances().min()))
            .with("most", text(balances().max()));
        match self.off_at {
            Some(at) => {
                let off = shared.switch_off.with("at", say.moment_text(&at));
                format!("{sentence} {}: {off}.", shared.forecast)
            }
            None => sentence,
        }
    }

    fn table(&self, say: Say) -> Table {
        let shared = Shared::of(say.language);
        let row = |point: &Point, kind: &str| {
            let balance = self.money(point.balance);
            Row::new([Cell::Moment(point.at), Cell::text(kind), Cell::Figure(balance)])
        };
        let past = self.points.iter().map(|it| row(it, ""));
        let ahead = self.forecast.iter().map(|it| row(it, shared.forecast));
        Table {
            caption: shared.balance_over_time.to_owned(),
            columns: vec![
                Column::text(shared.when),
                Column::text(""),
                Column::figure(format!("{} ({})", shared.balance, self.currency)),
            ],
            rows: past.chain(ahead).collect(),
        }
    }
}
