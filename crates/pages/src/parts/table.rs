//! A table that becomes a list of blocks on a narrow screen, and stays a table for a reader.

use askama::Template;

use crate::{Badge, Html, Link, Moment, Money, Say};

/// **Invariant:** each row has as many cells as there are columns.
#[derive(Clone, Debug, Default)]
pub struct Table {
    /// What it lists; for those who do not see it.
    pub caption: String,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, Default)]
pub struct Column {
    pub title: String,
    /// Aligned to the right, as figures are.
    pub is_figure: bool,
}

impl Column {
    pub fn text(title: impl Into<String>) -> Self {
        Self { title: title.into(), is_figure: false }
    }

    pub fn figure(title: impl Into<String>) -> Self {
        Self { title: title.into(), is_figure: true }
    }
}

#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The first one names the row.
    pub cells: Vec<Cell>,
}

impl Row {
    pub fn new(cells: impl IntoIterator<Item = Cell>) -> Self {
        Self { cells: cells.into_iter().collect() }
    }
}

#[derive(Clone, Debug, Default)]
pub enum Cell {
    #[default]
    Empty,
    Text(String),
    /// A text, and a quieter one below it.
    Twice(String, String),
    Link(Link),
    /// A link, and a quieter text below it.
    LinkTwice(Link, String),
    Money(Money),
    /// Where the column names the currency.
    Figure(Money),
    Count(u64),
    Moment(Moment),
    Day(Moment),
    Badge(Badge),
    Html(Html),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link(Link::new(text, href))
    }

    fn html(&self, say: Say, fraction_length: usize) -> Html {
        let sub = |text: &str| match text {
            "" => String::new(),
            _ => format!("<span class=\"sub\">{}</span>", Html::text(text)),
        };
        match self {
            Self::Empty => Html::default(),
            Self::Text(text) => Html::text(text),
            Self::Twice(text, below) => {
                Html::trusted(format!("{}{}", Html::text(text), sub(below)))
            }
            Self::Link(link) => link.html(),
            Self::LinkTwice(link, below) => Html::trusted(format!("{}{}", link.html(), sub(below))),
            Self::Money(money) => say.money(money),
            Self::Figure(money) => say.figure_in(money, &fraction_length),
            Self::Count(count) => Html::text(&say.count(count)),
            Self::Moment(at) => say.moment(at),
            Self::Day(at) => say.day(at),
            Self::Badge(badge) => say.badge(badge),
            Self::Html(html) => html.clone(),
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }
}

impl Link {
    pub(crate) fn html(&self) -> Html {
        let (text, href) = (Html::text(&self.text), Html::text(&self.href));
        Html::trusted(format!("<a href=\"{href}\">{text}</a>"))
    }
}

impl Table {
    /// How far each column reaches to the right of its decimal marks.
    fn fraction_lengths(&self, say: Say) -> Vec<usize> {
        let length = |row: &Row, column: usize| match row.cells.get(column) {
            Some(Cell::Figure(money)) => money.figure(say.language).fraction_length(),
            _ => 0,
        };
        let longest = |column| self.rows.iter().map(|it| length(it, column)).max();
        (0..self.columns.len()).map(|it| longest(it).unwrap_or_default()).collect()
    }

    pub(crate) fn html(&self, say: Say) -> Html {
        Html::of(&TablePart { it: self, say, lengths: self.fraction_lengths(say) })
    }
}

#[derive(Template)]
#[template(path = "parts/table.html")]
struct TablePart<'a> {
    it: &'a Table,
    say: Say,
    lengths: Vec<usize>,
}
