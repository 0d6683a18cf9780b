//! The style sheet, put together when this is compiled: no build step, one file for a browser.

/// The one style sheet: tokens first, then what every page has, then each kind of page's own.
pub const STYLE: &str = concat!(
    include_str!("style/tokens.css"),
    "@media (prefers-color-scheme: dark) {\n  :root:not([data-theme=\"light\"]) {\n",
    include_str!("style/dark.css"),
    "  }\n}\n[data-theme=\"dark\"] {\n",
    include_str!("style/dark.css"),
    "}\n",
    include_str!("style/text.css"),
    include_str!("style/tables.css"),
    include_str!("style/parts.css"),
    include_str!("style/forms.css"),
    include_str!("style/chart.css"),
    include_str!("style/shell.css"),
    include_str!("style/console.css"),
    include_str!("style/care.css"),
    include_str!("style/document.css"),
    include_str!("style/print.css"),
);

/// Our own script: pages work without it, and are live and quick to the hand with it.
pub const LIVE_SCRIPT: &str = include_str!("live.js");

#[cfg(test)]
mod tests;
