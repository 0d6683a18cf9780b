//! The message that brings a customer a one-time code.

use crate::{Language, fill};

/// A code, and how long it opens something.
pub struct CodeMail<'a> {
    pub code: &'a str,
    pub minutes: u32,
    /// Whose customer it is; empty where nobody said.
    pub provider: &'a str,
}

impl CodeMail<'_> {
    pub fn subject(&self, language: Language) -> String {
        let subject = fill(language.words().code_subject, "code", self.code);
        match self.provider {
            "" => subject,
            provider => format!("{provider}: {subject}"),
        }
    }

    pub fn text(&self, language: Language) -> String {
        let words = language.words();
        let minutes = words.code_minutes.of(self.minutes as usize, language);
        let lines = [fill(words.code_text, "code", self.code), minutes, words.code_warning.into()];
        let mut text = lines.join("\n\n");
        if !self.provider.is_empty() {
            text += "\n\n";
            text += self.provider;
        }
        text + "\n"
    }

    /// One of each.
    pub fn samples() -> [CodeMail<'static>; 2] {
        [
            CodeMail { code: "048213", minutes: 10, provider: "Lagoon Telecom" },
            CodeMail { code: "900000", minutes: 1, provider: "" },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mail_says_the_code_and_how_long_it_holds() {
        let [ours, plain] = CodeMail::samples();
        for language in Language::ALL {
            assert!(ours.subject(language).starts_with("Lagoon Telecom: "), "{language:?}");
            for it in [&ours, &plain] {
                assert!(it.subject(language).contains(it.code), "{language:?}");
                let text = it.text(language);
                assert!(text.contains(it.code) && !text.contains('{'), "{text}");
                assert!(text.contains(&it.minutes.to_string()), "{text}");
            }
        }
        assert_eq!(plain.subject(Language::English), "Your code: 900000");
        assert!(ours.text(Language::Russian).contains("10 минут."));
        assert!(plain.text(Language::Russian).contains("1 минуту."));
    }
}
