//! The same work by each of them. Each returns how many bytes it has received.

mod fast;
mod floor;
mod socklet;
mod tokio_websockets;
mod tungstenite;
mod wtx;
mod yawc;

pub use fast::fastwebsockets;
pub use floor::floor;
pub use socklet::{adapter, core};
pub use tokio_websockets::tokio_websockets;
pub use tungstenite::tungstenite;
pub use wtx::wtx;
pub use yawc::yawc;
