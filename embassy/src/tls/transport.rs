//! The TCP connection below TLS, which both directions of that share.

use core::{
    cell::{Cell, RefCell},
    future::{Future, poll_fn},
    pin::pin,
};

use embedded_io_async::{ErrorType, Read, Write};

use crate::{
    error::StreamError,
    link::{Halves, LinkReader, LinkWriter},
};

/// The halves of a TCP connection, in cells: embedded-tls wants something that it can clone, which
/// a reference to this is.
pub(super) struct Transport<'s> {
    reader: RefCell<LinkReader<'s>>,
    writer: RefCell<LinkWriter<'s>>,
    meter: Cell<Meter>,
    /// Length of the buffer for records, in bytes.
    available: usize,
}

impl<'s> Transport<'s> {
    pub(super) const fn new((reader, writer): Halves<'s>, available: usize) -> Self {
        let meter = Meter { header: [0; 2], at: 0, left: 0, record_len: 0 };
        Self {
            reader: RefCell::new(reader),
            writer: RefCell::new(writer),
            meter: Cell::new(meter),
            available,
        }
    }

    /// The length of the record that is being received, if it does not fit, and what there is.
    pub(super) const fn too_long(&self) -> Option<(usize, usize)> {
        let needed = self.meter.get().record_len as usize;
        if needed > self.available { Some((needed, self.available)) } else { None }
    }
}

impl ErrorType for &Transport<'_> {
    type Error = StreamError;
}

// The futures of a half hold no state between polls: each poll makes a new one, and the borrow
// ends with it.
impl Read for &Transport<'_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, StreamError> {
        let len = poll_fn(|context| pin!(self.reader.borrow_mut().read(bytes)).poll(context));
        let len = len.await?;
        let mut meter = self.meter.get();
        meter.pass(bytes.get(..len).unwrap_or_default());
        self.meter.set(meter);
        Ok(len)
    }
}

impl Write for &Transport<'_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, StreamError> {
        poll_fn(|context| pin!(self.writer.borrow_mut().write(bytes)).poll(context)).await
    }

    async fn flush(&mut self) -> Result<(), StreamError> {
        poll_fn(|context| pin!(self.writer.borrow_mut().flush()).poll(context)).await
    }
}

/// Reads the headers of records as they pass, since embedded-tls does not tell how long one is
/// that does not fit its buffer.
///
/// ```text
///  | type | version | length | the record ...
///  0      1         3        5
/// ```
#[derive(Debug, Clone, Copy)]
struct Meter {
    /// The length in the header.
    header: [u8; 2],
    /// Bytes of the header that have passed.
    at: u8,
    /// Bytes of the record that are still to come.
    left: u16,
    record_len: u16,
}

impl Meter {
    fn pass(&mut self, mut bytes: &[u8]) {
        while let [first, rest @ ..] = bytes {
            if self.left > 0 {
                let len = bytes.len().min(self.left.into());
                self.left = self.left.saturating_sub(len as u16);
                bytes = bytes.get(len..).unwrap_or_default();
                continue;
            }
            bytes = rest;
            match self.at {
                0..=2 => {}
                3 => self.header = [*first, 0],
                _ => {
                    let [high, _] = self.header;
                    self.left = u16::from_be_bytes([high, *first]);
                    self.record_len = self.left;
                    self.at = 0;
                    continue;
                }
            }
            self.at = self.at.saturating_add(1);
        }
    }
}
