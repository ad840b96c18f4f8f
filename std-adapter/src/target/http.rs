//! Addresses and requests of the crate `http`.

use http::{Request, Uri};
use socklet_core::ConfigError;

use super::{IntoTarget, Target};
use crate::{Error, Url};

impl IntoTarget for &Uri {
    fn into_target(self) -> Result<Target, Error> {
        Ok(Url::parse(&self.to_string())?.into())
    }
}

impl IntoTarget for Uri {
    fn into_target(self) -> Result<Target, Error> {
        (&self).into_target()
    }
}

/// The address and the headers count; the method, the version and the body do not.
///
/// `Host`, `Origin` and `Sec-WebSocket-Protocol` take the place of the client's own. What the
/// handshake writes itself (`Connection`, `Upgrade`, the other `Sec-WebSocket-` headers) and what
/// tells the length of a body is left out.
impl<B> IntoTarget for &Request<B> {
    fn into_target(self) -> Result<Target, Error> {
        let mut target = self.uri().into_target()?;
        for (name, value) in self.headers() {
            let value = std::str::from_utf8(value.as_bytes());
            let value = value.map_err(|_| ConfigError::InvalidHeaderValue)?;
            target.add(name.as_str(), value.to_owned());
        }
        Ok(target)
    }
}

impl<B> IntoTarget for Request<B> {
    fn into_target(self) -> Result<Target, Error> {
        (&self).into_target()
    }
}
