//! A statement as a document to print and to send: A4, heads and page numbers on every page.
//!
//! Everything is placed first and drawn afterwards, when the number of pages is known.

use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::{DateTime, Metadata};
use krilla::page::PageSettings;
use krilla::paint::Fill;
use krilla::surface::Surface;
use krilla::{Document, SerializeSettings};
use pages::Figure;
use pages::statement::{Line, Statement};

use head::Placed;
use typeset::{Style, Weight};

mod head;
mod typeset;

const WIDTH: f32 = 595.28;
const HEIGHT: f32 = 841.89;
const LEFT: f32 = 48.0;
const RIGHT: f32 = WIDTH - 48.0;
const TOP: f32 = 48.0;
/// Rows end here; the foot stands below.
const BOTTOM: f32 = HEIGHT - 62.0;
const FOOT: f32 = HEIGHT - 40.0;

const INK: (u8, u8, u8) = (33, 28, 41);
const QUIET: (u8, u8, u8) = (100, 92, 112);
const ACCENT: (u8, u8, u8) = (107, 69, 150);
const HAIR: (u8, u8, u8) = (217, 212, 223);

const BODY: Style = Style { size: 8.5, weight: Weight::Regular, colour: INK };
const STRONG: Style = Style { size: 8.5, weight: Weight::Bold, colour: INK };
const SMALL: Style = Style { size: 7.5, weight: Weight::Regular, colour: QUIET };
const LABEL: Style = Style { size: 7.5, weight: Weight::Bold, colour: QUIET };

const LINE_HEIGHT: f32 = 11.5;
const SMALL_LINE_HEIGHT: f32 = 10.0;
const ROW_PADDING: f32 = 7.0;
const GAP: f32 = 14.0;

/// Something at its place on a page; `y` is the text's baseline.
enum Mark {
    Text { x: f32, y: f32, text: String, style: Style },
    Rule { left: f32, right: f32, y: f32, weight: f32, colour: (u8, u8, u8) },
}

#[derive(Default)]
struct Sheet {
    marks: Vec<Mark>,
}

impl Sheet {
    fn text(&mut self, x: f32, y: f32, text: impl Into<String>, style: Style) {
        self.marks.push(Mark::Text { x, y, text: text.into(), style });
    }

    fn text_to(&mut self, right: f32, y: f32, text: &str, style: Style) {
        self.text(right - style.width(text), y, text, style);
    }

    /// Around its decimal mark.
    fn figure(&mut self, mark: f32, y: f32, figure: &Figure, style: Style) {
        self.text_to(mark, y, &figure.whole, style);
        self.text(mark, y, figure.fraction.clone(), style);
    }

    fn rule(&mut self, y: f32, weight: f32, colour: (u8, u8, u8)) {
        self.marks.push(Mark::Rule { left: LEFT, right: RIGHT, y, weight, colour });
    }
}

/// A row of the table, broken into lines.
struct Row {
    date: String,
    title: Vec<String>,
    details: Vec<String>,
    amount: Option<Figure>,
    balance: Option<Figure>,
    style: Style,
}

impl Row {
    fn height(&self) -> f32 {
        let title = self.title.len() as f32 * LINE_HEIGHT;
        title + self.details.len() as f32 * SMALL_LINE_HEIGHT + ROW_PADDING
    }
}

/// Where the columns stand. Amounts are set so that their decimal marks are below each other.
struct Columns {
    description: f32,
    description_width: f32,
    amount: f32,
    balance: f32,
    fraction: f32,
}

impl Columns {
    fn of(statement: &Statement) -> Self {
        let words = statement.words();
        let amounts = statement.lines.iter().map(|it| it.amount);
        let balances = statement.lines.iter().map(|it| it.balance);
        let balances = balances.chain([statement.opening, statement.closing]);
        // Digits are all of one width, so the longest figure is the widest.
        let fraction = fraction_width(statement);
        let widest = |units: &mut dyn Iterator<Item = i128>, head: &str| {
            let longest = units.map(|it| statement.figure(it).whole);
            let longest = longest.max_by_key(|it| it.chars().count()).unwrap_or_default();
            (STRONG.width(&longest) + fraction).max(LABEL.width(head))
        };
        let balance_head = format!("{} ({})", words.balance, statement.currency);
        let balance = widest(&mut balances.into_iter(), &balance_head);
        let amount = widest(&mut amounts.into_iter(), words.amount);
        let date = statement.date_and_time(statement.made_at);
        let description = LEFT + BODY.width(&date).max(70.0) + GAP;
        let amount_right = RIGHT - balance - GAP;
        Self {
            description,
            description_width: amount_right - amount - GAP - description,
            amount: amount_right,
            balance: RIGHT,
            fraction,
        }
    }

    fn head(&self, sheet: &mut Sheet, y: f32, statement: &Statement) -> f32 {
        let words = statement.words();
        sheet.text(LEFT, y, words.date, LABEL);
        sheet.text(self.description, y, words.description, LABEL);
        sheet.text_to(self.amount, y, words.amount, LABEL);
        let balance = format!("{} ({})", words.balance, statement.currency);
        sheet.text_to(self.balance, y, &balance, LABEL);
        sheet.rule(y + 5.0, 0.8, INK);
        y + 6.0
    }

