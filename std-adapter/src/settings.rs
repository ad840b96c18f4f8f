//! The settings that both builders have.

use std::time::Duration;

use socklet_core::Timeouts;

/// Keep-alive pings after `interval` of silence; the connection fails after twice of it.
pub(crate) fn keep_alive(timeouts: Timeouts, interval: Duration) -> Timeouts {
    let idle_ms = interval.as_millis().saturating_mul(2);
    let idle_ms = u32::try_from(idle_ms).unwrap_or(u32::MAX);
    Timeouts { idle_ms, keep_alive: true, ..timeouts }
}

/// The methods for the settings of the core, the same for a client and a server.
macro_rules! settings {
    ($builder:ty) => {
        impl $builder {
            /// Sets all deadlines.
            ///
            /// That of the opening handshake covers everything up to the open connection: name
            /// resolution, TCP, TLS and HTTP.
            ///
            /// # Examples
            /// All of them at once, keep-alive too: a minute of silence ends the connection, and a
            /// Ping goes out after half of it.
            /// ```
            #[doc = concat!("use socklet_std::{", stringify!($builder), ", Timeouts};")]
            ///
            /// let timeouts = Timeouts {
            ///     handshake_ms: 10_000,
            ///     closing_ms: 5_000,
            ///     idle_ms: 60_000,
            ///     keep_alive: true,
            /// };
            #[doc = concat!("let endpoint = ", stringify!($builder), "::new().timeouts(timeouts);")]
            /// ```
            #[must_use]
            pub const fn timeouts(mut self, timeouts: Timeouts) -> Self {
                self.config.timeouts = timeouts;
                self
            }

            /// Sends a Ping after `interval` without a byte from the peer, and fails the
            /// connection after as much time again.
            ///
            /// The time is watched while a receive waits. Sets
            /// [`idle_ms`](Timeouts::idle_ms) to twice the interval.
            ///
            /// # Examples
            /// ```
            /// use std::time::Duration;
            #[doc = concat!("use socklet_std::", stringify!($builder), ";")]
            ///
            #[doc = concat!("let endpoint = ", stringify!($builder), "::new().keep_alive(Duration::from_secs(20));")]
            /// ```
            #[must_use]
            pub fn keep_alive(mut self, interval: Duration) -> Self {
                self.config.timeouts = crate::settings::keep_alive(self.config.timeouts, interval);
                self
            }

            /// Sets what the peer may send before the connection is failed.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("use socklet_std::{", stringify!($builder), ", Limits};")]
            ///
            /// let limits = Limits { message_len: 64 << 10, ..Limits::DEFAULT };
            #[doc = concat!("let endpoint = ", stringify!($builder), "::new().limits(limits);")]
            /// ```
            #[must_use]
            pub const fn limits(mut self, limits: Limits) -> Self {
                self.config.limits = limits;
                self
            }

            /// Turns on permessage-deflate (RFC 7692), if the peer agrees, or off.
            ///
            /// Secrets and what an attacker can choose should not be compressed together: the
            /// length tells whether they are alike.
            ///
            /// # Memory
            /// An idle connection holds no more with compression than without. The first message
            /// that it compresses makes a compressor of 118 KiB, which takes as much of the stack
            /// for a moment; the first compressed one that it receives a decompressor of 3 KiB.
            /// The window of what it receives, if the peer keeps its context, lies in the receive
            /// buffer. All in all, with messages of up to 1 KiB both ways:
            ///
            /// | windows | KiB a connection |
            /// |---|---|
            /// | 15 bits | 190 |
            /// | 11 bits | 130 |
            /// | 9 bits, or no context takeover | 125 |
            ///
            /// With messages of 10 KiB it is up to 35 KiB more.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("use socklet_std::{", stringify!($builder), ", permessage_deflate::Settings};")]
            ///
            /// let settings = Settings { threshold_len: 200, ..Settings::DEFAULT };
            #[doc = concat!("let endpoint = ", stringify!($builder), "::new().deflate(settings);")]
            /// ```
            #[must_use]
            pub const fn deflate(mut self, settings: Settings) -> Self {
                self.deflate = settings;
                self
            }

            /// Sets what something else has agreed on about permessage-deflate, in the opening
            /// handshake of a connection that is taken over; `None`, as it is at first, for no
            /// compression. [`params`](crate::permessage_deflate::params) makes it of headers.
            ///
            /// Connections that are opened here agree by themselves.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("use socklet_std::{", stringify!($builder), ", permessage_deflate::{Agreed, Context, Settings}};")]
            ///
            /// let context = Context { window_bits: 15, takeover: true };
            /// let agreed = Agreed { send: context, receive: context };
            #[doc = concat!("let endpoint = ", stringify!($builder), "::new().deflate(Settings::DEFAULT).agreed(Some(agreed));")]
            /// ```
            #[must_use]
            pub const fn agreed(mut self, agreed: Option<Agreed>) -> Self {
                self.agreed = agreed;
                self
            }

            /// Says whether messages of more than 128 KiB are sent in several frames, or each as
            /// one, whatever its length. Memory is held for one frame.
            ///
            /// # Examples
            /// ```
            #[doc = concat!("use socklet_std::{", stringify!($builder), ", Fragmentation};")]
            ///
            #[doc = concat!("let endpoint = ", stringify!($builder), "::new().fragmentation(Fragmentation::Never);")]
            /// ```
            #[must_use]
            pub const fn fragmentation(mut self, fragmentation: Fragmentation) -> Self {
                self.config.fragmentation = fragmentation;
                self
            }
        }
    };
}
