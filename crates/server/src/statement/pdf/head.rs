//! What stands above the table: all of it on the first page, a line of it on the others.

use pages::statement::Statement;

use super::typeset::{Style, Weight};
use super::{
    ACCENT, BODY, HAIR, INK, LABEL, LEFT, LINE_HEIGHT, QUIET, RIGHT, SMALL, SMALL_LINE_HEIGHT,
    STRONG, Sheet, TOP, fraction_width,
};

const NAME: Style = Style { size: 13.0, weight: Weight::Bold, colour: ACCENT };
const TITLE: Style = Style { size: 17.0, weight: Weight::Bold, colour: INK };
const ANSWER: Style = Style { size: 12.0, weight: Weight::Bold, colour: INK };
const MIDDLE: f32 = (LEFT + RIGHT) / 2.0 + 8.0;

/// A page so far, and how far down it is filled.
pub struct Placed {
    pub sheet: Sheet,
    pub bottom: f32,
}

/// Letterhead, title, facts, the opening and closing balance, the sums, the account now.
pub fn place(statement: &Statement) -> Placed {
    let mut sheet = Sheet::default();
    let mut y = letterhead(&mut sheet, statement);
    let words = statement.words();
    y += 30.0;
    sheet.text(LEFT, y, words.statement, TITLE);
    y += 16.0;
    sheet.text(LEFT, y, statement.period(), Style { colour: QUIET, ..BODY });
    y += 10.0;
    let half = MIDDLE - 16.0 - LEFT;
    let left = fact(&mut sheet, LEFT, y, half, words.customer, &statement.customer);
    let number = [statement.number.as_str(), statement.name.as_str()];
    let number = number.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ");
    let right = fact(&mut sheet, MIDDLE, y, RIGHT - MIDDLE, words.account_number, &number);
    y = left.max(right) + 8.0;
    answer(&mut sheet, LEFT, y, words.opening_balance, &statement.money(statement.opening));
    answer(&mut sheet, MIDDLE, y, words.closing_balance, &statement.money(statement.closing));
    y += 38.0;
    y = sums(&mut sheet, y, statement);
    if let Some(standing) = statement.standing {
        sheet.text(LEFT, y + 12.0, words.standing, STRONG);
        y += 16.0;
        let third = (RIGHT - LEFT) / 3.0;
        let figures = [
            (words.available, statement.limit(standing.available)),
            (words.credit, statement.limit(standing.credit)),
            (words.held, statement.money(standing.held)),
        ];
        for (place, (label, figure)) in figures.iter().enumerate() {
            let x = LEFT + third * place as f32;
            sheet.text(x, y + 10.0, *label, SMALL);
            sheet.text(x, y + 22.0, figure.clone(), BODY);
        }
        y += 34.0;
    }
    Placed { sheet, bottom: y + 6.0 }
}

/// Whose statement it is, on every page but the first.
pub fn place_slim(sheet: &mut Sheet, statement: &Statement) -> f32 {
    let what = format!("{} · {}", statement.words().statement, statement.number);
    sheet.text(LEFT, TOP, what, STRONG);
    sheet.text_to(RIGHT, TOP, &statement.period(), SMALL);
    sheet.rule(TOP + 7.0, 0.8, ACCENT);
    TOP + 14.0
}

fn letterhead(sheet: &mut Sheet, statement: &Statement) -> f32 {
    let provider = &statement.provider;
    let (mut left, mut right) = (TOP, TOP);
    if !provider.name.is_empty() {
        for line in NAME.wrap(&provider.name, MIDDLE - LEFT) {
            sheet.text(LEFT, left, line, NAME);
            left += 15.0;
        }
    }
    for line in provider.address.iter().flat_map(|it| SMALL.wrap(it, MIDDLE - LEFT)) {
        sheet.text(LEFT, left, line, SMALL);
        left += SMALL_LINE_HEIGHT;
    }
    for line in provider.contact.iter().flat_map(|it| SMALL.wrap(it, RIGHT - MIDDLE)) {
        sheet.text_to(RIGHT, right, &line, SMALL);
        right += SMALL_LINE_HEIGHT;
    }
    let bottom = left.max(right);
    if bottom > TOP {
        sheet.rule(bottom, 1.2, ACCENT);
    }
    bottom
}

fn fact(sheet: &mut Sheet, x: f32, y: f32, width: f32, label: &str, text: &str) -> f32 {
    let mut y = y + 10.0;
    sheet.text(x, y, label, SMALL);
    for line in BODY.wrap(text, width) {
        y += LINE_HEIGHT;
        sheet.text(x, y, line, BODY);
    }
    y
}

fn answer(sheet: &mut Sheet, x: f32, y: f32, label: &str, money: &str) {
    sheet.text(x, y + 10.0, label, SMALL);
    sheet.text(x, y + 25.0, money, ANSWER);
}

/// Three columns: the kind, what came in, what went out.
fn sums(sheet: &mut Sheet, top: f32, statement: &Statement) -> f32 {
    if statement.sums.is_empty() {
        return top;
    }
    let words = statement.words();
    let (in_right, out_right) = (MIDDLE + (RIGHT - MIDDLE) * 0.45, RIGHT);
    let fraction = fraction_width(statement);
    let mut y = top + 12.0;
    sheet.text(LEFT, y, words.summary, STRONG);
    sheet.text_to(in_right, y, words.money_in, LABEL);
    sheet.text_to(out_right, y, words.money_out, LABEL);
    sheet.rule(y + 5.0, 0.8, INK);
    let (total_in, total_out) = statement.total();
    let sums = statement.sums.iter().map(|it| {
        let kind = words.kind(it.kind).unwrap_or(it.kind);
        (kind, it.money_in, it.money_out, BODY)
    });
    for (kind, money_in, money_out, style) in
        sums.chain([(words.in_all, total_in, total_out, STRONG)])
    {
        y += LINE_HEIGHT + 5.0;
        sheet.text(LEFT, y, kind, style);
        if money_in != 0 {
            sheet.figure(in_right - fraction, y, &statement.figure(money_in), style);
        }
        if money_out != 0 {
            sheet.figure(out_right - fraction, y, &statement.figure(-money_out), style);
        }
        sheet.rule(y + 5.0, 0.4, HAIR);
    }
    y + 14.0
}
