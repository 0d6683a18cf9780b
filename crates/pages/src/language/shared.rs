//! The words that the console and self-care share.

use std::collections::BTreeMap;

use super::{Plural, read_lines, take, take_plural};

words! {
    /// The words of both faces: of the shell, forms, badges and charts.
    Shared;
    age_days age_days_over ages_chart ago as_table back balance balance_chart balance_over_time
    cancel change choose close closed connection_lost continue_word credit_limit currency
    date_and_time date_form_short done duration_none durations ends_soon expired_text
    expired_title failed failed_text failed_title first_page forecast in_all in_time menu
    missing newer next no_points not_allowed_text not_allowed_title not_found_text
    not_found_title now off older on open_state optional rate rate_chart rate_over_time
    receivables_by_age reserved running sign_out skip_to_content source suspended switch_off
    time_zone to_start today told too_many_text too_many_title try_again unavailable_text
    unavailable_title waiting when without_limit yesterday;
    fields_wrong
}
