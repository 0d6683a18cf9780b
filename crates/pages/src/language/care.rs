//! The words that only self-care has.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of self-care.
    Care;
    account_word ask_us balance code_again code_field code_sent code_shown code_title
    code_wrong goes_off hello home is_closed is_off is_off_since is_on is_partly_off is_paused
    is_paused_until language more no_accounts no_accounts_hint no_services nothing_to_pay
    of_credit of_own of_reserved or_word other_name password pay pay_in pay_later pay_money
    promise_done promise_done_by promise_fee promise_fee_none promise_get promise_helps
    promise_in_way promise_no promise_no_from promise_no_never promise_not_needed promise_other
    promise_pay_by promise_show promise_terms promise_title promise_unless promise_yes promised
    promised_left remedy_ask_us remedy_between remedy_duration remedy_from remedy_pay
    running_now running_reserved running_since running_used seconds sections send_code
    send_code_hint service_ends_at service_next_charge service_off_since service_paid_to
    services session_ended sign_in sign_in_busy sign_in_name sign_in_wait sign_in_wrong
    signed_out statement theme_dark theme_light to_spend until until_unless what_else;
    off_count
}
