//! Stripe's Checkout: a page of Stripe's, made for one payment, on which a customer pays.
//!
//! **Invariant:** money is booked by the channel's signed webhook alone. Having a page made moves
//! none, and what a browser brings back from it is believed in nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use axum::http::HeaderValue;
use engine::{Amount, Currency, Money, Name, Precision};
use serde::{Deserialize, Serialize};

use super::amount::{stripe_amount, stripe_amount_max};
use crate::channels::Channels;
use crate::channels::access::{Secret, secret_or_file};
use crate::shard::key_digest;
use crate::webhooks::address::Allowed;
use crate::webhooks::client::{Answer, Client, Target};

/// Under which our reference stands in the metadata of session and payment intent.
pub const CHECKOUT: &str = "checkout";

/// The version of Stripe's API that is spoken here, whichever the provider's account has.
const VERSION: &str = "2025-09-30.clover";

/// A session is some four thousand bytes, and the address of its page stands at the end.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// `[self_care.stripe]`
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct CheckoutConfig {
    /// The channel whose webhook says what was paid: a name under `[channels.stripe]`.
    pub channel: String,
    /// The secret key of the API: `sk_…`, or a restricted one, `rk_…`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// Holds the secret, so that the configuration need not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_file: Option<PathBuf>,
    /// Where browsers find self-care, and come back to.
    pub return_url: String,
    /// From where Stripe shows its page; another one with a domain of the provider's own.
    #[serde(default = "page_url")]
    pub page_url: String,
    /// Where Stripe's API is. For tests.
    #[serde(default = "api_url")]
    pub api_url: String,
    /// How long Stripe may take. Somebody waits before a browser.
    #[serde(default = "timeout_seconds")]
    pub timeout_seconds: u32,
    /// What can be paid in.
    #[serde(default)]
    pub currencies: BTreeMap<String, BoundsConfig>,
}

/// Bounds of one payment.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BoundsConfig {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<String>,
}

fn page_url() -> String {
    "https://checkout.stripe.com".to_owned()
}

fn api_url() -> String {
    "https://api.stripe.com".to_owned()
}

fn timeout_seconds() -> u32 {
    20
}

/// Has pages made, and knows what can be paid on them.
pub struct Checkout {
    /// The source of its payments.
    pub channel: Name,
    /// Where its pages are: scheme, host and port.
    pub page_origin: String,
    currencies: Vec<(Currency, Bounds)>,
    return_url: String,
    sessions_url: String,
    secret: Secret,
    client: Client,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bounds {
    minimum: Option<Amount>,
    maximum: Option<Amount>,
}

/// Why a sum cannot be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpayable {
    Currency,
    Below(Money),
    Above(Money),
    /// Finer than what Stripe counts, or nothing.
    Amount,
}

/// The page that somebody needs.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Of one account, sum and form: by it the payment is known when it comes.
    pub reference: &'a str,
    /// Its id, by which the payment finds it.
    pub account: &'a str,
    /// Its number, for people.
    pub number: &'a str,
    pub money: Money,
    /// What is paid, in words.
    pub title: &'a str,
    /// A tag of BCP 47 that Stripe knows.
    pub language: &'a str,
    /// Paths on our host, with their queries, where one comes back to: having paid, or not.
    pub paid_path: &'a str,
    pub left_path: &'a str,
}

/// There is no page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoPage {
    /// Stripe said no, and would say it again under the same reference.
    Refused(String),
    /// As [`Self::Refused`]: it takes no sum as small as this, whatever is configured.
    TooSmall(String),
    /// As [`Self::TooSmall`], of a sum as large as this.
    TooLarge(String),
    /// Nobody knows whether it was made; under the same reference no second one is.
    Unheard(String),
}

impl CheckoutConfig {
    /// Says what is wrong without looking at the file of the secret.
    pub fn check(&self, channels: &Channels) -> anyhow::Result<()> {
        let place = "self_care.stripe";
        let channel = &self.channel;
        ensure!(
            channels.stripe.contains_key(channel),
            "{place}.channel: there is no [channels.stripe.{channel}], by which the payments would \
             come in"
        );
        let file = self.secret_file.as_deref();
        if let Some(secret) = secret_or_file(place, self.secret.as_ref(), file)? {
            check_secret(&format!("{place}.secret"), secret)?;
        }
        for (key, url) in [
            ("return_url", &self.return_url),
            ("page_url", &self.page_url),
            ("api_url", &self.api_url),
        ] {
            if let Err(why) = Target::origin(url) {
                bail!("{place}.{key}: {url:?} {why}");
            }
        }
        ensure!(
            !self.currencies.is_empty(),
            "{place}.currencies: names none; say in what can be paid, such as EUR = {{}}"
        );
        let seconds = self.timeout_seconds;
        ensure!(
            (1..=60).contains(&seconds),
            "{place}.timeout_seconds: {seconds} is not from 1 to 60"
        );
        self.bounds().map(drop)
    }

