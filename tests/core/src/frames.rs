//! Frames of any bytes, right or wrong, and a plain decoder to look at what was sent.

/// The masking key of frames built here, unless another is set.
pub const KEY: [u8; 4] = [0x37, 0xFA, 0x21, 0x3D];

/// A frame to be built: nothing is checked, so that everything can be got wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// FIN.
    pub fin: bool,
    /// RSV1 to RSV3 as the low three bits, RSV1 the highest of them.
    pub rsv: u8,
    /// Four bits.
    pub opcode: u8,
    /// The masking key.
    pub key: Option<[u8; 4]>,
    /// What the payload is before masking.
    pub payload: Vec<u8>,
    /// The length to declare, in so many bytes (1, 2 or 8), if not the right one.
    pub declared: Option<(u64, u8)>,
}

impl Frame {
    /// An unmasked final frame.
    #[must_use]
    pub fn new(opcode: u8, payload: impl AsRef<[u8]>) -> Self {
        let payload = payload.as_ref().to_vec();
        Self { fin: true, rsv: 0, opcode, key: None, payload, declared: None }
    }

    /// A continuation.
    #[must_use]
    pub fn more(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x0, payload)
    }

    /// A text frame.
    #[must_use]
    pub fn text(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x1, payload)
    }

    /// A binary frame.
    #[must_use]
    pub fn binary(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x2, payload)
    }

    /// A Close frame with any body.
    #[must_use]
    pub fn close_body(body: impl AsRef<[u8]>) -> Self {
        Self::new(0x8, body)
    }

    /// A Close frame.
    #[must_use]
    pub fn close(code: u16, reason: &str) -> Self {
        Self::new(0x8, [&code.to_be_bytes()[..], reason.as_bytes()].concat())
    }

    /// A Ping.
    #[must_use]
    pub fn ping(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0x9, payload)
    }

    /// A Pong.
    #[must_use]
    pub fn pong(payload: impl AsRef<[u8]>) -> Self {
        Self::new(0xA, payload)
    }

    /// Not the last of its message.
    #[must_use]
    pub fn not_fin(self) -> Self {
        Self { fin: false, ..self }
    }

    /// With reserved bits: 4 is RSV1, 2 RSV2, 1 RSV3.
    #[must_use]
    pub fn rsv(self, rsv: u8) -> Self {
        Self { rsv, ..self }
    }

    /// Under this masking key.
    #[must_use]
    pub fn key(self, key: Option<[u8; 4]>) -> Self {
        Self { key, ..self }
    }

    /// As a peer of this endpoint sends it: masked to a server, unmasked to a client.
    #[must_use]
    pub fn to(self, who: crate::Who) -> Vec<u8> {
        self.key((who == crate::Who::Server).then_some(KEY)).encode()
    }

    /// Declares another length than the right one, in a field of 1, 2 or 8 bytes.
    #[must_use]
    pub fn declare(self, len: u64, field_len: u8) -> Self {
        Self { declared: Some((len, field_len)), ..self }
    }

    /// The bytes on the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let len = self.payload.len() as u64;
        let (len, field_len) = self.declared.unwrap_or(match len {
            0..=125 => (len, 1),
            126..=0xFFFF => (len, 2),
            _ => (len, 8),
        });
        let first = u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode;
        let masked = u8::from(self.key.is_some()) << 7;
        let mut bytes = vec![first];
        match field_len {
            1 => bytes.push(masked | len as u8),
            2 => {
                bytes.push(masked | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            _ => {
                bytes.push(masked | 127);
                bytes.extend(len.to_be_bytes());
            }
        }
        bytes.extend(self.key.unwrap_or_default().iter().take(if masked == 0 { 0 } else { 4 }));
        let key = self.key.unwrap_or_default();
        bytes.extend(self.payload.iter().enumerate().map(|(i, byte)| byte ^ key[i % 4]));
        bytes
    }
}

/// Decodes whole frames, payloads unmasked, and panics if the last is cut.
#[must_use]
pub fn decode(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while !bytes.is_empty() {
        let (frame, rest) = decode_one(bytes).expect("the last frame is cut");
        frames.push(frame);
        bytes = rest;
    }
    frames
}

/// Decodes whole frames, and leaves out the last if it is cut.
#[must_use]
pub fn decode_whole(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some((frame, rest)) = decode_one(bytes) {
        frames.push(frame);
        bytes = rest;
    }
    frames
}

fn decode_one(bytes: &[u8]) -> Option<(Frame, &[u8])> {
    let take = |at: usize, len: usize| bytes.get(at..at.checked_add(len)?);
    let head = take(0, 2)?;
    let (len, mut at) = match head[1] & 0x7F {
        126 => (u64::from(u16::from_be_bytes(take(2, 2)?.try_into().ok()?)), 4),
        127 => (u64::from_be_bytes(take(2, 8)?.try_into().ok()?), 10),
        len => (u64::from(len), 2),
    };
    let mut key = None;
    if head[1] & 0x80 != 0 {
        key = Some(<[u8; 4]>::try_from(take(at, 4)?).ok()?);
        at += 4;
    }
    let len = usize::try_from(len).ok()?;
    let mask = key.unwrap_or_default();
    let payload = take(at, len)?.iter().enumerate().map(|(i, byte)| byte ^ mask[i % 4]).collect();
    let frame = Frame {
        fin: head[0] & 0x80 != 0,
        rsv: head[0] >> 4 & 7,
        opcode: head[0] & 0xF,
        key,
        payload,
        declared: None,
    };
    Some((frame, &bytes[at + len..]))
}
