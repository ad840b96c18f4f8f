//! Each form of text: recognised, and read to the same bytes. The dumps are what the programs print.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use base64::{Engine, engine::general_purpose};
use socklet_core_tests::rng::TestRng;
use socklet_inspector_tests::{
    connection, messages, report,
    talk::{Talk, request, response},
};
use socklet_wasm::{
    Options,
    input::{DamageKind, Format},
    inspect,
    report::Part,
    stream::Sender::{Client, Server},
};

/// A text, bytes, zeros for repeated lines, a text: frames of a server.
fn bytes() -> Vec<u8> {
    let mut bytes = b"\x82\x05hello\x82\x04abcd\x82\x40".to_vec();
    bytes.extend([0; 64]);
    bytes.extend(b"\x81\x01x");
    bytes
}

#[track_caller]
fn same(text: &str, format: Format) {
    let report = report(text.as_bytes());
    assert_eq!(report.format, format, "{text}");
    assert!(report.is_guess);
    assert_eq!(report.connections.len(), 1);
    assert_eq!(report.connections[0].server.bytes(), bytes(), "{text}");
    assert_eq!(report.connections[0].messages.len(), 4);
    assert_eq!(report.violations().count(), 0);
}

const XXD: &str = "\
00000000: 8205 6865 6c6c 6f82 0461 6263 6482 4000  ..hello..abcd.@.
00000010: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000020: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000030: 0000 0000 0000 0000 0000 0000 0000 0000  ................
00000040: 0000 0000 0000 0000 0000 0000 0000 0081  ................
00000050: 0178                                     .x
";

const HEXDUMP_C: &str = "\
00000000  82 05 68 65 6c 6c 6f 82  04 61 62 63 64 82 40 00  |..hello..abcd.@.|
00000010  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 00  |................|
*
00000040  00 00 00 00 00 00 00 00  00 00 00 00 00 00 00 81  |................|
00000050  01 78                                             |.x|
00000052
";

const HEXDUMP: &str = "\
0000000 0582 6568 6c6c 826f 6104 6362 8264 0040
0000010 0000 0000 0000 0000 0000 0000 0000 0000
*
0000040 0000 0000 0000 0000 0000 0000 0000 8100
0000050 7801                                   
0000052
";

const OD: &str = "\
0000000 002602 062550 066154 101157 060404 061542 101144 000100
0000020 000000 000000 000000 000000 000000 000000 000000 000000
*
0000100 000000 000000 000000 000000 000000 000000 000000 100400
0000120 074001
0000122
";

const OD_X1: &str = "\
0000000 82 05 68 65 6c 6c 6f 82 04 61 62 63 64 82 40 00
0000020 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
*
0000100 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 81
0000120 01 78
0000122
";

const WIRESHARK: &str = "\
0000   82 05 68 65 6c 6c 6f 82 04 61 62 63 64 82 40 00   ..hello..abcd.@.
0010   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ................
0020   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ................
0030   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00   ................
0040   00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 81   ................
0050   01 78                                             .x
";

#[test]
fn dumps() {
    for dump in [XXD, HEXDUMP_C, HEXDUMP, OD, OD_X1, WIRESHARK] {
        same(dump, Format::Dump);
        same(&dump.replace('\n', "\r\n"), Format::Dump);
    }
    // hexdump -x has wider columns, od -A x other offsets.
    same(&HEXDUMP.replace(' ', "    "), Format::Dump);
    same(
        &OD_X1
            .replace("0020 0", "0010 0")
            .replace("0100 ", "0040 ")
            .replace("0120", "0050")
            .replace("0122", "0052"),
        Format::Dump,
    );
}

#[test]
fn words_of_an_odd_number_of_bytes() {
    let hexdump = "0000000 0581 6568 6c6c 006f                    \n0000007\n";
    let od = "0000000 002601 062550 066154 000157\n0000007\n";
    for dump in [hexdump, od] {
        let connection = connection(dump.as_bytes());
        assert_eq!(connection.server.bytes(), b"\x81\x05hello");
    }
}

#[test]
fn hexadecimal_digits() {
    let digits: Vec<String> = bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    same(&digits.concat(), Format::Hex);
    same(&digits.concat().to_uppercase(), Format::Hex);
    for separator in [" ", ":", "-", ", ", "\n"] {
        same(&digits.join(separator), Format::Hex);
    }
    let pairs: Vec<String> = digits.chunks(2).map(<[String]>::concat).collect();
    same(&pairs.join(" "), Format::Hex);
}

