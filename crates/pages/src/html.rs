//! Pieces of a page that are HTML already.

use std::fmt;

use askama::filters::HtmlSafe;

/// HTML that is put into a page as it is.
///
/// **Invariant:** whatever people wrote has been escaped on its way into it: it is made by a
/// template, or here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Html(String);

impl Html {
    /// What a template has rendered.
    pub(crate) fn of(template: &impl askama::Template) -> Self {
        Self(template.render().expect("writing into a text does not fail"))
    }

    /// Text as people wrote it, escaped.
    pub fn text(text: &str) -> Self {
        let mut html = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '&' => html.push_str("&#38;"),
                '<' => html.push_str("&#60;"),
                '>' => html.push_str("&#62;"),
                '"' => html.push_str("&#34;"),
                '\'' => html.push_str("&#39;"),
                other => html.push(other),
            }
        }
        Self(html)
    }

    /// Markup that this crate has written, with nothing of other people's in it.
    pub(crate) fn trusted(html: String) -> Self {
        Self(html)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Html {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl HtmlSafe for Html {}
