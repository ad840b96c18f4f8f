//! The only place that knows which logger there is: `defmt`, `log`, both or none.

/// Logs at level debug: the life of a connection, never the contents of messages.
macro_rules! debug {
    ($($arg:tt)*) => {{
        #[cfg(feature = "log")]
        ::log::debug!($($arg)*);
        #[cfg(feature = "defmt")]
        ::defmt::debug!($($arg)*);
    }};
}
