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

/// Logs at level trace: frames, with the beginning of their payloads.
#[cfg(feature = "trace")]
macro_rules! trace {
    ($format:literal $(, $arg:expr)* $(,)?) => {{
        #[cfg(feature = "log")]
        ::log::trace!($format $(, $arg)*);
        #[cfg(feature = "defmt")]
        ::defmt::trace!($format $(, $arg)*);
        #[cfg(not(any(feature = "log", feature = "defmt")))]
        { $(let _ = &$arg;)* }
    }};
}
