//! Writes every sample as a file into a directory, for people to look at.

use std::path::PathBuf;

fn main() -> std::io::Result<()> {
    let directory = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    std::fs::create_dir_all(&directory)?;
    for (name, statement) in pages::statement::samples() {
        std::fs::write(directory.join(format!("statement-{name}.html")), statement.to_html())?;
    }
    Ok(())
}
