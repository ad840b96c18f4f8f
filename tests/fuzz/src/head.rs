//! The heads of HTTP as RFC 9112 has them, read as plainly as can be, to judge the core's by.

/// A head, taken apart.
#[derive(Debug)]
pub struct Plain<'a> {
    /// The first line.
    pub start: &'a [u8],
    fields: Vec<(String, &'a [u8])>,
}

impl<'a> Plain<'a> {
    /// Reads a head with its blank line; `None` if it is not one.
    #[must_use]
    pub fn read(head: &'a [u8]) -> Option<Self> {
        let mut lines = lines(head.strip_suffix(b"\r\n\r\n")?);
        let is_clean = |line: &&[u8]| line.iter().all(|b| *b == b'\t' || !b.is_ascii_control());
        if !lines.iter().all(is_clean) {
            return None;
        }
        let start = lines.remove(0);
        let fields = lines.into_iter().map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            let is_name = !name.is_empty() && name.bytes().all(is_token);
            is_name.then(|| (name.to_ascii_lowercase(), trim(&line[colon + 1..])))
        });
        Some(Self { start, fields: fields.collect::<Option<_>>()? })
    }

    /// The values of all fields of this name in lower case.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<&'a [u8]> {
        self.fields.iter().filter(|(other, _)| other == name).map(|(_, value)| *value).collect()
    }

    /// The value of the only field of this name.
    #[must_use]
    pub fn only(&self, name: &str) -> Option<&'a [u8]> {
        match self.values(name)[..] {
            [value] => Some(value),
            _ => None,
        }
    }

    /// Whether a field of this name lists a word, in any case.
    #[must_use]
    pub fn lists(&self, name: &str, word: &str) -> bool {
        self.values(name)
            .iter()
            .flat_map(|value| value.split(|byte| *byte == b','))
            .any(|element| trim(element).eq_ignore_ascii_case(word.as_bytes()))
    }
}

/// Splits at CR LF.
fn lines(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut lines = Vec::new();
    while let Some(end) = bytes.windows(2).position(|two| two == b"\r\n") {
        lines.push(&bytes[..end]);
        bytes = &bytes[end + 2..];
    }
    lines.push(bytes);
    lines
}

fn trim(value: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = value.iter().position(|byte| !is_space(byte)).unwrap_or(value.len());
    let end = value.iter().rposition(|byte| !is_space(byte)).map_or(start, |at| at + 1);
    &value[start..end]
}
