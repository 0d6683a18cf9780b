//! Reconciliation: what the network really has, laid beside what it is to have.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use engine::SubscriptionId;
use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::provisioning::{Command, ProvisioningStore};
use utoipa::ToSchema;

use crate::http::app::App;
use crate::http::auth::{Permission, origin};
use crate::http::call::Call;
use crate::http::error::Problem;
use crate::http::once::once;
use crate::http::{text, wire};
use crate::provisioning::reconcile::{
    Desired, DifferenceKind, Found, Named, desired_state, difference, wanted,
};
use crate::shards::Question;

/// The most that one request compares.
const FOUND_MAX: usize = 10_000;

/// How many are looked up at once, so that no phone call waits for a reconciliation.
const LOOKED_UP_AT_ONCE: usize = 500;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReconciliationRequest {
    /// What the network has; at most 10,000.
    pub found: Vec<FoundRequest>,
    /// An adapter whose whole network the list is: what is to be on by it and is not in the list
    /// is missing.
    #[serde(default)]
    #[schema(example = "olt")]
    pub whole_of: Option<String>,
    /// Has the newest command of each subscription that differs sent again.
    #[serde(default)]
    pub repair: bool,
}

/// By `subject` or by `subscription`, one of the two.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundRequest {
    #[serde(default)]
    #[schema(example = "amelie@example.pf")]
    pub subject: Option<Box<str>>,
    #[serde(default)]
    #[schema(example = "sub_34-1")]
    pub subscription: Option<String>,
    pub on: bool,
    #[serde(default)]
    pub service: Option<String>,
    /// Settings that it is not to have are not looked at.
    #[serde(default)]
    pub profile: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct ReconciliationView {
    /// How many of what was found were compared.
    pub compared: usize,
    pub differences: Vec<DifferenceView>,
    /// How many subscriptions have their newest command sent again.
    pub repaired: usize,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct DifferenceView {
    pub kind: DifferenceKind,
    /// As it was named; the first name of what is missing.
    pub subject: Option<String>,
    /// Absent when it is unknown.
    #[schema(example = "sub_34-1")]
    pub subscription: Option<String>,
    pub desired: Option<NetworkState>,
    /// Absent when it is missing.
    pub found: Option<NetworkState>,
    /// The newest command of the subscription, where it was sent once.
    #[schema(example = "cmd_48213")]
    pub command: Option<String>,
    /// Whether that is sent again.
    pub repaired: bool,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct NetworkState {
    pub on: bool,
    pub service: Option<String>,
    pub profile: Option<BTreeMap<String, String>>,
}

impl FoundRequest {
    fn read(self, place: usize) -> Result<Found, Problem> {
        let field = |name: &str| format!("found[{place}].{name}");
        let named = match (self.subject, &self.subscription) {
            (Some(subject), None) => {
                text::check(&field("subject"), &subject, 255)?;
                Named::Subject(subject)
            }
            (None, Some(id)) => {
                Named::Subscription(wire::parse_subscription(&field("subscription"), id)?)
            }
            _ => {
                let why = "is missing, or there is a subscription beside it; one of the two";
                return Err(Problem::malformed(&field("subject"), why));
            }
        };
        Ok(Found { named, on: self.on, service: self.service, profile: self.profile })
    }
}

/// What differs, with the newest command of each subscription.
struct Compared {
    differences: Vec<(DifferenceKind, Option<Found>, Option<Desired>)>,
    newest: BTreeMap<SubscriptionId, Command>,
}

/// Compares what the network has with what it is to have, and has what differs put right.
#[utoipa::path(post, path = "/v1/provisioning/reconciliation", tag = "provisioning",
    request_body = ReconciliationRequest,
    responses((status = 200, body = ReconciliationView), (status = 400, body = Problem)))]
