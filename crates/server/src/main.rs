//! `sporran`, the one binary.

/// The system's allocator gives back and takes memory too often for a server like this one.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    match server::cli::run() {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("sporran: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
