//! Settings of an endpoint, all with values that serve most programs.

/// What a peer may send before the connection is failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// Longest head of the opening handshake in bytes, never without limit; the receive buffer
    /// bounds it as well.
    pub head_len: u32,
    /// Longest message in bytes, after decompression; 0: no limit. Fails with close code 1009, as
    /// does, with any limit, a frame that is longer than a `usize` can count.
    pub message_len: usize,
    /// Most frames of one message, empty ones counted too; 0: no limit. Fails with 1008.
    pub fragments: u32,
    /// Most Ping and Pong frames in a second of the connection's clock; 0: no limit. Fails with
    /// 1008. Without a clock there are no seconds, and no such limit.
    pub control_per_second: u32,
}

impl Limits {
    /// 16 KiB of head, 16 MiB a message, 131,072 fragments, 10,000 control frames a second.
    pub const DEFAULT: Self = Self {
        head_len: 16 << 10,
        message_len: 16 << 20,
        fragments: 1 << 17,
        control_per_second: 10_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Deadlines in milliseconds; 0: none. They need a clock (see [`crate::io`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Timeouts {
    /// For the whole opening handshake, from the first call that makes it.
    pub handshake_ms: u32,
    /// For the closing handshake, from the Close frame sent first.
    pub closing_ms: u32,
    /// For silence of the peer: any byte received begins it anew.
    pub idle_ms: u32,
    /// Sends a Ping after half of `idle_ms` in silence, so that only a peer that is gone, or
    /// stuck, stays silent for the whole of it.
    pub keep_alive: bool,
}

impl Timeouts {
    /// No deadlines at all.
    pub const NONE: Self = Self { handshake_ms: 0, closing_ms: 0, idle_ms: 0, keep_alive: false };

    /// For a client: 30 s for each handshake; an idle server is no fault.
    pub const CLIENT: Self =
        Self { handshake_ms: 30_000, closing_ms: 30_000, idle_ms: 0, keep_alive: false };

    /// For a server: 30 s for each handshake, 300 s in silence, with keep-alive pings.
    pub const SERVER: Self =
        Self { handshake_ms: 30_000, closing_ms: 30_000, idle_ms: 300_000, keep_alive: true };
}

/// How messages that are sent become frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum Fragmentation {
    /// A message that does not fit the staging buffer goes out as several frames that do
    /// (RFC 6455 section 5.4).
    Automatic,
    /// A message is one frame, or an [`Error::Resource`](crate::Error::Resource).
    Never,
}

/// All settings of an endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Config {
    /// What a peer may send.
    pub limits: Limits,
    /// Deadlines.
    pub timeouts: Timeouts,
    /// How messages become frames.
    pub fragmentation: Fragmentation,
}

impl Config {
    /// For a client: [`Limits::DEFAULT`], [`Timeouts::CLIENT`], automatic fragmentation.
    pub const CLIENT: Self = Self {
        limits: Limits::DEFAULT,
        timeouts: Timeouts::CLIENT,
        fragmentation: Fragmentation::Automatic,
    };

    /// For a server: [`Limits::DEFAULT`], [`Timeouts::SERVER`], automatic fragmentation.
    pub const SERVER: Self = Self {
        limits: Limits::DEFAULT,
        timeouts: Timeouts::SERVER,
        fragmentation: Fragmentation::Automatic,
    };
}
