//! Language, password, and how a customer is reached.

use crate::{Choice, Field, FieldKind, Language, Link, Message, Shell};

/// The language is sent to `/my/settings/language`, the password to `/my/settings/password`.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What they sign in as, for whatever keeps their passwords.
    pub username: String,
    pub telephone: String,
    pub email: String,
    pub has_password: bool,
    /// The least length of a new one.
    pub password_length: usize,
    /// What is wrong with the present password that was typed; empty where nothing is.
    pub current_error: String,
    pub new_error: String,
    /// Where to tell what is wrong; empty where the provider has neither telephone nor e-mail.
    pub contact: Vec<Link>,
}

impl Settings {
    pub(crate) fn language_field(&self, shell: &Shell) -> Field {
        let label = shell.care().language;
        let choices = Language::ALL.map(|it| Choice::new(it.tag(), it.own_name())).to_vec();
        Field::new("language", label, FieldKind::Select(choices)).with_value(shell.language.tag())
    }

    pub(crate) fn password_fields(&self, shell: &Shell) -> Vec<Field> {
        let care = shell.care();
        let field = |name: &str, error: &str| {
            let label = care.named("field", name).unwrap_or_default();
            Field::new(name, label, FieldKind::Password).with_error(error)
        };
        let hint = care.named("hint", "new").unwrap_or_default();
        let new = field("new", &self.new_error)
            .with_hint(hint.with("n", self.password_length))
            .with_autocomplete("new-password");
        let current = field("current", &self.current_error).with_autocomplete("current-password");
        if self.has_password { vec![current, new] } else { vec![new] }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let amelie = Self {
            username: "100004237".into(),
            telephone: "+689 87 12 34 56".into(),
            email: "amelie@example.pf".into(),
            has_password: true,
            password_length: 8,
            ..Self::default()
        };
        let wrong = Self {
            current_error: "This is not your present password.".into(),
            new_error: "This one is too easy to guess.".into(),
            contact: vec![Link::new("+689 40 50 60 70", "tel:+68940506070")],
            ..amelie.clone()
        };
        vec![
            ("set", amelie.clone()),
            ("wrong", wrong),
            ("without_password", Self { has_password: false, email: String::new(), ..amelie }),
            ("unreachable", Self { password_length: 8, ..Self::default() }),
        ]
    }
}

page!(Settings, "care/settings.html");
