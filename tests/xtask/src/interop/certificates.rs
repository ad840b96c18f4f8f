//! Certificates made at run time: an authority and a server certificate for 127.0.0.1.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{output_within, program, succeeds};
use crate::{Result, setup};

use std::time::Duration;

/// The files of one authority and one server.
pub(super) struct Certificates {
    /// The authority's certificate, for clients.
    pub(super) ca: PathBuf,
    /// The server's certificate.
    pub(super) cert: PathBuf,
    /// The server's private key.
    pub(super) key: PathBuf,
}

impl Certificates {
    /// Makes new ones in `dir`.
    pub(super) fn make(dir: &Path) -> Result<Self> {
        if !succeeds(program("openssl", &["version"])) {
            setup::apt(&["openssl"])?;
        }
        fs::create_dir_all(dir)?;
        let dir = std::path::absolute(dir)?;
        let file = |name: &str| dir.join(name);
        fs::write(
            file("server.ext"),
            "basicConstraints=critical,CA:FALSE\n\
             keyUsage=critical,digitalSignature\n\
             extendedKeyUsage=serverAuth\n\
             subjectAltName=IP:127.0.0.1,DNS:localhost\n",
        )?;
        for line in [
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
             -subj /CN=interop-authority -addext keyUsage=critical,keyCertSign \
             -keyout ca.key -out ca.pem",
            "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=127.0.0.1 \
             -keyout key.pem -out server.csr",
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
             -extfile server.ext -out cert.pem",
        ] {
            let mut openssl = program("openssl", &[]);
            openssl.args(line.split_whitespace()).current_dir(&dir);
            openssl.stderr(fs::File::create(file("openssl.err"))?);
            output_within(Duration::from_secs(60), openssl)?;
        }
        Ok(Self { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") })
    }
}
