//! Cells of CSV files that people open in spreadsheets.
//!
//! A spreadsheet takes a cell that begins with `=`, `+`, `-` or `@` for a formula. Such cells get
//! an apostrophe in front on their way out, and lose it on their way in; [`guard`] and
//! [`unguard`] are each other's inverse for every text.

use std::borrow::Cow;

/// `cell` as it may stand in a file. Numbers are not for this: they are no formulas.
pub fn guard(cell: &str) -> Cow<'_, str> {
    match begins_formula(cell) {
        true => Cow::Owned(format!("'{cell}")),
        false => Cow::Borrowed(cell),
    }
}

/// What [`guard`] was given.
pub fn unguard(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(rest) if begins_formula(rest) => rest,
        _ => cell,
    }
}

/// Whether a formula begins behind any apostrophes.
fn begins_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_guarded_and_come_back() {
        for (cell, guarded) in [
            ("=1+1", "'=1+1"),
            ("+689 87 12", "'+689 87 12"),
            ("-", "'-"),
            ("@cmd", "'@cmd"),
            ("\t=1", "'\t=1"),
            ("'=1", "''=1"),
            ("''=1", "'''=1"),
            ("'t Hooft", "'t Hooft"),
            ("'", "'"),
            ("Ann", "Ann"),
            ("", ""),
        ] {
            assert_eq!(guard(cell), guarded);
            assert_eq!(unguard(guarded), cell, "{guarded}");
        }
        // Written by hand, without the guard.
        assert_eq!(unguard("=1+1"), "=1+1");
    }
}
