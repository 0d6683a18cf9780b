//! What stands around every page: who is signed in, where one is, and what has just happened.

use crate::{Care, Console, Csrf, Language, Message, Moment, Notice, Say, Shared};

/// Light or dark: as the reader's system says, or as they chose here.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// The value of `data-theme`; empty where the system decides.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What is around a page, of either face.
///
/// A request with the header `Sporran-Part` is the script's, and takes no notice away. With `find`
/// somebody types; with `live` something has changed, which is no visit of anybody.
#[derive(Clone, Debug, Default)]
pub struct Shell {
    pub language: Language,
    pub theme: Theme,
    /// The present on the reader's calendar and clock.
    pub now: Moment,
    /// Whose times these are: `Pacific/Tahiti`.
    pub time_zone: String,
    /// The provider's name.
    pub brand: String,
    /// Where `style.css` and `live.js` are, without a slash at the end; it may carry a version.
    pub assets: String,
    pub csrf: Csrf,
    /// `None` for nobody: signing in, errors.
    pub signed_in: Option<SignedIn>,
    /// What the last action came to; shown once.
    pub notice: Option<Notice>,
    /// The stream of events that this page listens to; empty for none. It says `changed` when the
    /// page would read differently.
    pub live: String,
    /// In the console: the places that this role may open, in the order of their showing.
    pub places: Vec<Place>,
    /// In the console: where one is.
    pub place: Option<Place>,
    /// In the console: what stands in the search field.
    pub find: String,
    /// In self-care: which of the bar's tabs one is on.
    pub care_tab: Option<CareTab>,
}

#[derive(Clone, Debug, Default)]
pub struct SignedIn {
    pub name: String,
    /// The role's name in the configuration, such as `agent`; empty in self-care.
    pub role: String,
}

impl Shell {
    pub fn say(&self) -> Say {
        Say { language: self.language, now: self.now }
    }

    pub fn shared(&self) -> &'static Shared {
        Shared::of(self.language)
    }

    pub fn console(&self) -> &'static Console {
        Console::of(self.language)
    }

    pub fn care(&self) -> &'static Care {
        Care::of(self.language)
    }

    pub(crate) fn role(&self) -> &str {
        let role = self.signed_in.as_ref().map_or("", |it| it.role.as_str());
        self.console().role(role)
    }

    pub(crate) fn time_zone_line(&self) -> String {
        self.shared().time_zone.with("zone", &self.time_zone)
    }

    pub(crate) fn is_at(&self, place: &Place) -> bool {
        self.place == Some(*place)
    }

    pub(crate) fn is_on(&self, tab: &CareTab) -> bool {
        self.care_tab == Some(*tab)
    }

    /// The other of light and dark, for the button that changes them.
    pub(crate) fn other_theme(&self) -> &'static str {
        if self.theme == Theme::Dark { "light" } else { "dark" }
    }
}

/// A place of the console, with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Find,
    Dashboard,
    Receivables,
    Unallocated,
    Refunds,
    Provisioning,
    Rates,
    Catalogue,
    Promises,
    Webhooks,
    Users,
    Audit,
}

impl Place {
    pub const ALL: [Self; 12] = [
        Self::Find,
        Self::Dashboard,
        Self::Receivables,
        Self::Unallocated,
        Self::Refunds,
        Self::Provisioning,
        Self::Rates,
        Self::Catalogue,
        Self::Promises,
        Self::Webhooks,
        Self::Users,
        Self::Audit,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Find => "find",
            Self::Dashboard => "dashboard",
            Self::Receivables => "receivables",
            Self::Unallocated => "unallocated",
            Self::Refunds => "refunds",
            Self::Provisioning => "provisioning",
            Self::Rates => "rates",
            Self::Catalogue => "catalogue",
            Self::Promises => "promises",
            Self::Webhooks => "webhooks",
            Self::Users => "users",
            Self::Audit => "audit",
        }
    }

    /// `/console/receivables`
    pub fn path(self) -> String {
        format!("/console/{}", self.name())
    }

    pub(crate) fn word(self, language: Language) -> &'static str {
        Console::of(language).named("place", self.name()).unwrap_or_default()
    }
}

/// A tab of self-care's bar, with its address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CareTab {
    Home,
    Statement,
    Pay,
    Services,
    More,
}

impl CareTab {
    pub const ALL: [Self; 5] = [Self::Home, Self::Statement, Self::Pay, Self::Services, Self::More];

    /// `/my/statement`
    pub fn path(self) -> &'static str {
        match self {
            Self::Home => "/my",
            Self::Statement => "/my/statement",
            Self::Pay => "/my/pay",
            Self::Services => "/my/services",
            Self::More => "/my/more",
        }
    }

    pub(crate) fn word(self, language: Language) -> &'static str {
        let care = Care::of(language);
        match self {
            Self::Home => care.home,
            Self::Statement => care.statement,
            Self::Pay => care.pay,
            Self::Services => care.services,
            Self::More => care.more,
        }
    }

    /// Its sign, drawn in a square of 24.
    pub(crate) fn drawing(self) -> &'static str {
        match self {
            Self::Home => "M4 11 12 4l8 7v9h-5v-6H9v6H4z",
            Self::Statement => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
            Self::Pay => "M3 6h18v12H3zM3 10h18M7 15h4",
            Self::Services => "M5 19v-4M10 19v-8M15 19V8M20 19V4",
            Self::More => "M5 7h14M5 12h14M5 17h14",
        }
    }
}

/// Makes a view a page: gives it `to_html`, by the template at the path.
///
/// In the template there are `it` (the view), `shell`, `say` (how money and dates are said), and
/// the words: `words`, `shared`, `console`, `care`.
macro_rules! page {
    ($view:ident, $path:tt) => {
        impl $view {
            /// The whole page, from the doctype on.
            pub fn to_html(&self, shell: &$crate::Shell) -> String {
                // What templates name beside the fields below.
                #[allow(unused_imports)]
                use $crate::{
                    Badge, Message, Tone,
                    console::{action::Step, detail::Part, timeline::Lead},
                };
                #[derive(askama::Template)]
                #[template(path = $path)]
                #[allow(dead_code)]
                struct Page<'a> {
                    it: &'a $view,
                    shell: &'a $crate::Shell,
                    say: $crate::Say,
                    words: &'static $crate::Words,
                    shared: &'static $crate::Shared,
                    console: &'static $crate::Console,
                    care: &'static $crate::Care,
                }
                let page = Page {
                    it: self,
                    shell,
                    say: shell.say(),
                    words: shell.language.words(),
                    shared: shell.shared(),
                    console: shell.console(),
                    care: shell.care(),
                };
                askama::Template::render(&page).expect("writing into a text does not fail")
            }
        }
    };
}
