//! The parts that pages are made of, each with its own small template.

use askama::Template;

use crate::{Html, Language, Shared};

mod field;
mod table;

pub use field::{Choice, Field, FieldKind};
pub use table::{Cell, Column, Row, Table};

/// What a thing is like, by shape and colour; a word always stands beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// A filled circle, green.
    On,
    /// An open circle, red.
    Off,
    /// A triangle, amber: it ends soon, or needs somebody.
    Soon,
    /// A hatched square, blue: reserved, or under way.
    Held,
    /// A small dash, grey.
    #[default]
    Calm,
}

impl Tone {
    pub fn class(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Off => "off",
            Self::Soon => "soon",
            Self::Held => "held",
            Self::Calm => "calm",
        }
    }

    pub(crate) fn shape(self) -> Html {
        let drawing = match self {
            Self::On => "<circle cx=\"5\" cy=\"5\" r=\"4.5\" class=\"shape\"/>",
            Self::Off => "<circle cx=\"5\" cy=\"5\" r=\"4\" class=\"shape open\"/>",
            Self::Soon => "<path d=\"M5 1 9.5 9h-9z\" class=\"shape\"/>",
            Self::Held => {
                "<path d=\"M1 1h8v8h-8z\" class=\"shape open\"/>\
                 <path d=\"M1 5 5 1M1 9 9 1M5 9 9 5\" class=\"shape\"/>"
            }
            Self::Calm => "<path d=\"M1 5h8\" class=\"shape\"/>",
        };
        let size = "width=\"10\" height=\"10\"";
        let svg = format!("<svg viewBox=\"0 0 10 10\" {size} aria-hidden=\"true\">{drawing}</svg>");
        Html::trusted(svg)
    }
}

/// A state with its shape and its word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Badge {
    On,
    Off,
    EndsSoon,
    Suspended,
    Waiting,
    Closed,
    Reserved,
    Running,
    Open,
    Done,
    Failed,
    /// A word of the server's own, such as the name of a role.
    Other(Tone, String),
}

impl Badge {
    pub fn tone(&self) -> Tone {
        match self {
            Self::On | Self::Done => Tone::On,
            Self::Off | Self::Failed => Tone::Off,
            Self::EndsSoon => Tone::Soon,
            Self::Reserved | Self::Running => Tone::Held,
            Self::Suspended | Self::Waiting | Self::Closed | Self::Open => Tone::Calm,
            Self::Other(tone, _) => *tone,
        }
    }

    pub fn word(&self, language: Language) -> &str {
        let shared = Shared::of(language);
        match self {
            Self::On => shared.on,
            Self::Off => shared.off,
            Self::EndsSoon => shared.ends_soon,
            Self::Suspended => shared.suspended,
            Self::Waiting => shared.waiting,
            Self::Closed => shared.closed,
            Self::Reserved => shared.reserved,
            Self::Running => shared.running,
            Self::Open => shared.open_state,
            Self::Done => shared.done,
            Self::Failed => shared.failed,
            Self::Other(_, word) => word,
        }
    }

    pub(crate) fn html(&self, language: Language, class: &str) -> Html {
        let tone = self.tone();
        let (shape, word) = (tone.shape(), Html::text(self.word(language)));
        Html::trusted(format!("<span class=\"{class} {}\">{shape}{word}</span>", tone.class()))
    }
}

/// What has happened, or what is in the way: a sentence, and what else there is to say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
    /// A line each; may be empty.
    pub details: Vec<String>,
    /// Where it can be seen or taken back.
    pub links: Vec<Link>,
}

impl Notice {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into(), ..Self::default() }
    }

    pub(crate) fn html(&self) -> Html {
        Html::of(&NoticePart { it: self, shape: self.tone.shape() })
    }
}

#[derive(Template)]
#[template(path = "parts/notice.html")]
struct NoticePart<'a> {
    it: &'a Notice,
    shape: Html,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    pub text: String,
    pub href: String,
}

impl Link {
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }
}

/// A tab or a filter: a link, one of which is where one is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tab {
    pub link: Link,
    pub is_current: bool,
}

/// The token that a form sends back, so that no other site can send it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Csrf(pub String);

impl Csrf {
    /// The hidden field. Every form that changes something has it.
    pub fn field(&self) -> Html {
        let token = Html::text(&self.0);
        Html::trusted(format!("<input type=\"hidden\" name=\"csrf\" value=\"{token}\">"))
    }
}