pub async fn reconcile_provisioning(
    State(app): State<App>,
    call: Call,
) -> Result<Response, Problem> {
    let caller = app.authorise(&call.headers, Permission::Provision).await?;
    let request: ReconciliationRequest = call.json()?;
    if request.found.len() > FOUND_MAX {
        return Err(Problem::malformed("found", format!("has more than {FOUND_MAX}")));
    }
    if let Some(adapter) = &request.whole_of {
        text::check("whole_of", adapter, 64)?;
    }
    let read = |(place, it): (usize, FoundRequest)| it.read(place);
    let found = request.found.into_iter().enumerate().map(read);
    let found = found.collect::<Result<Vec<Found>, _>>()?;
    let (whole_of, repair) = (request.whole_of, request.repair);
    let actor = origin(caller, &call.headers)?.actor.to_string();
    once(&app, &app.provisioning.lent, &call, caller, StatusCode::OK, async || {
        let count = found.len();
        let compared = compare(&app, found, whole_of).await?;
        let repaired = if repair { put_right(&app, &compared, actor).await? } else { 0 };
        Ok(view(count, compared, repair, repaired))
    })
    .await
}

async fn compare(
    app: &App,
    found: Vec<Found>,
    whole_of: Option<String>,
) -> Result<Compared, Problem> {
    // Commands first: what is decided meanwhile is then newer in memory, and never older.
    let mut missing = match whole_of {
        None => BTreeSet::new(),
        Some(adapter) => {
            app.ask_all(AskOrderedOn { adapter }).await?.into_iter().flatten().collect()
        }
    };
    let mut desired = look_up(app, found.iter().map(|it| it.named.clone()).collect()).await?;
    for known in desired.iter().flatten() {
        missing.remove(&known.subscription);
    }
    let missing = missing.into_iter().map(Named::Subscription).collect();
    // What modifies another is found there, by the same names.
    let missing = look_up(app, missing).await?.into_iter().flatten();
    let missing: Vec<Desired> = missing.filter(|it| it.on && it.base.is_none()).collect();
    let known: BTreeSet<SubscriptionId> =
        desired.iter().flatten().chain(&missing).flat_map(with_modifiers).collect();
    let own = |subscriptions| AskNewest { subscriptions };
    let newest = app.ask_owners(known, |it| it.account.shard(), own).await?;
    let newest: BTreeMap<SubscriptionId, Command> = newest.into_iter().flatten().collect();
    let mut differences = Vec::new();
    for (found, desired) in found.into_iter().zip(desired.drain(..)) {
        let kind = match &desired {
            None => Some(DifferenceKind::Unknown),
            Some(desired) => difference(&found, desired, &wanted(desired, &newest)),
        };
        differences.extend(kind.map(|it| (it, Some(found), desired)));
    }
    let missing = missing.into_iter().map(|it| (DifferenceKind::Missing, None, Some(it)));
    differences.extend(missing);
    Ok(Compared { differences, newest })
}

fn with_modifiers(desired: &Desired) -> impl Iterator<Item = SubscriptionId> {
    std::iter::once(desired.subscription).chain(desired.modifiers.iter().copied())
}

/// Each by whichever shard knows it.
async fn look_up(app: &App, named: Vec<Named>) -> Result<Vec<Option<Desired>>, Problem> {
    let mut found: Vec<Option<Desired>> = vec![None; named.len()];
    for of_shard in app.ask_all(AskDesired { named }).await? {
        for (found, known) in found.iter_mut().zip(of_shard) {
            *found = found.take().or(known);
        }
    }
    Ok(found)
}

/// Has the newest command of everything that differs, and of what modifies it, sent again;
/// answers how many there are.
async fn put_right(app: &App, compared: &Compared, actor: String) -> Result<usize, Problem> {
    let differing = compared.differences.iter().filter_map(|it| it.2.as_ref());
    let differing: BTreeSet<SubscriptionId> = differing.flat_map(with_modifiers).collect();
    let own = |subscriptions| AskRepair { subscriptions, actor: actor.clone() };
    let repaired = app.ask_owners(differing, |it| it.account.shard(), own).await?;
    Ok(repaired.iter().sum())
}

