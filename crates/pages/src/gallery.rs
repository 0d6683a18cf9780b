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
    // Nobody is signed in yet.
    let nobody = Shell { signed_in: None, places: Vec::new(), ..shell.clone() };
    let mut found = pages_of!(&nobody,
        "sign-in" crate::console::sign_in::SignIn;
    );
    found.extend(pages_of!(shell,
        "parts" crate::parts_page::PartsPage;
        "find" crate::console::find::Find;
        "customer" crate::console::customer::Customer;
        "action" crate::console::action::ActionPage;
        "console-trouble" crate::trouble::ConsoleTrouble;
    ));
    found
}

fn care_samples(shell: &Shell) -> Vec<Sample> {
    pages_of!(shell,
        "care-trouble" crate::trouble::CareTrouble;
    )
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
