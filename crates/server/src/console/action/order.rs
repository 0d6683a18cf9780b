//! From what was typed to the order that is given, by the same functions as the API's bodies.

use engine::{
    AccountId, AccountRef, Balance, ChangePlan, Command, CreditId, Currency, GrantPromise, Limit,
    Money, OpenAccount, OpenSubscription, Order, Precision, PromiseAsk, Purchase, ReceivePayment,
    Refund, RefundPayment, ReversePart, SubscriptionId, Suspender, Timestamp, Transfer, When,
};
use jiff::civil::DateTime;
use pages::console::action::ActionKind;

use super::{customer_form, service_name};
use crate::console::Desk;
use crate::faces::typed::{no_hours, plain};
use crate::faces::{Picture, Typed};
use crate::http::app::{App, Entries};
use crate::http::error::{Fault, Problem};
use crate::http::resources::charges::note;
use crate::http::resources::payments::{cancellation_key, find_on_account, original, receive};
use crate::http::resources::subscriptions::{PRIORITY, subjects};
use crate::http::{text, wire};
use crate::shard::{Key, Operation};

/// An order that is complete, and what it is done once under.
pub struct Planned {
    pub order: Order,
    /// Of a promised payment: what the evaluator is asked.
    pub promise: Option<(AccountId, PromiseAsk)>,
    idempotency_key: Key,
    reference_key: Option<u128>,
}

impl Planned {
    pub async fn execute(self, app: &App) -> Result<Entries, Problem> {
        let Self { order, idempotency_key, reference_key, .. } = self;
        if let Command::ReceivePayment(payment) = order.command {
            return receive(app, order.origin, Some(idempotency_key), *payment).await;
        }
        let mut operation = Operation::new(order);
        operation.idempotency_key = Some(idempotency_key);
        operation.reference_key = reference_key.map(|key| Key { key, fingerprint: 0 });
        app.execute(operation).await
    }
}

/// Makes an order of what was typed, or says which field is wrong.
pub async fn plan(
    kind: ActionKind,
    desk: &Desk,
    picture: &Picture,
    typed: &Typed,
) -> Result<Planned, Problem> {
    let reading = Reading { kind, desk, picture, typed };
    let (mut promise, mut reference_key) = (None, None);
    let command = match kind {
        ActionKind::Refund | ActionKind::CancelPayment => {
            let (command, key) = reading.reversal().await?;
            reference_key = key;
            command
        }
        ActionKind::EditCustomer => reading.update().await?,
        ActionKind::Promise => {
            let grant = reading.promise()?;
            if let AccountRef::Id(account) = grant.account {
                promise = Some((account, grant.ask));
            }
            Command::GrantPromise(grant)
        }
        _ => desk.app.towards(reading.command()?).await?,
    };
    // A correction's reason is a word for the books; why it was made stands in the note.
    let reason = match kind {
        ActionKind::Adjust => None,
        _ => typed.said("reason"),
    };
    let origin = desk.staff.origin(reason)?;
    let idempotency_key = typed.once("console", &desk.staff.name, kind.name());
    Ok(Planned { order: Order { origin, command }, promise, idempotency_key, reference_key })
}

struct Reading<'a> {
    kind: ActionKind,
    desk: &'a Desk,
    picture: &'a Picture,
    typed: &'a Typed,
}

