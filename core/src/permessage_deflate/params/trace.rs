//! The values of `Sec-WebSocket-Extensions` as they were read.

use super::{ABSENT, BARE, Context, MAX_BITS, NAME, Params, context, next_extension};

/// An extension in an offer or a response (RFC 6455 section 9.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// Its name, which should be a token.
    pub name: &'a [u8],
    /// What follows the name, if anything does.
    pub parameters: Option<&'a [u8]>,
}

/// The extensions of one value; an iterator.
#[derive(Debug, Clone)]
pub struct Extensions<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Extensions<'a> {
    /// Begins with the first extension of a value.
    #[must_use]
    pub const fn new(value: &'a [u8]) -> Self {
        Self { rest: Some(value) }
    }
}

impl<'a> Iterator for Extensions<'a> {
    type Item = Extension<'a>;

    fn next(&mut self) -> Option<Extension<'a>> {
        next_extension(&mut self.rest, false)
            .map(|(name, parameters)| Extension { name, parameters })
    }
}

impl Extension<'_> {
    /// Whether this is permessage-deflate.
    #[must_use]
    pub fn is_deflate(&self) -> bool {
        self.name == NAME.as_bytes()
    }

    /// The parameters of permessage-deflate; `None` if anything is wrong with them.
    #[must_use]
    pub fn deflate(&self, is_offer: bool) -> Option<Parameters> {
        Params::parse(self.parameters, is_offer).map(Parameters)
    }
}

/// A parameter of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// It is not there.
    Absent,
    /// It is there without a value.
    Bare,
    /// It says so many bits.
    Bits(u8),
}

/// The parameters of permessage-deflate (RFC 7692 section 7.1), well-formed ones.
#[derive(Clone, Copy)]
pub struct Parameters(Params);

impl Parameters {
    /// `client_max_window_bits`.
    #[must_use]
    pub const fn client_max_window_bits(&self) -> Parameter {
        parameter(self.values().0)
    }

    /// `server_max_window_bits`.
    #[must_use]
    pub const fn server_max_window_bits(&self) -> Parameter {
        parameter(self.values().1)
    }

    /// `server_no_context_takeover`.
    #[must_use]
    pub const fn server_no_context_takeover(&self) -> bool {
        self.values().2 != ABSENT
    }

    /// `client_no_context_takeover`.
    #[must_use]
    pub const fn client_no_context_takeover(&self) -> bool {
        self.values().3 != ABSENT
    }

    /// What the client sends, if these are those of a response.
    #[must_use]
    pub const fn client_context(&self) -> Context {
        context(self.values().0, self.values().3)
    }

    /// What the server sends, if these are those of a response.
    #[must_use]
    pub const fn server_context(&self) -> Context {
        context(self.values().1, self.values().2)
    }

    /// Whether this response fits that offer (RFC 7692 section 7.1.1 and 7.1.2).
    #[must_use]
    pub const fn fits(&self, offer: &Self) -> bool {
        let (client_bits, ..) = self.values();
        let (offered_client_bits, server_bits, server_no_takeover, _) = offer.values();
        let server = self.server_context();
        let limit = if server_bits == ABSENT { MAX_BITS } else { server_bits };
        server.window_bits <= limit
            && !(server.takeover && server_no_takeover != ABSENT)
            // Of any size: how small the client's window is, is only a hint (section 7.1.2.2).
            && (client_bits == ABSENT || offered_client_bits != ABSENT)
    }

    const fn values(&self) -> (u8, u8, u8, u8) {
        let Params([client_bits, server_bits, server_no_takeover, client_no_takeover]) = self.0;
        (client_bits, server_bits, server_no_takeover, client_no_takeover)
    }
}

const fn parameter(value: u8) -> Parameter {
    match value {
        ABSENT => Parameter::Absent,
        BARE => Parameter::Bare,
        bits => Parameter::Bits(bits),
    }
}
