//! A name server (RFC 1035) that knows a few names.

use embassy_net::{
    Stack,
    udp::{PacketMetadata, UdpSocket},
};

/// A name of the host.
pub const KNOWN: &str = "host.test";
/// A name that nobody has.
pub const UNKNOWN: &str = "nobody.test";
/// A name about which the name server is silent.
pub const SILENT: &str = "silent.test";

/// Answers queries at port 53.
pub async fn run(stack: Stack<'static>) {
    let (mut rx_meta, mut tx_meta) = ([PacketMetadata::EMPTY; 4], [PacketMetadata::EMPTY; 4]);
    let (mut rx, mut tx) = ([0; 1024], [0; 1024]);
    let mut socket = UdpSocket::new(stack, &mut rx_meta, &mut rx, &mut tx_meta, &mut tx);
    socket.bind(53).unwrap();
    let mut query = [0; 512];
    loop {
        let (len, from) = socket.recv_from(&mut query).await.unwrap();
        if let Some(answer) = answer(&query[..len]) {
            socket.send_to(&answer, from).await.unwrap();
        }
    }
}

fn answer(query: &[u8]) -> Option<Vec<u8>> {
    let (name, question_len) = name(&query[12..]);
    if name == SILENT {
        return None;
    }
    let is_known = name == KNOWN;
    let mut answer = query[..12 + question_len + 4].to_vec();
    // A response, recursion available; no such name, if it is not known.
    answer[2..4].copy_from_slice(&[0x81, if is_known { 0x80 } else { 0x83 }]);
    answer[6..12].copy_from_slice(&[0, is_known.into(), 0, 0, 0, 0]);
    if is_known {
        // The name of the question, an A record, of class IN, for 60 s.
        answer.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 0, 0, 1]);
    }
    Some(answer)
}

/// Reads labels up to the empty one, and says how many bytes they take.
fn name(mut labels: &[u8]) -> (String, usize) {
    let (mut name, mut len) = (Vec::new(), 1);
    while let [label_len, rest @ ..] = labels {
        if *label_len == 0 {
            break;
        }
        let (label, rest) = rest.split_at(usize::from(*label_len));
        name.push(String::from_utf8(label.to_vec()).unwrap());
        len += 1 + label.len();
        labels = rest;
    }
    (name.join("."), len)
}
