//! Queues: empty, and with what waits in them.

use super::{Command, Provisioning, Refunds, Unallocated, UnallocatedPayment, WaitingRefund};
use crate::{Badge, Link, Moment, Money, Tab, Tone};

fn at(day: u8, hour: u8, minute: u8) -> Moment {
    Moment { year: 2026, month: 11, day, hour, minute }
}

fn tab(text: &str, is_current: bool) -> Tab {
    Tab { link: Link::new(text, "?show=1"), is_current }
}

impl Unallocated {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let payment = |reference: &str, named: &str, why: &str, money: Money| UnallocatedPayment {
            money,
            source: "bank".into(),
            reference: reference.into(),
            received_at: at(27, 9, 14),
            named: named.into(),
            why: why.into(),
            settled: None,
            allocate_href: "/console/payments/pay_91/allocate".into(),
            return_href: "/console/payments/pay_91/return".into(),
        };
        let eur = |cents: i128| Money::new(cents * 10_000, "EUR", 2);
        let settled = UnallocatedPayment {
            settled: Some(Badge::Done),
            ..payment("2026-1127-88", "10000424 5", "payments_locked", eur(1_240))
        };
        let many = Self {
            filters: vec![tab("waiting", true), tab("settled", false)],
            payments: vec![
                payment(
                    "RF18 5390 0754 7034",
                    "1000 0432 7 Tetuanui",
                    "account_unknown",
                    eur(4_000),
                ),
                payment(
                    "2026-1127-17",
                    "Facture novembre, merci de noter notre nouvelle adresse à Papeete",
                    "account_closed",
                    Money::new(12_345_678_900_000, "XPF", 0),
                ),
                payment("KZ-00991", "", "no_exchange_rate", Money::new(7_500_000_000, "KZT", 2)),
                settled,
            ],
            older: "?after=4".into(),
        };
        vec![("empty", Self::default()), ("many", many)]
    }
}

impl Provisioning {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let command = |name: &str, desired, state, attempts: &[&str]| Command {
            id: "cmd_48213".into(),
            customer: Link::new(name, "/console/customers/cus_12"),
            service: "Internet 100".into(),
            adapter: "bras".into(),
            desired,
            state,
            since: at(29, 13, 40),
            attempts: attempts.iter().map(|it| (*it).into()).collect(),
            next_at: None,
            retry_path: String::new(),
            acknowledge_path: String::new(),
        };
        let failing = Command {
            next_at: Some(at(29, 17, 44)),
            retry_path: "/console/provisioning/cmd_48213/retry".into(),
            ..command(
                "Société d’exploitation des hôtels et résidences de la presqu’île",
                Badge::Off,
                Badge::Failed,
                &["17:29:04 no answer within 10 s", "17:14:02 503 Service Unavailable"],
            )
        };
        let by_hand = Command {
            adapter: "people".into(),
            acknowledge_path: "/console/provisioning/cmd_48199/acknowledge".into(),
            ..command("Amélie Tetuanui", Badge::On, Badge::Waiting, &[])
        };
        let overtaken = Badge::Other(Tone::Calm, "overtaken".into());
        let many = Self {
            filters: vec![tab("waiting", true), tab("failed", false), tab("all", false)],
            commands: vec![
                failing,
                by_hand,
                command("Ольга Вознесенская", Badge::On, Badge::Done, &["13:40:05 acknowledged"]),
                command("山田 花子", Badge::Off, overtaken, &[]),
            ],
            older: String::new(),
        };
        vec![("empty", Self::default()), ("many", many)]
    }
}

impl Refunds {
    pub fn samples() -> Vec<(&'static str, Self)> {
        let refund = |is_own: bool, approve: &str, reject: &str| WaitingRefund {
            customer: Link::new("Amélie Tetuanui", "/console/customers/cus_12"),
            payment: "KIOSK-2026-11-28-004217".into(),
            money: Money::new(250_000_000, "EUR", 2),
            requested_by: "M. Ortiz".into(),
            requested_at: at(28, 16, 20),
            reason: "paid twice".into(),
            is_own,
            approve_href: approve.into(),
            reject_href: reject.into(),
        };
        let (approve, reject) =
            ("/console/refunds/rfd_34-5/approve", "/console/refunds/rfd_34-5/reject");
        let many =
            vec![refund(false, approve, reject), refund(true, "", reject), refund(false, "", "")];
        let older = "/console/refunds?after=4217".into();
        vec![("empty", Self::default()), ("many", Self { refunds: many, older })]
    }
}
