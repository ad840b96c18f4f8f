//! How long to wait before the next try.

/// A wait that doubles with each try up to a limit, with jitter: so a server that comes back is not
/// run over by all its devices at once.
///
/// ```
/// use socklet_core::Backoff;
///
/// let mut backoff = Backoff::new(0x5EED).range(1_000, 60_000);
/// assert!((500..=1_000).contains(&backoff.next_ms()));
/// assert!((1_000..=2_000).contains(&backoff.next_ms()));
/// backoff.reset();
/// assert!((500..=1_000).contains(&backoff.next_ms()));
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    first_ms: u32,
    max_ms: u32,
    steady_ms: u32,
    /// The longest that the next wait can be.
    ceiling_ms: u32,
    random: u64,
}

impl Backoff {
    /// Waits of at most half a second to a minute, and begins anew after a connection that was
    /// open for half a minute.
    ///
    /// `seed` should differ from device to device; it need not be secret.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        let first_ms = 500;
        // Zero would stay zero.
        let random = if seed == 0 { 0x9E37_79B9_7F4A_7C15 } else { seed };
        Self { first_ms, max_ms: 60_000, steady_ms: 30_000, ceiling_ms: first_ms, random }
    }

    /// The longest that the first wait and any wait can be, in milliseconds.
    #[must_use]
    pub const fn range(mut self, first_ms: u32, max_ms: u32) -> Self {
        self.max_ms = max_ms;
        self.first_ms = if first_ms < max_ms { first_ms } else { max_ms };
        self.ceiling_ms = self.first_ms;
        self
    }

    /// How long a connection has to last so that the next wait is the shortest again: a server
    /// that accepts and falls over is not one that is back.
    #[must_use]
    pub const fn steady_ms(mut self, steady_ms: u32) -> Self {
        self.steady_ms = steady_ms;
        self
    }

    /// How long to wait now, in milliseconds: at random from half of what it can be to all of it,
    /// and the next can be twice as long.
    pub const fn next_ms(&mut self) -> u32 {
        let half = self.ceiling_ms / 2;
        // No overflow: a factor of each product, and the rest of each sum, has 32 bits.
        let span = (self.ceiling_ms.wrapping_sub(half) as u64).wrapping_add(1);
        let part = (self.random() >> 32).wrapping_mul(span) >> 32;
        let wait_ms = half.wrapping_add(part as u32);
        self.ceiling_ms = self.ceiling_ms.saturating_mul(2);
        if self.ceiling_ms > self.max_ms {
            self.ceiling_ms = self.max_ms;
        }
        wait_ms
    }

    /// Begins anew with the shortest wait.
    pub const fn reset(&mut self) {
        self.ceiling_ms = self.first_ms;
    }

    /// Takes note of a connection that was open for so long.
    pub const fn was_open_ms(&mut self, open_ms: u64) {
        if open_ms >= self.steady_ms as u64 {
            self.reset();
        }
    }

    /// Xorshift (Marsaglia 2003), with the multiplication of Vigna 2016: enough to be scattered.
    const fn random(&mut self) -> u64 {
        self.random ^= self.random >> 12;
        self.random ^= self.random << 25;
        self.random ^= self.random >> 27;
        self.random.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }
}

#[cfg(test)]
mod tests {
    use super::Backoff;

    #[test]
    fn each_wait_is_up_to_twice_as_long_until_the_limit() {
        for seed in 0..1000 {
            let mut backoff = Backoff::new(seed).range(100, 1000);
            for ceiling in [100, 200, 400, 800, 1000, 1000] {
                let wait_ms = backoff.next_ms();
                assert!((ceiling / 2..=ceiling).contains(&wait_ms), "{wait_ms} of {ceiling}");
            }
        }
    }

    #[test]
    fn waits_are_scattered_over_their_range() {
        let mut counts = [0; 10];
        for seed in 0..10_000 {
            let wait_ms = Backoff::new(seed * 7919).range(2000, 2000).next_ms();
            counts[((wait_ms - 1000) / 101) as usize] += 1;
        }
        assert!(counts.iter().all(|count| (800..1200).contains(count)), "{counts:?}");
    }

    #[test]
    fn extreme_ranges_do_not_overflow() {
        let mut backoff = Backoff::new(1).range(0, 0);
        assert_eq!((backoff.next_ms(), backoff.next_ms()), (0, 0));
        let mut backoff = Backoff::new(1).range(u32::MAX, u32::MAX);
        assert!(backoff.next_ms() >= u32::MAX / 2);
        assert!(backoff.next_ms() >= u32::MAX / 2);
    }

    #[test]
    fn only_a_connection_that_lasts_begins_anew() {
        let mut backoff = Backoff::new(1).range(100, 10_000).steady_ms(5000);
        backoff.next_ms();
        backoff.was_open_ms(4999);
        assert!(backoff.next_ms() >= 100);
        backoff.was_open_ms(5000);
        assert!(backoff.next_ms() <= 100);
    }
}
