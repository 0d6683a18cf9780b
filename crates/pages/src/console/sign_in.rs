//! Signing in to the console.

use crate::{Field, FieldKind, Link, Message, Notice, Shell, Tone};

#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// What was typed as login; kept, unlike the password.
    pub login: String,
    pub answer: Answer,
    /// Where to go afterwards: the path that was asked for.
    pub next: String,
    /// Signing in elsewhere, where it is configured: its text is the provider's name.
    pub elsewhere: Option<Link>,
    /// Nobody comes in by password: there are no fields for one.
    pub is_elsewhere_only: bool,
}

/// What is said above the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    #[default]
    Nothing,
    SignedOut,
    SessionEnded,
    Wrong,
    /// Limited, for so many minutes.
    Limited {
        minutes: i64,
    },
    /// What came of signing in elsewhere.
    Elsewhere(Elsewhere),
}

/// Why nobody came in from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// It took too long, or was begun in another window.
    Stale,
    /// It was broken off there.
    BrokenOff,
    /// It could not be asked, or what it says is not believed.
    NotConfirmed,
    /// It is known who it is, and they may not come in.
    NotAdmitted,
}

impl SignIn {
    fn notice(&self, shell: &Shell) -> Option<Notice> {
        let console = shell.console();
        let (tone, text) = match &self.answer {
            Answer::Nothing => return None,
            Answer::SignedOut => (Tone::Calm, console.signed_out.to_owned()),
            Answer::SessionEnded => (Tone::Held, console.session_ended.to_owned()),
            Answer::Wrong => (Tone::Off, console.sign_in_wrong.to_owned()),
            Answer::Limited { minutes } => {
                let duration = shell.say().lasts(minutes);
                (Tone::Soon, console.sign_in_limited.with("duration", duration))
            }
            Answer::Elsewhere(what) => {
                let (tone, text) = match what {
                    Elsewhere::Stale => (Tone::Held, console.elsewhere_stale),
                    Elsewhere::BrokenOff => (Tone::Held, console.elsewhere_broken_off),
                    Elsewhere::NotConfirmed => (Tone::Off, console.elsewhere_not_confirmed),
                    Elsewhere::NotAdmitted => (Tone::Off, console.elsewhere_not_admitted),
                };
                let provider = self.elsewhere.as_ref().map_or("", |it| it.text.as_str());
                (tone, text.with("provider", provider))
            }
        };
        Some(Notice::new(tone, text))
    }

    fn fields(&self, shell: &Shell) -> Vec<Field> {
        let console = shell.console();
        let login = Field::new("login", console.login, FieldKind::Text)
            .with_value(&self.login)
            .with_autocomplete("username");
        let password = Field::new("password", console.password, FieldKind::Password)
            .with_autocomplete("current-password");
        // Whoever has typed a login goes on with the password.
        if self.login.is_empty() {
            vec![login.focused(), password]
        } else {
            vec![login, password.focused()]
        }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let typed = |answer| Self { login: "m.ortiz".into(), answer, ..Self::default() };
        let elsewhere = Some(Link::new("Fenua ID", "/console/sign-in/openid"));
        let back = |what, is_elsewhere_only| Self {
            elsewhere: elsewhere.clone(),
            answer: Answer::Elsewhere(what),
            is_elsewhere_only,
            ..Self::default()
        };
        let only =
            Self { is_elsewhere_only: true, elsewhere: elsewhere.clone(), ..Self::default() };
        vec![
            ("empty", Self { next: "/console".into(), ..Self::default() }),
            ("elsewhere_only", only),
            ("elsewhere_stale", back(Elsewhere::Stale, false)),
            ("elsewhere_broken_off", back(Elsewhere::BrokenOff, true)),
            ("elsewhere_not_confirmed", back(Elsewhere::NotConfirmed, false)),
            ("elsewhere_not_admitted", back(Elsewhere::NotAdmitted, true)),
            ("elsewhere", Self { elsewhere, answer: Answer::SessionEnded, ..Self::default() }),
            ("signed_out", Self { answer: Answer::SignedOut, ..Self::default() }),
            ("wrong", typed(Answer::Wrong)),
            ("limited", typed(Answer::Limited { minutes: 14 })),
        ]
    }
}

page!(SignIn, "console/sign_in.html");
