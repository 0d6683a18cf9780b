//! Benches on a PostgreSQL server: that they run and count, not how fast.

use serde_json::Value;
use store::throwaway;

use super::harness::{run, text};

#[test]
fn ours_is_measured_beside_what_one_would_write_by_hand() {
    let directory = tempfile::tempdir().unwrap();
    let place = std::env::temp_dir().join(format!("sporran-bench-{}", std::process::id()));
    let Some(postgres) = throwaway::Server::start(&place, &["fsync=on"]) else {
        println!("skipped: PostgreSQL is not installed");
        return;
    };
    let url = postgres.url();
    let bench = |name: &str| {
        let size = ["--accounts", "200", "--seconds", "1", "--connections", "4"];
        run(&[&["bench", name, "--json", "--store", &url], &size[..]].concat())
    };
    let (code, said) = bench("peer");
    assert_eq!(code, 0, "{said}");
    let lines: Vec<Value> = said.lines().filter_map(|it| serde_json::from_str(it).ok()).collect();
    let names: Vec<&str> = lines.iter().filter_map(|it| it["bench"].as_str()).collect();
    assert_eq!(names, ["peer", "http-single", "ledger"], "{said}");
    for line in &lines {
        assert!(line["operations"].as_u64().unwrap() > 0, "{line}");
        assert_eq!(line["durability"], "postgresql full sync");
        assert_eq!(line["times_peer"].is_number(), line["bench"] != "peer", "{line}");
    }
    let left = "SELECT count(*) FROM pg_namespace WHERE nspname = 'sporran_peer'";
    assert_eq!(throwaway::rows(&url, left)[0][0].as_deref(), Some("0"));
    let place = ["--data-dir", text(directory.path()), "--store", &url];
    let (code, said) = run(&[&["verify"], &place[..]].concat());
    assert!(code == 0 && said.contains("Everything holds."), "{said}");
    let (code, said) = bench("restart");
    assert!(code == 1 && said.contains("is not measured on PostgreSQL"), "{said}");
    // Nobody is charged for being measured.
    throwaway::execute(&url, "DELETE FROM meta");
    let (code, said) = bench("ledger");
    assert!(code == 1 && said.contains("somebody's business"), "{said}");
    let (code, said) = run(&["bench", "peer"]);
    assert!(code == 1 && said.contains("--store"), "{said}");
}
