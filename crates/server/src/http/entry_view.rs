//! An entry of the journal as JSON: the answer to every write, a line of a statement, an event.

mod finance;
pub mod services;

use engine::{
    Account, AccountId, Alerts, Amount, Balance, Conversion, CreditEnd, CreditId, Currency,
    CustomerFields, Entry, ExchangeRate, Fact, Grant, Next, Posting, ReservationId, SubscriptionId,
    Unit,
};
use serde::Serialize;
use serde_with::skip_serializing_none;
use utoipa::ToSchema;

use super::error::Problem;
use super::wire::{self, WireLimit, WireMoney};

/// One entry. Which of the later fields are there depends on its kind.
#[skip_serializing_none]
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct EntryView {
    /// Place in the journal: the cursor of statements and events.
    pub position: u64,
    pub at: String,
    pub kind: &'static str,
    pub actor: &'static str,
    pub channel: &'static str,
    pub reason: Option<String>,
    #[schema(example = "cus_12")]
    pub customer: Option<String>,
    #[schema(example = "acc_34")]
    pub account: Option<String>,
    /// What the entry did to the balance, signed.
    pub amount: Option<WireMoney>,
    pub balance: Option<WireMoney>,
    pub held: Option<WireMoney>,
    pub credit: Option<WireLimit>,
    pub available: Option<WireLimit>,
    #[schema(example = "payments:cash")]
    pub contra: Option<String>,
    /// The payment that came in, or that was cancelled.
    #[schema(example = "pay_56")]
    pub payment: Option<String>,
    pub reference: Option<String>,
    pub paid_at: Option<String>,
    pub note: Option<String>,
    pub conversion: Option<ConversionView>,
    /// What was charged although nothing was held or available for it.
    pub overrun: Option<WireMoney>,
    /// The account on the other side of a transfer.
    pub other_account: Option<String>,
    #[schema(example = "res_34-5")]
    pub reservation: Option<String>,
    pub session: Option<String>,
    pub service: Option<String>,
    pub request: Option<u32>,
    pub requested: Option<WireMoney>,
    pub granted: Option<WireMoney>,
    pub expires_at: Option<String>,
    pub refusal: Option<Problem>,
    #[schema(example = "crd_34-5")]
    pub temporary_limit: Option<String>,
    pub limit: Option<WireLimit>,
    pub ceiling: Option<WireMoney>,
    pub until: Option<String>,
    pub end: Option<&'static str>,
    pub number: Option<String>,
    pub name: Option<String>,
    #[schema(value_type = Object)]
    pub fields: Option<CustomerFields>,
    pub rates: Option<Vec<RateView>>,
    /// Since when somebody is a customer, when that was said.
    pub since: Option<String>,
    /// Money that came in, or went back, without touching an account.
    pub received: Option<WireMoney>,
    pub source: Option<&'static str>,
    /// Why a payment fits no account.
    #[schema(example = "account_unknown")]
    pub why: Option<&'static str>,
    /// Whom the payer named.
    pub named: Option<String>,
    #[schema(example = "rfd_34-5")]
    pub refund: Option<String>,
    pub requested_by: Option<String>,
    pub owed_since: Option<String>,
    pub fee: Option<WireMoney>,
    /// Real payments since a promised payment was granted.
    pub paid: Option<WireMoney>,
    /// Rules that staff have overridden.
    pub overridden: Option<Vec<&'static str>>,
    pub policy: Option<PolicyName>,
    pub plan: Option<String>,
    pub monthly_fee: Option<WireMoney>,
    pub alerts: Option<AlertsView>,
    /// What the balance fell below, or what is owed rose above.
    pub threshold: Option<WireMoney>,
    #[schema(example = "sub_34-5")]
    pub subscription: Option<String>,
    #[serde(flatten)]
    pub of_service: services::ServiceFields,
}

/// Which policy, and which version of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyName {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    #[schema(value_type = String, example = "EUR")]
    pub currency: Currency,
    pub version: u32,
}

#[skip_serializing_none]
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlertsView {
    pub balance_below: Vec<WireMoney>,
    pub owed_over: Option<WireMoney>,
}

impl AlertsView {
    pub fn new(alerts: &Alerts, unit: Unit) -> Self {
        let Unit { currency, exponent } = unit;
        let standing = |it: &Balance| WireMoney::balance(*it, currency, exponent);
        Self {
            balance_below: alerts.balance_below.iter().map(standing).collect(),
            owed_over: alerts.owed_over.map(|it| WireMoney::amount(it, currency, exponent)),
        }
    }

