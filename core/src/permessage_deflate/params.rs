//! placeholder
use crate::HandshakeError;
use core::fmt;
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(missing_docs)]
pub struct Negotiable {
    pub receive_bits: u8,
    pub receive_takeover: bool,
    pub send_bits: u8,
    pub send_takeover: bool,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(missing_docs)]
pub struct Context {
    pub window_bits: u8,
    pub takeover: bool,
}
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
#[allow(missing_docs)]
pub struct Agreed {
    pub send: Context,
    pub receive: Context,
}
#[allow(missing_docs)]
pub fn offer(_can: &Negotiable, _out: &mut impl fmt::Write) -> fmt::Result {
    Ok(())
}
#[allow(missing_docs)]
pub fn confirm<'a>(
    _can: &Negotiable,
    _response: impl Iterator<Item = &'a [u8]>,
) -> Result<Option<Agreed>, HandshakeError> {
    Ok(None)
}
#[allow(missing_docs)]
pub fn accept<'a>(
    _can: &Negotiable,
    _offers: impl Iterator<Item = &'a [u8]>,
    _out: &mut impl fmt::Write,
) -> Result<Option<Agreed>, fmt::Error> {
    Ok(None)
}
