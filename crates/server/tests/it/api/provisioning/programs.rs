use serde_json::{Value, json};

use super::super::world::World;
use super::{acknowledge, add, command, events, state, switch};

/// A world whose adapter is a shell with this script.
fn world(script: &str) -> World {
    let script = toml::Value::String(script.to_owned());
    World::with(|config| {
        let text = format!("kind = 'program'\ncommand = ['/bin/sh', '-c', {script}]");
        add(config, "shell", &text);
    })
}

#[tokio::test]
async fn a_program_reads_the_command_and_its_exit_code_is_the_answer() {
    let directory = tempfile::tempdir().expect("a place for files");
    let log = directory.path().join("log");
    let world = world(&format!("cat >> {}; echo set; exit 0", log.display()));
    let id = switch(&world, Some("shell"), 1, false).await;
    world.provision().await;
    let read = std::fs::read_to_string(&log).expect("what it read");
    assert!(read.ends_with("}\n"), "{read:?}");
    let read: Value = serde_json::from_str(&read).expect("JSON");
    assert_eq!((&read["id"], &read["on"]), (&json!(id), &json!(false)));
    assert_eq!(read["subjects"], json!(["login-1@example.pf"]));
    let command = command(&world, &id).await;
    assert_eq!(command["state"], "acknowledged");
    let attempt = &command["attempts"][0];
    assert_eq!((&attempt["code"], &attempt["answer"]), (&json!(0), &json!("set\n")));
}

#[tokio::test]
async fn a_program_may_accept_and_acknowledge_later() {
    let world = world("exit 202");
    let id = switch(&world, Some("shell"), 1, true).await;
    world.provision().await;
    assert_eq!(state(&world, &id).await, "accepted");
    acknowledge(&world, &id, "done").await;
    assert_eq!(events(&world, &id).await, ["accepted", "done"]);
}

#[tokio::test]
async fn a_program_that_fails_is_run_again_and_its_output_is_kept() {
    let directory = tempfile::tempdir().expect("a place for files");
    let mark = directory.path().join("mark");
    let mark = mark.display();
    let world = world(&format!("test -e {mark} && exit 0; touch {mark}; echo no tc >&2; exit 75"));
    let id = switch(&world, Some("shell"), 1, true).await;
    world.provision().await;
    let failed = command(&world, &id).await;
    assert_eq!(failed["last_error"], "it ended with exit code 75");
    let attempt = &failed["attempts"][0];
    assert_eq!((&attempt["event"], &attempt["answer"]), (&json!("refused"), &json!("no tc\n")));
    world.advance(2);
    world.provision().await;
    assert_eq!(events(&world, &id).await, ["refused", "acknowledged"]);
}
