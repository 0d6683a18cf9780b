//! How a page says money, dates and states to its reader.

use crate::date::duration;
use crate::{Badge, Field, Html, Language, Message, Moment, Money, Notice, Shared, Table, Tone};

/// The reader's language, and the present: dates near to it are said shorter.
#[derive(Clone, Copy, Debug)]
pub struct Say {
    pub language: Language,
    pub now: Moment,
}

impl Say {
    fn shared(&self) -> &'static Shared {
        Shared::of(self.language)
    }

    /// `1,193.00 EUR`, with the minor unit a little smaller.
    pub fn money(&self, money: &Money) -> Html {
        let currency = Html::text(&money.currency);
        let figure = self.figure_html(money, "", 0);
        let currency = format!("\u{A0}<span class=\"currency\">{currency}</span>");
        Html::trusted(format!("<span class=\"sum\">{figure}{currency}</span>"))
    }

    /// Without the currency, where a heading has named it.
    pub fn figure(&self, money: &Money) -> Html {
        self.figure_in(money, &0)
    }

    /// In a column whose longest fraction has so many characters, with the decimal mark.
    pub fn figure_in(&self, money: &Money, fraction_length: &usize) -> Html {
        Html::trusted(self.figure_html(money, "", *fraction_length))
    }

    /// With a plus where money came in: what moved, and not what stands.
    pub fn moved(&self, money: &Money) -> Html {
        Html::trusted(self.figure_html(money, if money.units > 0 { "+" } else { "" }, 0))
    }

    /// In a column whose longest fraction has so many characters, with the decimal mark.
    pub fn moved_in(&self, money: &Money, fraction_length: &usize) -> Html {
        let sign = if money.units > 0 { "+" } else { "" };
        Html::trusted(self.figure_html(money, sign, *fraction_length))
    }

    fn figure_html(&self, money: &Money, sign: &str, length: usize) -> String {
        let figure = money.figure(self.language);
        let class = if figure.is_negative { "money negative" } else { "money" };
        let (whole, fraction) = (Html::text(&figure.whole), Html::text(&figure.fraction));
        let length = figure.fraction_length().max(length);
        format!(
            "<span class=\"{class}\">{sign}{whole}<span class=\"fraction f{length}\">{fraction}\
             </span></span>"
        )
    }

    /// As text, for titles and messages.
    pub fn money_text(&self, money: &Money) -> String {
        money.text(self.language)
    }

    /// `None` is without limit.
    pub fn limit(&self, money: &Option<Money>) -> Html {
        match money {
            Some(money) => self.money(money),
            None => Html::text(self.shared().without_limit),
        }
    }

    /// A decimal number with a point, as published, with the reader's decimal mark.
    pub fn decimal(&self, number: &str) -> String {
        let (_, mark, _) = self.language.number_marks();
        number.replace('.', &mark.to_string())
    }

    /// A count, in groups of three.
    pub fn count(&self, count: &u64) -> String {
        crate::Figure::new(i128::from(*count) * 10_000, 0, self.language).whole
    }

    /// `3 Dec`; with its year where that is another one.
    pub fn day(&self, at: &Moment) -> Html {
        time(at.machine_date(), &self.day_text(at))
    }

    pub fn day_text(&self, at: &Moment) -> String {
        if at.year == self.now.year {
            at.date_without_year(self.language)
        } else {
            at.date(self.language)
        }
    }

    /// `Today`, `Yesterday`, or the day.
    pub fn day_name(&self, at: &Moment) -> String {
        match self.now.days() - at.days() {
            0 => self.shared().today.to_owned(),
            1 => self.shared().yesterday.to_owned(),
            _ => self.day_text(at),
        }
    }

    /// `18:42` today, `3 Dec, 00:00` otherwise.
    pub fn moment(&self, at: &Moment) -> Html {
        time(at.machine(), &self.moment_text(at))
    }

    pub fn moment_text(&self, at: &Moment) -> String {
        if at.days() == self.now.days() {
            return at.time();
        }
        let form = self.shared().date_and_time;
        form.with("date", self.day_text(at)).with("time", at.time())
    }

    /// `14:02`
    pub fn clock(&self, at: &Moment) -> Html {
        time(at.machine(), &at.time())
    }

    /// `1 h 12 min`
    pub fn lasts(&self, minutes: &i64) -> String {
        duration(*minutes, self.language)
    }

    /// `in 1 h 12 min`, `3 d 4 h ago`
    pub fn away(&self, at: &Moment) -> String {
        let minutes = at.minutes() - self.now.minutes();
        let form = if minutes < 0 { self.shared().ago } else { self.shared().in_time };
        form.with("duration", duration(minutes, self.language))
    }

    pub fn badge(&self, badge: &Badge) -> Html {
        badge.html(self.language, "badge")
    }

    /// With a ground of its colour: in tables and headings.
    pub fn boxed(&self, badge: &Badge) -> Html {
        badge.html(self.language, "badge boxed")
    }

    /// The shape of a tone by itself, beside words that say the same.
    pub fn mark(&self, tone: &Tone) -> Html {
        tone.shape()
    }

    pub fn field(&self, field: &Field) -> Html {
        field.html(self.language)
    }

    /// What is wrong in a form, above it.
    pub fn fields_wrong(&self, fields: &[Field]) -> Html {
        match fields.iter().filter(|it| !it.error.is_empty()).count() {
            0 => Html::default(),
            wrong => self.notice(&Notice::new(
                Tone::Off,
                self.shared().fields_wrong.of(wrong, self.language),
            )),
        }
    }

    pub fn notice(&self, notice: &Notice) -> Html {
        notice.html()
    }

    pub fn table(&self, table: &Table) -> Html {
        table.html(*self)
    }
}

fn time(machine: String, text: &str) -> Html {
    Html::trusted(format!("<time datetime=\"{machine}\">{}</time>", Html::text(text)))
}

#[cfg(test)]
mod tests;
