//! DER, as much as certificates need: an element is a tag, a length, and contents.

/// The tags in use (X.690 section 8).
pub(super) mod tag {
    pub(in crate::tls) const BOOLEAN: u8 = 0x01;
    pub(in crate::tls) const INTEGER: u8 = 0x02;
    pub(in crate::tls) const BIT_STRING: u8 = 0x03;
    pub(in crate::tls) const OCTET_STRING: u8 = 0x04;
    pub(in crate::tls) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(in crate::tls) const UTC_TIME: u8 = 0x17;
    pub(in crate::tls) const GENERALIZED_TIME: u8 = 0x18;
    pub(in crate::tls) const SEQUENCE: u8 = 0x30;
}

/// Elements, one behind the other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Elements<'a>(pub(super) &'a [u8]);

impl<'a> Elements<'a> {
    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes the next element: its tag and contents.
    pub(super) fn next(&mut self) -> Option<(u8, &'a [u8])> {
        let [tag, len, rest @ ..] = self.0 else { return None };
        let (len, rest) = match len {
            0..=0x7F => (usize::from(*len), rest),
            // In one to three bytes: longer is nothing that fits a device.
            0x81..=0x83 => {
                let (digits, rest) = rest.split_at_checked(usize::from(len & 0x7F))?;
                let len = digits.iter().fold(0, |len, digit| (len << 8) | usize::from(*digit));
                (len, rest)
            }
            _ => return None,
        };
        let (contents, rest) = rest.split_at_checked(len)?;
        self.0 = rest;
        Some((*tag, contents))
    }

    /// Takes the next element, which has to be of this tag.
    pub(super) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        self.take_if(tag)
    }

    /// Takes the next element if it is of this tag.
    pub(super) fn take_if(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut rest = *self;
        let (found, contents) = rest.next()?;
        if found != tag {
            return None;
        }
        *self = rest;
        Some(contents)
    }

    /// Takes the next element, a sequence, to look into it.
    pub(super) fn sequence(&mut self) -> Option<Self> {
        self.expect(tag::SEQUENCE).map(Self)
    }
}
