//! Where a customer is signed in, and ending it.

use crate::{Badge, Care, Message, Moment, Say, Tone};

#[derive(Clone, Debug, Default)]
pub struct SignIns {
    /// This browser first, then the newest.
    pub sessions: Vec<BrowserSession>,
    /// Ends all of them, this one too.
    pub end_all_path: String,
    /// What came in lately or tried to, newest first.
    pub attempts: Vec<SignInLine>,
}

/// A browser that is signed in.
#[derive(Clone, Debug, Default)]
pub struct BrowserSession {
    /// `Firefox on Android`; empty where it does not say.
    pub browser: String,
    pub address: String,
    pub since: Moment,
    pub seen: Moment,
    pub is_this: bool,
    /// Ends it, by POST.
    pub end_path: String,
}

/// Somebody came in, or tried to.
#[derive(Clone, Debug, Default)]
pub struct SignInLine {
    pub at: Moment,
    /// `Signed in by a code`, `Wrong password`
    pub text: String,
    pub tone: Tone,
    /// Browser and address; may be empty.
    pub from: String,
}

impl BrowserSession {
    pub(crate) fn name(&self, say: &Say) -> String {
        match self.browser.as_str() {
            "" => Care::of(say.language).sign_ins_unknown.to_owned(),
            browser => browser.to_owned(),
        }
    }

    pub(crate) fn badge(&self, say: &Say) -> Badge {
        Badge::Other(Tone::On, Care::of(say.language).sign_ins_this.to_owned())
    }

    pub(crate) fn text(&self, say: &Say) -> String {
        let care = Care::of(say.language);
        let seen = care.sign_ins_seen.with("at", say.moment_text(&self.seen));
        let since = care.sign_ins_since.with("at", say.moment_text(&self.since));
        let parts = [seen, since, self.address.clone()];
        parts.into_iter().filter(|it| !it.is_empty()).collect::<Vec<_>>().join(" · ")
    }
}

impl SignIns {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let at = |day, hour| Moment { year: 2026, month: 11, day, hour, minute: 4 };
        let session = |browser: &str, day, is_this| BrowserSession {
            browser: browser.into(),
            address: "2001:db8:85a3:8d3:1319:8a2e:370:7348".into(),
            since: at(day, 8),
            seen: at(29, 17),
            is_this,
            end_path: format!("/my/sign-ins/{day}/end"),
        };
        let line = |day, text: &str, tone| SignInLine {
            at: at(day, 9),
            text: text.into(),
            tone,
            from: "Firefox on Android, 203.0.113.7".into(),
        };
        let this = session("Firefox on Android", 29, true);
        let all = |sessions, attempts| Self {
            sessions,
            end_all_path: "/my/sign-ins/end-all".into(),
            attempts,
        };
        vec![
            ("one", all(vec![this.clone()], Vec::new())),
            (
                "many",
                all(
                    vec![
                        this,
                        session("Safari on an iPhone of somebody in the family", 27, false),
                        session("", 20, false),
                    ],
                    vec![
                        line(29, "Signed in by a code", Tone::On),
                        line(28, "Wrong password", Tone::Off),
                    ],
                ),
            ),
        ]
    }
}

page!(SignIns, "care/sign_ins.html");
