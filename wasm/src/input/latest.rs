//! Which connection is the latest between two endpoints.
//!
//! A digital search tree: each node has a key, and which way it goes on is told by the bits of a
//! digest and, behind those, of the key itself. So it is never deeper than a path has bits, whatever
//! a capture holds, and takes a third of the code of the standard library's tree.

use alloc::vec::Vec;

/// Bytes of an address and, behind it, of a port.
pub(super) const ENDPOINT_LEN: usize = 18;

/// An address and, behind it, a port.
pub(super) type Endpoint = [u8; ENDPOINT_LEN];

const DIGEST_LEN: usize = 4;

/// A digest of two endpoints, and these.
type Path = [u8; DIGEST_LEN + 2 * ENDPOINT_LEN];

struct Node {
    path: Path,
    value: usize,
    /// The nodes behind it for either bit; none is behind the first, so 0 stands for none.
    next: [usize; 2],
}

/// Numbers by endpoints.
#[derive(Default)]
pub(super) struct Latest {
    nodes: Vec<Node>,
}

impl Latest {
    pub(super) const fn new() -> Self {
        Self { nodes: Vec::new() }
    }

    /// The number of two endpoints, in either order: `usize::MAX` if they are new. It is always there.
    pub(super) fn between(&mut self, one: &Endpoint, other: &Endpoint) -> Option<&mut usize> {
        let path = path(one.min(other), one.max(other));
        let len = self.nodes.len();
        let (mut at, mut depth) = (0, 0_usize);
        while let Some(node) = self.nodes.get_mut(at).filter(|node| node.path != path) {
            let byte = path.get(depth / 8).copied().unwrap_or_default();
            let [zero, one] = &mut node.next;
            let next = if byte >> (depth % 8) & 1 == 0 { zero } else { one };
            if *next == 0 {
                *next = len;
            }
            at = *next;
            depth += 1;
        }
        if at == len {
            self.nodes.push(Node { path, value: usize::MAX, next: [0; 2] });
        }
        self.nodes.get_mut(at).map(|node| &mut node.value)
    }
}

fn path(low: &Endpoint, high: &Endpoint) -> Path {
    let mut path = [0; DIGEST_LEN + 2 * ENDPOINT_LEN];
    let mut digest = 0_u32;
    let (to, ends) = path.split_at_mut(DIGEST_LEN);
    for (to, byte) in ends.iter_mut().zip(low.iter().chain(high)) {
        *to = *byte;
        digest = (digest ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    }
    to.copy_from_slice(&digest.to_be_bytes());
    path
}
