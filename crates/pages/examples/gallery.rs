//! Writes every sample of every page into a directory, for people to look at, with an index.
//!
//! `gallery [DIRECTORY] [LANGUAGE] [light|dark]`

use std::fmt::Write as _;
use std::path::PathBuf;

use pages::{Language, Theme};

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let directory = PathBuf::from(arguments.next().unwrap_or_else(|| "target/pages".into()));
    let language = arguments.next().and_then(|it| Language::from_tag(&it)).unwrap_or_default();
    let theme = match arguments.next().as_deref() {
        Some("light") => Theme::Light,
        Some("dark") => Theme::Dark,
        _ => Theme::System,
    };
    std::fs::create_dir_all(&directory)?;
    std::fs::write(directory.join("style.css"), pages::STYLE)?;
    std::fs::write(directory.join("live.js"), pages::LIVE_SCRIPT)?;
    std::fs::write(directory.join("icon.svg"), pages::ICON)?;
    let mut index =
        String::from("<!DOCTYPE html>\n<meta charset=\"utf-8\">\n<title>Pages</title>\n");
    for sample in pages::gallery::samples(language, theme) {
        let file = format!("{}.html", sample.name);
        std::fs::write(directory.join(&file), sample.html)?;
        writeln!(index, "<p><a href=\"{file}\">{}</a>", sample.name).expect("a text takes it");
    }
    std::fs::write(directory.join("index.html"), index)?;
    println!("{}", directory.join("index.html").display());
    Ok(())
}
