//! How the server proves to be the one that it should be.

use embedded_tls::{
    Aes128GcmSha256, Certificate as Trusted, CertificateEntryRef, CertificateRef,
    CertificateVerifyRef, CryptoProvider, CryptoRngCore, NoClock, Sha256, TlsError as Cause,
    TlsVerifier, pki::CertVerifier,
};
use rand_core::CryptoRng;

use super::{
    error::{CertificateError, TlsError},
    rng::Adapted,
    x509::Certificate,
};

/// What rustpki keeps of a chain of certificates, in bytes.
const CHAIN_LEN: usize = 4096;

/// How a server is verified: [`Verify`], or [`DangerNoVerification`].
///
/// Sealed: the choices are those two.
pub trait Verification: sealed::Sealed {}

/// Verifies the server: its certificate leads to a given authority, is for the name, and valid
/// now; and the server has its key.
///
/// # Limits
/// Those of rustpki, the part of embedded-tls that checks the signatures:
///
/// - Keys and signatures of P-256, and with the feature `p384` of P-384; not RSA nor Ed25519.
/// - Servers by name, not by address; the name is one of the first three in the certificate, and
///   none of those is longer than 64 bytes.
/// - Chains of up to 4 KiB, each certificate in the order from the server's own to the authority,
///   with no cross-signed one between; the whole in one TLS record.
/// - One authority. Revocation is not checked.
#[derive(Debug, Clone, Copy)]
pub struct Verify<'a> {
    authority: &'a [u8],
    dates: Dates,
}

/// Whether the dates of certificates are checked.
#[derive(Debug, Clone, Copy)]
pub enum Dates {
    /// Against this clock, of seconds since 1970. If it returns `None` no certificate is accepted.
    Checked(fn() -> Option<u64>),
    /// **Not at all**: whoever has got hold of the key of a certificate that has expired can pose
    /// as the server for ever. For devices that have no way to know the time.
    DangerUnchecked,
}

impl<'a> Verify<'a> {
    /// Trusts one authority, whose certificate is given in DER; or one server, whose own
    /// certificate is.
    #[must_use]
    pub const fn new(authority: &'a [u8], dates: Dates) -> Self {
        Self { authority, dates }
    }
}

/// Does **not** verify the server: whoever can get between it and this device can read and change
/// everything. Only against those who merely listen is this of any use.
#[derive(Debug, Clone, Copy)]
pub struct DangerNoVerification;

impl Verification for Verify<'_> {}
impl Verification for DangerNoVerification {}

pub(super) mod sealed {
    use super::{Cause, CryptoProvider, CryptoRng, TlsError};
    use embedded_tls::Aes128GcmSha256;

    /// What TLS asks while it makes the handshake, and what it is asked afterwards.
    pub trait Sealed {
        type Provider<'p, R: CryptoRng + 'p>: Outcome
        where
            Self: 'p;

        fn provider<'p, R: CryptoRng>(
            &'p self,
            name: &'p str,
            rng: &'p mut R,
        ) -> Self::Provider<'p, R>;
    }

    pub trait Outcome: CryptoProvider<CipherSuite = Aes128GcmSha256> {
        /// Whether the handshake that has succeeded has really verified the server.
        fn verified(&self) -> Result<(), TlsError>;

        /// Why it has failed, if that was found here.
        fn refusal(&self, cause: Cause) -> Option<TlsError>;
    }
}

/// Provides no verifier.
pub struct Unverified<'p, R>(&'p mut R);

impl sealed::Sealed for DangerNoVerification {
    type Provider<'p, R: CryptoRng + 'p> = Unverified<'p, R>;

    fn provider<'p, R: CryptoRng>(&'p self, _: &'p str, rng: &'p mut R) -> Unverified<'p, R> {
        Unverified(rng)
    }
}

impl<R: CryptoRng> CryptoProvider for Unverified<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = &'static [u8];

    fn rng(&mut self) -> impl CryptoRngCore {
        Adapted(self.0)
    }
}

impl<R: CryptoRng> sealed::Outcome for Unverified<'_, R> {
    fn verified(&self) -> Result<(), TlsError> {
        Ok(())
    }

    fn refusal(&self, _: Cause) -> Option<TlsError> {
        None
    }
}

/// Provides a verifier.
pub struct Verified<'p, R> {
    rng: &'p mut R,
    verifier: Verifier<'p>,
}