impl Reading<'_> {
    fn command(&self) -> Result<Command, Problem> {
        let typed = self.typed;
        Ok(match self.kind {
            ActionKind::TakePayment => Command::ReceivePayment(Box::new(self.payment()?)),
            ActionKind::Adjust => {
                let (account, currency) = self.account()?;
                let amount = self.signed(currency)?;
                let reason = service_name("reason", typed.get("reason"))?;
                Command::Adjust { account, amount, currency, reason, note: self.note("note")? }
            }
            ActionKind::Transfer => {
                let (from, currency) = self.account()?;
                let to = typed.get("to_account").replace([' ', '\u{A0}'], "");
                let to = wire::parse_account("to_account", &to)?;
                let money = self.money(currency.code())?;
                let note = self.note("note")?;
                Command::Transfer(Box::new(Transfer { from, to, money, note }))
            }
            ActionKind::PermanentLimit => {
                let (account, currency) = self.account()?;
                let limit = match typed.said("amount") {
                    None => Limit::Unlimited,
                    Some(amount) => Limit::Limited(self.money_or_zero(amount, currency)?.amount),
                };
                self.reason_needed()?;
                Command::SetCreditLimit { account, limit, currency: Some(currency) }
            }
            ActionKind::TemporaryLimit => {
                let (account, currency) = self.account()?;
                let money = self.money(currency.code())?;
                let until = self.moment("until")?;
                let until =
                    until.ok_or_else(|| Problem::faulty("until", Fault::Empty, "is missing"))?;
                self.reason_needed()?;
                Command::GrantCredit { account, money, until }
            }
            ActionKind::WriteOff => {
                let (account, currency) = self.account()?;
                let money = Some(self.money(currency.code())?);
                self.reason_needed()?;
                Command::WriteOff { account, money, note: note("reason", typed.said("reason"))? }
            }
            ActionKind::EndCredit => {
                self.reason_needed()?;
                Command::RevokeCredit { credit: self.credit()? }
            }
            ActionKind::OpenAccount => Command::OpenAccount(Box::new(self.opening()?)),
            ActionKind::CloseAccount => {
                let (account, _) = self.account()?;
                self.reason_needed()?;
                Command::CloseAccount { account }
            }
            _ => self.service()?,
        })
    }

    /// What is about services.
    fn service(&self) -> Result<Command, Problem> {
        let typed = self.typed;
        Ok(match self.kind {
            ActionKind::Suspend => Command::SuspendSubscription {
                subscription: self.subscription()?,
                by: Suspender::Staff,
                until: self.moment("until")?,
            },
            ActionKind::Resume => Command::ResumeSubscription {
                subscription: self.subscription()?,
                by: Suspender::Staff,
            },
            ActionKind::ChangePlan => Command::ChangePlan(Box::new(ChangePlan {
                subscription: self.subscription()?,
                service: service_name("new_service", typed.get("new_service"))?,
                own_price: None,
                when: match typed.get("at_period_end") {
                    "yes" => When::AtPeriodEnd,
                    _ => When::Now,
                },
            })),
            ActionKind::CloseService => {
                self.reason_needed()?;
                Command::CloseSubscription {
                    subscription: self.subscription()?,
                    refund: self.refund()?,
                }
            }
            ActionKind::Turbo => {
                let (account, _) = self.account()?;
                let service = service_name("service", typed.get("service"))?;
                let base = self.base(&account)?;
                Command::Purchase(Box::new(Purchase { account, service, base, item: None }))
            }
            ActionKind::AddService => {
                let (account, _) = self.account()?;
                Command::OpenSubscription(Box::new(OpenSubscription {
                    account,
                    service: service_name("service", typed.get("service"))?,
                    priority: PRIORITY,
                    own_price: None,
                    subjects: self.subjects()?,
                    base: None,
                }))
            }
            _ => return Err(Problem::internal()),
        })
    }

    fn payment(&self) -> Result<ReceivePayment, Problem> {
        let typed = self.typed;
        let (account, own) = self.account()?;
        let reference = typed.get("reference");
        text::check("reference", reference, 128)?;
        let code = typed.said("amount_currency").unwrap_or(own.code());
        Ok(ReceivePayment {
            account: Some(account),
            source: service_name("source", typed.get("source"))?,
            reference: reference.into(),
            money: self.money(code)?,
            paid_at: self.moment("paid_at")?,
            note: self.note("note")?,
        })
    }

    /// A payment of one of this customer's accounts goes back, whole or in part.
    async fn reversal(&self) -> Result<(Command, Option<u128>), Problem> {
        let typed = self.typed;
        self.reason_needed()?;
        let entry = find_on_account(&self.desk.app, typed.get("payment")).await;
        let entry = entry.map_err(|_| Problem::faulty("payment", Fault::Choose, "is not there"))?;
        if entry.customer != Some(self.picture.customer) {
            return Err(Problem::faulty("payment", Fault::Choose, "is of somebody else"));
        }
        let words = match typed.said("note") {
            None => typed.get("reason").to_owned(),
            Some(note) => format!("{}: {note}", typed.get("reason")),
        };
        let note = note("reason", Some(&words))?;
        let original = original(&entry, note).ok_or_else(Problem::internal)?;
        if self.kind == ActionKind::CancelPayment {
            let key = cancellation_key(entry.position);
            return Ok((Command::CancelPayment(Box::new(original)), Some(key)));
        }
        let posting = entry.posting.ok_or_else(Problem::internal)?;
        let paid_in = entry.fact.conversion().map_or(posting.currency, |it| it.currency);
        let part = typed.said("amount").map(|_| self.money(paid_in.code())).transpose()?;
        let caps = &self.desk.app.options.refund_caps;
        let cap = caps.cap(self.desk.staff.role, posting.currency);
        let reverse = ReversePart { original, part };
        Ok((Command::RefundPayment(Box::new(RefundPayment { reverse, cap })), None))
    }

    /// What nobody types stays as it is.
    async fn update(&self) -> Result<Command, Problem> {
        let customer = self.picture.customer;
        let known = self.desk.app.readers.read(move |it| it.customer(customer)).await?;
        let known = known.ok_or_else(Problem::internal)?;
        let fields = customer_form::read(self.typed, known.fields.since)?.into();
        Ok(Command::UpdateCustomer { customer, fields })
    }

    /// What goes back of a paid period.
    fn refund(&self) -> Result<Refund, Problem> {
        match self.typed.get("refund_unused") {
            "" | "service" => Ok(Refund::AsService),
            "unused" => Ok(Refund::Unused),
            "nothing" => Ok(Refund::Nothing),
            _ => Err(Problem::faulty("refund_unused", Fault::Choose, "is no choice")),
        }
    }

    /// What a turbo button is for: a service that the same account pays for.
    fn base(&self, account: &AccountRef) -> Result<Option<u32>, Problem> {
        let Some(id) = self.typed.said("base_service") else { return Ok(None) };
        let id = wire::parse_subscription("base_service", id)?;
        match AccountRef::Id(id.account) == *account {
            true => Ok(Some(id.serial)),
            false => {
                let why = "is paid for by another account";
                Err(Problem::faulty("base_service", Fault::OtherAccount, why))
            }
        }
    }

    /// Names of the network, with commas between.
    fn subjects(&self) -> Result<Vec<Box<str>>, Problem> {
        let names = self.typed.get("subjects").split(',').map(str::trim);
        let names: Vec<String> = names.filter(|it| !it.is_empty()).map(str::to_owned).collect();
        subjects(&names).map_err(|problem| Problem { field: Some("subjects".into()), ..problem })
    }

    /// A limit of one of this customer's accounts.
    fn credit(&self) -> Result<CreditId, Problem> {
        let id = wire::parse_credit("credit", self.typed.get("credit"))?;
        match self.picture.purse(id.account) {
            Some(_) => Ok(id),
            None => Err(Problem::faulty("credit", Fault::Choose, "is of somebody else")),
        }
    }

    fn promise(&self) -> Result<GrantPromise, Problem> {
        let typed = self.typed;
        let (account, currency) = self.account()?;
        let amount = typed.said("amount").map(|_| self.money(currency.code())).transpose()?;
        let hours = typed.said("hours").map(str::parse::<u32>).transpose();
        let hours = hours.map_err(|_| no_hours())?;
        let overriding = match typed.get("override") {
            "yes" => {
                self.reason_needed()?;
                Some(service_name("override", self.desk.staff.role.name())?)
            }
            _ => None,
        };
        let accepts_terms = typed.get("accept_terms") == "yes";
        let ask = PromiseAsk { amount: amount.map(|it| it.amount), hours, accepts_terms };
        Ok(GrantPromise { account, ask, currency: Some(currency), overriding })
    }

    fn opening(&self) -> Result<OpenAccount, Problem> {
        let name = self.typed.get("name");
        if !name.is_empty() {
            text::check("name", name, 64)?;
        }
        Ok(OpenAccount {
            customer: self.picture.customer,
            currency: wire::currency("currency", self.typed.get("currency"))?,
            name: name.into(),
            number: None,
            limit: Limit::NONE,
            ceiling: None,
        })
    }

    /// One of this customer's accounts, and its currency.
    fn account(&self) -> Result<(AccountRef, Currency), Problem> {
        let wanted = self.typed.get("account");
        let found = self.picture.purses.iter().find(|it| wire::account_id(it.account.id) == wanted);
        let account =
            &found.ok_or_else(|| Problem::faulty("account", Fault::Choose, "is missing"))?.account;
        Ok((AccountRef::Id(account.id), account.currency))
    }

    /// A service of one of this customer's accounts.
    fn subscription(&self) -> Result<SubscriptionId, Problem> {
        let id = wire::parse_subscription("service", self.typed.get("service"))?;
        match self.picture.purse(id.account) {
            Some(_) => Ok(id),
            None => Err(Problem::faulty("service", Fault::Choose, "is of somebody else")),
        }
    }

    fn money(&self, code: &str) -> Result<Money, Problem> {
        let amount = plain(self.typed.get("amount"), self.desk.language);
        wire::money(&amount, code, Precision::MinorUnits)
    }

    fn money_or_zero(&self, amount: &str, currency: Currency) -> Result<Money, Problem> {
        let amount = plain(amount, self.desk.language);
        wire::money_or_zero("amount", &amount, currency.code(), Precision::MinorUnits)
    }

    fn signed(&self, currency: Currency) -> Result<Balance, Problem> {
        let amount = plain(self.typed.get("amount"), self.desk.language);
        wire::signed_money(&amount, currency.code()).map(|it| it.0)
    }

    fn note(&self, name: &str) -> Result<engine::Note, Problem> {
        // Lines of a note are one line in the journal.
        let text = self.typed.get(name).split_whitespace().collect::<Vec<_>>().join(" ");
        note(name, Some(text.as_str()).filter(|it| !it.is_empty()))
    }

    fn reason_needed(&self) -> Result<(), Problem> {
        text::check("reason", self.typed.get("reason"), 256)
    }

    /// `2026-12-03T00:00` on the provider's clock.
    fn moment(&self, name: &str) -> Result<Option<Timestamp>, Problem> {
        let Some(text) = self.typed.said(name) else { return Ok(None) };
        let civil: Option<DateTime> = text.parse().ok();
        let at = civil.and_then(|it| it.to_zoned(self.desk.zone.clone()).ok());
        let why = "is not a moment such as 2026-12-03T00:00";
        let at = at.ok_or_else(|| Problem::faulty(name, Fault::Moment, why))?;
        Ok(Some(Timestamp(at.timestamp().as_microsecond())))
    }
}
