//! Checks that need nothing of each other, several at a time: most of their time they wait for a peer,
//! a browser or an emulator.

use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::{Result, Tally};

/// More would be in each other's way.
const MOST: usize = 4;

/// Does the work for each item, on as many threads as there are processors, and adds up what comes of
/// it. What breaks off is told and counts as one failure.
pub(crate) fn sum<I>(items: I, work: impl Fn(I::Item) -> Result<Tally> + Sync) -> Tally
where
    I: IntoIterator<IntoIter: Send>,
{
    let items = Mutex::new(items.into_iter());
    // Not in the condition of the loop: there it would be locked for as long as the work takes.
    let next = || items.lock().unwrap_or_else(PoisonError::into_inner).next();
    let lane = || {
        let mut tally = Tally::default();
        while let Some(item) = next() {
            tally += work(item).unwrap_or_else(|error| {
                println!("FAILED {error}");
                Tally::one(false)
            });
        }
        tally
    };
    let lanes = thread::available_parallelism().map_or(1, usize::from).min(MOST);
    let mut tally = Tally::default();
    thread::scope(|scope| {
        let lanes: Vec<_> = (0..lanes).map(|_| scope.spawn(lane)).collect();
        for lane in lanes {
            tally += lane.join().unwrap_or(Tally::one(false));
        }
    });
    tally
}

#[cfg(test)]
mod tests {
    use super::sum;
    use crate::Tally;

    #[test]
    fn all_is_done_once_and_what_breaks_off_or_panics_counts_as_a_failure() {
        let tally = sum(0..100, |number| match number {
            3 | 50 => Err("on purpose".into()),
            _ => Ok(Tally { passed: number, failed: 0 }),
        });
        assert_eq!(tally, Tally { passed: (0..100).sum::<u64>() - 53, failed: 2 });
        let tally = sum([()], |()| -> crate::Result<Tally> { panic!("on purpose") });
        assert_eq!(tally, Tally::one(false));
    }
}
