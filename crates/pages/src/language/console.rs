//! The words that only the console has.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of the console.
    Console;
    account_closed accounts add_service after back_to balance balance_after before brings_on
    console credit details ends_at evaluation filter_all filter_money filter_services
    filter_staff find find_hint find_more find_none find_none_hint find_start find_title
    history_older in_use key_credit key_find key_keys key_payment key_services keys login more
    new_customer next_charge no_accounts no_accounts_hint no_services notes_title nothing_yet
    off_since off_unless open_account or_word organisation paid_to password payments_locked
    person policy_version promise_fee promise_fee_none promise_no promise_yes recent recommended
    recommended_none recommended_to reserved review rule_asks rule_helps sections services
    session_ended session_since sessions_title sign_in sign_in_limited sign_in_to sign_in_with
    sign_in_wrong signed_out since_year step_done step_fill step_review steps suspended_since
    suspended_until take_back timeline timeline_empty timeline_empty_filter to_spend;
    customers found notes owed_days rules_in_way rules_met
}