    /// Those of an account, when it has any.
    pub fn of(account: &Account) -> Option<Self> {
        let alerts = &account.extra.as_deref()?.alerts;
        (*alerts != Alerts::default()).then(|| Self::new(alerts, account.unit()))
    }
}

/// How money changed its currency.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConversionView {
    pub original: WireMoney,
    /// The published rates that were used: one, or two through the pivot currency.
    pub rates: Vec<RateView>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RateView {
    pub base: String,
    pub quote: String,
    /// Units of `quote` for one of `base`.
    pub rate: String,
    pub valid_from: String,
    pub source: &'static str,
}

impl RateView {
    pub fn new(rate: &ExchangeRate) -> Self {
        Self {
            base: rate.base.to_string(),
            quote: rate.quote.to_string(),
            rate: rate.rate.into(),
            valid_from: wire::time(rate.valid_from),
            source: rate.source.as_str(),
        }
    }
}

impl ConversionView {
    pub fn new(conversion: &Conversion) -> Self {
        let Conversion { original, currency, exponent, rates } = conversion;
        Self {
            original: WireMoney::amount(*original, *currency, *exponent),
            rates: rates.iter().map(RateView::new).collect(),
        }
    }
}

impl EntryView {
    pub fn new(entry: &Entry) -> Self {
        let mut view = Self {
            position: entry.position.0,
            at: wire::time(entry.at),
            kind: entry.fact.kind(),
            actor: entry.origin.actor.as_str(),
            channel: entry.origin.channel.as_str(),
            reason: entry.origin.reason.as_deref().map(Into::into),
            customer: entry.customer.map(wire::customer_id),
            conversion: entry.fact.conversion().map(ConversionView::new),
            ..Self::default()
        };
        match &entry.posting {
            Some(posting) => {
                view.add_posting(posting);
                view.add_account_fact(entry, posting);
            }
            None => view.add_other_fact(entry),
        }
        view
    }

    fn add_posting(&mut self, posting: &Posting) {
        let Posting { currency, exponent, .. } = *posting;
        let contra = posting.contra.to_string();
        self.account = Some(wire::account_id(posting.account));
        self.amount = Some(WireMoney::balance(posting.amount, currency, exponent));
        self.balance = Some(WireMoney::balance(posting.balance, currency, exponent));
        self.held = Some(WireMoney::amount(posting.held, currency, exponent));
        self.credit = Some(WireLimit::limit(posting.credit, currency, exponent));
        self.available = Some(WireLimit::available(posting.available(), currency, exponent));
        self.contra = (!contra.is_empty()).then_some(contra);
    }

    fn add_account_fact(&mut self, entry: &Entry, posting: &Posting) {
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        let limit = |it| WireLimit::limit(it, posting.currency, posting.exponent);
        let text = |it: &Option<std::sync::Arc<str>>| it.as_deref().map(Into::into);
        self.overrun = entry.fact.overrun().map(money);
        match &entry.fact {
            Fact::Payment(fact) => {
                self.payment = Some(wire::payment_id(entry.position));
                self.reference = Some(fact.reference.to_string());
                self.paid_at = fact.paid_at.map(wire::time);
                self.note = text(&fact.note);
            }
            Fact::PaymentCancelled(fact) => {
                self.payment = Some(wire::payment_id(fact.payment));
                self.note = text(&fact.note);
            }
            Fact::Charge(Some(fact)) => {
                self.reference = text(&fact.reference);
                self.note = text(&fact.note);
            }
            Fact::Adjustment(Some(fact)) => self.note = Some(fact.note.to_string()),
            Fact::TransferOut(fact) | Fact::TransferIn(fact) => {
                self.other_account = Some(wire::account_id(fact.other));
                self.note = text(&fact.note);
            }
            Fact::AccountOpened(fact) => {
                self.number = Some(fact.number.to_string());
                self.name = Some(fact.name.to_string());
                self.limit = Some(limit(fact.limit));
                self.ceiling = fact.ceiling.map(money);
            }
            Fact::AccountRenamed(fact) => self.name = Some(fact.name.to_string()),
            Fact::CreditLimitSet(it) => self.limit = Some(limit(*it)),
            Fact::CreditCeilingSet(ceiling) => self.ceiling = ceiling.map(money),
            &Fact::CreditGranted { serial, amount, until, .. }
            | &Fact::CreditEnding { serial, amount, until } => {
                self.add_temporary_limit(posting.account, serial, money(amount));
                self.until = Some(wire::time(until));
            }
            &Fact::CreditEnded { serial, amount, end } => {
                self.add_temporary_limit(posting.account, serial, money(amount));
                self.end = Some(match end {
                    CreditEnd::Expired => "expired",
                    CreditEnd::Revoked => "revoked",
                });
            }
            Fact::Authorised { .. }
            | Fact::Settled { .. }
            | Fact::Released { .. }
            | Fact::ReservationExpired { .. }
            | Fact::Refused { .. } => self.add_session_fact(entry, posting),
            Fact::SubscriptionOpened { .. }
            | Fact::SubscriptionChanged { .. }
            | Fact::SubscriptionSuspended { .. }
            | Fact::SubscriptionResumed { .. }
            | Fact::SubscriptionClosed { .. }
            | Fact::PlanChanged { .. }
            | Fact::Purchased(_)
            | Fact::PeriodStarted { .. }
            | Fact::PeriodEnded { .. }
            | Fact::PeriodCredited { .. }
            | Fact::BillOverdue { .. }
            | Fact::Switched(_) => self.add_service_fact(entry, posting),
            _ => self.add_finance_fact(entry, posting),
        }
    }

