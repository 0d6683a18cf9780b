//! The customer's page: the whole picture on one screen.

use super::action::Action;
use super::timeline::Timeline;
use crate::chart::BalanceChart;
use crate::{Badge, Html, Link, Message, Moment, Money, Say, Shell};

mod samples;

/// Everything about a customer that an agent needs with the customer on the line.
#[derive(Clone, Debug, Default)]
pub struct Customer {
    pub name: String,
    pub is_organisation: bool,
    /// By ISO 3166; may be empty.
    pub country: String,
    /// The year since when.
    pub since: i16,
    /// The group by which policies and reports go; may be empty.
    pub group: String,
    pub telephone: String,
    pub email: String,
    pub accounts: Vec<AccountCard>,
    pub services: Vec<ServiceLine>,
    pub recommended: Vec<Recommended>,
    pub sessions: Vec<RunningSession>,
    /// The actions that this role may do here; the first ones are buttons, the others in a menu.
    pub actions: Vec<OfferedAction>,
    pub timeline: Timeline,
    /// An action that is open beside the page.
    pub panel: Option<Action>,
}

/// An account's figures. Amounts count ten-thousandths of the minor unit.
#[derive(Clone, Debug, Default)]
pub struct AccountCard {
    /// What the customer calls it; may be empty.
    pub name: String,
    /// As it is read out: `1000 0423 7`.
    pub number: String,
    pub href: String,
    pub currency: String,
    pub exponent: u8,
    pub balance: i128,
    pub held: i128,
    /// `None` is without limit.
    pub credit: Option<i128>,
    /// `None` is without limit.
    pub available: Option<i128>,
    /// The last weeks and the forecast, small; `None` where nothing has moved.
    pub chart: Option<BalanceChart>,
    /// When its services are switched off, if nothing is paid.
    pub off_at: Option<Moment>,
    /// The payment that avoids it.
    pub avoided_by: Option<i128>,
    /// Since how many days something is owed; `None` where nothing is.
    pub owed_days: Option<usize>,
    pub is_closed: bool,
    /// What is paid to it becomes an unallocated payment.
    pub payments_locked: bool,
}

impl AccountCard {
    pub(crate) fn money(&self, units: &i128) -> Money {
        Money::new(*units, &self.currency, self.exponent)
    }

    pub(crate) fn limit(&self, units: &Option<i128>) -> Option<Money> {
        units.as_ref().map(|it| self.money(it))
    }

    /// `Internet`, or the number where it has no name.
    pub(crate) fn title(&self) -> &str {
        if self.name.is_empty() { &self.number } else { &self.name }
    }

    /// `Off 3 Dec, 00:00 unless 800 XPF comes in`
    pub(crate) fn warning(&self, shell: &Shell) -> Option<String> {
        let (at, units) = (self.off_at?, self.avoided_by?);
        let say = shell.say();
        let money = say.money_text(&self.money(&units));
        let form = shell.console().off_unless;
        Some(form.with("at", say.moment_text(&at)).with("money", money))
    }

    /// The id of its part on the page.
    pub(crate) fn id(&self) -> String {
        let digits = self.number.chars().filter(char::is_ascii_alphanumeric);
        format!("account-{}", digits.collect::<String>())
    }
}

/// A service that the customer has.
#[derive(Clone, Debug)]
pub struct ServiceLine {
    pub name: String,
    pub href: String,
    /// Under what the network knows it: a login, a telephone number; may be empty.
    pub subject: String,
    /// The account that pays for it.
    pub account: String,
    pub state: Badge,
    pub until: Until,
    /// The rule that made it so, in plain words: `period unpaid`; empty where it is on.
    pub why: String,
    /// What would turn it on, a line each; empty where nothing is in the way.
    pub brings_on: Vec<String>,
    /// What helps now: take a payment, grant a promise.
    pub helps: Vec<Link>,
}

