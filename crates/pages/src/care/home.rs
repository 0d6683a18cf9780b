//! Home: can I use my services, until when, and what is there to pay.

use super::sentence;
use crate::{Badge, Care, Html, Language, Link, Message, Moment, Money, Say, Shell, Tone};

mod samples;

/// One card for each account, those that need something first.
#[derive(Clone, Debug, Default)]
pub struct Home {
    pub purses: Vec<Purse>,
    /// Of all accounts.
    pub running: Vec<Running>,
    /// What else there is, as links below: turbo, films, statement.
    pub doors: Vec<Door>,
}

/// An account, as its customer sees it.
#[derive(Clone, Debug, Default)]
pub struct Purse {
    /// What the customer calls it; may be empty.
    pub name: String,
    /// As it is read out: `1000 0423 7`.
    pub number: String,
    /// Its statement.
    pub href: String,
    pub standing: Standing,
    pub currency: String,
    pub exponent: u8,
    /// In ten-thousandths of the minor unit, as the others here. `None` is without limit.
    pub to_spend: Option<i128>,
    pub balance: i128,
    /// `None` is without limit.
    pub credit: Option<i128>,
    pub reserved: i128,
    /// What should be paid: what is missing, or the recommended payment. `None` for nothing.
    pub to_pay: Option<i128>,
    /// Paying to this account, with what should be paid filled in; empty where it takes none.
    pub pay_href: String,
    /// The promised payment; empty where it is not offered.
    pub later_href: String,
    /// A promise that is open.
    pub promised: Option<Promised>,
    pub services: Vec<Service>,
}

/// The answer of an account: is it on, and until when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Nothing is charged to it.
    #[default]
    Empty,
    On {
        until: Option<Moment>,
    },
    /// It goes off so soon that one has to do something.
    EndsSoon {
        at: Moment,
    },
    /// So many services are off, the others are on.
    PartlyOff {
        off: usize,
    },
    Off {
        since: Option<Moment>,
    },
    Paused {
        until: Option<Moment>,
    },
    Closed,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promised {
    /// What was promised, in the account's currency.
    pub amount: i128,
    /// What of it is still to be paid.
    pub left: i128,
    pub until: Moment,
}

/// A service that the customer has.
#[derive(Clone, Debug, Default)]
pub struct Service {
    pub name: String,
    /// A login, a telephone number; may be empty.
    pub subject: String,
    /// Where its state is explained.
    pub href: String,
    pub state: ServiceState,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ServiceState {
    /// On, and nothing is to be said about when.
    #[default]
    On,
    PaidTo(Moment),
    NextCharge {
        at: Moment,
        money: Money,
    },
    /// As a turbo button does.
    EndsAt(Moment),
    Off {
        since: Moment,
        why: Why,
    },
}

/// Why a service is off, in plain words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its period is unpaid.
    Missing(Money),
    /// The account has nothing to spend.
    Funds(Money),
    /// A bill is overdue.
    Overdue(Money),
    PausedByYou {
        until: Option<Moment>,
    },
    PausedByUs,
    /// What it belongs to is off: its name.
    Base(String),
    Ended,
    /// Ordered, and not on yet.
    Starting,
}

/// A session that runs.
#[derive(Clone, Debug, Default)]
pub struct Running {
    /// `Call to +33 1 99 00 12 34`
    pub what: String,
    /// `None` where it is not known any more.
    pub since: Option<Moment>,
    /// What has been used so far: `72 s`; may be empty.
    pub used: String,
    pub reserved: Money,
    /// The account that pays for it.
    pub account: String,
}

/// What a customer can do, with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Turbo,
    Films,
    Statement,
    Running,
    Transfer,
    Promise,
    Holidays,
    Alerts,
    SignIns,
    Settings,
}

impl Door {
    pub const ALL: [Self; 10] = [
        Self::Turbo,
        Self::Films,
        Self::Statement,
        Self::Running,
        Self::Transfer,
        Self::Promise,
        Self::Holidays,
        Self::Alerts,
        Self::SignIns,
        Self::Settings,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Turbo => "turbo",
            Self::Films => "films",
            Self::Statement => "statement",
            Self::Running => "running",
            Self::Transfer => "transfer",
            Self::Promise => "promise",
            Self::Holidays => "holidays",
            Self::Alerts => "alerts",
            Self::SignIns => "sign-ins",
            Self::Settings => "settings",
        }
    }

    /// `/my/turbo`
    pub fn path(self) -> String {
        format!("/my/{}", self.name())
    }

    pub fn word(self, language: Language) -> &'static str {
        Care::of(language).named("door", self.name()).unwrap_or_default()
    }

    /// What is behind it, in a few words.
    pub(crate) fn hint(self, language: Language) -> &'static str {
        Care::of(language).named("behind", self.name()).unwrap_or_default()
    }
}

