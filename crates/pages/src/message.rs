//! Messages and what goes into their places.

use std::fmt::Display;

/// Puts a value where a message has `{name}`; reads well in a template:
/// `console.off_since.with("at", at)`.
pub trait Message {
    fn with(&self, name: &str, value: impl Display) -> String;
}

impl Message for str {
    fn with(&self, name: &str, value: impl Display) -> String {
        let (place, value) = (format!("{{{name}}}"), value.to_string());
        if !is_time(&value) {
            return self.replace(&place, &value);
        }
        let fit = |form: String, (day, time): &(&str, &str)| {
            form.replace(&format!("{day}{place}"), &format!("{time}{place}"))
        };
        BEFORE.iter().fold(self.to_owned(), fit).replace(&place, &value)
    }
}

/// What stands before a moment that is a day, and what before one of today, of which only the time
/// is said: in French and in Spanish, and in English where it is `on`.
const BEFORE: [(&str, &str); 13] = [
    ("depuis le ", "depuis "),
    ("jusqu’au ", "jusqu’à "),
    ("avant le ", "avant "),
    ("partir du ", "partir de "),
    (" le ", " à "),
    ("Le ", "À "),
    ("desde el ", "desde las "),
    ("hasta el ", "hasta las "),
    ("antes del ", "antes de las "),
    (" el ", " a las "),
    ("El ", "A las "),
    (" on ", " at "),
    ("On ", "At "),
];

/// Whether it begins as `14:02` does, in a tag or not.
fn is_time(value: &str) -> bool {
    let text = match value.strip_prefix("<time") {
        Some(tag) => tag.split_once('>').map_or("", |it| it.1),
        None => value,
    };
    let mut letters = text.chars();
    let shape = ['0', '0', ':', '0', '0'];
    shape.iter().all(|it| match (it, letters.next()) {
        ('0', Some(letter)) => letter.is_ascii_digit(),
        (it, letter) => letter == Some(*it),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_today_has_other_words_before_it_than_a_day() {
        let said = |form: &str, at: &str| form.with("at", at);
        for (form, day, time) in [
            ("coupé depuis le {at}", "coupé depuis le 3 déc.", "coupé depuis 15:33"),
            ("payé jusqu’au {at}", "payé jusqu’au 3 déc.", "payé jusqu’à 15:33"),
            ("Le {at}, sauf", "Le 3 déc., sauf", "À 15:33, sauf"),
            ("à partir du {at}.", "à partir du 3 déc..", "à partir de 15:33."),
            ("desde el {at}", "desde el 3 déc.", "desde las 15:33"),
            ("antes del {at}", "antes del 3 déc.", "antes de las 15:33"),
            ("fällt weg", "fällt weg", "fällt weg"),
        ] {
            assert_eq!(said(form, "3 déc."), day);
            assert_eq!(said(form, "15:33"), time);
        }
        let tagged = "<time datetime=\"2026-11-28T15:33Z\">15:33</time>";
        assert!(said("hasta el {at}", tagged).starts_with("hasta las <time"));
        assert_eq!("del {from} al {to}".with("to", "15:33"), "del {from} al 15:33");
    }
}
