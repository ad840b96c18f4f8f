//! Somebody in between, who makes the key exchange himself and leaves out what he cannot show.
//!
//! A server by hand, as far as its Finished (RFC 8446 sections 4 and 7): no library would do this.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use aes_gcm::{
    Aes128Gcm, KeyInit,
    aead::{Aead, Payload},
};
use embassy_time::Timer;
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use p256::{SecretKey, ecdh::diffie_hellman, elliptic_curve::sec1::ToEncodedPoint};
use sha2::{Digest, Sha256};
use socklet_embassy::{
    CertificateError, ConnectError, Connector, DangerNoVerification, Dates, Phase, Tls, TlsError,
    Verification, Verify,
};
use socklet_embassy_tests::{
    certificates::{Authority, now},
    device::{REQUEST, SECURE, SecureMemory, rng},
    executor::{run, spawn},
    host::{self, Tcp},
    name_server::KNOWN,
    network::Network,
};

/// A message of the handshake: its type, its length, its body.
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut message = vec![kind];
    message.extend_from_slice(&(body.len() as u32).to_be_bytes()[1..]);
    message.extend_from_slice(body);
    message
}

fn encrypted_extensions() -> Vec<u8> {
    message(8, &[0, 0])
}

fn certificate(der: &[u8]) -> Vec<u8> {
    let len = |len: usize| (len as u32).to_be_bytes()[1..].to_vec();
    let entry = [len(der.len()), der.to_vec(), vec![0, 0]].concat();
    message(11, &[vec![0], len(entry.len()), entry].concat())
}

/// A proof of possession that is none.
fn certificate_verify() -> Vec<u8> {
    message(15, &[4, 3, 0, 4, 0x30, 2, 5, 0])
}

fn record(kind: u8, payload: &[u8]) -> Vec<u8> {
    let mut record = vec![kind, 3, 3];
    record.extend_from_slice(&(payload.len() as u16).to_be_bytes());
    record.extend_from_slice(payload);
    record
}

async fn read_exact(tcp: &mut Tcp, len: usize) -> Vec<u8> {
    let mut bytes = vec![0; len];
    let mut at = 0;
    while at < len {
        at += tcp.read(&mut bytes[at..]).await.unwrap();
    }
    bytes
}

/// The public key of P-256 among the extensions of a ClientHello, and the session's identifier.
fn parse(hello: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let session_len = usize::from(hello[38]);
    let session = hello[39..39 + session_len].to_vec();
    // The extension 51, a list with one entry of the group 23 with 65 bytes.
    let start = [0, 23, 0, 65, 4];
    let at = hello.windows(5).position(|window| window == start).unwrap() + 4;
    (hello[at..at + 65].to_vec(), session)
}

fn expand(secret: &[u8], label: &[u8], context: &[u8], len: usize) -> Vec<u8> {
    let mut info = (len as u16).to_be_bytes().to_vec();
    info.push(6 + label.len() as u8);
    info.extend_from_slice(b"tls13 ");
    info.extend_from_slice(label);
    info.push(context.len() as u8);
    info.extend_from_slice(context);
    let mut out = vec![0; len];
    Hkdf::<Sha256>::from_prk(secret).unwrap().expand(&info, &mut out).unwrap();
    out
}

/// Makes the key exchange, shows `shown`, and a Finished that is right for it.
async fn pose(mut tcp: Tcp, shown: Vec<Vec<u8>>) {
    let header = read_exact(&mut tcp, 5).await;
    let hello_len = usize::from(u16::from_be_bytes([header[3], header[4]]));
    let client_hello = read_exact(&mut tcp, hello_len).await;
    let (their_key, session) = parse(&client_hello);
    let secret = SecretKey::from_slice(&[7; 32]).unwrap();
    let their_key = p256::PublicKey::from_sec1_bytes(&their_key).unwrap();
    let shared = diffie_hellman(secret.to_nonzero_scalar(), their_key.as_affine());
    let my_key = secret.public_key().to_encoded_point(false);

    let mut hello = vec![3, 3];
    hello.extend_from_slice(&[9; 32]);
    hello.push(session.len() as u8);
    hello.extend_from_slice(&session);
    hello.extend_from_slice(&[0x13, 0x01, 0, 0, 79]);
    hello.extend_from_slice(&[0, 43, 0, 2, 3, 4]);
    hello.extend_from_slice(&[0, 51, 0, 69, 0, 23, 0, 65]);
    hello.extend_from_slice(my_key.as_bytes());
    let server_hello = message(2, &hello);
    tcp.write(&record(22, &server_hello)).await.unwrap();

    let mut transcript = Sha256::new();
    transcript.update(&client_hello);
    transcript.update(&server_hello);
    let (early, _) = Hkdf::<Sha256>::extract(Some(&[0; 32]), &[0; 32]);
    let derived = expand(&early, b"derived", &Sha256::digest([]), 32);
    let (handshake, _) = Hkdf::<Sha256>::extract(Some(&derived), shared.raw_secret_bytes());
    let traffic = expand(&handshake, b"s hs traffic", &transcript.clone().finalize(), 32);
    let cipher = Aes128Gcm::new_from_slice(&expand(&traffic, b"key", &[], 16)).unwrap();
    let iv = expand(&traffic, b"iv", &[], 12);

    for message in &shown {
        transcript.update(message);
    }
    let finished_key = expand(&traffic, b"finished", &[], 32);
    let mut mac = <Hmac<Sha256> as Mac>::new_from_slice(&finished_key).unwrap();
    mac.update(&transcript.finalize());
    let finished = message(20, &mac.finalize().into_bytes());
    for (at, message) in shown.iter().chain([&finished]).enumerate() {
        let plain = [&message[..], &[22]].concat();
        let mut header = vec![23, 3, 3];
        header.extend_from_slice(&(plain.len() as u16 + 16).to_be_bytes());
        let mut nonce = iv.clone();
        nonce[11] ^= at as u8;
        let payload = Payload { msg: &plain, aad: &header };
        let sealed = cipher.encrypt(nonce.as_slice().into(), payload).unwrap();
        if tcp.write(&record(23, &sealed)).await.is_err() {
            return;
        }
    }
    // Whatever comes now would be the device's secrets.
    Timer::after_secs(5).await;
    tcp.abort();
    let _ = tcp.flush().await;
}

