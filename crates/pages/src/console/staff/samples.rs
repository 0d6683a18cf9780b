//! Users and what they did.

use super::{Audit, AuditLine, OpenId, Role, User, Users};
use crate::{Badge, Choice, Link, Moment};

fn at(day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute }
}

impl Users {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let user = |name: &str, login: &str, role: &str, state, last_seen, sessions| User {
            name: name.into(),
            login: login.into(),
            href: format!("/console/users/{login}"),
            role: role.into(),
            has_password: login != "night",
            openid: match login {
                "k.teri" => OpenId::Linked("keanu@fenua.example".into()),
                "o.voz" => OpenId::Awaited("olga.voznesenskaya@fenua.example".into()),
                "night" => OpenId::Linked(String::new()),
                _ => OpenId::None,
            },
            last_seen,
            sessions,
            actions: [("change-user", "Change"), ("new-password", "New password")]
                .into_iter()
                .chain([match state {
                    Badge::Off => ("enable-user", "Enable"),
                    _ => ("disable-user", "Disable"),
                }])
                .chain((sessions > 0).then_some(("end-sessions", "End sessions")))
                .map(|(path, text)| Link::new(text, format!("/console/users/{login}/{path}")))
                .collect(),
            state,
        };
        let role = |name: &str, may: &[&str]| Role {
            name: name.into(),
            may: may.iter().map(|it| (*it).into()).collect(),
        };
        let seen = Some(at(29, 17, 12));
        let many = Self {
            users: vec![
                user("Marisol Ortiz", "m.ortiz", "agent", Badge::On, seen, 1),
                user("Keanu Teriierooiterai", "k.teri", "admin", Badge::On, Some(at(3, 8, 1)), 2),
                user("Ольга Вознесенская", "o.voz", "finance", Badge::Off, None, 0),
                user("Night shift, third floor", "night", "night_shift", Badge::On, None, 0),
            ],
            roles: vec![
                role("agent", &["look at customers", "take payments", "grant promised payments"]),
                role("finance", &["what agents may", "refund", "write off"]),
                role("admin", &["everything"]),
            ],
            add_href: "/console/users/new".into(),
        };
        vec![("empty", Self::default()), ("many", many)]
    }
}

impl Audit {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let shell = crate::gallery::console_shell(Default::default(), Default::default());
        let fields = Self::fields(vec![Choice::new("adjustment", "Correction")], &shell);
        let line = |what: &str, who: &str, account: &str, reason: &str| AuditLine {
            at: at(29, 14, 2),
            second: 11,
            who: who.into(),
            channel: "console".into(),
            what: what.into(),
            account: Link::new(account, "/console/accounts/acc_34"),
            reason: reason.into(),
        };
        let many = Self {
            fields: fields.clone(),
            lines: vec![
                line("Correction, +250 XPF", "M. Ortiz", "1000 0423 7", "the line was down"),
                line("Read the account", "M. Ortiz", "1000 0423 7", "call 4417"),
                line(
                    "Policy for promised payments set, residential XPF, version 4, with six rules",
                    "K. Teriierooiterai",
                    "",
                    "",
                ),
            ],
            older: "?before=90300".into(),
            exports: vec![Link::new("CSV", "?as=csv")],
        };
        vec![("empty", Self { fields, ..Self::default() }), ("many", many)]
    }
}
