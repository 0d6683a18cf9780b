//! A provisioning command as JSON: what is ordered, and how far it has come.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_with::skip_serializing_none;
use store::provisioning::{Attempt, Command, CommandState};
use utoipa::ToSchema;

use super::error::Problem;
use super::wire;
use crate::provisioning::Provisioning;

/// What the network is to switch: what an adapter is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProvisioningOrder {
    /// The same at every attempt; a later command has a higher number.
    #[schema(example = "cmd_48213")]
    pub id: String,
    #[schema(example = "sub_34-1")]
    pub subscription: String,
    #[schema(example = "acc_34")]
    pub account: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = "cus_12")]
    pub customer: Option<String>,
    /// Of the catalogue.
    #[schema(example = "internet-100")]
    pub service: String,
    pub version: u32,
    /// What the subscription is to be from now on.
    pub on: bool,
    /// Why it changed.
    #[schema(example = "payment")]
    pub cause: String,
    /// What the network knows the subscription by: logins, telephone numbers, SIP addresses.
    #[schema(example = json!(["amelie@example.pf"]))]
    pub subjects: Vec<String>,
    /// What is to be set, from the catalogue.
    #[schema(example = json!({"down_kbit": "100000"}))]
    pub profile: BTreeMap<String, String>,
    pub decided_at: String,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvisioningCommandView {
    #[serde(flatten)]
    pub order: ProvisioningOrder,
    /// Which adapter delivers it; absent when none is named.
    #[schema(example = "olt")]
    pub adapter: Option<String>,
    /// `queued`, `sending`, `accepted`, `acknowledged` or `overtaken`.
    pub state: &'static str,
    /// What has to happen for it to go on, where that is not its next attempt: `acknowledgement`
    /// over this API, `adapter` (its adapter is not configured), or `earlier_command` (one of
    /// the same subscription is being sent).
    pub waits_for: Option<&'static str>,
    /// How often it was sent.
    pub sent: u32,
    /// Since it was made, or since somebody had it sent again.
    pub failures: u32,
    pub next_attempt_at: Option<String>,
    /// The next command of the same subscription.
    #[schema(example = "cmd_48290")]
    pub newer: Option<String>,
    pub finished_at: Option<String>,
    pub last_error: Option<String>,
    /// The first, and the newest of the others, oldest first.
    pub attempts: Option<Vec<ProvisioningAttemptView>>,
}

#[skip_serializing_none]
#[derive(Debug, Serialize, ToSchema)]
pub struct ProvisioningAttemptView {
    pub at: String,
    /// Sent, and `acknowledged`, `accepted`, `refused`, `unanswered` or `interrupted`; or said
    /// over this API: `done`, `failed`, `retried`, `repaired`.
    pub event: &'static str,
    /// Status of the answer over HTTP, or the program's exit code.
    pub code: Option<i64>,
    pub error: Option<String>,
    pub ms: Option<u64>,
    /// How the answer or the program's output began, or what was said.
    pub answer: Option<String>,
    /// The key of whoever said it.
    pub actor: Option<String>,
}

impl ProvisioningCommandView {
    pub fn new(command: Command, provisioning: &Provisioning) -> Result<Self, Problem> {
        let order = serde_json::from_str(&command.order.payload).map_err(|error| {
            let command = command.order.position.0;
            tracing::error!(%error, command, "a kept provisioning command cannot be read");
            Problem::internal()
        })?;
        Ok(Self {
            order,
            waits_for: waits_for(&command, provisioning),
            adapter: command.order.adapter,
            state: command.state.name(),
            sent: command.sent,
            failures: command.failures,
            next_attempt_at: command.next_at.map(wire::time),
            newer: command.newer.map(wire::command_id),
            finished_at: command.finished_at.map(wire::time),
            last_error: command.last_error,
            attempts: None,
        })
    }

    pub fn with_attempts(
        (command, attempts): (Command, Vec<Attempt>),
        provisioning: &Provisioning,
    ) -> Result<Self, Problem> {
        let attempts = attempts.into_iter().map(ProvisioningAttemptView::new).collect();
        Ok(Self { attempts: Some(attempts), ..Self::new(command, provisioning)? })
    }
}

impl ProvisioningAttemptView {
    fn new(attempt: Attempt) -> Self {
        let Attempt { at, event, code, error, ms, answer, actor } = attempt;
        // What somebody said took no time.
        let ms = actor.is_none().then_some(ms);
        Self { at: wire::time(at), event: event.name(), code, error, ms, answer, actor }
    }
}

fn waits_for(command: &Command, provisioning: &Provisioning) -> Option<&'static str> {
    let acknowledgement = Some("acknowledgement");
    match command.state {
        CommandState::Accepted => acknowledgement,
        CommandState::Queued => {
            let Some(name) = &command.order.adapter else { return acknowledgement };
            match provisioning.adapters.get(name) {
                None => Some("adapter"),
                Some(adapter) if !adapter.sends() => acknowledgement,
                Some(_) => command.next_at.is_none().then_some("earlier_command"),
            }
        }
        CommandState::Sending | CommandState::Acknowledged | CommandState::Overtaken => None,
    }
}