impl Purse {
    pub(crate) fn money(&self, units: &i128) -> Money {
        Money::new(*units, &self.currency, self.exponent)
    }

    /// `Internet`, or `Account 1000 0423 7` where it has no name.
    pub(crate) fn title(&self, language: Language) -> String {
        if self.name.is_empty() {
            return Care::of(language).account_word.with("number", &self.number);
        }
        self.name.clone()
    }

    /// `Internet · 1000 0423 7 · XPF`
    pub(crate) fn account_line(&self) -> String {
        let parts = [&self.name, &self.number, &self.currency];
        let parts = parts.into_iter().filter(|it| !it.is_empty()).map(String::as_str);
        parts.collect::<Vec<_>>().join(" · ")
    }

    /// The id of its part on the page.
    pub(crate) fn id(&self) -> String {
        let digits = self.number.chars().filter(char::is_ascii_alphanumeric);
        format!("purse-{}", digits.collect::<String>())
    }

    pub(crate) fn tone(&self) -> Tone {
        match self.standing {
            Standing::On { .. } => Tone::On,
            Standing::EndsSoon { .. } | Standing::PartlyOff { .. } => Tone::Soon,
            Standing::Off { .. } => Tone::Off,
            Standing::Empty | Standing::Paused { .. } | Standing::Closed => Tone::Calm,
        }
    }

    /// `Internet is on`
    pub(crate) fn headline(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        let name = self.title(say.language);
        match &self.standing {
            Standing::Empty => name,
            Standing::On { .. } => care.is_on.with("name", name),
            Standing::EndsSoon { at } => {
                care.goes_off.with("in_time", say.away(at)).with("name", name)
            }
            Standing::PartlyOff { .. } => care.is_partly_off.with("name", name),
            Standing::Off { since: Some(at) } => {
                care.is_off_since.with("at", day_or_moment(at, *say)).with("name", name)
            }
            Standing::Off { since: None } => care.is_off.with("name", name),
            Standing::Paused { until: Some(at) } => {
                care.is_paused_until.with("at", day_or_moment(at, *say)).with("name", name)
            }
            Standing::Paused { until: None } => care.is_paused.with("name", name),
            Standing::Closed => care.is_closed.with("name", name),
        }
    }

    /// What stands below the headline; may be empty.
    pub(crate) fn below(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        match (&self.standing, &self.to_pay) {
            (Standing::Empty, _) => care.no_services.to_owned(),
            (Standing::On { until: Some(at) }, _) => care.until.with("at", day_or_moment(at, *say)),
            (Standing::EndsSoon { at }, Some(units)) => {
                let money = say.money_text(&self.money(units));
                care.until_unless.with("at", say.moment_text(at)).with("money", money)
            }
            (Standing::EndsSoon { at }, None) => care.until.with("at", say.moment_text(at)),
            (Standing::PartlyOff { off }, _) => care.off_count.of(*off, say.language),
            _ => String::new(),
        }
    }

    /// What is missing where something is off.
    pub(crate) fn missing(&self) -> Option<Money> {
        let is_off = matches!(self.standing, Standing::Off { .. } | Standing::PartlyOff { .. });
        self.to_pay.as_ref().filter(|_| is_off).map(|it| self.money(it))
    }

    /// Whether what is owed is more than what may be spent: then the balance is the answer.
    fn is_short(&self) -> bool {
        self.to_spend.is_some_and(|it| it < 0)
    }

    /// The great figure, `None` for without limit, and the word beside it.
    pub(crate) fn answer(&self, language: Language) -> (Option<Money>, &'static str) {
        let care = Care::of(language);
        if self.is_short() {
            return (Some(self.money(&self.balance)), care.balance);
        }
        (self.to_spend.as_ref().map(|it| self.money(it)), care.to_spend)
    }

    /// What makes up the sum to spend, where it is not the balance alone: text and whether it is
    /// reserved.
    pub(crate) fn makes_up(&self, say: &Say) -> Vec<(String, bool)> {
        let care = Care::of(say.language);
        let credit = self.credit.filter(|it| *it != 0);
        if credit.is_none() && self.reserved == 0 {
            return Vec::new();
        }
        let text =
            |form: &str, units: &i128| form.with("money", self.money(units).figure(say.language));
        let credit = credit.map(|it| (text(care.of_credit, &it), false));
        let reserved = (self.reserved != 0).then(|| (text(care.of_reserved, &self.reserved), true));
        let own = (!self.is_short()).then(|| (text(care.of_own, &self.balance), false));
        own.into_iter().chain(credit).chain(reserved).collect()
    }