#[test]
fn base64_of_the_crate() {
    same(&general_purpose::STANDARD.encode(bytes()), Format::Base64);
    let mut rng = TestRng::new(1);
    for len in 4..126 {
        let bytes = [&[0x82, len as u8][..], &rng.bytes(len)].concat();
        for engine in [
            &general_purpose::STANDARD,
            &general_purpose::STANDARD_NO_PAD,
            &general_purpose::URL_SAFE,
            &general_purpose::URL_SAFE_NO_PAD,
        ] {
            let text = engine.encode(&bytes);
            let options = Options { format: Some(Format::Base64), ..Options::default() };
            let report = inspect(text.as_bytes(), &options).unwrap();
            assert_eq!(report.connections[0].server.bytes(), bytes);
        }
    }
}

#[test]
fn arrays_of_languages() {
    let hex: Vec<String> = bytes().iter().map(|byte| format!("0x{byte:02X}")).collect();
    let decimal: Vec<String> = bytes().iter().map(u8::to_string).collect();
    same(
        &format!(
            "unsigned char frame[] = {{\n  {},\n}};\nunsigned int frame_len = 82;\n",
            hex.join(", ")
        ),
        Format::Array,
    );
    same(
        &format!("static const uint8_t f[82] = {{ /* 1, 2 */ {} }};", hex.join(",")),
        Format::Array,
    );
    same(&format!("let frame: [u8; 82] = [{}];", hex.join(", ")), Format::Array);
    same(&format!("const FRAME: &[u8] = &[{}u8];", hex.join("u8, ")), Format::Array);
    same(&format!("new Uint8Array([{}])", decimal.join(", ")), Format::Array);
    same(&format!("bytes([{}])  # a frame", decimal.join(", ")), Format::Array);
    same(&format!("[{}]", decimal.join(",\n")), Format::Array);
    same(&format!("frame := []byte{{{}}}", hex.join(", ")), Format::Array);
    same(&hex.join(" "), Format::Array);
    let chars: Vec<String> = bytes()
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' => format!("b'{}'", char::from(*byte)),
            byte => format!("{byte}"),
        })
        .collect();
    same(&format!("let frame = vec![{}];", chars.join(", ")), Format::Array);
}

#[test]
fn string_literals() {
    let escaped: String = bytes().iter().map(|byte| format!("\\x{byte:02x}")).collect();
    same(&escaped, Format::Array);
    same(&format!("b'{escaped}'"), Format::Array);
    same(&format!("char f[] = \"{}\"\n    \"{}\";", &escaped[..40], &escaped[40..]), Format::Array);
    let mixed: String = bytes()
        .iter()
        .map(|byte| match byte {
            b'a'..=b'z' | b'@' => char::from(*byte).to_string(),
            byte => format!("\\x{byte:02x}"),
        })
        .collect();
    same(&format!("b\"{mixed}\""), Format::Array);
    let octal = r#"printf("\201\05hello \x21\n")"#;
    assert_eq!(report(octal.as_bytes()).connections[0].server.bytes(), b"\x81\x05hello !\n");
}

#[test]
fn both_ends_of_a_followed_stream() {
    let talk = Talk::opened().frame(Client, 0x1, b"question").frame(Server, 0x1, b"answer");
    let mut tshark = String::from(
        "\n=====\nFollow: tcp,hex\nFilter: tcp.stream eq 0\nNode 0: 192.0.2.1:40000\nNode 1: 192.0.2.2:80\n",
    );
    let mut arrays = String::new();
    let mut offsets = [0, 0];
    for (number, (from, bytes)) in talk.parts.iter().enumerate() {
        let end = usize::from(*from == Server);
        for line in bytes.chunks(16) {
            let hex: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let ascii: String = line
                .iter()
                .map(|byte| if byte.is_ascii_graphic() { char::from(*byte) } else { '.' })
                .collect();
            let hex = hex.join(" ");
            let indent = if end == 1 { "\t" } else { "" };
            tshark += &format!("{indent}{:08X}  {hex:<49} {ascii}\n", offsets[end]);
            offsets[end] += line.len();
        }
        let hex: Vec<String> = bytes.iter().map(|byte| format!("0x{byte:02x}")).collect();
        arrays += &format!(
            "char peer{end}_{number}[] = {{ /* Packet {number} */\n{} }};\n",
            hex.join(", ")
        );
    }
    tshark += "=====\n";
    for (text, format) in [
        (&tshark, Format::Dump),
        (&tshark.replace('\t', "    "), Format::Dump),
        (&arrays, Format::Array),
    ] {
        let report = report(text.as_bytes());
        assert_eq!(report.format, format);
        let connection = &report.connections[0];
        assert_eq!(connection.client.bytes(), talk.bytes(Client));
        assert_eq!(connection.server.bytes(), talk.bytes(Server));
        assert_eq!(messages(connection), [b"question".to_vec(), b"answer".to_vec()]);
        assert_eq!(connection.violations, []);
    }
}

