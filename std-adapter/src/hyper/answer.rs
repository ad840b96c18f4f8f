//! What is answered to a request of the crate `http`: by the core, which writes it as bytes.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version};
use socklet_core::{
    HandshakeError, ResourceError,
    buffer::Buffer,
    handshake::{
        client, head_len,
        server::{self, Decision, encode_accept, encode_failure},
    },
    permessage_deflate::{Agreed, Compression, Negotiation},
};

use crate::{Answer, Error, IoError, Server, buffer::GrowingBuffer, deflate::Plan};

/// Bytes of an answer for which there is room at once.
const ANSWER_LEN: usize = 512;

/// What a connection is opened with.
type Opened = (Option<Agreed>, Option<Box<str>>);

type CoreError = socklet_core::Error<IoError>;

/// The parts of a request that count.
pub(crate) struct Parts<'a> {
    method: &'a Method,
    target: &'a str,
    is_http_1_1: bool,
    headers: Vec<(&'a str, &'a [u8])>,
}

impl<'a> Parts<'a> {
    pub(crate) fn of<B>(request: &'a Request<B>) -> Self {
        let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
        let headers = request.headers().iter();
        Self {
            method: request.method(),
            target,
            is_http_1_1: request.version() == Version::HTTP_11,
            headers: headers.map(|(name, value)| (name.as_str(), value.as_bytes())).collect(),
        }
    }

    pub(crate) const fn target(&self) -> &'a str {
        self.target
    }

    /// The request as the core sees it.
    pub(crate) fn request(&self) -> server::Request<'_> {
        let Self { method, target, is_http_1_1, headers } = self;
        server::Request::from_parts(method.as_str(), target, *is_http_1_1, headers)
    }

    /// The response, and what it opens.
    pub(super) fn answer(
        &self,
        server: &Server,
        decide: impl FnOnce(&server::Request<'_>) -> Answer,
    ) -> (Response<Bytes>, Result<Opened, Error>) {
        let request = self.request();
        let key = match request.check() {
            Ok(key) => key,
            Err(error) => return (refuse(error), Err(error.into())),
        };
        let plan = Plan::negotiate(server.deflate);
        let (mut negotiation, ..) = plan.compression().into_parts();
        negotiation.fit(GrowingBuffer::receive(&server.config, &plan).max_len());
        let answer = decide(&request);
        let encoded = answer.with_decision(|decision| match decision {
            Decision::Accept(accept) => {
                encoded(|out| encode_accept(&request, &key, &accept, &mut negotiation, out))
            }
            Decision::Reject(reject) => encoded(|out| reject.encode(out)),
        });
        let response = match encoded {
            Ok(bytes) => response(&bytes),
            Err(error) => {
                return (status_only(StatusCode::INTERNAL_SERVER_ERROR), Err(error.into()));
            }
        };
        let opened = match response.status() {
            StatusCode::SWITCHING_PROTOCOLS => {
                Ok((negotiation.agreed(), answer.chosen().map(Box::from)))
            }
            status => Err(HandshakeError::Rejected { status: status.as_u16() }.into()),
        };
        (response, opened)
    }
}

/// The response to a request that is no proper upgrade.
pub(crate) fn refuse(error: HandshakeError) -> Response<Bytes> {
    let mut out = [0; ANSWER_LEN];
    let len = encode_failure(error, &mut out);
    response(out.get(..len).unwrap_or_default())
}

/// Encodes an answer into as much room as it takes.
fn encoded(
    mut encode: impl FnMut(&mut [u8]) -> Result<usize, CoreError>,
) -> Result<Vec<u8>, CoreError> {
    let mut out = vec![0; ANSWER_LEN];
    let len = match encode(&mut out) {
        Err(socklet_core::Error::Resource(ResourceError::StagingBuffer { needed, .. })) => {
            out.resize(needed, 0);
            encode(&mut out)
        }
        outcome => outcome,
    }?;
    out.truncate(len);
    Ok(out)
}

/// The response that these bytes are.
fn response(bytes: &[u8]) -> Response<Bytes> {
    let head_len = head_len(bytes).unwrap_or(bytes.len());
    let (head, body) = bytes.split_at_checked(head_len).unwrap_or_default();
    let parsed = client::Response::parse(head).ok();
    let status = parsed.and_then(|response| StatusCode::from_u16(response.status()).ok());
    let (Some(parsed), Some(status)) = (parsed, status) else {
        return status_only(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = status_only(status);
    for header in parsed.headers() {
        let name = HeaderName::from_bytes(header.name.as_bytes());
        let value = HeaderValue::from_bytes(header.value);
        if let (Ok(name), Ok(value)) = (name, value) {
            response.headers_mut().append(name, value);
        }
    }
    *response.body_mut() = Bytes::copy_from_slice(body);
    response
}

fn status_only(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
