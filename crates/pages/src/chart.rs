//! Charts, drawn here as SVG that takes the page's colours.
//!
//! **Invariant:** across, everything is a share of the width, and down it is pixels: so a chart
//! fits a telephone and a desk alike, and its words keep their size. All arithmetic is in whole
//! numbers.

use std::fmt::Write as _;

use crate::{Html, Moment, Say, Table};

mod ages;
mod balance;
mod rates;

pub(crate) use ages::age_names;
pub use ages::{AgesChart, Bar};
pub use balance::{BalanceChart, Point};
pub use rates::{RatePoint, RatesChart};

/// The right edge: places across are ten-thousandths of the width.
const RIGHT: i64 = 10_000;

/// Beside the words of a scale, in pixels.
const SCALE_GAP: i64 = 2;

/// A place across, as SVG reads it: `12.34%`.
fn share(place: i64) -> String {
    format!("{}.{:02}%", place / 100, place % 100)
}

/// Where words stand from the place that they are put at.
#[derive(Clone, Copy)]
enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    /// Away from the nearer edge.
    fn at(place: i64) -> Self {
        match place {
            ..1_500 => Self::Start,
            8_500.. => Self::End,
            _ => Self::Middle,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// What has been drawn so far.
#[derive(Default)]
struct Drawing {
    svg: String,
}

impl Drawing {
    fn line(&mut self, class: &str, from: (i64, i64), to: (i64, i64)) {
        let (x1, x2) = (share(from.0), share(to.0));
        let (y1, y2) = (from.1, to.1);
        write!(
            self.svg,
            "<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"
        )
        .expect("a text takes it");
    }

    fn rectangle(&mut self, class: &str, from: (i64, i64), width: i64, height: i64) {
        let (x, width) = (share(from.0), share(width));
        let y = from.1;
        write!(
            self.svg,
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        )
        .expect("a text takes it");
    }

    fn point(&mut self, class: &str, at: (i64, i64)) {
        let (x, y) = (share(at.0), at.1);
        write!(self.svg, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"3.5\"/>")
            .expect("a text takes it");
    }

    fn words(&mut self, class: &str, at: (i64, i64), anchor: Anchor, words: &str) {
        let (x, y, anchor) = (share(at.0), at.1, anchor.name());
        let words = Html::text(words);
        write!(
            self.svg,
            "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\">{words}</text>"
        )
        .expect("a text takes it");
    }
}

/// Values on the way down: the greatest at `top`, the least at `bottom`, in pixels.
#[derive(Clone, Copy)]
struct Scale {
    least: i128,
    most: i128,
    top: i64,
    bottom: i64,
}

impl Scale {
    /// Over all the values, with a little room; never empty.
    fn over(values: impl IntoIterator<Item = i128>, top: i64, bottom: i64) -> Self {
        let (least, most) = values
            .into_iter()
            .fold((i128::MAX, i128::MIN), |(least, most), it| (least.min(it), most.max(it)));
        if least >= most {
            let middle = if least == i128::MAX { 0 } else { least };
            return Self { least: middle - 1, most: middle + 1, top, bottom };
        }
        Self { least, most, top, bottom }
    }

    fn place(&self, value: i128) -> i64 {
        let height = i128::from(self.bottom - self.top);
        let down = (self.most - value) * height / (self.most - self.least);
        self.top + i64::try_from(down).unwrap_or(self.bottom)
    }

    /// Round values to draw lines at: steps of 1, 2 or 5 with zeros, at most `most` of them.
    fn ticks(&self, most: i128) -> Vec<i128> {
        let range = self.most - self.least;
        let mut step = 1_i128;
        let mut factors = [2_i128, 5, 10].into_iter().cycle();
        let mut decade = 1_i128;
        while range / step >= most {
            let factor = factors.next().unwrap_or(10);
            step = decade * factor;
            if factor == 10 {
                decade = step;
            }
        }
        let first = self.least.div_euclid(step) * step;
        let all = (0..=most + 1).map(|it| first + it * step);
        all.filter(|it| (self.least..=self.most).contains(it)).collect()
    }
}

/// Moments across, from the left edge to the right one, in minutes as [`Moment::minutes`] counts.
#[derive(Clone, Copy)]
struct Span {
    from: i64,
    to: i64,
}

impl Span {
    fn new(from: Moment, to: Moment) -> Self {
        Self { from: from.minutes(), to: to.minutes() }
    }

    /// With a little room on the right, so that what happens at the end is seen.
    fn with_room(self) -> Self {
        Self { to: self.to + (self.to - self.from) / 24, ..self }
    }

    fn place(&self, at: Moment) -> i64 {
        let whole = (self.to - self.from).max(1);
        let part = (at.minutes() - self.from).clamp(0, whole);
        part * RIGHT / whole
    }
}

/// A finished chart: the figure with its title, the drawing, and its figures as a table.
struct Finished<'a> {
    /// Of the figure on the page; ids in it are made of it.
    id: &'a str,
    title: String,
    /// The whole drawing in a sentence.
    description: String,
    height: i64,
    /// Words of the scale beside the drawing, each with its place on the way down.
    scale: Vec<(i64, String)>,
    drawing: Drawing,
    /// Signs and their words, below the drawing.
    legend: Vec<(&'static str, String)>,
    table: Table,
}

impl Finished<'_> {
    fn html(self, say: Say) -> Html {
        let shared = crate::Shared::of(say.language);
        let (id, height, svg) = (Html::text(self.id), self.height, self.drawing.svg);
        let title = Html::text(&self.title);
        let description = Html::text(&self.description);
        let scale = scale_words(&self.scale, height);
        let mut html = format!(
            "<figure class=\"drawn\"><figcaption>{title}</figcaption>\
             <div class=\"plot\">{scale}\
             <svg class=\"chart\" width=\"100%\" height=\"{height}\" role=\"img\" \
             aria-labelledby=\"{id}-title {id}-text\"><title id=\"{id}-title\">{title}</title>\
             <desc id=\"{id}-text\">{description}</desc>{svg}</svg></div>"
        );
        if !self.legend.is_empty() {
            html.push_str("<ul class=\"legend\">");
            for (class, words) in &self.legend {
                let words = Html::text(words);
                write!(
                    html,
                    "<li><svg viewBox=\"0 0 12 12\" aria-hidden=\"true\">\
                     <rect class=\"{class}\" x=\"1\" y=\"1\" width=\"10\" height=\"10\"/></svg>\
                     {words}</li>"
                )
                .expect("a text takes it");
            }
            html.push_str("</ul>");
        }
        let (summary, table) = (Html::text(shared.as_table), say.table(&self.table));
        write!(
            html,
            "<details class=\"more\"><summary>{summary}</summary>{table}</details></figure>"
        )
        .expect("a text takes it");
        Html::trusted(html)
    }
}

/// The words of a scale, in a drawing of their own: as wide as the longest of them, whatever the
/// width of the one beside it.
fn scale_words(words: &[(i64, String)], height: i64) -> String {
    let longest = words.iter().map(|(_, words)| words.chars().count()).max().unwrap_or_default();
    if longest == 0 {
        return String::new();
    }
    let width = i64::try_from(longest).unwrap_or(i64::MAX / 8).saturating_mul(7) + SCALE_GAP;
    let mut drawing = Drawing::default();
    for (down, words) in words {
        drawing.words("", (RIGHT, down + 4), Anchor::End, words);
    }
    let svg = drawing.svg;
    format!(
        "<svg class=\"chart scale\" width=\"{width}\" height=\"{height}\" aria-hidden=\"true\">\
         {svg}</svg>"
    )
}

/// Days below the drawing, at most four of them, with the year where it changes.
fn draw_days(drawing: &mut Drawing, span: Span, below: i64, say: Say) {
    let (first, days) = (span.from / 1440, (span.to - span.from) / 1440);
    let mut last = i64::MIN;
    for part in 0..4 {
        let day = first + days * part / 3;
        if day == last {
            continue;
        }
        last = day;
        let at = civil(day);
        let place = if part == 0 { 0 } else { span.place(at) };
        drawing.words("", (place, below), Anchor::at(place), &say.day_text(&at));
    }
}

/// The day that is so many days after 1 January 1970: what [`Moment::days`] counts.
fn civil(days: i64) -> Moment {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    Moment {
        year: i16::try_from(year).unwrap_or(i16::MAX),
        month: u8::try_from(month).unwrap_or(1),
        day: u8::try_from(day).unwrap_or(1),
        hour: 0,
        minute: 0,
    }
}

/// Without the zeros after the decimal mark: a word beside a line.
fn short_figure(money: &crate::Money, say: Say) -> String {
    let figure = money.figure(say.language);
    let is_whole = figure.fraction.chars().skip(1).all(|it| it == '0');
    if is_whole { figure.whole } else { figure.to_string() }
}

#[cfg(test)]
mod tests;