#[test]
fn lines_of_a_firmware_log() {
    let log = "\
[    0.512] INFO  connected\n\
[    0.550] TRACE ws > head len=152\n\
[    0.600] TRACE ws > fin=1 rsv1=0 opcode=1 len=5 masked=1 wire=818537fa213d7f9f4d5158\n\
[    1.250] TRACE ws < fin=1 rsv1=0 opcode=1 len=5 masked=0 wire=810548656c6c6f (text)\n\
[    1.260] TRACE ws < fin=1 rsv1=0 opcode=2 len=1000 masked=0 wire=827e03e80102+\n\
[    1.300] TRACE ws < fin=1 rsv1=0 opcode=8 len=0 masked=0 wire=8800\n";
    let report = report(log.as_bytes());
    assert_eq!(report.format, Format::Log);
    let connection = &report.connections[0];
    for number in [0, 1] {
        assert_eq!(connection.message(number), [Part::Known(b"Hello".to_vec())]);
    }
    assert_eq!(connection.message(2), [Part::Known(vec![1, 2]), Part::Unknown(998)]);
    let seen = connection.frames.iter().map(|f| (f.moment.time_ns, f.payload_len, f.present_len));
    let expected = [
        (Some(600_000_000), 5, 5),
        (Some(1_250_000_000), 5, 5),
        (Some(1_260_000_000), 1000, 2),
        (Some(1_300_000_000), 0, 0),
    ];
    assert_eq!(seen.collect::<Vec<_>>(), expected);
    assert_eq!(connection.violations, []);
}

#[test]
fn an_http_archive() {
    let request = String::from_utf8(request("")).unwrap();
    let fields = |head: &str| {
        let lines = head.lines().skip(1).filter(|line| !line.is_empty());
        let fields: Vec<String> = lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| format!(r#"{{"name":"{name}","value":"{value}"}}"#))
            .collect();
        fields.join(",")
    };
    let response = String::from_utf8(response("")).unwrap();
    let har = format!(
        r#"{{"log":{{"version":"1.2","pages":[{{"a":[1,-2.5e3,true,null,"\u00e9\\"]}}],"entries":[
        {{"request":{{"method":"GET","url":"https://example.com/page"}},"response":{{"status":200}}}},
        {{"request":{{"method":"GET","url":"wss://example.com/chat?x=1","headers":[{}]}},
        "response":{{"status":101,"headers":[{}]}},
        "_webSocketMessages":[
        {{"type":"send","time":1700000000.123456,"opcode":1,"data":"gr\u00fcn \ud83e\udd80 \"x\""}},
        {{"type":"receive","time":1700000001.5,"opcode":2,"data":"AQID/w=="}}]}}]}}}}"#,
        fields(&request),
        fields(&response)
    );
    let report = report(har.as_bytes());
    assert_eq!(report.format, Format::Har);
    let connection = &report.connections[0];
    assert_eq!(connection.violations, []);
    assert_eq!(connection.handshake.target.as_deref(), Some("/chat?x=1"));
    assert_eq!(messages(connection), ["grün 🦀 \"x\"".as_bytes().to_vec(), vec![1, 2, 3, 255]]);
    assert_eq!(connection.messages[0].moment.time_ns, Some(1_700_000_000_123_456_000));
    assert_eq!(connection.messages[1].from, Server);
    let damaged = har.replace("AQID/w==", "AQI*");
    let error = inspect(damaged.as_bytes(), &Options::default()).unwrap_err();
    assert_eq!(error.kind, DamageKind::Digit);
    let end = har.len() - 1;
    let error = inspect(&har.as_bytes()[..end], &Options::default()).unwrap_err();
    assert_eq!((error.kind, error.offset), (DamageKind::Json, end as u64));
}

#[test]
fn bytes_as_they_are() {
    let report = report(&bytes());
    assert_eq!(report.format, Format::Raw);
    assert_eq!(report.connections[0].server.source(5), Some(5));
    assert_eq!(report.connections[0].messages.len(), 4);
}

#[test]
fn what_is_nothing_of_this() {
    let kind = |bytes: &[u8]| inspect(bytes, &Options::default()).unwrap_err().kind;
    assert_eq!(kind(b""), DamageKind::Empty);
    assert_eq!(kind(b"\x1f\x8b\x08\x00"), DamageKind::Gzip);
    assert_eq!(kind(b"Dear reader, this is prose."), DamageKind::Unrecognised);
}

#[test]
fn a_guess_can_be_overridden() {
    // Hexadecimal digits are base64 too, and bytes.
    let of = |format| {
        let options = Options { format: Some(format), ..Options::default() };
        inspect(b"8200", &options).unwrap().connections[0].server.bytes().to_vec()
    };
    assert_eq!(of(Format::Hex), [0x82, 0x00]);
    assert_eq!(of(Format::Base64), [0xf3, 0x6d, 0x34]);
}
