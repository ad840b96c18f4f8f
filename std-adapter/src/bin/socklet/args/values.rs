//! Values of options.

use std::{
    convert::Infallible,
    ffi::{OsStr, OsString},
    path::PathBuf,
    str::FromStr,
    time::Duration,
};

use lexopt::{Parser, ValueExt};
use socklet_core::{
    Error,
    handshake::client::Request,
    permessage_deflate::{NoCompression, Settings},
};

use super::{Dump, Usage};

/// Checks what will stand in the opening handshake by writing one.
pub(super) fn check_handshake(
    headers: &[(String, String)],
    subprotocols: &[String],
) -> Result<(), Usage> {
    let headers: Vec<_> = headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    let subprotocols: Vec<_> = subprotocols.iter().map(String::as_str).collect();
    let request = Request::new("localhost", "/").headers(&headers).subprotocols(&subprotocols);
    match request.encode::<Infallible>(&[0; 16], &NoCompression, &mut []) {
        Err(Error::Config(error)) => Err(error.to_string().into()),
        // It is too long for no space at all.
        _ => Ok(()),
    }
}

/// Turns compression on, with windows of so many bits if that is said.
pub(super) fn deflate(settings: &mut Settings, bits: Option<OsString>) -> Result<(), Usage> {
    settings.is_enabled = true;
    if let Some(value) = bits {
        let bits = parsed(&value).filter(|bits| (8..=15).contains(bits));
        let bits = bits.ok_or_else(|| format!("{value:?} is not a window: 8 to 15 bits"))?;
        settings.negotiable.receive_bits = bits;
        settings.negotiable.send_bits = bits;
    }
    Ok(())
}

pub(super) const fn no_context_takeover(settings: &mut Settings) {
    settings.negotiable.receive_takeover = false;
    settings.negotiable.send_takeover = false;
}

/// Takes what stands behind `--dump`.
pub(super) fn dump(args: &mut Parser) -> Dump {
    args.optional_value().map_or(Dump::Lines, |path| Dump::File(path.into()))
}

pub(super) fn string(args: &mut Parser) -> Result<String, Usage> {
    Ok(args.value()?.string()?)
}

pub(super) fn path(args: &mut Parser) -> Result<PathBuf, Usage> {
    Ok(args.value()?.into())
}

/// Takes a header apart.
pub(crate) fn header(header: &str) -> Result<(String, String), Usage> {
    let (name, value) = header
        .split_once(':')
        .ok_or_else(|| format!("{header:?} is not a header: 'NAME: VALUE' is"))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

pub(super) fn bytes(args: &mut Parser) -> Result<usize, Usage> {
    let value = args.value()?;
    parsed(&value).ok_or_else(|| format!("{value:?} is not a number of bytes").into())
}

pub(super) fn number<T: FromStr>(args: &mut Parser) -> Result<T, Usage> {
    let value = args.value()?;
    parsed(&value).ok_or_else(|| format!("{value:?} is not a number, or too large").into())
}

/// A number of which there is at least one.
pub(super) fn positive<T: FromStr + Default + PartialEq>(args: &mut Parser) -> Result<T, Usage> {
    let number = number(args)?;
    if number == T::default() { Err("0 of it is none at all".into()) } else { Ok(number) }
}

fn parsed<T: FromStr>(value: &OsStr) -> Option<T> {
    value.to_str().and_then(|value| value.parse().ok())
}

/// Seconds, which may have a fraction. What is less than a millisecond is one: only 0 is none.
pub(super) fn seconds(args: &mut Parser) -> Result<Duration, Usage> {
    const LEAST: f64 = 0.001;
    let value = args.value()?;
    parsed::<f64>(&value)
        .map(|seconds| if seconds > 0.0 { seconds.max(LEAST) } else { seconds })
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|seconds| u32::try_from(seconds.as_millis()).is_ok())
        .ok_or_else(|| format!("{value:?} is not a number of seconds").into())
}
