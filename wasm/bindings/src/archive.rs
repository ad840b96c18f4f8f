//! HTTP archives, of which JavaScript has read the JSON: `wasm/npm/src/archive.js` is the other side.

use socklet_wasm::{
    input::{Capture, Damage, DamageKind, Given, InputError},
    report::Kind,
};

use crate::sender;

/// Reads items: a number that tells what it is, where its text is in the archive, the length of the
/// text, and the text.
///
/// | number | is |
/// |---|---|
/// | 0 | the head of a request, if there is one |
/// | 1 | the head of its response |
/// | 2 | the host: with the two before it, a connection |
/// | 3 | the time of the next message |
/// | 4 to 7 | a message, 1 added if the server has sent it, 2 if its text is base64 of bytes |
/// | others | what is no JSON |
pub(crate) fn read(mut items: &[u8], capture: &mut Capture) -> Result<(), InputError> {
    let given = &mut capture.given;
    // The last texts of each number.
    let mut texts = [&[][..]; 4];
    while let Some((head, rest)) = items.split_first_chunk::<12>() {
        let (numbers, _) = head.as_chunks::<4>();
        let mut numbers = numbers.iter().map(|number| u32::from_le_bytes(*number) as usize);
        let mut number = || numbers.next().unwrap_or_default();
        let (item, at, len) = (number(), number(), number());
        let (text, rest) = rest.split_at_checked(len).unwrap_or_default();
        items = rest;
        if let Some(place) = texts.get_mut(item) {
            *place = text;
        }
        let [request, response, host, time] = texts;
        match (item, given.last_mut()) {
            (0 | 1 | 3, _) => {}
            (2, _) => given.push(Given::new(host, request, response)),
            (4..=7, Some(given)) => {
                let kind = if item & 2 == 0 { Kind::Text } else { Kind::Binary };
                given.message(sender(item as u32 & 1), kind, time, text.to_vec(), at)?;
            }
            _ => return Err(Damage { kind: DamageKind::Json, offset: at as u64 }),
        }
    }
    if given.is_empty() {
        return Err(Damage { kind: DamageKind::NoMessages, offset: 0 });
    }
    Ok(())
}