/// Asks a shard what these are to be; nothing of what it does not know.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskDesired {
    named: Vec<Named>,
}

impl Question for AskDesired {
    const NAME: &'static str = "desired-states";

    type Answer = Vec<Option<Desired>>;

    async fn answer(self, app: &App) -> Result<Vec<Option<Desired>>, Problem> {
        let mut found = Vec::with_capacity(self.named.len());
        for slice in self.named.chunks(LOOKED_UP_AT_ONCE) {
            let slice = slice.to_vec();
            let look = app.shard.read(None, move |state, _| {
                slice.iter().map(|it| desired_state(state, it)).collect::<Vec<_>>()
            });
            found.extend(look.await?);
        }
        Ok(found)
    }
}

/// Asks a shard which of its subscriptions are to be on by the newest command to an adapter.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskOrderedOn {
    adapter: String,
}

impl Question for AskOrderedOn {
    const NAME: &'static str = "ordered-on";

    type Answer = Vec<SubscriptionId>;

    async fn answer(self, app: &App) -> Result<Vec<SubscriptionId>, Problem> {
        Ok(app.provisioning.store(move |store| store.ordered_on(&self.adapter)).await?)
    }
}

/// Asks a shard for the newest command of each of these subscriptions of its own.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskNewest {
    subscriptions: Vec<SubscriptionId>,
}

impl Question for AskNewest {
    const NAME: &'static str = "newest-commands";

    type Answer = Vec<(SubscriptionId, Command)>;

    async fn answer(self, app: &App) -> Result<Vec<(SubscriptionId, Command)>, Problem> {
        let newest = move |store: &mut dyn ProvisioningStore| {
            let find = |it: SubscriptionId| Ok(store.newest(it)?.map(|command| (it, command)));
            self.subscriptions.into_iter().filter_map(|it| find(it).transpose()).collect()
        };
        Ok(app.provisioning.store(newest).await?)
    }
}

/// Has a shard send the newest command of each of these subscriptions again; it answers of how many
/// there is one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AskRepair {
    subscriptions: Vec<SubscriptionId>,
    actor: String,
}

impl Question for AskRepair {
    const NAME: &'static str = "repair";

    type Answer = usize;

    async fn answer(self, app: &App) -> Result<usize, Problem> {
        let at = app.shard.machine_now();
        let repair = move |store: &mut dyn ProvisioningStore| {
            store.repair(&self.subscriptions, at, &self.actor)
        };
        let repaired = app.provisioning.store(repair).await?;
        app.provisioning.lent.wake();
        Ok(repaired.iter().flatten().count())
    }
}

fn view(count: usize, compared: Compared, repair: bool, repaired: usize) -> ReconciliationView {
    let Compared { differences, newest } = compared;
    let differences = differences.into_iter().map(|(kind, found, desired)| {
        let command = desired.as_ref().and_then(|it| newest.get(&it.subscription));
        let named = found.as_ref().and_then(|it| match &it.named {
            Named::Subject(subject) => Some(subject.to_string()),
            Named::Subscription(_) => None,
        });
        let first = desired.as_ref().and_then(|it| it.subjects.first().cloned());
        DifferenceView {
            kind,
            subject: named.or(first),
            subscription: desired.as_ref().map(|it| wire::subscription_id(it.subscription)),
            command: command.map(|it| wire::command_id(it.order.position)),
            repaired: repair && command.is_some(),
            desired: desired.map(|it| NetworkState {
                on: it.on,
                profile: Some(wanted(&it, &newest)),
                service: Some(it.service),
            }),
            found: found.map(|it| NetworkState {
                on: it.on,
                service: it.service,
                profile: it.profile,
            }),
        }
    });
    ReconciliationView { compared: count, differences: differences.collect(), repaired }
}
