//! One field of a form: label, hint, what was typed, and what is wrong with it.

use askama::Template;

use crate::{Html, Language, Shared, Tone};

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field {
    pub label: String,
    /// Of the form's parameter; the field's id on the page is made of it.
    pub name: String,
    /// Makes the id instead of the name, where a page has more than one field of a name.
    pub own_id: String,
    /// What was typed, or what is proposed.
    pub value: String,
    /// What is wrong; empty where nothing is.
    pub error: String,
    /// A word of help; may be empty.
    pub hint: String,
    pub kind: FieldKind,
    pub is_optional: bool,
    /// For the browser's own memory: `username`, `current-password`, `one-time-code`.
    pub autocomplete: &'static str,
    /// The first field of a form that one came for.
    pub has_focus: bool,
    /// Of a filter: it may be left empty, and nobody has to be told.
    pub is_unmarked: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum FieldKind {
    #[default]
    Text,
    Password,
    Email,
    Telephone,
    /// An amount; its unit, mostly a currency, stands beside it.
    Money {
        unit: String,
    },
    /// An amount whose currency is chosen too, in the parameter `name` + `_currency`.
    MoneyIn {
        currencies: Vec<String>,
        chosen: String,
    },
    /// A whole number, with its unit.
    Number {
        unit: String,
    },
    /// `2026-12-03`
    Date,
    /// `2026-12-03T00:00`
    DateTime,
    Lines,
    Select(Vec<Choice>),
    Radio(Vec<Choice>),
    /// Ticked where the value is `yes`.
    Tick,
    /// A one-time code of digits.
    Code,
    /// Carried along and not shown.
    Hidden,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    pub value: String,
    pub text: String,
    pub hint: String,
    pub is_disabled: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, text: impl Into<String>) -> Self {
        Self { value: value.into(), text: text.into(), ..Self::default() }
    }
}

impl Field {
    pub fn new(name: &str, label: &str, kind: FieldKind) -> Self {
        Self { name: name.into(), label: label.into(), kind, ..Self::default() }
    }

    pub fn with_value(self, value: impl Into<String>) -> Self {
        Self { value: value.into(), ..self }
    }

    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: hint.into(), ..self }
    }

    pub fn with_error(self, error: impl Into<String>) -> Self {
        Self { error: error.into(), ..self }
    }

    pub fn optional(self) -> Self {
        Self { is_optional: true, ..self }
    }

    /// Optional, without the word that says so: in filters.
    pub fn unmarked(self) -> Self {
        Self { is_optional: true, is_unmarked: true, ..self }
    }

    pub fn focused(self) -> Self {
        Self { has_focus: true, ..self }
    }

    pub fn with_autocomplete(self, autocomplete: &'static str) -> Self {
        Self { autocomplete, ..self }
    }

    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self { own_id: id.into(), ..self }
    }

    pub fn id(&self) -> String {
        let id = if self.own_id.is_empty() { &self.name } else { &self.own_id };
        format!("field-{id}")
    }

    /// What describes the field beside its label, by id.
    fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.id()));
        let error = (!self.error.is_empty()).then(|| format!("{}-error", self.id()));
        hint.into_iter().chain(error).collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn html(&self, language: Language) -> Html {
        let shape = Tone::Off.shape();
        let shared = Shared::of(language);
        Html::of(&FieldPart { it: self, shared, shape, described_by: self.described_by() })
    }

    /// The `type` of the input, with what goes with it.
    fn input_type(&self) -> &'static str {
        match self.kind {
            FieldKind::Password => "password",
            FieldKind::Email => "email",
            FieldKind::Telephone => "tel",
            FieldKind::Date => "date",
            FieldKind::DateTime => "datetime-local",
            _ => "text",
        }
    }

    fn input_mode(&self) -> &'static str {
        match self.kind {
            FieldKind::Money { .. } | FieldKind::MoneyIn { .. } => "decimal",
            FieldKind::Number { .. } | FieldKind::Code => "numeric",
            _ => "",
        }
    }
}

#[derive(Template)]
#[template(path = "parts/field.html")]
struct FieldPart<'a> {
    it: &'a Field,
    shared: &'static Shared,
    shape: Html,
    described_by: String,
}
