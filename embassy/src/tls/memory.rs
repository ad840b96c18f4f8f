//! The memory that TLS takes.

use embedded_tls::TLS_RECORD_OVERHEAD;

use crate::memory::{Memory, TlsPart, sealed::Sealed};

/// The longest record that there is in TLS 1.3, in bytes: 16 KiB and the overhead that it may have
/// (RFC 8446 section 5.2).
pub const MAX_RECORD_LEN: usize = 16_640;

/// The buffers of TLS in a [`Memory`]. The lengths are in bytes:
///
/// | | for |
/// |---|---|
/// | `READ` | a record that is received: [`MAX_RECORD_LEN`], unless the server promises less |
/// | `WRITE` | a record that is sent, and 128 bytes of overhead; 512 at least |
/// | `PIPE` | each direction of what the program has not read or TLS not encrypted; 64 at least |
///
/// Servers send long records when they have much to send, and their certificates in the handshake.
/// A record that does not fit is [`TlsError::RecordTooLong`](crate::TlsError::RecordTooLong), which
/// names its length; [`max_fragment_len`](crate::Tls::max_fragment_len) asks the server for shorter
/// ones.
///
/// # Memory
/// `READ + WRITE + 2 * PIPE` bytes.
///
/// ```
/// use socklet_embassy::{MAX_RECORD_LEN, Memory, TlsMemory};
///
/// type Secure = Memory<4096, 2048, 1024, 1024, TlsMemory<MAX_RECORD_LEN, 2048, 512>>;
/// assert_eq!(size_of::<Secure>(), 4096 + 2048 + 1024 + 1024 + 16_640 + 2048 + 2 * 512);
/// ```
///
/// Buffers too small do not compile:
/// ```compile_fail
/// # use socklet_embassy::{Memory, TlsMemory};
/// let memory = Memory::<4096, 2048, 1024, 1024, TlsMemory<16_640, 511, 512>>::new();
/// ```
#[derive(Debug)]
pub struct TlsMemory<const READ: usize, const WRITE: usize, const PIPE: usize> {
    read: [u8; READ],
    write: [u8; WRITE],
    inbound: [u8; PIPE],
    outbound: [u8; PIPE],
}

/// The ClientHello, the longest message that is sent in the handshake, without the server's name.
const CLIENT_HELLO_LEN: usize = 512 - TLS_RECORD_OVERHEAD;

impl<
    const TCP_RX: usize,
    const TCP_TX: usize,
    const RECEIVE: usize,
    const STAGING: usize,
    const READ: usize,
    const WRITE: usize,
    const PIPE: usize,
> Memory<TCP_RX, TCP_TX, RECEIVE, STAGING, TlsMemory<READ, WRITE, PIPE>>
{
    /// Memory for a connection over TLS.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(READ >= 1024, "READ must hold the records of a handshake: 1024 at least");
            assert!(WRITE >= CLIENT_HELLO_LEN + TLS_RECORD_OVERHEAD, "WRITE must be 512 at least");
            assert!(PIPE >= 64, "PIPE must be 64 at least");
        }
        Self::with(TlsMemory {
            read: [0; READ],
            write: [0; WRITE],
            inbound: [0; PIPE],
            outbound: [0; PIPE],
        })
    }
}

impl<
    const TCP_RX: usize,
    const TCP_TX: usize,
    const RECEIVE: usize,
    const STAGING: usize,
    const READ: usize,
    const WRITE: usize,
    const PIPE: usize,
> Default for Memory<TCP_RX, TCP_TX, RECEIVE, STAGING, TlsMemory<READ, WRITE, PIPE>>
{
    fn default() -> Self {
        Self::new()
    }
}

/// What a connection borrows of a [`TlsMemory`].
#[derive(Debug)]
pub struct TlsBuffers<'m> {
    pub(super) read: &'m mut [u8],
    pub(super) write: &'m mut [u8],
    pub(super) inbound: &'m mut [u8],
    pub(super) outbound: &'m mut [u8],
}

impl<const READ: usize, const WRITE: usize, const PIPE: usize> Sealed
    for TlsMemory<READ, WRITE, PIPE>
{
}

impl<const READ: usize, const WRITE: usize, const PIPE: usize> TlsPart
    for TlsMemory<READ, WRITE, PIPE>
{
    type Lent<'m> = TlsBuffers<'m>;

    fn lend(&mut self) -> TlsBuffers<'_> {
        let Self { read, write, inbound, outbound } = self;
        TlsBuffers { read, write, inbound, outbound }
    }
}