    fn add_session_fact(&mut self, entry: &Entry, posting: &Posting) {
        let money = |it: Amount| WireMoney::amount(it, posting.currency, posting.exponent);
        match &entry.fact {
            Fact::Authorised { serial, request, grant, session } => {
                self.add_request(posting.account, *serial, *request);
                self.add_session(session, posting);
                self.add_grant(*grant, posting);
                if let Some(usage) = &session.usage {
                    let serial = usage.subscription;
                    let id = SubscriptionId { account: posting.account, serial };
                    self.subscription = Some(wire::subscription_id(id));
                    self.of_service.destination = usage.destination.as_deref().map(Into::into);
                    self.of_service.quantity = Some(services::GrantedView::new(usage.grant));
                }
            }
            Fact::Settled { serial, request, next, extra } => {
                self.add_request(posting.account, *serial, *request);
                match *next {
                    Next::Granted(grant) => self.add_grant(grant, posting),
                    Next::Kept { .. } | Next::Refused | Next::Final { .. } => {}
                }
                if let Some(extra) = extra {
                    self.requested = extra.requested.map(money);
                    self.refusal = extra.refusal.as_ref().map(Problem::refused);
                    let used = extra.used.as_ref();
                    self.of_service.used = used.map(services::UsedView::new);
                    let grant = used.and_then(|it| it.grant);
                    self.of_service.quantity = grant.map(services::GrantedView::new);
                }
            }
            Fact::Released { serial, request, .. } => {
                self.add_request(posting.account, *serial, *request);
            }
            Fact::ReservationExpired { serial, .. } => {
                self.add_request(posting.account, *serial, 0);
            }
            Fact::Refused { serial, request, refused } => {
                self.add_request(posting.account, *serial, *request);
                self.add_session(&refused.session, posting);
                self.refusal = Some(Problem::refused(&refused.refusal));
            }
            _ => {}
        }
    }

    fn add_other_fact(&mut self, entry: &Entry) {
        match &entry.fact {
            Fact::CustomerCreated(fields) | Fact::CustomerUpdated(fields) => {
                self.since = fields.since.map(wire::time);
                self.fields = Some(CustomerFields { since: None, ..CustomerFields::clone(fields) });
            }
            Fact::ExchangeRatesAdded(added) => {
                self.rates = Some(added.dated().map(|it| RateView::new(&it)).collect());
            }
            _ => self.add_unposted_fact(entry),
        }
    }

    fn add_request(&mut self, account: AccountId, serial: u32, request: u32) {
        self.reservation = Some(wire::reservation_id(ReservationId { account, serial }));
        self.request = (request > 0).then_some(request);
    }

    fn add_session(&mut self, session: &engine::SessionFact, posting: &Posting) {
        let requested = WireMoney::amount(session.requested, posting.currency, posting.exponent);
        self.session = Some(session.session.to_string());
        self.service = Some(session.service.to_string());
        self.requested = Some(requested);
    }

    fn add_grant(&mut self, grant: Grant, posting: &Posting) {
        let granted = WireMoney::amount(grant.amount, posting.currency, posting.exponent);
        self.granted = Some(granted);
        self.expires_at = Some(wire::time(grant.expires_at));
    }

    fn add_temporary_limit(&mut self, account: AccountId, serial: u32, amount: WireMoney) {
        self.temporary_limit = Some(wire::credit_id(CreditId { account, serial }));
        self.limit = Some(WireLimit::Money(amount));
    }
}
