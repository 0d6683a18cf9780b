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

/// The purse, beside the title of a tab.
pub const ICON: &str = include_str!("icon.svg");

/// The Content-Security-Policy that every page but a document keeps: nothing inside a page runs or
/// colours, and nothing comes from elsewhere.
pub const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

#[cfg(test)]
mod tests;