fn against<V: Verification>(shown: Vec<Vec<u8>>, verification: V) -> ConnectError {
    run(async {
        let network = Network::new();
        let host = network.host;
        spawn(async move { pose(host::accept(host, 443).await, shown).await });
        let connector = Connector::new(network.device).tls(Tls::new(KNOWN, verification));
        let mut memory = Box::new(SecureMemory::new());
        let session = connector.run(&SECURE, &REQUEST, memory.client(rng()), async |_| ());
        session.await.unwrap_err()
    })
}

/// What the device makes of it if it verifies.
fn verified(authority: &Authority, shown: Vec<Vec<u8>>) -> ConnectError {
    against(shown, Verify::new(authority.der(), Dates::Checked(now)))
}

const UNPROVED: ConnectError = ConnectError::Tls(TlsError::Certificate(CertificateError::Unproved));

/// So that it is the verification that refuses him below, and not a mistake of his.
#[test]
fn his_handshake_is_right_otherwise() {
    let error = against(vec![encrypted_extensions()], DangerNoVerification);
    assert_eq!(error.phase(), Phase::Handshake, "{error:?}");
}

#[test]
fn he_shows_no_certificate() {
    let authority = Authority::root();
    assert_eq!(verified(&authority, vec![encrypted_extensions()]), UNPROVED);
}

#[test]
fn he_shows_an_empty_list_of_certificates() {
    let authority = Authority::root();
    let empty = message(11, &[0, 0, 0, 0]);
    assert_eq!(verified(&authority, vec![encrypted_extensions(), empty]), UNPROVED);
}

#[test]
fn he_shows_the_certificate_of_the_host_and_no_proof() {
    let authority = Authority::root();
    let certificate = certificate(&authority.certificate());
    assert_eq!(verified(&authority, vec![encrypted_extensions(), certificate]), UNPROVED);
}

#[test]
fn he_shows_the_certificate_of_the_host_and_a_false_proof() {
    let authority = Authority::root();
    let certificate = certificate(&authority.certificate());
    let shown = vec![encrypted_extensions(), certificate, certificate_verify()];
    assert_eq!(verified(&authority, shown), UNPROVED);
}

#[test]
fn he_shows_a_proof_and_no_certificate() {
    let authority = Authority::root();
    let error = verified(&authority, vec![encrypted_extensions(), certificate_verify()]);
    assert_eq!(error, ConnectError::Tls(TlsError::Protocol));
}

#[test]
fn he_shows_what_is_no_certificate() {
    let authority = Authority::root();
    let der = authority.certificate();
    let malformed = ConnectError::Tls(TlsError::Certificate(CertificateError::Malformed));
    for len in (0..der.len()).step_by(37) {
        let shown = vec![encrypted_extensions(), certificate(&der[..len])];
        assert_eq!(verified(&authority, shown), malformed, "{len}");
    }
    // Each byte changed: refused, whatever it meant, and nothing panics.
    for at in (0..der.len()).step_by(5) {
        let mut der = der.clone();
        der[at] ^= 0x55;
        let error = verified(&authority, vec![encrypted_extensions(), certificate(&der)]);
        assert!(matches!(error, ConnectError::Tls(TlsError::Certificate(_))), "{at} {error:?}");
    }
}
