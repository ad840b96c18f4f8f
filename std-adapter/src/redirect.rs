//! Where a redirect leads to ([RFC 9110 section
//! 15.4](https://www.rfc-editor.org/rfc/rfc9110#section-15.4)).

use crate::{Declined, Error, Target, Url};

/// The redirects that one opening of a connection may still follow.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Redirects(pub(crate) u8);

impl Redirects {
    /// Where to go on after an attempt that failed; the same error if that is nowhere.
    pub(crate) fn follow(&mut self, target: &Target, error: Error) -> Result<Target, Error> {
        let Error::Declined(declined) = &error else { return Err(error) };
        let Some(url) = next(target.url(), declined) else { return Err(error) };
        let Some(left) = self.0.checked_sub(1) else { return Err(error) };
        self.0 = left;
        Ok(target.redirected(url))
    }
}

/// The address of a redirect, if it is one of a WebSocket. From `wss` to `ws` none leads.
fn next(from: &Url, declined: &Declined) -> Option<Url> {
    if !matches!(declined.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let url = resolve(from, declined.location()?)?;
    Some(url).filter(|url| url.is_secure() || !from.is_secure())
}

/// Resolves a reference (RFC 3986 section 5.2); `http` stands for `ws`, as it does for browsers.
fn resolve(from: &Url, location: &str) -> Option<Url> {
    let (location, _) = location.split_once('#').unwrap_or((location, ""));
    let scheme = if from.is_secure() { "wss" } else { "ws" };
    let same_server = format!("{scheme}://{}", from.authority());
    let (path, query) = match from.target().split_once('?') {
        Some((path, query)) => (path, format!("?{query}")),
        None => (from.target(), String::new()),
    };
    let is_scheme = |scheme: &str| {
        let is_part = |char: char| char.is_ascii_alphanumeric() || "+-.".contains(char);
        !scheme.is_empty() && scheme.chars().all(is_part)
    };
    let address = match location.split_once(':') {
        Some((scheme, rest)) if is_scheme(scheme) => match scheme.to_ascii_lowercase().as_str() {
            "ws" | "http" => format!("ws:{rest}"),
            "wss" | "https" => format!("wss:{rest}"),
            _ => return None,
        },
        _ if location.starts_with("//") => format!("{scheme}:{location}"),
        _ if location.starts_with('/') => same_server + &without_dots(location),
        _ if location.starts_with('?') => format!("{same_server}{path}{location}"),
        _ if location.is_empty() => format!("{same_server}{path}{query}"),
        _ => {
            let (directory, _) = path.rsplit_once('/').unwrap_or_default();
            same_server + &without_dots(&format!("{directory}/{location}"))
        }
    };
    Url::parse(&address).ok()
}

/// Removes `.` and `..` from a path (RFC 3986 section 5.2.4), and leaves a query as it is.
fn without_dots(target: &str) -> String {
    let (path, query) = match target.find('?') {
        Some(at) => target.split_at(at),
        None => (target, ""),
    };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                // What ends so is a directory.
                if is_last {
                    kept.push("");
                }
            }
            _ => kept.push(segment),
        }
    }
    format!("/{}{query}", kept.join("/"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    fn declined(status: u16, location: &str) -> Declined {
        let headers = vec![("Location".to_owned(), location.as_bytes().to_vec())];
        Declined { status, headers, body: Vec::new() }
    }

    fn leads(from: &str, location: &str) -> Option<String> {
        next(&Url::parse(from).unwrap(), &declined(302, location)).map(|url| url.to_string())
    }

    #[test]
    fn references_are_resolved() {
        for (from, location, to) in [
            ("ws://a/b/c?d", "ws://x/y", "ws://x/y"),
            ("ws://a/b/c?d", "WSS://x", "wss://x/"),
            ("ws://a/b/c?d", "http://x:8/y?z#f", "ws://x:8/y?z"),
            ("ws://a/b/c?d", "https://x/y", "wss://x/y"),
            ("wss://a/b/c?d", "https://x/y", "wss://x/y"),
            ("wss://a:9/b/c?d", "//x/y", "wss://x/y"),
            ("ws://a:9/b/c?d", "/y", "ws://a:9/y"),
            ("ws://a:9/b/c?d", "/y/./z/../w?../q", "ws://a:9/y/w?../q"),
            ("ws://[::1]:9/b/c?d", "y", "ws://[::1]:9/b/y"),
            ("ws://a/b/c?d", "../y:z", "ws://a/y:z"),
            ("ws://a/b/c?d", "../../../y", "ws://a/y"),
            ("ws://a/b/c?d", "..", "ws://a/"),
            ("ws://a/b/c/d", ".", "ws://a/b/c/"),
            ("ws://a", "y", "ws://a/y"),
            ("ws://a/b/c?d", "?y", "ws://a/b/c?y"),
            ("ws://a/b/c?d", "", "ws://a/b/c?d"),
            ("ws://a/b/c?d", "#f", "ws://a/b/c?d"),
        ] {
            assert_eq!(leads(from, location).as_deref(), Some(to), "{location} from {from}");
        }
    }

    #[test]
    fn what_is_no_websocket_or_not_encrypted_any_more_is_not_followed() {
        for (from, location) in [
            ("wss://a/", "ws://a/x"),
            ("wss://a/", "http://b/"),
            ("ws://a/", "ftp://a/"),
            ("ws://a/", "mailto:me@a"),
            ("ws://a/", "ws://me:secret@a/"),
            ("ws://a/", "ws:///x"),
            ("ws://a/", "/x y"),
            ("ws://a/", "///x"),
        ] {
            assert_eq!(leads(from, location), None, "{location} from {from}");
        }
        let from = Url::parse("ws://a/").unwrap();
        for status in [200, 300, 304, 305, 401] {
            assert_eq!(next(&from, &declined(status, "/x")), None, "{status}");
        }
    }

    #[test]
    fn redirects_are_followed_up_to_the_limit() {
        let mut redirects = Redirects(2);
        let target = Target::from(Url::parse("ws://a/").unwrap());
        let error = |location: &str| Error::Declined(Box::new(declined(307, location)));
        let target = redirects.follow(&target, error("/x")).unwrap();
        let target = redirects.follow(&target, error("y")).unwrap();
        assert_eq!(target.url().to_string(), "ws://a/y");
        let last = redirects.follow(&target, error("z")).unwrap_err();
        assert!(matches!(last, Error::Declined(declined) if declined.location() == Some("z")));
        let other = Redirects(9).follow(&target, Error::ConnectionLost).unwrap_err();
        assert!(matches!(other, Error::ConnectionLost));
    }
}
