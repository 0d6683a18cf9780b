//! The steps of what is done about a user, as pages.

use axum::response::Response;
use pages::console::action::{
    Action, ActionKind, ActionPage, Choices, Done, Fill, Outcome, Review, Step,
};
use pages::{Choice, Console, Field, FieldKind, Link, Message, Notice, Place, Tone};
use store::access::UserRecord;

use super::PLACE;
use crate::access::{NotDone, users};
use crate::console::Desk;
use crate::console::desk::page;
use crate::faces::{Failed, Typed, refused};
use crate::http::auth::Role;
use crate::http::error::{Fault, Problem};

/// A form about a user, and what was typed into it.
#[derive(Clone, Copy)]
pub struct Form<'a> {
    pub kind: ActionKind,
    pub desk: &'a Desk,
    /// `None` is one who is to be made.
    pub user: Option<&'a UserRecord>,
    pub typed: &'a Typed,
}

impl Form<'_> {
    /// The step that it begins with: what to ask, or at once what will happen.
    pub fn begin(&self) -> Response {
        let name = self.user.map_or("", |it| &it.display_name);
        match self.kind {
            ActionKind::AddUser | ActionKind::ChangeUser => self.fill(None),
            kind => {
                let will = words(self.desk, "will", kind, name);
                self.review(vec![Outcome::new(Tone::Soon, will)])
            }
        }
    }

    pub fn fill(&self, notice: Option<Notice>) -> Response {
        let fields = self.fields();
        self.step(Step::Fill(Fill { fields, notice, evaluation: None }))
    }

    fn fields(&self) -> Vec<Field> {
        let console = Console::of(self.desk.language);
        let role = |it: Role| Choice::new(it.name(), console.role(it.name()));
        let roles = users::ROLES.into_iter().map(role).collect();
        let choices = Choices { roles, ..Choices::default() };
        let mut fields = self.kind.fields(&choices, self.desk.language);
        for field in &mut fields {
            match (field.name.as_str(), self.user) {
                ("name", Some(user)) => field.value.clone_from(&user.display_name),
                ("role", Some(user)) => field.value.clone_from(&user.role),
                _ => {}
            }
        }
        self.typed.fill(&mut fields);
        fields.push(Field::new("key", "", FieldKind::Hidden).with_value(self.typed.get("key")));
        fields
    }

    pub fn review(&self, outcome: Vec<Outcome>) -> Response {
        let mut carried = self.typed.carried();
        if let Some(user) = self.user.filter(|_| self.kind == ActionKind::NewPassword) {
            carried.retain(|(name, _)| name != "seen");
            carried.push(("seen".to_owned(), password_seen(user)));
        }
        self.step(Step::Review(Box::new(Review { carried, outcome, ..Review::default() })))
    }

    /// What is in the way, at its field or above the form.
    pub fn not_done(&self, not_done: NotDone) -> Result<Response, Failed> {
        let console = Console::of(self.desk.language);
        let typed = self.typed.again()?;
        let form = Form { typed: &typed, ..*self };
        let off = |text: String| Ok(form.fill(Some(Notice::new(Tone::Off, text))));
        let problem = match not_done {
            NotDone::Failed(problem) if problem.status >= 500 => return Err(problem.into()),
            NotDone::Failed(problem) => problem,
            // Of a form that was looked through before: somebody else has it.
            NotDone::Field { field: "name", why } => Problem::faulty("login", Fault::Taken, why),
            NotDone::Field { field, why } => Problem::malformed(field, why),
            NotDone::Password(fault) => return off(fault.to_string()),
            NotDone::Yourself => return off(console.not_yourself.to_owned()),
            NotDone::Busy => return off(console.come_again.to_owned()),
        };
        let mut fields = form.fields();
        let notice = refused::place(&problem, &mut fields, self.desk);
        Ok(form.step(Step::Fill(Fill { fields, notice, evaluation: None })))
    }

    fn step(&self, step: Step) -> Response {
        let whose = self.user.map(|it| (it.name.as_str(), it.display_name.as_str()));
        show(self.desk, self.kind, whose, step)
    }
}

/// The one answer that says a password.
pub fn password_is(desk: &Desk, kind: ActionKind, whose: (&str, &str), password: &str) -> Response {
    let once = Console::of(desk.language).new_password_once.with("password", password);
    let outcome = vec![
        Outcome::new(Tone::On, words(desk, "did", kind, whose.1)),
        Outcome::new(Tone::Soon, once),
    ];
    show(desk, kind, Some(whose), Step::Done(Done { outcome, ..Done::default() }))
}

/// Since when a user has the password that they have, as a form carries it.
pub fn password_seen(user: &UserRecord) -> String {
    user.password_at.map_or_else(|| "never".to_owned(), |it| it.0.to_string())
}

/// `whose` is the login, and the name that is shown.
fn show(desk: &Desk, kind: ActionKind, whose: Option<(&str, &str)>, step: Step) -> Response {
    let title = Console::of(desk.language).users_title;
    let action = Action {
        kind,
        subject: whose.map_or_else(String::new, |(name, shown)| format!("{shown} · {name}")),
        path: match (kind, whose) {
            (ActionKind::AddUser, _) | (_, None) => format!("{PLACE}/new"),
            (_, Some((name, _))) => super::path(name, kind),
        },
        back: Link::new(title, PLACE),
        step,
    };
    page(ActionPage(action).to_html(&desk.shell(Some(Place::Users))))
}

/// What will be done to somebody, or was.
pub fn words(desk: &Desk, group: &str, kind: ActionKind, name: &str) -> String {
    let form = Console::of(desk.language).named(group, kind.name()).unwrap_or_default();
    form.with("name", name)
}
