//! The same test for a client and a server, blocking and asynchronous.

/// Runs a body with an open endpoint of each role that blocks, and of each that does not.
///
/// `lens` are the lengths of its receive and its staging buffer; `wire` makes its next layer from
/// its role. What the body waits for it wraps in `wait`: a call that has been made already, or a
/// future that this runs.
///
/// ```
/// use socklet_core_tests::{in_every_way, wire::Wire};
///
/// in_every_way!((200, 200), |_| Wire::default(), |who, ws, wait| {
///     assert_eq!(wait(ws.send("hello")), Ok(()), "{who:?}");
/// });
/// ```
#[macro_export]
macro_rules! in_every_way {
    ($lens:expr, $wire:expr, |$who:ident, $ws:ident, $wait:ident| $body:block) => {{
        $crate::in_every_way!(@call $lens, $wire, $who, $ws, $wait, Client, blocking_client, $body);
        $crate::in_every_way!(@call $lens, $wire, $who, $ws, $wait, Server, blocking_server, $body);
        $crate::in_every_way!(@poll $lens, $wire, $who, $ws, $wait, Client, client, $body);
        $crate::in_every_way!(@poll $lens, $wire, $who, $ws, $wait, Server, server, $body);
    }};
    (@call $lens:expr, $wire:expr, $who:ident, $ws:ident, $wait:ident, $role:ident, $make:ident,
        $body:block) => {{
        fn $wait<T>(done: T) -> T {
            done
        }
        $crate::in_every_way!(@run $lens, $wire, $who, $ws, $role, $make, $body);
    }};
    (@poll $lens:expr, $wire:expr, $who:ident, $ws:ident, $wait:ident, $role:ident, $make:ident,
        $body:block) => {{
        fn $wait<F: ::core::future::Future>(future: F) -> F::Output {
            $crate::executor::run(future)
        }
        $crate::in_every_way!(@run $lens, $wire, $who, $ws, $role, $make, $body);
    }};
    (@run $lens:expr, $wire:expr, $who:ident, $ws:ident, $role:ident, $make:ident,
        $body:block) => {{
        let $who = $crate::Who::$role;
        let (receive_len, staging_len): (usize, usize) = $lens;
        let make_wire: fn($crate::Who) -> $crate::wire::Wire = $wire;
        let endpoint = $crate::receiving::Endpoint::new($who).buffers(receive_len, staging_len);
        let mut $ws = endpoint.$make(make_wire($who));
        $body
    }};
}
