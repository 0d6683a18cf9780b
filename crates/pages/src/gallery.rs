//! Every sample of every page: for tests to check, and for people to look at.

use crate::{CareTab, Csrf, Language, Moment, Place, Shell, SignedIn, Theme};

/// A page in one of its states.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Page and state, good for the name of a file: `find-many`.
    pub name: String,
    pub html: String,
}

macro_rules! pages_of {
    ($shell:expr, $($name:literal $view:path;)*) => {{
        let mut found: Vec<Sample> = Vec::new();
        $(for (state, view) in <$view>::samples() {
            let name = format!("{}-{state}", $name);
            found.push(Sample { name, html: view.to_html($shell) });
        })*
        found
    }};
}

/// All of them in one language; scripts and style are looked for beside the page.
pub fn samples(language: Language, theme: Theme) -> Vec<Sample> {
    let mut found = console_samples(&console_shell(language, theme));
    found.extend(care_samples(&care_shell(language, theme)));
    for (state, mut statement) in crate::statement::samples() {
        statement.language = language;
        let html = statement.to_html();
        found.push(Sample { name: format!("statement-{state}"), html });
    }
    found
}

fn console_samples(shell: &Shell) -> Vec<Sample> {
    use crate::console::{
        account, action, catalogue, customer, dashboard, detail, find, promises, queues, rates,
        receivables, sign_in, staff, webhooks,
    };
    // Nobody is signed in yet.
    let nobody = Shell { signed_in: None, places: Vec::new(), ..shell.clone() };
    let mut found = pages_of!(&nobody, "sign-in" sign_in::SignIn;);
    let desk = pages_of!(shell,
        "parts" crate::parts_page::PartsPage;
        "find" find::Find;
        "customer" customer::Customer;
        "account" account::Account;
        "detail" detail::Detail;
        "refunds" queues::Refunds;
        "action" action::ActionPage;
        "console-trouble" crate::trouble::ConsoleTrouble;
    );
    let at = |place| Shell { place: Some(place), ..shell.clone() };
    let places = [
        pages_of!(&at(Place::Dashboard), "dashboard" dashboard::Dashboard;),
        pages_of!(&at(Place::Receivables), "receivables" receivables::Receivables;),
        pages_of!(&at(Place::Unallocated), "unallocated" queues::Unallocated;),
        pages_of!(&at(Place::Provisioning), "provisioning" queues::Provisioning;),
        pages_of!(&at(Place::Rates), "rates" rates::Rates;),
        pages_of!(&at(Place::Catalogue), "catalogue" catalogue::Catalogue;),
        pages_of!(&at(Place::Promises), "promises" promises::Promises;),
        pages_of!(&at(Place::Webhooks), "webhooks" webhooks::Webhooks;),
        pages_of!(&at(Place::Users), "users" staff::Users;),
        pages_of!(&at(Place::Audit), "audit" staff::Audit;),
    ];
    found.extend(desk.into_iter().chain(places.into_iter().flatten()));
    found
}

fn care_samples(shell: &Shell) -> Vec<Sample> {
    use crate::care::{
        alerts, holidays, home, more, pay, promise, running, services, settings, shop, sign_in,
        sign_ins, statement, task,
    };
    // Nobody is signed in yet.
    let nobody = Shell { signed_in: None, care_tab: None, ..shell.clone() };
    let mut found = pages_of!(&nobody,
        "care-sign-in" sign_in::SignIn;
        "care-code" sign_in::EnterCode;
    );
    let on = |tab| Shell { care_tab: Some(tab), ..shell.clone() };
    let places = [
        pages_of!(shell,
            "care-home" home::Home;
            "care-promise" promise::Promise;
            "care-task" task::Task;
            "care-trouble" crate::trouble::CareTrouble;
        ),
        pages_of!(&on(CareTab::Statement), "care-statement" statement::Statement;),
        pages_of!(&on(CareTab::Pay), "care-pay" pay::Pay;),
        pages_of!(&on(CareTab::Services),
            "care-services" services::Services;
            "care-shop" shop::Shop;
        ),
        pages_of!(&on(CareTab::More),
            "care-more" more::More;
            "care-holidays" holidays::Holidays;
            "care-alerts" alerts::Alerts;
            "care-running" running::RunningNow;
            "care-sign-ins" sign_ins::SignIns;
            "care-settings" settings::Settings;
        ),
    ];
    found.extend(places.into_iter().flatten());
    found
}

fn shell(language: Language, theme: Theme) -> Shell {
    Shell {
        language,
        theme,
        now: Moment { year: 2026, month: 11, day: 29, hour: 17, minute: 30 },
        time_zone: "Pacific/Tahiti".into(),
        brand: "Fenua Net".into(),
        assets: ".".into(),
        csrf: Csrf("q8Zk".into()),
        ..Shell::default()
    }
}

/// The shell of an agent.
pub fn console_shell(language: Language, theme: Theme) -> Shell {
    Shell {
        signed_in: Some(SignedIn { name: "Marisol Ortiz".into(), role: "agent".into() }),
        places: Place::ALL.to_vec(),
        place: Some(Place::Find),
        ..shell(language, theme)
    }
}

/// The shell of a customer.
pub fn care_shell(language: Language, theme: Theme) -> Shell {
    Shell {
        signed_in: Some(SignedIn { name: "Amélie".into(), role: String::new() }),
        care_tab: Some(CareTab::Home),
        ..shell(language, theme)
    }
}

#[cfg(test)]
mod tests;
