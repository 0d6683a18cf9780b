//! A table that becomes a list of blocks on a narrow screen, and stays a table for a reader.

use askama::Template;

use crate::{Badge, Csrf, Html, Link, Moment, Money, Say};

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
    /// Buttons that change something, with the token of the session: words and where they are
    /// sent to.
    Buttons(Vec<Link>, Csrf),
    Links(Vec<Link>),
    /// A text, and lines that open below it.
    Opens {
        text: String,
        lines: Vec<String>,
    },
    Html(Html),
}

impl Cell {
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Nothing where there is no path.
    pub fn button(text: &str, path: &str, csrf: &Csrf) -> Self {
        Self::buttons(&[(text, path)], csrf)
    }

    /// Those that have a path.
    pub fn buttons(buttons: &[(&str, &str)], csrf: &Csrf) -> Self {
        let links = buttons.iter().filter(|(_, path)| !path.is_empty());
        let links: Vec<Link> = links.map(|(text, path)| Link::new(*text, *path)).collect();
        if links.is_empty() { Self::Empty } else { Self::Buttons(links, csrf.clone()) }
    }

    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self::Link(Link::new(text, href))
    }

    pub(crate) fn html(&self, say: Say, fraction_length: usize) -> Html {
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
            Self::Buttons(links, csrf) => buttons(links, csrf),
            Self::Links(links) => {
                let links = links.iter().map(|it| it.html().to_string()).collect::<Vec<_>>();
                Html::trusted(format!("<span class=\"row\">{}</span>", links.join(" ")))
            }
            Self::Opens { text, lines } if lines.is_empty() => Html::text(text),
            Self::Opens { text, lines } => opens(text, lines),
            Self::Html(html) => html.clone(),
        }
    }

    fn is_empty(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.is_empty(),
            _ => false,
        }
    }
}

fn buttons(links: &[Link], csrf: &Csrf) -> Html {
    let form = |link: &Link| {
        let (text, path) = (Html::text(&link.text), Html::text(&link.href));
        let token = csrf.field();
        format!(
            "<form method=\"post\" action=\"{path}\">{token}\
             <button type=\"submit\">{text}</button></form>"
        )
    };
    let forms: Vec<String> = links.iter().map(form).collect();
    Html::trusted(format!("<span class=\"buttons\">{}</span>", forms.concat()))
}

fn opens(text: &str, lines: &[String]) -> Html {
    let lines = lines.iter().map(|it| format!("<li>{}</li>", Html::text(it))).collect::<String>();
    let text = Html::text(text);
    Html::trusted(format!(
        "<details><summary>{text}</summary><ul class=\"parts\">{lines}</ul></details>"
    ))
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

impl Say {
    /// A table, or the words instead of an empty one.
    pub fn table_or(&self, table: &Table, empty: &str) -> Html {
        if table.rows.is_empty() {
            let words = Html::text(empty);
            return Html::trusted(format!(
                "<div class=\"empty\"><p class=\"strong\">{words}</p></div>"
            ));
        }
        table.html(*self)
    }
}

#[derive(Template)]
#[template(path = "parts/table.html")]
struct TablePart<'a> {
    it: &'a Table,
    say: Say,
    lengths: Vec<usize>,
}
