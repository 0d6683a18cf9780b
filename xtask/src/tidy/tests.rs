use super::allow::{Allowed, Overlong};
use super::source::{Function, Source};
use super::*;

fn look_at(path: &str, text: &str) -> Findings {
    let mut findings = Findings::default();
    let file = File { path: path.to_owned(), text: text.to_owned() };
    rust::check(&file, &mut findings);
    findings
}

fn wrong_in(code: &str) -> Vec<String> {
    look_at("crates/x/src/it.rs", &format!("//! It.\n{code}\n")).wrong
}

fn assert_wrong(code: &str, why: &str) {
    let wrong = wrong_in(code);
    assert!(wrong.len() == 1 && wrong[0].contains(why), "{code:?} gives {wrong:?}");
}

#[test]
fn texts_and_comments_are_told_from_code() {
    let text = r###"let a = "// no \" {"; // one {
let b = r#"raw " // {"#; /* two /* three */ { */ let c = '"'; let d = '\''; let e: &'a str = "";
let f = br"\"; let g = b'{'; let for_r = "x";"###;
    let source = Source::new(text);
    assert_eq!(source.code.lines().count(), 3, "{}", source.code);
    assert!(!source.code.contains('{'), "{}", source.code);
    assert!(source.code.contains("&'a str"), "{}", source.code);
    assert!(source.code.contains("let g ="), "{}", source.code);
    let comments: Vec<&str> = source.comments.split_whitespace().collect();
    assert_eq!(comments.join(" "), "// one { /* two /* three */ { */");
}

#[test]
fn a_function_is_measured_to_its_closing_brace() {
    let text = "trait T { fn bare(&self) -> [u8; 3]; }\n\
                fn outer<'a>(it: fn(u8) -> u8) -> &'a str {\n\
                    fn inner() {\n}\n    if true { \"}\" } else { \"\" }\n}\n";
    let function = |name: &str, line, lines| Function { name: name.into(), line, lines };
    let found = Source::new(text).functions();
    assert_eq!(found, [function("outer", 2, 5), function("inner", 3, 2)]);
}

#[test]
fn what_is_too_long_is_found() {
    let body = "    go();\n".repeat(69);
    let findings = look_at("a/b.rs", &format!("//! B.\nfn long() {{\n{body}}}\n"));
    let place = "a/b.rs::long".to_owned();
    assert_eq!(findings.overlong, [Overlong { kind: "fn", place, lines: 71, bound: 70 }]);
    let many = "const _: () = ();\n".repeat(501);
    assert_eq!(look_at("a/b.rs", &many).overlong[0].lines, 501);
    assert_eq!(look_at("a/tests.rs", &many).overlong, []);
    assert_wrong(&"x".repeat(101), "101 columns");
    assert_eq!(wrong_in(&format!("// https://{}", "x".repeat(101))), [""; 0]);
}

#[test]
fn the_allow_list_only_shrinks() {
    let long = |place: &str, lines| Overlong { kind: "fn", place: place.into(), lines, bound: 70 };
    let allowed = |place: &str, lines| Allowed { kind: "fn".into(), place: place.into(), lines };
    assert_eq!(allow::compare(&[long("a", 80)], &[allowed("a", 80)]), [""; 0]);
    assert!(allow::compare(&[long("a", 80)], &[])[0].contains("80 lines, 70 are enough"));
    assert!(allow::compare(&[long("a", 81)], &[allowed("a", 80)])[0].contains("grew"));
    assert!(allow::compare(&[long("a", 79)], &[allowed("a", 80)])[0].contains("--shrink"));
    assert!(allow::compare(&[], &[allowed("a", 80)])[0].contains("--shrink"));
    let listed = [allowed("a", 80), allowed("gone", 90)];
    assert_eq!(allow::shrink(&[long("a", 75), long("new", 99)], &listed), [allowed("a", 75)]);
    assert_eq!(allow::read(&allow::write(&listed)).expect("as written"), listed);
}

#[test]
fn what_is_not_done_and_what_is_for_looking_is_found() {
    assert_wrong(concat!("// TO", "DO: later"), "file an issue");
    assert_wrong(concat!("fn f() { dbg", "!(1); }"), "moment of looking");
    assert_wrong(concat!("#[ign", "ore]"), "runs or is deleted");
    assert_wrong(concat!("#[should_", "panic]"), "says what it expects");
    assert_wrong("// see /home/me/notes", "one machine");
    assert_eq!(wrong_in("// GET /v1/customers/home/ and a/tmp/b"), [""; 0]);
}

#[test]
fn a_module_says_what_it_is() {
    assert_eq!(look_at("a/b.rs", "fn f() {}\n").wrong.len(), 1);
    for path in ["a/tests.rs", "a/tests/b.rs", "a/main.rs"] {
        assert_eq!(look_at(path, "fn f() {}\n").wrong, [""; 0]);
    }
}

