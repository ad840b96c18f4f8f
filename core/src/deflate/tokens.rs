//! The symbols of a block before they are coded: literals and matches, three bytes each.

use super::{get, parse::MIN_ROOM, set};

/// A literal or a match.
#[derive(Clone, Copy)]
pub(super) struct Token {
    /// Of a match 1 to 32768, of a literal 0.
    pub(super) distance: u16,
    /// The literal, or the length of the match less the shortest.
    pub(super) value: u8,
}

/// The symbols of a block.
pub(super) struct Tokens<const N: usize> {
    values: [u8; N],
    distances: [u16; N],
    len: usize,
}

impl<const N: usize> Tokens<N> {
    pub(super) const fn new() -> Self {
        Self { values: [0; N], distances: [0; N], len: 0 }
    }

    pub(super) fn clear(&mut self) {
        self.len = 0;
    }

    #[inline(always)]
    pub(super) fn view(&mut self) -> List<'_> {
        List { values: &mut self.values, distances: &mut self.distances, len: &mut self.len }
    }
}

/// Tokens of any number, so that most code need not be compiled for each.
pub struct List<'a> {
    values: &'a mut [u8],
    distances: &'a mut [u16],
    len: &'a mut usize,
}

impl List<'_> {
    pub(super) fn len(&self) -> usize {
        *self.len
    }

    /// How many more there is room for.
    #[inline(always)]
    pub(super) fn room(&self) -> usize {
        self.values.len().wrapping_sub(*self.len)
    }

    #[inline(always)]
    pub(super) fn get(&self, at: usize) -> Token {
        Token { distance: get(self.distances, at), value: get(self.values, at) }
    }

    /// Stores a token, beyond the end too.
    #[inline(always)]
    pub(super) fn set(&mut self, at: usize, token: Token) {
        set(self.values, at, token.value);
        set(self.distances, at, token.distance);
    }

    #[inline(always)]
    pub(super) fn push(&mut self, token: Token) {
        self.set(*self.len, token);
        *self.len = self.len.wrapping_add(1);
    }

    #[inline(always)]
    pub(super) fn iter(&self) -> impl Iterator<Item = Token> {
        self.iter_from(0)
    }

    /// The tokens from the n-th on.
    #[inline(always)]
    pub(super) fn iter_from(&self, start: usize) -> impl Iterator<Item = Token> {
        let values = self.values.get(start..*self.len).unwrap_or_default();
        let distances = self.distances.get(start..*self.len).unwrap_or_default();
        let both = values.iter().zip(distances);
        both.map(|(value, distance)| Token { distance: *distance, value: *value })
    }

    /// Room for more tokens, but for as many as make no other block.
    #[inline(always)]
    pub(super) fn spare(&mut self) -> impl Iterator<Item = Slot<'_>> {
        let most = self.room().saturating_sub(MIN_ROOM - 1);
        let values = self.values.get_mut(*self.len..).unwrap_or_default();
        let distances = self.distances.get_mut(*self.len..).unwrap_or_default();
        let both = values.iter_mut().zip(distances).take(most);
        both.map(|(value, distance)| Slot { value, distance })
    }

    /// Appends so many of the spare tokens.
    pub(super) fn add(&mut self, count: usize) {
        *self.len = self.len.wrapping_add(count);
    }

    /// Appends the tokens of a path through the bytes after the last token. The one that arrives
    /// at the n-th of them lies n - 1 beyond the end; the path arrives at the byte `to`.
    pub(super) fn commit(&mut self, to: usize) {
        let (mut read, mut write) = (to, to);
        while read > 0 {
            let token = self.get(self.len.wrapping_add(read).wrapping_sub(1));
            write = write.wrapping_sub(1);
            self.set(self.len.wrapping_add(write), token);
            read = read.saturating_sub(token.covers());
        }
        for at in write..to {
            let token = self.get(self.len.wrapping_add(at));
            self.set(self.len.wrapping_add(at.wrapping_sub(write)), token);
        }
        *self.len = self.len.wrapping_add(to.wrapping_sub(write));
    }
}

/// Room for a token.
pub(super) struct Slot<'a> {
    value: &'a mut u8,
    distance: &'a mut u16,
}

impl Slot<'_> {
    #[inline(always)]
    pub(super) fn put(self, token: Token) {
        (*self.value, *self.distance) = (token.value, token.distance);
    }
}

impl Token {
    pub(super) fn literal(byte: u8) -> Self {
        Self { distance: 0, value: byte }
    }

    /// Bytes of input that it stands for.
    pub(super) fn covers(self) -> usize {
        if self.distance == 0 { 1 } else { usize::from(self.value).wrapping_add(3) }
    }
}