    pub fn open(&self) -> anyhow::Result<Checkout> {
        let place = "self_care.stripe.secret_file";
        let secret = match (&self.secret, &self.secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(path)) => Secret::read(place, path)?,
            (None, None) => bail!("self_care.stripe: has no secret"),
        };
        check_secret(place, &secret)?;
        let origin =
            |url: &str| Target::origin(url).map_err(|why| anyhow::anyhow!("{url:?} {why}"));
        let timeout = Duration::from_secs(self.timeout_seconds.into());
        let client = Client::new(Allowed::Anywhere, timeout).keeping(ANSWER_BYTES_MAX);
        Ok(Checkout {
            channel: Name::new(&self.channel).ok().context("its channel is not a name")?,
            page_origin: origin(&self.page_url)?,
            currencies: self.bounds()?,
            return_url: origin(&self.return_url)?,
            sessions_url: format!("{}/v1/checkout/sessions", origin(&self.api_url)?),
            secret,
            client,
        })
    }

    fn bounds(&self) -> anyhow::Result<Vec<(Currency, Bounds)>> {
        let bounds = self.currencies.iter().map(|(code, it)| {
            let place = format!("self_care.stripe.currencies.{code}");
            let currency = Currency::from_code(code);
            let currency = currency.with_context(|| format!("{place}: is no currency"))?;
            let amount = |key: &str, text: &Option<String>| {
                let Some(text) = text else { return Ok(None) };
                let amount = Amount::parse(text, currency.exponent(), Precision::MinorUnits);
                let amount = amount
                    .ok()
                    .filter(|it| stripe_amount(Money { amount: *it, currency }).is_some());
                amount.map(Some).with_context(|| {
                    format!("{place}.{key}: {text:?} is not an amount that Stripe takes")
                })
            };
            let bounds = Bounds {
                minimum: amount("minimum", &it.minimum)?,
                maximum: amount("maximum", &it.maximum)?,
            };
            if let (Some(minimum), Some(maximum)) = (bounds.minimum, bounds.maximum) {
                ensure!(minimum <= maximum, "{place}.minimum: is above its maximum");
            }
            Ok((currency, bounds))
        });
        bounds.collect()
    }
}

/// It goes into a header.
fn check_secret(place: &str, secret: &Secret) -> anyhow::Result<()> {
    secret.check(place)?;
    let is_key = secret.as_bytes().iter().all(u8::is_ascii_graphic);
    ensure!(is_key, "{place}: is no key of Stripe's: it has other characters than a key has");
    Ok(())
}

impl Checkout {
    pub fn currencies(&self) -> impl Iterator<Item = Currency> {
        self.currencies.iter().map(|it| it.0)
    }

    /// The least that can be paid at once, where a least is configured.
    pub fn minimum(&self, currency: Currency) -> Option<Money> {
        let (_, bounds) = self.currencies.iter().find(|it| it.0 == currency)?;
        Some(Money { amount: bounds.minimum?, currency })
    }

    /// The most that can be paid at once, by what is configured and by what Stripe takes.
    pub fn maximum(&self, currency: Currency) -> Option<Money> {
        let (_, bounds) = self.currencies.iter().find(|it| it.0 == currency)?;
        let most = stripe_amount_max(currency).amount;
        Some(Money { amount: bounds.maximum.map_or(most, |it| it.min(most)), currency })
    }

    /// Whether a page can be made for this sum.
    pub fn check(&self, money: Money) -> Result<(), Unpayable> {
        let currency = money.currency;
        let found = self.currencies.iter().find(|it| it.0 == currency);
        let Some((_, bounds)) = found else { return Err(Unpayable::Currency) };
        if let Some(amount) = bounds.minimum.filter(|it| money.amount < *it) {
            return Err(Unpayable::Below(Money { amount, currency }));
        }
        if let Some(most) = self.maximum(currency).filter(|it| money.amount > it.amount) {
            return Err(Unpayable::Above(most));
        }
        stripe_amount(money).map(drop).ok_or(Unpayable::Amount)
    }

    /// Has Stripe make a page, and answers where it is: for the same wish the same one, and for
    /// one that is another in anything a page of its own.
    pub async fn open_page(&self, wish: &Wish<'_>) -> Result<String, NoPage> {
        let page = self.ask(wish).await.and_then(|it| self.page(&it));
        let outcome = match &page {
            Ok(_) => "made",
            Err(NoPage::Refused(_) | NoPage::TooSmall(_) | NoPage::TooLarge(_)) => "refused",
            Err(NoPage::Unheard(_)) => "unheard",
        };
        metrics::counter!("sporran_checkout_pages_total", "outcome" => outcome).increment(1);
        page
    }

