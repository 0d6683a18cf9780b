//! Pausing services while nobody is at home: what is paused, and pausing more.

use super::home::day_or_moment;
use super::task::{Choices, TaskKind};
use crate::{Care, Field, Message, Moment, Say, Shell};

#[derive(Clone, Debug, Default)]
pub struct Holidays {
    pub paused: Vec<Paused>,
    /// What can be paused, for the form; it is sent to `path` with `step` = `review`, as
    /// [`TaskKind::Pause`] has it.
    pub choices: Choices,
    pub path: String,
}

#[derive(Clone, Debug, Default)]
pub struct Paused {
    pub name: String,
    pub since: Moment,
    pub until: Option<Moment>,
    /// The review of resuming it; empty where staff have paused it.
    pub resume_href: String,
}

impl Paused {
    pub(crate) fn text(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        let since = care.paused_since.with("at", day_or_moment(&self.since, *say));
        match &self.until {
            Some(at) => {
                format!("{since} · {}", care.paused_until.with("at", day_or_moment(at, *say)))
            }
            None => since,
        }
    }
}

impl Holidays {
    pub(crate) fn fields(&self, shell: &Shell) -> Vec<Field> {
        match self.choices.services.as_slice() {
            [] => Vec::new(),
            _ => TaskKind::Pause.fields(&self.choices, shell.language),
        }
    }

    pub fn samples() -> Vec<(&'static str, Self)> {
        use crate::Choice;
        let at = |month, day| Moment { year: 2026, month, day, hour: 0, minute: 0 };
        let paused = |name: &str, until, resume: &str| Paused {
            name: name.into(),
            since: at(11, 20),
            until,
            resume_href: resume.into(),
        };
        let services =
            vec![Choice::new("sub_34-1", "Internet 100"), Choice::new("sub_34-3", "TV Family")];
        let form = Self {
            choices: Choices { services, ..Choices::default() },
            path: "/my/holidays".into(),
            ..Self::default()
        };
        let many = vec![
            paused("Cottage", Some(at(12, 20)), "/my/holidays/sub_34-7/resume"),
            paused("Ferienhaus am Starnberger See mit Bootshaus", None, "/my/holidays/sub_34-8"),
            paused("Hosting", None, ""),
        ];
        vec![
            ("none", Self::default()),
            ("one", form.clone()),
            ("paused", Self { paused: many, ..form }),
        ]
    }
}

page!(Holidays, "care/holidays.html");
