//! What is done in two steps: fill in, then *this will happen*; and what came of it.

use axum::response::Response;
use engine::{Command, Entry, Refusal, State};
use pages::care::task::{Done, Fill, Review, Step, Task, TaskKind};
use pages::console::action::{Change, Outcome};
use pages::{CareTab, Field, FieldKind, Link, Notice, Tone};

use super::Pocket;
use super::pocket::page;
use crate::faces::words::Titles;
use crate::faces::{Failed, Typed, outcome, refused};
use crate::http::error::Problem;

/// A task, and where its forms are sent to.
#[derive(Clone)]
pub struct Doing {
    pub kind: TaskKind,
    pub about: String,
    pub path: String,
    pub back: Link,
}

/// What an order would come to, or has come to.
#[derive(Default)]
pub struct Comes {
    pub outcome: Vec<Outcome>,
    pub changes: Vec<Change>,
}

impl Doing {
    pub fn show(self, pocket: &Pocket, step: Step) -> Response {
        let Self { kind, about, path, back } = self;
        let tab = match kind {
            TaskKind::Turbo | TaskKind::Film => CareTab::Services,
            TaskKind::Transfer | TaskKind::Pause | TaskKind::Resume => CareTab::More,
        };
        page(Task { kind, about, path, back, step }.to_html(&pocket.shell(tab, "")))
    }

    /// The form again, with what was typed and what is wrong with it.
    pub fn fill(
        self,
        pocket: &Pocket,
        mut fields: Vec<Field>,
        typed: &Typed,
        notice: Option<Notice>,
    ) -> Response {
        typed.fill(&mut fields);
        fields.push(Field::new("key", "", FieldKind::Hidden).with_value(typed.get("key")));
        self.show(pocket, Step::Fill(Fill { fields, notice }))
    }

    pub fn review(
        self,
        pocket: &Pocket,
        typed: &Typed,
        comes: Comes,
        can_change: bool,
    ) -> Response {
        let Comes { outcome, changes } = comes;
        let review = Review { carried: typed.carried(), outcome, changes, can_change };
        self.show(pocket, Step::Review(Box::new(review)))
    }

    pub fn done(self, pocket: &Pocket, entries: &[Entry], titles: &Titles) -> Response {
        let outcome = outcome::lines(entries, titles, pocket);
        self.came(pocket, outcome)
    }

    /// What came of it, in lines of its own.
    pub fn came(self, pocket: &Pocket, outcome: Vec<Outcome>) -> Response {
        let seen = match self.kind {
            TaskKind::Transfer => Link::new(pocket.care().statement, "/my/statement"),
            _ => self.back.clone(),
        };
        let links = vec![seen];
        self.show(pocket, Step::Done(Done { outcome, changes: Vec::new(), links }))
    }
}

/// Tries commands on a copy, each by itself, and says what they would come to.
pub async fn try_out(
    pocket: &Pocket,
    commands: Vec<Command>,
    titles: &Titles,
) -> Result<Result<Comes, Refusal>, Failed> {
    let mut comes = Comes::default();
    for command in commands {
        let order = pocket.order(command)?;
        let (looks, titles) = (pocket.looks.clone(), titles.clone());
        let look = move |state: &State, now| {
            let Some(trial) = state.trial(&order, now).transpose()? else { return Ok(None) };
            let outcome = outcome::expected(&trial.entries, &titles, &looks);
            let changes = outcome::changes(state, &trial, looks.language);
            Ok(Some(Comes { outcome, changes }))
        };
        // Everybody's orders wait for a look: several trials in one would be a long one.
        match pocket.app.shard.read(None, look).await? {
            Ok(Some(one)) => {
                comes.outcome.extend(one.outcome);
                comes.changes.extend(one.changes);
            }
            Ok(None) => {}
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    Ok(Ok(comes))
}

/// A friendly "no": that nothing was done, what is in the way, and what helps.
pub fn refused(pocket: &Pocket, problem: &Problem) -> Notice {
    let text = pocket.care().named("wrong", "refused").unwrap_or_default();
    let said = refused::notice(problem, pocket);
    let details = std::iter::once(said.text).chain(said.details).collect();
    Notice { details, ..Notice::new(Tone::Off, text) }
}

/// Whether a problem is an answer to what was asked, and not ours.
pub fn is_answer(problem: &Problem) -> bool {
    (400..500).contains(&problem.status)
}

/// Says at a field what is wrong with it.
pub fn blame(pocket: &Pocket, fields: &mut [Field], name: &str, wrong: &str) {
    if let Some(field) = fields.iter_mut().find(|it| it.name == name) {
        pocket.care().named("wrong", wrong).unwrap_or_default().clone_into(&mut field.error);
    }
}