impl sealed::Sealed for Verify<'_> {
    type Provider<'p, R: CryptoRng + 'p>
        = Verified<'p, R>
    where
        Self: 'p;

    fn provider<'p, R: CryptoRng>(&'p self, name: &'p str, rng: &'p mut R) -> Verified<'p, R> {
        let signatures = CertVerifier::new(Trusted::X509(self.authority));
        let verifier =
            Verifier { name, dates: self.dates, signatures, shown: Shown::Nothing, refusal: None };
        Verified { rng, verifier }
    }
}

impl<R: CryptoRng> CryptoProvider for Verified<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = &'static [u8];

    fn rng(&mut self) -> impl CryptoRngCore {
        Adapted(self.rng)
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, Cause> {
        Ok(&mut self.verifier)
    }
}

impl<R: CryptoRng> sealed::Outcome for Verified<'_, R> {
    /// embedded-tls takes a handshake for complete in which the server has shown no certificate
    /// (it is how one with a pre-shared key looks), so somebody in between could leave it out.
    fn verified(&self) -> Result<(), TlsError> {
        match self.verifier.shown {
            Shown::Proof => Ok(()),
            Shown::Nothing | Shown::Certificate => Err(CertificateError::Unproved.into()),
        }
    }

    fn refusal(&self, cause: Cause) -> Option<TlsError> {
        match cause {
            Cause::InvalidSignature => Some(CertificateError::Unproved.into()),
            _ => self.verifier.refusal.map(TlsError::from),
        }
    }
}

/// What the server has shown so far, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Nothing,
    /// A certificate that is good.
    Certificate,
    /// That it has the key of that.
    Proof,
}

/// Checks what rustpki does not, and lets it check the signatures.
struct Verifier<'p> {
    name: &'p str,
    dates: Dates,
    signatures: CertVerifier<'p, Aes128GcmSha256, NoClock, CHAIN_LEN>,
    shown: Shown,
    refusal: Option<CertificateError>,
}

impl Verifier<'_> {
    fn check(&self, chain: &[CertificateEntryRef<'_>]) -> Result<(), CertificateError> {
        let now = match self.dates {
            Dates::Checked(clock) => Some(clock().ok_or(CertificateError::UnknownTime)?),
            Dates::DangerUnchecked => None,
        };
        if chain.is_empty() {
            return Err(CertificateError::Unproved);
        }
        for (at, entry) in chain.iter().enumerate() {
            let CertificateEntryRef::X509(der) = entry else {
                return Err(CertificateError::Malformed);
            };
            let certificate = Certificate::parse(der).ok_or(CertificateError::Malformed)?;
            let (first, last) = certificate.validity;
            if now.is_some_and(|now| now < first || last < now) {
                return Err(CertificateError::Date);
            }
            if certificate.unknown_critical || !certificate.for_servers {
                return Err(CertificateError::Purpose);
            }
            // The first is the server's own; how many authorities stand before this one?
            match at.checked_sub(1) {
                None if certificate.is_for(self.name) => {}
                None => return Err(CertificateError::Name),
                Some(between) => {
                    let depth = certificate.authority.ok_or(CertificateError::NotAnAuthority)?.0;
                    if depth.is_some_and(|depth| between > usize::from(depth)) {
                        return Err(CertificateError::NotAnAuthority);
                    }
                }
            }
        }
        Ok(())
    }
}

impl TlsVerifier<Aes128GcmSha256> for Verifier<'_> {
    fn set_hostname_verification(&mut self, name: &str) -> Result<(), Cause> {
        let signatures: &mut dyn TlsVerifier<Aes128GcmSha256> = &mut self.signatures;
        signatures.set_hostname_verification(name)
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        chain: CertificateRef<'_>,
    ) -> Result<(), Cause> {
        // A second one would take the place of the first.
        if self.shown != Shown::Nothing {
            return Err(Cause::InvalidHandshake);
        }
        self.check(&chain.entries).map_err(|error| {
            self.refusal = Some(error);
            Cause::InvalidCertificate
        })?;
        self.signatures.verify_certificate(transcript, chain).inspect_err(|_| {
            self.refusal = Some(CertificateError::UnknownIssuer);
        })?;
        self.shown = Shown::Certificate;
        Ok(())
    }

    fn verify_signature(&mut self, proof: CertificateVerifyRef<'_>) -> Result<(), Cause> {
        // rustpki would panic.
        if self.shown != Shown::Certificate {
            return Err(Cause::InvalidHandshake);
        }
        self.shown = Shown::Nothing;
        self.signatures.verify_signature(proof).inspect_err(|_| {
            self.refusal = Some(CertificateError::Unproved);
        })?;
        self.shown = Shown::Proof;
        Ok(())
    }
}
