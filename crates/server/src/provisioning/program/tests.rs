use std::path::Path;

use super::*;

fn shell(script: &str, seconds: u64) -> Program {
    let command = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
    Program { command, timeout: Duration::from_secs(seconds) }
}

async fn run(script: &str, input: &str) -> Ended {
    shell(script, 20).run(input.to_owned()).await.unwrap()
}

#[tokio::test]
async fn a_program_reads_the_command_and_answers_by_its_exit_code() {
    let ended = run("cat; echo oops >&2; exit 3", "{\"on\":true}").await;
    assert_eq!(ended.code, Some(3));
    assert!(ended.output.contains("{\"on\":true}") && ended.output.contains("oops"), "{ended:?}");
    assert_eq!(run("exit 0", "").await.code, Some(0));
    assert_eq!(run("exit 202", "").await.code, Some(202));
}

#[tokio::test]
async fn a_program_that_does_not_read_is_no_failure() {
    let ended = run("exit 0", &"x".repeat(1_000_000)).await;
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[tokio::test]
async fn output_is_kept_to_a_bound_and_read_to_its_end() {
    let ended = run("head -c 3000000 /dev/zero | tr '\\0' 'x'; exit 4", "").await;
    assert_eq!((ended.code, ended.output.len()), (Some(4), OUTPUT_MAX));
}

#[tokio::test]
async fn what_a_program_leaves_behind_does_not_hold_it_up() {
    // The child holds the output open long after its parent has ended.
    let ended = run("sleep 30 & echo done", "").await;
    assert_eq!((ended.code, ended.output.as_str()), (Some(0), "done\n"));
}

#[tokio::test]
async fn a_program_that_hangs_is_killed_with_what_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let pids = directory.path().join("pids");
    let script = format!("sleep 600 & echo $$ $! > {}; echo began; wait", pids.display());
    let ended = shell(&script, 1).run(String::new()).await.unwrap();
    assert_eq!((ended.code, ended.output.as_str()), (None, "began\n"));
    assert!(ended.failure.contains("was killed"), "{ended:?}");
    for pid in std::fs::read_to_string(&pids).unwrap().split_whitespace() {
        assert!(gone(pid).await, "{pid} is still there");
    }
}

/// Whether a process ends. It was killed already; only the system has to catch up.
async fn gone(pid: &str) -> bool {
    let stat = format!("/proc/{pid}/stat");
    for _ in 0..5_000 {
        let stat = std::fs::read_to_string(Path::new(&stat));
        // One that has ended and that nobody has waited for yet is a zombie.
        if stat.is_err() || stat.is_ok_and(|it| it.contains(") Z ")) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    false
}

#[tokio::test]
async fn a_program_that_is_ended_by_a_signal_has_no_exit_code() {
    let ended = run("kill -TERM $$", "").await;
    assert_eq!(ended.code, None);
    assert!(ended.failure.contains("signal"), "{ended:?}");
}

#[tokio::test]
async fn a_program_that_is_not_there_is_said_so() {
    let program =
        Program { command: vec!["/nowhere/switch".into()], timeout: Duration::from_secs(1) };
    let error = program.run(String::new()).await.unwrap_err();
    assert!(error.starts_with("failed to start /nowhere/switch"), "{error}");
}

#[tokio::test]
async fn a_program_does_not_see_our_variables() {
    let ended = run("env", "").await;
    let names: Vec<_> = ended.output.lines().filter_map(|it| it.split('=').next()).collect();
    let known =
        |it: &&str| ENVIRONMENT.contains(it) || ["PWD", "OLDPWD", "SHLVL", "_"].contains(it);
    assert!(names.iter().all(known), "{names:?}");
    assert!(names.contains(&"PATH"), "{names:?}");
}
