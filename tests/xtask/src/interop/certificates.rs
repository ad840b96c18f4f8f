//! Certificates made at run time: an authority and a server certificate for 127.0.0.1.

use std::fs;
use std::path::{Path, PathBuf};

use crate::command::{output_within, program, succeeds};
use crate::{Result, setup};

use std::time::Duration;

/// The files of one authority and one server.
pub(crate) struct Certificates {
    /// The authority's certificate, for clients.
    pub(crate) ca: PathBuf,
    /// The same in DER, for firmware.
    pub(crate) ca_der: PathBuf,
    /// Another authority's, which has signed nothing, in DER.
    pub(crate) other_ca_der: PathBuf,
    /// The server's certificate.
    pub(crate) cert: PathBuf,
    /// One for the same key whose time is over.
    pub(crate) expired_cert: PathBuf,
    /// The server's private key.
    pub(crate) key: PathBuf,
}

impl Certificates {
    /// Returns those in `dir` if they were made within a day, or makes new ones: a program that one
    /// is part of need not be built anew each time.
    pub(crate) fn recent(dir: &Path) -> Result<Self> {
        let there = Self::in_dir(&std::path::absolute(dir)?);
        // The last that is made.
        let made = fs::metadata(&there.other_ca_der).and_then(|file| file.modified());
        match made.map(|made| made.elapsed()) {
            Ok(Ok(age)) if age < Duration::from_secs(24 * 60 * 60) => Ok(there),
            _ => Self::make(dir),
        }
    }

    /// Makes new ones in `dir`.
    pub(crate) fn make(dir: &Path) -> Result<Self> {
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
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days -1 \
             -extfile server.ext -out expired.pem",
            "x509 -in ca.pem -outform DER -out ca.der",
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 \
             -subj /CN=interop-authority -addext keyUsage=critical,keyCertSign \
             -keyout other.key -outform DER -out other.der",
        ] {
            let mut openssl = program("openssl", &[]);
            openssl.args(line.split_whitespace()).current_dir(&dir);
            openssl.stderr(fs::File::create(file("openssl.err"))?);
            output_within(Duration::from_secs(60), openssl)?;
        }
        Ok(Self::in_dir(&dir))
    }

    fn in_dir(dir: &Path) -> Self {
        let file = |name: &str| dir.join(name);
        Self {
            ca: file("ca.pem"),
            ca_der: file("ca.der"),
            other_ca_der: file("other.der"),
            cert: file("cert.pem"),
            expired_cert: file("expired.pem"),
            key: file("key.pem"),
        }
    }
}
