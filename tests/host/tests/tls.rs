//! Whom a client trusts, and what it says when it does not.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what fails here fails a test"
)]

mod support;

use std::{
    net::{TcpListener, TcpStream},
    thread,
};

use rcgen::{CertificateParams, KeyPair};
use socklet_std::{Client, ClientTls, CloseCode, Error, Server, ServerTls, tokio::MaybeTls};
use support::{Certificates, Kind as Peer, LONG, read_to_end, respond};

/// What both clients say of a server.
fn refused(url: &str, tls: &ClientTls) -> Vec<String> {
    let client = Client::new().tls(tls.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let errors = [
        runtime.block_on(client.connect(url)).expect_err("no connection"),
        client.connect_blocking(url).expect_err("no connection"),
    ];
    errors
        .into_iter()
        .map(|error| {
            assert!(matches!(error, Error::Tls(_)), "{error:?}");
            error.to_string()
        })
        .collect()
}

fn assert_all_say(errors: Vec<String>, words: &str) {
    for error in errors {
        assert!(error.contains(words), "{error:?} says {words:?}");
    }
}

#[test]
fn an_unknown_authority_is_not_trusted() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().tls(certificates.server()));
        let url = format!("wss://localhost:{}/", address.port());
        assert_all_say(refused(&url, &ClientTls::new()), "unknown authority");
        let other = Certificates::new();
        assert_all_say(refused(&url, &other.client()), "issued by");
    }
}

#[test]
fn a_certificate_for_another_name_is_not_trusted() {
    let certificates = Certificates::with(|params| {
        params.subject_alt_names =
            vec![rcgen::SanType::DnsName("other.example".try_into().unwrap())];
    });
    let address = Peer::Tokio.serve(Server::new().tls(certificates.server()));
    let url = format!("wss://localhost:{}/", address.port());
    assert_all_say(refused(&url, &certificates.client()), "another name");
}

#[test]
fn an_expired_certificate_is_not_trusted() {
    let certificates = Certificates::with(|params| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 1, 1);
    });
    let address = Peer::Tokio.serve(Server::new().tls(certificates.server()));
    let url = format!("wss://localhost:{}/", address.port());
    assert_all_say(refused(&url, &certificates.client()), "expired");
}

#[test]
fn a_certificate_that_nobody_but_itself_has_signed_is_not_trusted() {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let chain = params.self_signed(&key).unwrap().pem();
    let tls = ServerTls::from_pem(chain.as_bytes(), key.serialize_pem().as_bytes()).unwrap();
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().tls(tls.clone()));
        let url = format!("wss://localhost:{}/", address.port());
        assert_all_say(refused(&url, &ClientTls::new()), "unknown authority");
    }
}

#[test]
fn a_server_without_tls_is_found_out() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("wss://{}/", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            respond(&mut stream.unwrap(), "400 Bad Request", "this is no HTTP");
        }
    });
    assert_all_say(refused(&url, &ClientTls::new()), "does not speak TLS");
}

#[test]
fn a_client_without_tls_gets_no_connection_and_an_end() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().tls(certificates.server()));
        let error = socklet_std::blocking::connect(format!("ws://{address}/")).unwrap_err();
        assert!(matches!(error, Error::Handshake(_) | Error::Io(_)), "{error:?}");
    }
}

#[tokio::test]
async fn anybody_is_trusted_only_if_told_so() {
    let certificates = Certificates::new();
    let address = Peer::Tokio.serve(Server::new().tls(certificates.server()));
    let url = format!("wss://127.0.0.1:{}/", address.port());
    let client = Client::new().tls(ClientTls::new().danger_accept_any_certificate());
    let mut ws = client.connect(&url).await.unwrap();
    ws.send("hello").await.unwrap();
    assert_eq!(ws.recv().await.unwrap(), Some("hello".into()));
    ws.close(CloseCode::NORMAL, "").await.unwrap();
}

#[tokio::test]
async fn an_address_can_be_in_a_certificate() {
    let certificates = Certificates::new();
    let address = Peer::Blocking.serve(Server::new().tls(certificates.server()));
    let url = format!("wss://127.0.0.1:{}/", address.port());
    let mut ws = Client::new().tls(certificates.client()).connect(&url).await.unwrap();
    ws.close(CloseCode::NORMAL, "").await.unwrap();
}

#[test]
fn what_is_no_certificate_is_refused_at_once() {
    let certificates = Certificates::new();
    assert!(ClientTls::new().ca_pem(b"").is_err());
    assert!(ClientTls::new().ca_pem(certificates.key.as_bytes()).is_err());
    assert!(ClientTls::new().ca_file("/no/such/file").is_err());
    assert!(ServerTls::from_pem(b"", certificates.key.as_bytes()).is_err());
    assert!(ServerTls::from_pem(certificates.chain.as_bytes(), b"").is_err());
    let other = Certificates::new();
    let mismatch = ServerTls::from_pem(certificates.chain.as_bytes(), other.key.as_bytes());
    assert!(mismatch.is_err(), "a key of another certificate");
}

#[test]
fn a_torn_tls_stream_is_a_lost_connection() {
    // A layer that lets the server vanish without a word of TLS.
    let certificates = Certificates::new();
    let tls = certificates.server();
    let (url, server) = support::serve_once(move |stream| {
        let below = stream.try_clone().unwrap();
        let mut ws = Server::new().tls(tls).accept_blocking(stream).unwrap();
        ws.send("last words").unwrap();
        below.shutdown(std::net::Shutdown::Write).unwrap();
        read_to_end(&mut &below).unwrap();
    });
    let url = url.replace("ws://127.0.0.1", "wss://localhost");
    let client = Client::new().tls(certificates.client());
    let mut ws = client.connect_blocking(&url).unwrap();
    assert_eq!(ws.recv().unwrap(), Some("last words".into()));
    let error = ws.recv().unwrap_err();
    assert!(matches!(error, Error::ConnectionLost), "{error:?}");
    drop(ws);
    server.join().unwrap();
}

#[test]
fn tls_is_closed_with_a_notice_on_both_sides() {
    // Seen from below: after the Close frames both directions end with an alert record.
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().tls(certificates.server()));
        let url = format!("wss://localhost:{}/", address.port());
        let client = Client::new().tls(certificates.client());
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let mut ws = client.connect_over_blocking(stream, &url).unwrap();
        ws.close(CloseCode::NORMAL, "").unwrap();
        // The stream below TLS ended cleanly: a read of TLS gives its end, not an error.
        assert_eq!(read_to_end(ws.inner_mut()).expect("close_notify"), b"");
    }
}

#[tokio::test]
async fn a_client_and_its_copies_resume_tls_sessions() {
    let certificates = Certificates::new();
    for peer in Peer::ALL {
        let address = peer.serve(Server::new().tls(certificates.server()));
        let url = format!("wss://localhost:{}/", address.port());
        let client = Client::new().tls(certificates.client());
        let mut kinds = Vec::new();
        for _ in 0..2 {
            let mut ws = client.clone().connect(&url).await.unwrap();
            ws.send("the ticket comes before the answer").await.unwrap();
            ws.recv().await.unwrap();
            let MaybeTls::Tls(stream) = ws.inner() else { panic!("TLS here") };
            kinds.push(format!("{:?}", stream.get_ref().1.handshake_kind().unwrap()));
            ws.close(CloseCode::NORMAL, "").await.unwrap();
        }
        assert_eq!(kinds, ["Full", "Resumed"], "{peer:?}");
    }
}