/// What is said of a service beside on and off.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Until {
    #[default]
    Nothing,
    PaidTo(Moment),
    EndsAt(Moment),
    NextCharge {
        at: Moment,
        money: Money,
    },
    OffSince {
        at: Moment,
        missing: Option<Money>,
    },
    Suspended {
        since: Moment,
        until: Option<Moment>,
    },
    /// A session runs and holds money.
    InUse {
        held: Money,
    },
}

impl Until {
    pub(crate) fn html(&self, shell: &Shell) -> Html {
        let (console, say) = (shell.console(), shell.say());
        let text = match self {
            Self::Nothing => String::new(),
            Self::PaidTo(at) => console.paid_to.with("at", say.moment_text(at)),
            Self::EndsAt(at) => {
                console.ends_at.with("at", say.moment_text(at)).with("in_time", say.away(at))
            }
            Self::NextCharge { at, money } => {
                let form = console.next_charge.with("at", say.moment_text(at));
                form.with("money", say.money_text(money))
            }
            Self::OffSince { at, missing } => off_since(at, missing.as_ref(), shell),
            Self::Suspended { until: Some(at), .. } => {
                console.suspended_until.with("at", say.moment_text(at))
            }
            Self::Suspended { since, .. } => {
                console.suspended_since.with("at", say.moment_text(since))
            }
            Self::InUse { held } => console.in_use.with("money", say.money_text(held)),
        };
        match self {
            Self::InUse { .. } => {
                Html::trusted(format!("<span class=\"hatch\">{}</span>", Html::text(&text)))
            }
            _ => Html::text(&text),
        }
    }
}

fn off_since(at: &Moment, missing: Option<&Money>, shell: &Shell) -> String {
    let since = shell.console().off_since.with("at", shell.say().day_text(at));
    match missing {
        Some(money) => {
            let missing = shell.shared().missing.with("money", shell.say().money_text(money));
            format!("{since}: {missing}")
        }
        None => since,
    }
}

/// The payment that brings everything on and keeps it on.
#[derive(Clone, Debug)]
pub struct Recommended {
    pub money: Money,
    pub account: String,
    /// Taking exactly this payment.
    pub href: String,
}

#[derive(Clone, Debug)]
pub struct RunningSession {
    /// `call +33 1 99 00 12 34`
    pub what: String,
    /// `None` where it is not known any more.
    pub since: Option<Moment>,
    /// What has been used so far: `72 s`.
    pub used: String,
    pub held: Money,
}

impl RunningSession {
    pub(crate) fn since(&self, shell: &Shell) -> String {
        let form = shell.console().session_since;
        match self.since {
            Some(at) => form.with("at", shell.say().moment_text(&at)).with("used", &self.used),
            None => self.used.clone(),
        }
    }
}

#[derive(Clone, Debug)]
pub struct OfferedAction {
    pub kind: super::action::ActionKind,
    pub href: String,
}

/// How many actions are buttons; the others are in a menu.
const BUTTONS: usize = 3;

impl Customer {
    pub(crate) fn first_actions(&self) -> &[OfferedAction] {
        self.actions.get(..BUTTONS).unwrap_or(&self.actions)
    }

    pub(crate) fn other_actions(&self) -> &[OfferedAction] {
        self.actions.get(BUTTONS..).unwrap_or_default()
    }

    /// `person · PF · since 2021 · residential`
    pub(crate) fn description(&self, shell: &Shell) -> String {
        let console = shell.console();
        let kind = if self.is_organisation { console.organisation } else { console.person };
        let since = console.since_year.with("year", self.since);
        let parts = [kind, &self.country, &since, &self.group];
        parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ")
    }

    pub(crate) fn recommended_text(&self, it: &Recommended, say: Say) -> String {
        let form = crate::Console::of(say.language).recommended_to;
        form.with("money", say.money_text(&it.money)).with("account", &it.account)
    }
}

page!(Customer, "console/customer.html");
