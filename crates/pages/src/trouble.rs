//! A page that says that something did not work, and what helps.

use crate::{Language, Message, Shared, Shell};

/// What did not work. Nothing of the cause is said here: it is in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    NotFound,
    NotAllowed,
    /// The form's token is not the session's: too old, or from elsewhere.
    Expired,
    /// Limited; after so many minutes it goes again.
    TooMany {
        minutes: i64,
    },
    /// The world does not work for the moment; a retry may help.
    Unavailable,
    /// We are wrong; the number finds it in the log.
    Failed {
        incident: String,
    },
}

impl Trouble {
    pub fn title(&self, language: Language) -> &'static str {
        let shared = Shared::of(language);
        match self {
            Self::NotFound => shared.not_found_title,
            Self::NotAllowed => shared.not_allowed_title,
            Self::Expired => shared.expired_title,
            Self::TooMany { .. } => shared.too_many_title,
            Self::Unavailable => shared.unavailable_title,
            Self::Failed { .. } => shared.failed_title,
        }
    }

    pub fn text(&self, shell: &Shell) -> String {
        let shared = shell.shared();
        match self {
            Self::NotFound => shared.not_found_text.to_owned(),
            Self::NotAllowed => shared.not_allowed_text.to_owned(),
            Self::Expired => shared.expired_text.to_owned(),
            Self::TooMany { minutes } => {
                shared.too_many_text.with("duration", shell.say().lasts(minutes))
            }
            Self::Unavailable => shared.unavailable_text.to_owned(),
            Self::Failed { incident } => shared.failed_text.with("incident", incident),
        }
    }

    /// Whether to offer the same page again; an empty address is the page itself.
    fn may_help_again(&self) -> bool {
        matches!(self, Self::Unavailable | Self::TooMany { .. })
    }
}

/// In the console.
#[derive(Clone, Debug)]
pub struct ConsoleTrouble(pub Trouble);

/// In self-care, in its own voice.
#[derive(Clone, Debug)]
pub struct CareTrouble(pub Trouble);

impl CareTrouble {
    fn name(&self) -> &'static str {
        match self.0 {
            Trouble::NotFound => "not_found",
            Trouble::NotAllowed => "not_allowed",
            Trouble::Expired => "expired",
            Trouble::TooMany { .. } => "too_many",
            Trouble::Unavailable => "unavailable",
            Trouble::Failed { .. } => "failed",
        }
    }

    fn title(&self, shell: &Shell) -> &'static str {
        shell.care().named("trouble", self.name()).unwrap_or_default()
    }

    fn text(&self, shell: &Shell) -> String {
        let text = shell.care().named("help", self.name()).unwrap_or_default();
        match &self.0 {
            Trouble::TooMany { minutes } => text.with("duration", shell.say().lasts(minutes)),
            Trouble::Failed { incident } => text.with("incident", incident),
            _ => text.to_owned(),
        }
    }
}

page!(ConsoleTrouble, "console/trouble.html");
page!(CareTrouble, "care/trouble.html");

fn every() -> Vec<(&'static str, Trouble)> {
    vec![
        ("not_found", Trouble::NotFound),
        ("not_allowed", Trouble::NotAllowed),
        ("expired", Trouble::Expired),
        ("too_many", Trouble::TooMany { minutes: 15 }),
        ("unavailable", Trouble::Unavailable),
        ("failed", Trouble::Failed { incident: "7F3A-91".into() }),
    ]
}

impl ConsoleTrouble {
    pub fn samples() -> Vec<(&'static str, Self)> {
        every().into_iter().map(|(name, it)| (name, Self(it))).collect()
    }
}

impl CareTrouble {
    pub fn samples() -> Vec<(&'static str, Self)> {
        every().into_iter().map(|(name, it)| (name, Self(it))).collect()
    }
}
