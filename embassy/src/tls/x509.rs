//! What rustpki does not look at in a certificate (RFC 5280): who may sign others, dates with a
//! reason, all names, what it is for.
//!
//! ```text
//!  Certificate  = [ to be signed | algorithm | signature ]
//!  to be signed = [ version? serial algorithm issuer dates subject key id? id? extensions? ]
//!  extension    = [ identifier critical? value ]
//! ```
//! The signatures are left to rustpki: this only refuses more.

use super::{
    der::{Elements, tag},
    time::time,
};

/// The extensions that are understood, by the ends of their identifiers, `2.5.29.*`.
const KEY_USAGE: &[u8] = &[0x55, 0x1D, 15];
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 17];
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1D, 19];
const CERTIFICATE_POLICIES: &[u8] = &[0x55, 0x1D, 32];
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1D, 37];

/// The purposes `serverAuth` and any (RFC 5280 section 4.2.1.12).
const SERVER_AUTH: &[u8] = &[0x2B, 6, 1, 5, 5, 7, 3, 1];
const ANY_PURPOSE: &[u8] = &[0x55, 0x1D, 37, 0];

/// The bit `keyCertSign` in the first byte of a key usage.
const KEY_CERT_SIGN: u8 = 0x04;

/// The tag of a DNS name among the alternative names.
const DNS_NAME: u8 = 0x82;

/// What a certificate says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Certificate<'a> {
    /// The first and the last second at which it is valid, since 1970.
    pub(super) validity: (u64, u64),
    /// Whether it may sign other certificates, and through how many others.
    pub(super) authority: Option<Depth>,
    /// Whether it may be used for servers.
    pub(super) for_servers: bool,
    /// Whether it holds something critical that is not understood.
    pub(super) unknown_critical: bool,
    names: Elements<'a>,
}

/// How many authorities may stand between an authority and the end: any number without a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Depth(pub(super) Option<u8>);

impl<'a> Certificate<'a> {
    /// Reads a certificate in DER.
    pub(super) fn parse(der: &'a [u8]) -> Option<Self> {
        let mut to_be_signed = Elements(der).sequence()?.sequence()?;
        to_be_signed.take_if(0xA0); // version
        to_be_signed.expect(tag::INTEGER)?; // serial number
        to_be_signed.sequence()?; // algorithm
        to_be_signed.sequence()?; // issuer
        let mut dates = to_be_signed.sequence()?;
        let validity = (time(&mut dates)?, time(&mut dates)?);
        to_be_signed.sequence()?; // subject
        to_be_signed.sequence()?; // key
        to_be_signed.take_if(0x81); // unique identifier of the issuer
        to_be_signed.take_if(0x82); // and of the subject
        let mut certificate = Self {
            validity,
            authority: None,
            for_servers: true,
            unknown_critical: false,
            names: Elements(&[]),
        };
        let mut may_sign = true;
        if let Some(extensions) = to_be_signed.take_if(0xA3) {
            let mut extensions = Elements(extensions).sequence()?;
            while !extensions.is_empty() {
                certificate.extension(extensions.sequence()?, &mut may_sign)?;
            }
        }
        if !may_sign {
            certificate.authority = None;
        }
        Some(certificate)
    }

    fn extension(&mut self, mut extension: Elements<'a>, may_sign: &mut bool) -> Option<()> {
        let identifier = extension.expect(tag::OBJECT_IDENTIFIER)?;
        let critical = extension.take_if(tag::BOOLEAN).is_some_and(|value| value != [0]);
        let mut value = Elements(extension.expect(tag::OCTET_STRING)?);
        match identifier {
            KEY_USAGE => {
                let [_, usage, ..] = value.expect(tag::BIT_STRING)? else { return None };
                *may_sign = usage & KEY_CERT_SIGN != 0;
            }
            BASIC_CONSTRAINTS => self.authority = authority(value.sequence()?)?,
            SUBJECT_ALT_NAME => self.names = value.sequence()?,
            EXTENDED_KEY_USAGE => self.for_servers = is_for_servers(value.sequence()?)?,
            CERTIFICATE_POLICIES => {}
            _ => self.unknown_critical |= critical,
        }
        Some(())
    }

    /// Whether it is for the host of this name (RFC 6125 section 6.4): one of its names is the
    /// same, or has `*` in place of the first label.
    pub(super) fn is_for(&self, host: &str) -> bool {
        let host = host.strip_suffix('.').unwrap_or(host).as_bytes();
        let mut names = self.names;
        while let Some((kind, name)) = names.next() {
            if kind == DNS_NAME && is_match(name, host) {
                return true;
            }
        }
        false
    }
}

/// Reads basic constraints (section 4.2.1.9): `ca?` and `depth?`.
#[allow(clippy::option_option, reason = "whether it can be read, and whether it is an authority")]
fn authority(mut constraints: Elements<'_>) -> Option<Option<Depth>> {
    let is_authority = constraints.take_if(tag::BOOLEAN).is_some_and(|value| value != [0]);
    let depth = match constraints.take_if(tag::INTEGER) {
        None => None,
        Some([depth @ 0..=0x7F]) => Some(*depth),
        // More than any chain is long.
        Some([0..=0x7F, ..]) => None,
        Some(_) => return None,
    };
    Some(is_authority.then_some(Depth(depth)))
}

fn is_for_servers(mut purposes: Elements<'_>) -> Option<bool> {
    let mut found = false;
    while !purposes.is_empty() {
        let purpose = purposes.expect(tag::OBJECT_IDENTIFIER)?;
        found |= purpose == SERVER_AUTH || purpose == ANY_PURPOSE;
    }
    Some(found)
}

fn is_match(name: &[u8], host: &[u8]) -> bool {
    let Some(parent) = name.strip_prefix(b"*.") else { return name.eq_ignore_ascii_case(host) };
    let Some(dot) = host.iter().position(|byte| *byte == b'.') else { return false };
    let host_parent = host.get(dot.saturating_add(1)..).unwrap_or_default();
    // Not for a whole top-level domain.
    dot > 0 && parent.contains(&b'.') && parent.eq_ignore_ascii_case(host_parent)
}

#[cfg(test)]
mod tests {
    use super::is_match;

    #[test]
    fn a_star_stands_for_one_label() {
        for (name, host, expected) in [
            ("example.com", "EXAMPLE.com", true),
            ("example.com", "www.example.com", false),
            ("*.example.com", "www.example.com", true),
            ("*.example.com", "example.com", false),
            ("*.example.com", ".example.com", false),
            ("*.example.com", "a.b.example.com", false),
            ("*.com", "example.com", false),
            ("w*.example.com", "www.example.com", false),
            ("", "", true),
        ] {
            assert_eq!(is_match(name.as_bytes(), host.as_bytes()), expected, "{name} {host}");
        }
    }
}
