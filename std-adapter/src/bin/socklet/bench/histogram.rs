//! How many messages took how long, in fixed memory: 58 KiB, whatever is recorded.

use std::{
    array,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// Buckets for the times between a power of two, in nanoseconds, and the next: an error of 1/128 at
/// most.
const STEPS: u64 = 128;
const STEPS_LOG2: u32 = STEPS.ilog2();

/// Those for 64 bits; the first stand for a nanosecond each.
const BUCKETS: usize = (64 - STEPS_LOG2 as usize + 1) * STEPS as usize;

/// Of which share of all messages the time is told, in thousandths.
pub(super) const PERCENTILES: [(&str, u64); 4] =
    [("p50", 500), ("p90", 900), ("p99", 990), ("p99.9", 999)];

/// Times, counted.
pub(super) struct Histogram {
    buckets: Box<[AtomicU64]>,
    min_ns: AtomicU64,
    max_ns: AtomicU64,
    count: AtomicU64,
}

/// What the histogram tells.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Latencies {
    pub(super) min: Duration,
    /// In the order of [`PERCENTILES`].
    pub(super) percentiles: [Duration; PERCENTILES.len()],
    pub(super) max: Duration,
}

impl Histogram {
    pub(super) fn new() -> Self {
        Self {
            buckets: (0..BUCKETS).map(|_| AtomicU64::new(0)).collect(),
            min_ns: AtomicU64::new(u64::MAX),
            max_ns: AtomicU64::new(0),
            count: AtomicU64::new(0),
        }
    }

    pub(super) fn record(&self, time: Duration) {
        let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(bucket) = self.buckets.get(bucket_of(ns)) {
            bucket.fetch_add(1, Ordering::Relaxed);
        }
        self.min_ns.fetch_min(ns, Ordering::Relaxed);
        self.max_ns.fetch_max(ns, Ordering::Relaxed);
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// How many were recorded.
    pub(super) fn count(&self) -> u64 {
        self.count.load(Ordering::Relaxed)
    }

    /// The times in which so many were there; none if none were recorded.
    pub(super) fn percentiles(&self) -> Option<Latencies> {
        let count = self.count();
        let (min_ns, max_ns) =
            (self.min_ns.load(Ordering::Relaxed), self.max_ns.load(Ordering::Relaxed));
        let time_of = |thousandths: u64| {
            let wanted = (u128::from(count) * u128::from(thousandths)).div_ceil(1000) as u64;
            let mut sum = 0;
            let found = self.buckets.iter().position(|bucket| {
                sum += bucket.load(Ordering::Relaxed);
                sum >= wanted
            });
            let ns = found.map_or(max_ns, last_of);
            Duration::from_nanos(ns.clamp(min_ns, max_ns))
        };
        (count != 0).then(|| Latencies {
            min: Duration::from_nanos(min_ns),
            percentiles: array::from_fn(|at| {
                PERCENTILES.get(at).map_or_else(Duration::default, |(_, share)| time_of(*share))
            }),
            max: Duration::from_nanos(max_ns),
        })
    }
}

/// The bucket of a time.
const fn bucket_of(ns: u64) -> usize {
    if ns < STEPS {
        return ns as usize;
    }
    let shift = ns.ilog2() - STEPS_LOG2;
    (shift as u64 * STEPS + (ns >> shift)) as usize
}

/// The longest time in a bucket.
const fn last_of(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < 2 * STEPS {
        return bucket;
    }
    let shift = bucket / STEPS - 1;
    let first = (bucket % STEPS + STEPS) << shift;
    first + ((1 << shift) - 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "what fails here fails a test")]
mod tests {
    use super::*;

    #[test]
    fn every_time_has_a_bucket_of_its_size() {
        let borders = (0..64).flat_map(|bit| [(1_u64 << bit) - 1, 1 << bit, (1 << bit) + 1]);
        for ns in borders.chain([u64::MAX, 12_345_678_901]) {
            let (bucket, last) = (bucket_of(ns), last_of(bucket_of(ns)));
            assert!(bucket < BUCKETS, "{ns}");
            assert!(last >= ns && last - ns <= ns / STEPS, "{ns}: {last}");
            assert!(bucket == 0 || last_of(bucket - 1) < ns, "{ns}");
        }
    }

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let histogram = Histogram::new();
        assert_eq!(histogram.percentiles(), None);
        for us in (1..=10_000).rev() {
            histogram.record(Duration::from_micros(us));
        }
        let latencies = histogram.percentiles().unwrap();
        assert_eq!(latencies.min, Duration::from_micros(1));
        assert_eq!(latencies.max, Duration::from_micros(10_000));
        for (time, us) in latencies.percentiles.iter().zip([5_000, 9_000, 9_900, 9_990]) {
            let exact = Duration::from_micros(us);
            assert!(*time >= exact && *time <= exact + exact / 100, "{time:?} for {exact:?}");
        }
        let one = Histogram::new();
        one.record(Duration::from_nanos(1_000_001));
        let latencies = one.percentiles().unwrap();
        assert!(latencies.percentiles.iter().all(|time| *time == Duration::from_nanos(1_000_001)));
    }
}
