//! No peer: the least that there is to do.

use std::{
    hint::black_box,
    io::{Read, Write},
};

use socklet_core::wire::header::{Header, Opcode};

use crate::work::{KEY, Operation, Work};

/// What cannot be done without: the bytes are copied once, and masked where they have to be, by
/// words of the machine.
pub fn floor(work: &Work) -> usize {
    let mut wire = work.wire(&[]);
    let payload = work.payload();
    let mut buffer = vec![0; 128 << 10];
    let mut received = 0;
    let (mut at, mut filled) = (0, 0);
    for _ in 0..work.count {
        if work.decodes() {
            at += loop {
                let rest = &buffer[at..filled];
                if let Ok(Some((header, header_len))) = Header::decode(rest) {
                    let frame_len = header_len + header.payload_len as usize;
                    if rest.len() >= frame_len {
                        let frame = &mut buffer[at + header_len..at + frame_len];
                        xor(frame, header.masking_key.unwrap());
                        received += black_box(frame).len();
                        break frame_len;
                    }
                }
                buffer.copy_within(at..filled, 0);
                (at, filled) = (0, filled - at);
                filled += wire.read(&mut buffer[filled..]).unwrap();
            };
        } else {
            let is_client = work.operation == Operation::ClientEncode;
            let key = is_client.then_some(KEY);
            let header = Header::new(Opcode::Binary, true, key, work.len as u64);
            let header_len = header.encoded_len();
            header.encode(&mut buffer).unwrap();
            let frame = &mut buffer[header_len..header_len + work.len];
            frame.copy_from_slice(black_box(&payload));
            if let Some(key) = key {
                xor(frame, key);
            }
            wire.write_all(&buffer[..header_len + work.len]).unwrap();
        }
    }
    received
}

fn xor(bytes: &mut [u8], key: [u8; 4]) {
    let mut words = bytes.chunks_exact_mut(8);
    let wide = u64::from(u32::from_ne_bytes(key)) * 0x1_0000_0001;
    for word in &mut words {
        let masked = u64::from_ne_bytes((&*word).try_into().unwrap()) ^ wide;
        word.copy_from_slice(&masked.to_ne_bytes());
    }
    for (byte, key) in words.into_remainder().iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}
