//! The dates in certificates (RFC 5280 section 4.1.2.5).

use super::der::{Elements, tag};

/// Reads a time, in seconds since 1970.
pub(super) fn time(elements: &mut Elements<'_>) -> Option<u64> {
    let (kind, text) = elements.next()?;
    let (year, rest) = match kind {
        tag::UTC_TIME => {
            let (year, rest) = number::<2>(text)?;
            (if year < 50 { year + 2000 } else { year + 1900 }, rest)
        }
        tag::GENERALIZED_TIME => number::<4>(text)?,
        _ => return None,
    };
    let (month, rest) = number::<2>(rest)?;
    let (day, rest) = number::<2>(rest)?;
    let (hour, rest) = number::<2>(rest)?;
    let (minute, rest) = number::<2>(rest)?;
    let (second, rest) = number::<2>(rest)?;
    let in_range =
        matches!((month, day, hour, minute, second), (1..=12, 1..=31, ..=23, ..=59, ..=60));
    if rest != b"Z" || !in_range {
        return None;
    }
    let days = days_since_1970(year, month, day)?;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

/// Reads a number of `N` digits.
fn number<const N: usize>(text: &[u8]) -> Option<(u64, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<N>()?;
    let mut number = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        number = number * 10 + u64::from(digit - b'0');
    }
    Some((number, rest))
}

/// Days from 1970 to a date, none for one before.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    // Years that begin with March, so that the leap day is the last of its year.
    let (year, month) =
        if month > 2 { (year, month - 3) } else { (year.checked_sub(1)?, month + 9) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days = year * 365 + leap_days + (153 * month + 2) / 5 + day;
    // From the first of March of the year 0 to 1970, and one because days count from 1.
    days.checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &[u8]) -> Option<u64> {
        let mut der = [0; 32];
        der[0] = if text.len() == 13 { tag::UTC_TIME } else { tag::GENERALIZED_TIME };
        der[1] = text.len() as u8;
        der[2..2 + text.len()].copy_from_slice(text);
        time(&mut Elements(&der[..2 + text.len()]))
    }

    #[test]
    fn times_are_seconds_since_1970() {
        assert_eq!(utc(b"700101000000Z"), Some(0));
        assert_eq!(utc(b"19700101000001Z"), Some(1));
        assert_eq!(utc(b"000229120000Z"), Some(951_825_600));
        assert_eq!(utc(b"000301000000Z"), Some(951_868_800));
        assert_eq!(utc(b"491231235959Z"), Some(2_524_607_999));
        assert_eq!(utc(b"20500101000000Z"), Some(2_524_608_000));
        assert_eq!(utc(b"20261126120000Z"), Some(1_795_694_400));
        assert_eq!(utc(b"99991231235959Z"), Some(253_402_300_799));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [&b"691231235959Z"[..], b"701301000000Z", b"700100000000Z", b"70010100000aZ"] {
            assert_eq!(utc(text), None, "{text:?}");
        }
        assert_eq!(utc(b"7001010000000"), None);
    }
}