#[test]
fn nouns_that_say_nothing_are_found() {
    assert_wrong("struct UserInfo;", "hides a noun");
    assert_wrong("mod page_data;", "hides a noun");
    assert_wrong("enum Utils {}", "hides a noun");
    assert_eq!(wrong_in("struct DataDir; mod database; trait Informed {} type T = u8;"), [""; 0]);
    assert_eq!(look_at("a/util.rs", "//! U.\n").wrong.len(), 1);
}

#[test]
fn a_bare_matches_is_found() {
    assert_wrong("fn f() { matches!(it, Some(_)); }", "checks nothing");
    let fine = "fn f() -> bool { assert!(matches!(it, Some(_))); matches!(it, None) }";
    assert_eq!(wrong_in(fine), [""; 0]);
}

#[test]
fn the_engine_depends_on_little() {
    let wrong_of = |manifest: &str| {
        let mut wrong = Vec::new();
        check_engine_manifest(manifest, &mut wrong);
        wrong
    };
    let fine = "[package]\nname = \"e\"\n[dependencies]\nserde.workspace = true\n# tokio = 1\n\
                [dev-dependencies]\nexpect-test = \"1\"\n[lints]\nworkspace = true\n";
    assert_eq!(wrong_of(fine), [""; 0]);
    assert_eq!(wrong_of("[dependencies]\ntokio = \"1\"\n").len(), 1);
    assert_eq!(wrong_of("[dependencies]\nexpect-test = \"1\"\n").len(), 1);
    assert_eq!(wrong_of("[dependencies.tokio]\nversion = \"1\"\n").len(), 1);
    assert_eq!(wrong_of("[build-dependencies]\ncc = \"1\"\n").len(), 1);
}

#[test]
fn no_crate_reads_the_time_zones_of_the_machine() {
    let wrong_of = |text: &str| {
        let mut wrong = Vec::new();
        let file = File { path: "crates/x/Cargo.toml".to_owned(), text: text.to_owned() };
        check_zones(&file, &mut wrong);
        wrong
    };
    assert_eq!(wrong_of("jiff = { workspace = true, features = [\"std\"] }\n"), [""; 0]);
    assert_eq!(wrong_of("jiff.workspace = true\n"), [""; 0]);
    let zones = "jiff = { workspace = true, features = [\"std\", \"tzdb-zoneinfo\"] }\n";
    assert!(wrong_of(zones)[0].contains("tzdb-zoneinfo"));
    assert!(wrong_of("[dependencies]\njiff = \"0.2\"\n")[0].contains("by default"));
}

#[test]
fn refusals_and_their_page_agree() {
    let rust = "pub const REFUSAL_CODES: [&str; 2] = [\n    \"one\",\n    \"two\",\n];";
    let wrong_of = |page: &str| {
        let mut wrong = Vec::new();
        check_refusals(rust, page, &mut wrong);
        wrong
    };
    let other = format!("## {OTHER_PROBLEMS}\n");
    assert_eq!(wrong_of(&format!("# R\n## one\n## two\n{other}")), [""; 0]);
    assert!(wrong_of("# R\n## one\n")[0].contains("two has no heading"));
    assert!(wrong_of("# R\n## one\n## two\n## three\n")[0].contains("three"));
    assert!(wrong_of("# R\n## two\n## one\n")[0].contains("order"));
    assert!(wrong_of("# R\n## one\n## one\n## two\n")[0].contains("order"));
}

#[test]
fn pages_have_one_title_and_links_that_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let wrong_of = |text: &str| {
        let mut wrong = Vec::new();
        let file = File { path: "page.md".into(), text: text.into() };
        markdown::check(root, &file, &mut wrong);
        wrong
    };
    let fine = "# T\n```\n# no title\n[no](link)\n```\n`[no](link)` [a](src/main.rs) \
                [b](https://example.com) [c](#t)\n";
    assert_eq!(wrong_of(fine), [""; 0]);
    assert_eq!(wrong_of("# T\n# U\n").len(), 1);
    assert_eq!(wrong_of("text\n# T\n").len(), 1);
    assert!(wrong_of("# T\n[a](nowhere.md)\n")[0].contains("leads nowhere"));
    assert!(wrong_of("# T\n[a](#u)\n")[0].contains("heading"));
}

#[test]
fn only_examples_in_rust_are_doc_tests() {
    let has = |text: &str| rust::has_doc_test(&Source::new(text));
    assert!(has("/// ```\n/// 1;\n/// ```\n"));
    assert!(has("//! ```rust,no_run\n//! ```\n"));
    assert!(!has("//! ```text\n//! a --> b\n//! ```\n"));
    assert!(!has("// ```\n// ```\n"));
}
