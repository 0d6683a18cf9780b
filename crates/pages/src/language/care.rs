//! The words that only self-care has.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of self-care.
    Care;
    account_word accounts after alerts_no_reach alerts_others alerts_reach alerts_title ask_us
    back_to balance before code_again code_field code_sent code_shown code_title code_wrong email
    everything explain goes_off hello holidays_hint holidays_none holidays_pause holidays_paused
    holidays_title home is_closed is_off is_off_since is_on is_partly_off is_paused
    is_paused_until language more no_accounts no_accounts_hint no_services nothing_to_pay
    nothing_yet of_credit of_own of_reserved or_word other_name password paused_since paused_until
    pay pay_amount pay_arrives pay_demo_no pay_demo_text pay_demo_title pay_demo_to pay_done
    pay_in pay_later pay_left pay_money pay_none pay_nothing_taken pay_old pay_old_text
    pay_proposals pay_rate pay_rates pay_reference pay_refused pay_title pay_to pay_waiting
    pay_waiting_text pay_you phone promise_done promise_done_by promise_fee promise_fee_none
    promise_get promise_helps promise_in_way promise_no promise_no_from promise_no_never
    promise_not_needed promise_other promise_pay_both promise_pay_by promise_pay_clears
    promise_pay_services promise_show promise_terms promise_title
    promise_unless promise_yes promised promised_left remedy_ask_us remedy_between remedy_duration
    remedy_from remedy_pay resume running_hint running_none running_now running_reserved
    running_since running_title running_used save seconds sections send_code send_code_hint
    service_account service_ends_at service_helps service_next_charge service_off_since
    service_paid_to service_price services services_none services_none_hint session_ended
    settings_contact settings_contact_hint settings_password settings_password_change
    settings_password_none settings_password_set settings_title shop_buy shop_converted shop_films
    shop_find shop_find_button shop_none shop_not_found shop_to_spend shop_turbo shop_until
    shop_watch shop_yours short_text short_title sign_in sign_in_busy sign_in_name
    sign_in_unnamed sign_in_wait
    sign_in_wrong sign_ins_attempts sign_ins_end sign_ins_end_all sign_ins_hint sign_ins_seen
    sign_ins_since sign_ins_this sign_ins_title sign_ins_unknown signed_out statement
    statement_all statement_balance statement_chart statement_empty statement_export
    statement_from statement_none statement_older statement_period statement_search statement_show
    statement_to theme_dark theme_light then to_spend until until_unless what_else;
    off_count
}