    pub(crate) fn pay_text(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        match &self.to_pay {
            Some(units) => care.pay_money.with("money", say.money_text(&self.money(units))),
            None => care.pay_in.to_owned(),
        }
    }

    pub(crate) fn promised_text(&self, it: &Promised, say: &Say) -> String {
        let care = Care::of(say.language);
        let money = say.money_text(&self.money(&it.amount));
        let text = care.promised.with("money", money).with("at", day_or_moment(&it.until, *say));
        if it.left == it.amount {
            return text;
        }
        let left = say.money_text(&self.money(&it.left));
        format!("{text} · {}", care.promised_left.with("money", left))
    }
}

impl Service {
    pub(crate) fn badge(&self) -> Badge {
        match &self.state {
            ServiceState::Off { why: Why::PausedByYou { .. } | Why::PausedByUs, .. } => {
                Badge::Suspended
            }
            ServiceState::Off { why: Why::Starting, .. } => Badge::Waiting,
            ServiceState::Off { .. } => Badge::Off,
            _ => Badge::On,
        }
    }

    /// Until when, or since when.
    fn when(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        match &self.state {
            ServiceState::On => String::new(),
            ServiceState::PaidTo(at) => care.service_paid_to.with("at", day_or_moment(at, *say)),
            ServiceState::NextCharge { at, money } => {
                let form = care.service_next_charge.with("at", day_or_moment(at, *say));
                form.with("money", say.money_text(money))
            }
            ServiceState::EndsAt(at) => {
                let form = care.service_ends_at.with("at", say.moment_text(at));
                form.with("in_time", say.away(at))
            }
            ServiceState::Off { since, .. } => {
                care.service_off_since.with("at", day_or_moment(since, *say))
            }
        }
    }

    /// The reason in plain words; empty where it is on.
    fn why(&self, say: &Say) -> String {
        match &self.state {
            ServiceState::Off { why, .. } => why.text(*say),
            _ => String::new(),
        }
    }

    /// Since or until when, and why; may be empty.
    pub(crate) fn detail(&self, say: &Say) -> String {
        let (when, why) = (self.when(say), self.why(say));
        if when.is_empty() || why.is_empty() {
            return when + &why;
        }
        sentence(&format!("{when}. {why}"))
    }
}

impl Why {
    fn name(&self) -> &'static str {
        match self {
            Self::Missing(_) => "missing",
            Self::Funds(_) => "funds",
            Self::Overdue(_) => "overdue",
            Self::PausedByYou { until: None } => "paused_by_you",
            Self::PausedByYou { until: Some(_) } => "paused_by_you_until",
            Self::PausedByUs => "paused_by_us",
            Self::Base(_) => "base",
            Self::Ended => "ended",
            Self::Starting => "starting",
        }
    }

    fn text(&self, say: Say) -> String {
        let form = Care::of(say.language).named("off", self.name()).unwrap_or_default();
        match self {
            Self::Missing(money) | Self::Funds(money) | Self::Overdue(money) => {
                form.with("money", say.money_text(money))
            }
            Self::PausedByYou { until: Some(at) } => form.with("at", day_or_moment(at, say)),
            Self::Base(name) => form.with("base", name),
            _ => form.to_owned(),
        }
    }
}

impl Running {
    pub(crate) fn since(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        let since = self.since.map(|at| care.running_since.with("at", say.moment_text(&at)));
        let used = Some(&self.used).filter(|it| !it.is_empty());
        let used = used.map(|it| care.running_used.with("used", it));
        since.into_iter().chain(used).collect::<Vec<_>>().join(" · ")
    }

    pub(crate) fn reserved(&self, say: &Say) -> Html {
        let form = Care::of(say.language).running_reserved;
        Html::text(&form.with("money", say.money_text(&self.reserved)))
    }
}

/// A day where something happens at its first moment, and the moment otherwise.
pub(crate) fn day_or_moment(at: &Moment, say: Say) -> String {
    if at.hour == 0 && at.minute == 0 { say.day_text(at) } else { say.moment_text(at) }
}

/// The links of a page's foot: words and addresses.
pub(crate) fn door_links(doors: &[Door], shell: &Shell) -> Vec<Link> {
    doors.iter().map(|it| Link::new(it.word(shell.language), it.path())).collect()
}

page!(Home, "care/home.html");