    fn row(&self, sheet: &mut Sheet, top: f32, row: &Row) {
        let mut y = top + LINE_HEIGHT;
        sheet.text(LEFT, y, row.date.clone(), Style { colour: QUIET, ..BODY });
        for (figure, right) in [(&row.amount, self.amount), (&row.balance, self.balance)] {
            if let Some(figure) = figure {
                sheet.figure(right - self.fraction, y, figure, row.style);
            }
        }
        for line in &row.title {
            sheet.text(self.description, y, line.clone(), row.style);
            y += LINE_HEIGHT;
        }
        for line in &row.details {
            sheet.text(self.description, y - 0.5, line.clone(), SMALL);
            y += SMALL_LINE_HEIGHT;
        }
        sheet.rule(top + row.height(), 0.4, HAIR);
    }
}

/// From the decimal mark to the right edge of a column.
fn fraction_width(statement: &Statement) -> f32 {
    match statement.fraction_length() {
        0 => 0.0,
        length => STRONG.width(&format!(".{}", "0".repeat(length - 1))),
    }
}

/// The document's bytes.
pub fn write(statement: &Statement) -> Result<Vec<u8>, krilla::error::KrillaError> {
    let sheets = place(statement);
    let settings = SerializeSettings { enable_tagging: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    document.set_metadata(metadata(statement));
    for sheet in &sheets {
        let size = PageSettings::from_wh(WIDTH, HEIGHT).expect("a page has a size");
        let mut page = document.start_page_with(size);
        let mut surface = page.surface();
        sheet.marks.iter().for_each(|it| draw(&mut surface, it));
        surface.finish();
        page.finish();
    }
    document.finish()
}

fn metadata(statement: &Statement) -> Metadata {
    let at = statement.made_at;
    let year = u16::try_from(at.year).unwrap_or_default();
    let made_at = DateTime::new(year).month(at.month).day(at.day).hour(at.hour).minute(at.minute);
    let title = format!("{} {}", statement.words().statement, statement.number);
    Metadata::new()
        .title(title)
        .language(statement.language.tag().to_owned())
        .authors(vec![statement.provider.name.clone()])
        .creation_date(made_at)
}

/// Every page with its marks, the rows spread over them.
fn place(statement: &Statement) -> Vec<Sheet> {
    let columns = Columns::of(statement);
    let Placed { mut sheet, bottom } = head::place(statement);
    let mut y = columns.head(&mut sheet, bottom + 12.0, statement);
    let mut sheets = vec![sheet];
    for row in rows(statement, &columns) {
        if y + row.height() > BOTTOM {
            let mut sheet = Sheet::default();
            let bottom = head::place_slim(&mut sheet, statement);
            y = columns.head(&mut sheet, bottom + 12.0, statement);
            sheets.push(sheet);
        }
        let sheet = sheets.last_mut().expect("there is a first page");
        columns.row(sheet, y, &row);
        y += row.height();
    }
    let count = sheets.len();
    for (place, sheet) in sheets.iter_mut().enumerate() {
        let notes = format!("{} {}.", statement.time_zone(), statement.made_at());
        sheet.text(LEFT, FOOT, notes, SMALL);
        sheet.text_to(RIGHT, FOOT, &statement.page_of(place + 1, count), SMALL);
    }
    sheets
}

fn rows(statement: &Statement, columns: &Columns) -> Vec<Row> {
    let words = statement.words();
    let edge = |date: String, title: &str, balance: i128| Row {
        date,
        title: vec![title.to_owned()],
        details: Vec::new(),
        amount: None,
        balance: Some(statement.figure(balance)),
        style: STRONG,
    };
    let from = statement.period.from.date(statement.language);
    let mut rows = vec![edge(from, words.opening_balance, statement.opening)];
    if statement.lines.is_empty() {
        let title = vec![words.no_entries.to_owned()];
        let (date, details, style) = (String::new(), Vec::new(), BODY);
        rows.push(Row { date, title, details, amount: None, balance: None, style });
    }
    rows.extend(statement.lines.iter().map(|it| row(statement, it, columns.description_width)));
    rows.push(edge(statement.closing_date(), words.closing_balance, statement.closing));
    rows
}

fn row(statement: &Statement, line: &Line, width: f32) -> Row {
    let language = statement.language;
    let mut title = line.title(language);
    if !line.parts.is_empty() {
        let parts = statement.words().parts.of(line.parts.len(), language);
        title = format!("{title} ({parts})");
    }
    let details = line.details(language);
    Row {
        date: statement.date_and_time(line.at),
        title: BODY.wrap(&title, width),
        details: details.iter().flat_map(|it| SMALL.wrap(it, width)).collect(),
        amount: (line.amount != 0).then(|| statement.figure(line.amount)),
        balance: Some(statement.figure(line.balance)),
        style: BODY,
    }
}

fn draw(surface: &mut Surface<'_>, mark: &Mark) {
    let fill = |(red, green, blue)| {
        Some(Fill {
            paint: krilla::color::rgb::Color::new(red, green, blue).into(),
            ..Fill::default()
        })
    };
    match mark {
        Mark::Text { x, y, text, style } => {
            surface.set_fill(fill(style.colour));
            let glyphs = style.shape(text);
            let start = Point::from_xy(*x, *y);
            surface.draw_glyphs(start, &glyphs, style.font(), text, style.size, false);
        }
        Mark::Rule { left, right, y, weight, colour } => {
            surface.set_fill(fill(*colour));
            let mut path = PathBuilder::new();
            if let Some(rect) = Rect::from_ltrb(*left, *y, *right, y + weight) {
                path.push_rect(rect);
            }
            if let Some(path) = path.finish() {
                surface.draw_path(&path);
            }
        }
    }
}

#[cfg(test)]
mod tests;
