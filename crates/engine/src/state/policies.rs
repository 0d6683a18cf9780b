//! The policies in force for promised payments.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::State;
use crate::{Account, Currency, Name, PromisePolicy, PromiseRules, Refusal};

/// The newest version for each group and currency.
pub(super) type PromisePolicies = BTreeMap<(Option<Name>, Currency), Arc<PromisePolicy>>;

impl State {
    /// The policy that was set for exactly this group and currency, in force or withdrawn.
    pub fn promise_policy_exactly(
        &self,
        group: Option<Name>,
        currency: Currency,
    ) -> Option<&PromisePolicy> {
        self.policies.get(&(group, currency)).map(Arc::as_ref)
    }

    /// The rules that an account is judged by: its customer's group's own, else those for all.
    ///
    /// A group whose own policy was withdrawn is not offered any.
    pub fn promise_rules(
        &self,
        account: &Account,
    ) -> Result<(&PromisePolicy, &PromiseRules), Refusal> {
        let (group, currency) = (self.group_of(account), account.currency);
        let own = group.and_then(|it| self.promise_policy_exactly(Some(it), currency));
        let policy = own.or_else(|| self.promise_policy_exactly(None, currency));
        let found = policy.and_then(|it| Some((it, it.rules.as_ref()?)));
        found.ok_or(Refusal::NoPromisePolicy { group, currency })
    }

    pub fn promise_policies(&self) -> impl Iterator<Item = &PromisePolicy> {
        self.policies.values().map(Arc::as_ref)
    }

    /// Puts a policy in force; a restart puts back those that the directory has.
    pub fn insert_promise_policy(&mut self, policy: &Arc<PromisePolicy>) {
        self.policies.insert((policy.group, policy.currency), Arc::clone(policy));
    }
}
