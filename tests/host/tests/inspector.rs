//! `socklet explain` and `socklet build` from end to end.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests panic when something is wrong"
)]

#[path = "command/processes.rs"]
mod processes;

use processes::{Ended, file, run, socklet};

fn command(args: &[&str], input: &[u8]) -> Ended {
    let mut command = socklet();
    command.args(args);
    run(command, input)
}

fn build(args: &[&str]) -> String {
    let ended = command(&[&["build"], args].concat(), b"");
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
    ended.text().to_owned()
}

#[test]
fn help_tells_of_all_options() {
    let cases = [
        (
            "explain",
            &["--json", "--from-hex", "--from-pcapng", "--sender", "--no-deflate", "Exit"][..],
        ),
        ("build", &["--text", "--binary", "--close", "--mask", "--rsv1", "--compress", "Exit"]),
    ];
    for (name, words) in cases {
        let ended = command(&[name, "--help"], b"");
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
        for word in words {
            assert!(ended.text().contains(word), "{name} does not tell of {word}");
        }
    }
}

#[test]
fn frames_are_built() {
    let cases = [
        (&["--text", "Hello"][..], "810548656c6c6f"),
        (&["--text", "Hello", "--mask", "37fa213d"], "818537fa213d7f9f4d5158"),
        (&["--mask", "37:fa:21:3d", "--text", "hi"], "818237fa213d5f93"),
        (&["--binary", "00ff"], "820200ff"),
        (&["--text", "Hel", "--no-fin"], "010348656c"),
        (&["--continuation", "6c6f"], "80026c6f"),
        (&["--ping"], "8900"),
        (&["--ping=hi"], "89026869"),
        (&["--pong=hi"], "8a026869"),
        (&["--close"], "8800"),
        (&["--close", "1000"], "880203e8"),
        (&["--close", "1000", "bye"], "880503e8627965"),
        (&["--close", "1001", "--rsv1"], "c80203e9"),
        (&["--text", "x", "--rsv1", "--rsv2", "--rsv3"], "f10178"),
        (&["--opcode", "0xb"], "8b00"),
        (&["--opcode", "3", "--text", "x"], "830178"),
    ];
    for (args, hex) in cases {
        assert_eq!(build(args), format!("{hex}\n"), "{args:?}");
    }
    assert_eq!(
        build(&["--ping=hi", "--c"]),
        "unsigned char frame[4] = {\n    0x89, 0x02, 0x68, 0x69,\n};\n"
    );
}

#[test]
fn what_is_built_is_explained() {
    let text = "a text that is long enough to be worth it, worth it, worth it";
    for args in [
        &["--text", text][..],
        &["--text", text, "--compress"],
        &["--text", text, "--compress", "--mask", "01020304"],
        &["--text", text, "--c"],
    ] {
        let ended = command(&["explain", "-"], build(args).as_bytes());
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{args:?}");
        assert!(ended.text().contains("a text that is long"), "{}", ended.text());
    }
}

#[test]
fn the_exit_status_tells() {
    let good = build(&["--text", "fine"]);
    let bad = build(&["--close", "1005"]);
    let ended = command(&["explain", "-"], good.as_bytes());
    assert_eq!(ended.code, Some(0));
    let ended = command(&["explain", "-"], bad.as_bytes());
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), ""));
    assert!(ended.text().contains("server at byte 2, frame 0: a close code"), "{}", ended.text());
    assert!(ended.text().contains("RFC 6455 section 7.4"));
    let ended = command(&["explain", "-"], b"Dear reader, this is prose.");
    assert_eq!(ended.code, Some(2));
    assert!(ended.is_one_line_of_error() && ended.stdout.is_empty());
    // A capture of which the end is missing is shown, and said to be damaged.
    let ended = command(
        &["explain", "-"],
        b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0cut",
    );
    assert_eq!(ended.code, Some(2));
    assert!(ended.is_one_line_of_error() && ended.stderr.contains("byte 24"), "{}", ended.stderr);
    assert!(ended.text().contains("damage"));
    for args in [
        &["explain"][..],
        &["explain", "a", "b"],
        &["explain", "--from-nothing", "-"],
        &["explain", "--sender", "nobody", "-"],
        &["explain", "/nowhere/at/all"],
        &["build"],
        &["build", "--text", "a", "--text", "b"],
        &["build", "--text", "a", "--mask", "12"],
        &["build", "--binary", "0"],
        &["build", "--opcode", "16"],
        &["build", "--close", "many"],
    ] {
        let ended = command(args, b"");
        assert_eq!(ended.code, Some(2), "{args:?}");
        assert!(ended.is_one_line_of_error(), "{args:?}: {}", ended.stderr);
    }
}

#[test]
fn files_and_formats() {
    let path = file("frames", b"\x81\x05Hello");
    let path = path.to_str().unwrap();
    let ended = command(&["explain", path], b"");
    assert_eq!(ended.code, Some(0));
    assert!(ended.text().starts_with("input: raw (recognised)\n"));
    let ended = command(&["explain", "--from-raw", path], b"");
    assert!(ended.text().starts_with("input: raw\n"));
    // Not masked, so that a client did wrong.
    let ended = command(&["explain", "--sender", "client", path], b"");
    assert_eq!(ended.code, Some(1));
    assert!(ended.text().contains("not masked"));
    let compressed = build(&["--text", "hello hello hello", "--compress"]);
    let ended = command(&["explain", "--no-deflate", "-"], compressed.as_bytes());
    assert_eq!(ended.code, Some(1));
    assert!(ended.text().contains("reserved bit"));
}

#[test]
fn json_is_one_object_a_line() {
    let frames = build(&["--text", "quote \" and \u{1} and grün"]) + &build(&["--close", "1000"]);
    let ended = command(&["explain", "--json", "-"], frames.as_bytes());
    assert_eq!(ended.code, Some(0));
    let lines: Vec<&str> = ended.text().lines().collect();
    let kinds: Vec<&str> = lines
        .iter()
        .map(|line| line.strip_prefix("{\"type\":\"").unwrap().split('"').next().unwrap())
        .collect();
    assert_eq!(kinds, ["capture", "connection", "frame", "frame", "message", "ending"]);
    assert!(lines.iter().all(|line| line.ends_with('}')));
    assert!(lines[0].contains("\"schema\":\"socklet-inspect/1\""));
    assert!(lines[4].contains(r#""text":"quote \" and \u0001 and grün""#), "{}", lines[4]);
    assert!(lines[5].contains("\"code\":1000") && lines[5].contains("normal closure"));
}

#[test]
fn nothing_controls_the_terminal() {
    let frame = build(&["--text", "\u{1b}[2Jclear\u{202e}"]);
    let ended = command(&["explain", "-"], frame.as_bytes());
    assert!(!ended.text().contains(['\u{1b}', '\u{202e}']));
    assert!(ended.text().contains("clear"));
}
