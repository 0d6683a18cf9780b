//! Signing in to self-care: by a password, or by a code that is sent.
//!
//! Nothing here says whether a name is a customer's.

use crate::{Care, Field, FieldKind, Language, Link, Message, Notice, Say, Shell, Tone};

/// The form is sent to `/my/sign-in`; its second button to `/my/sign-in/code`.
#[derive(Clone, Debug, Default)]
pub struct SignIn {
    /// What was typed as account number, telephone or e-mail; kept, unlike the password.
    pub name: String,
    pub answer: Answer,
    /// Where to go afterwards: the path that was asked for.
    pub next: String,
    /// Whether one-time codes are sent here, or shown.
    pub offers_codes: bool,
}

/// Entering the code that was asked for: sent to `/my/sign-in/code/enter`.
#[derive(Clone, Debug, Default)]
pub struct EnterCode {
    pub name: String,
    /// How long the code opens something.
    pub minutes: i64,
    /// In a demo, which has nobody to send it to: the code itself.
    pub shown: Option<String>,
    pub answer: Answer,
    pub next: String,
}

/// What is said above the form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Answer {
    #[default]
    Nothing,
    SignedOut,
    SessionEnded,
    /// Which of name, password and code does not fit is not said.
    Wrong,
    /// Slowed down, for so many seconds.
    Wait {
        seconds: i64,
    },
    /// Too many sign in at this moment.
    Busy,
    /// A code was asked for, and nobody named.
    Unnamed,
}

impl Answer {
    fn notice(&self, wrong: &str, say: Say) -> Option<Notice> {
        let care = Care::of(say.language);
        let (tone, text) = match self {
            Self::Nothing => return None,
            Self::SignedOut => (Tone::Calm, care.signed_out.to_owned()),
            Self::SessionEnded => (Tone::Held, care.session_ended.to_owned()),
            Self::Wrong => (Tone::Off, wrong.to_owned()),
            Self::Wait { seconds } => {
                let text = care.sign_in_wait.with("duration", wait(*seconds, say));
                (Tone::Soon, text)
            }
            Self::Busy => (Tone::Soon, care.sign_in_busy.to_owned()),
            Self::Unnamed => (Tone::Soon, care.sign_in_unnamed.to_owned()),
        };
        Some(Notice::new(tone, text))
    }
}

/// `40 s`; from two minutes on, whole minutes, rounded up.
fn wait(seconds: i64, say: Say) -> String {
    if seconds < 120 {
        return Care::of(say.language).seconds.with("n", seconds);
    }
    say.lasts(&((seconds + 59) / 60))
}

/// The page to sign in, in each language.
pub(crate) fn languages(current: Language) -> Vec<(Language, Link, bool)> {
    let link = |it: Language| Link::new(it.own_name(), format!("?language={}", it.tag()));
    Language::ALL.into_iter().map(|it| (it, link(it), it == current)).collect()
}

impl SignIn {
    pub(crate) fn notice(&self, say: &Say) -> Option<Notice> {
        self.answer.notice(Care::of(say.language).sign_in_wrong, *say)
    }

    pub(crate) fn fields(&self, shell: &Shell) -> [Field; 2] {
        let care = shell.care();
        let name = Field::new("name", care.sign_in_name, FieldKind::Text)
            .with_value(&self.name)
            .with_autocomplete("username");
        let password = Field::new("password", care.password, FieldKind::Password)
            .with_autocomplete("current-password");
        // Whoever has typed a name goes on with the password.
        if self.name.is_empty() { [name.focused(), password] } else { [name, password.focused()] }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self { next: "/my".into(), offers_codes: true, ..Self::default() };
        let typed = |answer| Self { name: "+689 87 12 34 56".into(), answer, ..empty.clone() };
        vec![
            ("empty", empty.clone()),
            ("without_codes", Self { offers_codes: false, ..empty.clone() }),
            ("signed_out", Self { answer: Answer::SignedOut, ..empty.clone() }),
            ("session_ended", Self { answer: Answer::SessionEnded, ..empty.clone() }),
            ("wrong", typed(Answer::Wrong)),
            ("wait", typed(Answer::Wait { seconds: 40 })),
            ("wait_long", typed(Answer::Wait { seconds: 850 })),
            ("busy", typed(Answer::Busy)),
        ]
    }
}

impl EnterCode {
    pub(crate) fn notice(&self, say: &Say) -> Option<Notice> {
        self.answer.notice(Care::of(say.language).code_wrong, *say)
    }

    pub(crate) fn sent(&self, say: &Say) -> String {
        let form = Care::of(say.language).code_sent;
        form.with("name", &self.name).with("duration", say.lasts(&self.minutes))
    }

    pub(crate) fn field(&self, shell: &Shell) -> Field {
        Field::new("code", shell.care().code_field, FieldKind::Code)
            .with_autocomplete("one-time-code")
            .focused()
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        let sent = Self {
            name: "amelie@example.pf".into(),
            minutes: 10,
            next: "/my".into(),
            ..Self::default()
        };
        vec![
            ("sent", sent.clone()),
            ("shown", Self { shown: Some("048213".into()), ..sent.clone() }),
            ("wrong", Self { answer: Answer::Wrong, ..sent.clone() }),
            ("wait", Self { answer: Answer::Wait { seconds: 40 }, ..sent }),
        ]
    }
}

page!(SignIn, "care/sign_in.html");
page!(EnterCode, "care/enter_code.html");
