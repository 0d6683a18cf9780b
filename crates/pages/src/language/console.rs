//! The words that only the console has.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of the console.
    Console;
    a_day a_hour a_month a_week a_year account_closed account_title account_word accounts
    acknowledge adapter add_rate add_service add_user after age all_well allocate amount answer
    approve at_period_end attempts audit_none audit_title back_to balance balance_after base before
    begins_at brings_on by_openid by_openid_awaited by_password calculate calculator catalogue_none
    catalogue_title ceiling changed_meanwhile charged come_again console counting credit credit_by
    credit_until credits credits_none currency customer dashboard_now dashboard_today days_none
    debtors debtors_none deliveries deliveries_none description desired_state destination details
    device elsewhere_broken_off elsewhere_not_admitted elsewhere_not_confirmed elsewhere_stale
    end_credit end_session endpoint endpoints ends_at entries_empty evaluation event everybody
    explains filter filter_all filter_money filter_services filter_staff find find_hint find_more
    find_none find_none_hint find_start find_title group history_older in_use key_credit key_find
    key_keys key_payment key_services keys kind_of_entry last_seen latency_half latency_most login
    money_in money_out more needs_somebody never new_customer new_password_once next_attempt
    next_charge no_accounts no_accounts_hint no_money no_services not_yourself noted_already
    nothing_differs nothing_yet off_since off_unless oldest open_account open_promises or_word
    organisation owed_in_all paid_to password payer_wrote payload payments_locked per_second
    period_from period_to person person_word policies policies_none policy_version postpaid prepaid
    price_steps priority promise_fee promise_fee_none promise_no promise_yes promises_title
    provisioning_none provisioning_title quantity quote rate rates_none rates_title
    receivables_title received recent recommended recommended_none recommended_to reference
    refund_own refunds_none refunds_title refusals refusals_none reject requested_by reserved retry
    return_it review role_word roles_title rule_asks rule_helps rules_word sections services
    session_ended session_since sessions sessions_title show sign_in sign_in_limited sign_in_to
    sign_in_with sign_in_wrong signed_out signs_in_by since_year source started state statement
    step_done step_fill step_review steps subscriptions suspended_since suspended_until
    switched_off switched_on take_back tariff timeline timeline_empty timeline_empty_filter
    to_spend too_old try_it try_out try_out_hint unallocated_none unallocated_title users_none
    users_title valid_from version versions webhooks_none webhooks_title what when who why
    will_switch_off will_switch_on;
    attempts_count commands_stuck customers days deliveries_stuck every_day every_hour
    every_month every_week every_year found owed_days rates_old refunds_waiting rules_count
    rules_in_way rules_met unallocated waiting_count
}