    /// Has Stripe make the session of a page.
    async fn ask(&self, wish: &Wish<'_>) -> Result<Answer, NoPage> {
        let amount = stripe_amount(wish.money);
        let amount = amount.ok_or_else(|| NoPage::Refused("it takes no such amount".to_owned()))?;
        let amount = amount.to_string();
        let currency = wish.money.currency.code().to_ascii_lowercase();
        let [paid, left] =
            [wish.paid_path, wish.left_path].map(|path| format!("{}{path}", self.return_url));
        let fields = [
            ("mode", "payment"),
            ("client_reference_id", wish.number),
            ("success_url", &paid),
            ("cancel_url", &left),
            ("locale", wish.language),
            // What is paid is what was shown here, in its currency.
            ("adaptive_pricing[enabled]", "false"),
            ("line_items[0][quantity]", "1"),
            ("line_items[0][price_data][currency]", &currency),
            ("line_items[0][price_data][unit_amount]", &amount),
            ("line_items[0][price_data][product_data][name]", wish.title),
            // On the intent as well, whose event comes by itself.
            ("metadata[account]", wish.account),
            ("metadata[checkout]", wish.reference),
            ("payment_intent_data[metadata][account]", wish.account),
            ("payment_intent_data[metadata][checkout]", wish.reference),
            ("payment_intent_data[description]", wish.title),
        ];
        // Stripe refuses a key that came before with anything else, be it the language.
        let asked: Vec<&[u8]> =
            fields.iter().flat_map(|it| [it.0.as_bytes(), it.1.as_bytes()]).collect();
        let headers = [
            ("authorization", format!("Bearer {}", self.secret.as_str())),
            ("idempotency-key", format!("{:032x}", key_digest(&asked))),
            ("stripe-version", VERSION.to_owned()),
        ];
        let answer = self.client.post_form(&self.sessions_url, &headers, &fields).await;
        answer.map_err(NoPage::Unheard)
    }

    fn page(&self, answer: &Answer) -> Result<String, NoPage> {
        match answer.status {
            200..=299 => {}
            // The same is being done under this reference, or it was too much at once.
            409 | 429 => return Err(NoPage::Unheard(self.why(answer))),
            // Also what broke at Stripe's is remembered there, and would be answered again.
            _ => return Err(self.no_page(answer)),
        }
        let made: Result<Made, _> = serde_json::from_str(&answer.body);
        let url = made.map_err(|_| NoPage::Unheard("the answer is no session".to_owned()))?.url;
        let url = url.ok_or_else(|| NoPage::Refused("the session has no page".to_owned()))?;
        let is_there = url.strip_prefix(&self.page_origin).is_some_and(|it| it.starts_with('/'));
        match is_there && HeaderValue::try_from(&url).is_ok() {
            true => Ok(url),
            false => {
                let origin = &self.page_origin;
                Err(NoPage::Refused(format!("the page is not at {origin}; is it page_url?")))
            }
        }
    }

    /// Stripe's least sum follows the currency that the provider is paid out in, and its rate.
    fn no_page(&self, answer: &Answer) -> NoPage {
        let said = serde_json::from_str(&answer.body).ok();
        let code = said.and_then(|it: Said| it.error.code);
        match code.as_deref() {
            Some("amount_too_small") => NoPage::TooSmall(self.why(answer)),
            Some("amount_too_large") => NoPage::TooLarge(self.why(answer)),
            _ => NoPage::Refused(self.why(answer)),
        }
    }

    /// What Stripe says is wrong, for the log.
    fn why(&self, answer: &Answer) -> String {
        let status = answer.status;
        let Ok(said) = serde_json::from_str::<Said>(&answer.body) else {
            return format!("Stripe answered {status}");
        };
        let Wrong { kind, code, param, message } = said.error;
        let parts = [kind, code, param, message].into_iter().flatten();
        let words = parts.filter(|it| !it.is_empty()).collect::<Vec<_>>().join(", ");
        let words: String =
            words.replace(self.secret.as_str(), "(hidden)").chars().take(500).collect();
        format!("Stripe answered {status}: {words}")
    }
}

#[derive(Deserialize)]
struct Made {
    url: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    error: Wrong,
}

#[derive(Deserialize)]
struct Wrong {
    #[serde(rename = "type")]
    kind: Option<String>,
    code: Option<String>,
    param: Option<String>,
    message: Option<String>,
}

/// Without its secret.
impl fmt::Debug for Checkout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Checkout").field("channel", &self.channel).finish_non_exhaustive()
    }
}
