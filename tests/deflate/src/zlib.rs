//! zlib, raw: without the header and the checksum of RFC 1950.

use core::ffi::{CStr, c_int};
use core::mem::MaybeUninit;
use core::ptr;

use libz_sys::{self as sys, z_stream};

/// How zlib looks for matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Strategy {
    /// As the level says.
    Default = sys::Z_DEFAULT_STRATEGY,
    /// Prefers codes to short matches.
    Filtered = sys::Z_FILTERED,
    /// No matches.
    HuffmanOnly = sys::Z_HUFFMAN_ONLY,
    /// Matches of distance 1 only.
    Rle = sys::Z_RLE,
    /// No codes but the fixed ones.
    Fixed = sys::Z_FIXED,
}

impl Strategy {
    /// All there are.
    pub const ALL: [Self; 5] =
        [Self::Default, Self::Filtered, Self::HuffmanOnly, Self::Rle, Self::Fixed];
}

/// What a compressor does at the end of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Flush {
    /// Ends a block, and an empty stored one fills up the byte.
    Sync = sys::Z_SYNC_FLUSH,
    /// The same, and forgets the history.
    Full = sys::Z_FULL_FLUSH,
    /// Ends a block, and up to ten bits follow: not at a byte.
    Partial = sys::Z_PARTIAL_FLUSH,
    /// Ends a block within a byte.
    Block = sys::Z_BLOCK,
    /// Ends the stream.
    Finish = sys::Z_FINISH,
}

/// A compressor.
#[derive(Debug)]
pub struct Compressor(Box<MaybeUninit<z_stream>>);

impl Compressor {
    /// A compressor with a window of `2^window_bits` bytes, 9 to 15.
    #[must_use]
    pub fn new(level: i32, window_bits: i32, strategy: Strategy) -> Self {
        Self::with_memory(level, window_bits, 8, strategy)
    }

    /// The same with a `mem_level` of 1 to 9: the smaller, the shorter are the blocks.
    #[must_use]
    pub fn with_memory(level: i32, window_bits: i32, mem_level: i32, strategy: Strategy) -> Self {
        let mut stream = Box::new(MaybeUninit::zeroed());
        // SAFETY: a stream of zeros is what zlib wants, and it stays where it is.
        let code = unsafe {
            sys::deflateInit2_(
                stream.as_mut_ptr(),
                level,
                sys::Z_DEFLATED,
                -window_bits,
                mem_level,
                strategy as c_int,
                sys::zlibVersion(),
                size_of::<z_stream>() as c_int,
            )
        };
        assert_eq!(code, sys::Z_OK);
        Self(stream)
    }

    /// Changes level and strategy from here on.
    pub fn set(&mut self, level: i32, strategy: Strategy) -> Vec<u8> {
        let mut out = vec![0; 1 << 20];
        let stream = self.0.as_mut_ptr();
        // SAFETY: the stream is initialised; the pointers are used within the call only.
        unsafe {
            (*stream).next_in = ptr::null_mut();
            (*stream).avail_in = 0;
            (*stream).next_out = out.as_mut_ptr();
            (*stream).avail_out = out.len() as u32;
            let code = sys::deflateParams(stream, level, strategy as c_int);
            assert!(code == sys::Z_OK || code == sys::Z_BUF_ERROR);
            out.truncate(out.len() - (*stream).avail_out as usize);
        }
        out
    }

    /// Compresses a piece.
    pub fn compress(&mut self, piece: &[u8], flush: Flush) -> Vec<u8> {
        let mut out = vec![0; 2 * piece.len() + 1024];
        let stream = self.0.as_mut_ptr();
        // SAFETY: the stream is initialised; the pointers are used within the call only, and zlib
        // does not write to the input.
        unsafe {
            (*stream).next_in = piece.as_ptr().cast_mut();
            (*stream).avail_in = piece.len() as u32;
            (*stream).next_out = out.as_mut_ptr();
            (*stream).avail_out = out.len() as u32;
            let code = sys::deflate(stream, flush as c_int);
            assert!([sys::Z_OK, sys::Z_STREAM_END, sys::Z_BUF_ERROR].contains(&code));
            assert_eq!((*stream).avail_in, 0);
            assert_ne!((*stream).avail_out, 0);
            out.truncate(out.len() - (*stream).avail_out as usize);
        }
        out
    }

    /// Begins a new stream.
    pub fn reset(&mut self) {
        // SAFETY: the stream is initialised.
        assert_eq!(unsafe { sys::deflateReset(self.0.as_mut_ptr()) }, sys::Z_OK);
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        // SAFETY: the stream is initialised and not used again.
        unsafe { sys::deflateEnd(self.0.as_mut_ptr()) };
    }
}

/// Compresses a stream.
#[must_use]
pub fn compress(input: &[u8], level: i32, window_bits: i32, strategy: Strategy) -> Vec<u8> {
    Compressor::new(level, window_bits, strategy).compress(input, Flush::Finish)
}

/// What zlib says of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Everything was inflated, and more may come.
    Open,
    /// The stream has ended at the end of the input, or before.
    Ended,
    /// There is more to write than there is room.
    Full,
    /// It is damaged.
    Damaged,
}

/// How far zlib came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Outcome {
    /// Bytes of input that were used.
    pub read: usize,
    /// Bytes that were written.
    pub written: usize,
    /// And then.
    pub verdict: Verdict,
}

/// A decompressor.
#[derive(Debug)]
pub struct Decompressor(Box<MaybeUninit<z_stream>>);

impl Decompressor {
    /// A decompressor with a window of `2^window_bits` bytes, 8 to 15.
    #[must_use]
    pub fn new(window_bits: i32) -> Self {
        let mut stream = Box::new(MaybeUninit::zeroed());
        // SAFETY: a stream of zeros is what zlib wants, and it stays where it is.
        let code = unsafe {
            sys::inflateInit2_(
                stream.as_mut_ptr(),
                -window_bits,
                sys::zlibVersion(),
                size_of::<z_stream>() as c_int,
            )
        };
        assert_eq!(code, sys::Z_OK);
        Self(stream)
    }

    /// Inflates a piece.
    pub fn inflate(&mut self, piece: &[u8], room: &mut [u8]) -> Outcome {
        let stream = self.0.as_mut_ptr();
        // SAFETY: the stream is initialised; the pointers are used within the call only, and zlib
        // does not write to the input.
        unsafe {
            (*stream).next_in = piece.as_ptr().cast_mut();
            (*stream).avail_in = piece.len() as u32;
            (*stream).next_out = room.as_mut_ptr();
            (*stream).avail_out = room.len() as u32;
            let code = sys::inflate(stream, sys::Z_SYNC_FLUSH);
            let verdict = match code {
                sys::Z_STREAM_END => Verdict::Ended,
                sys::Z_DATA_ERROR => Verdict::Damaged,
                _ if (*stream).avail_out == 0 => Verdict::Full,
                sys::Z_OK | sys::Z_BUF_ERROR => Verdict::Open,
                code => panic!("zlib fails with {code}"),
            };
            Outcome {
                read: piece.len() - (*stream).avail_in as usize,
                written: room.len() - (*stream).avail_out as usize,
                verdict,
            }
        }
    }

    /// What zlib says is wrong with a damaged stream.
    #[must_use]
    pub fn message(&self) -> Option<&'static str> {
        // SAFETY: the stream is initialised, and a message is one of zlib's constants.
        unsafe {
            let message = (*self.0.as_ptr()).msg;
            (!message.is_null()).then(|| CStr::from_ptr(message).to_str().unwrap())
        }
    }

    /// Begins a new stream with a history.
    pub fn reset(&mut self, history: &[u8]) {
        let history = &history[history.len().saturating_sub(32768)..];
        let stream = self.0.as_mut_ptr();
        // SAFETY: the stream is initialised, and the history is copied.
        unsafe {
            assert_eq!(sys::inflateReset(stream), sys::Z_OK);
            let code = sys::inflateSetDictionary(stream, history.as_ptr(), history.len() as u32);
            assert_eq!(code, sys::Z_OK);
        }
    }
}

impl Drop for Decompressor {
    fn drop(&mut self) {
        // SAFETY: the stream is initialised and not used again.
        unsafe { sys::inflateEnd(self.0.as_mut_ptr()) };
    }
}

/// Inflates streams that follow each other over one history, until the input or the room ends.
pub fn inflate(zlib: &mut Decompressor, input: &[u8], room: &mut [u8]) -> Outcome {
    let (mut read, mut written) = (0, 0);
    zlib.reset(&[]);
    loop {
        let outcome = zlib.inflate(&input[read..], &mut room[written..]);
        read += outcome.read;
        written += outcome.written;
        if outcome.verdict != Verdict::Ended || read == input.len() {
            return Outcome { read, written, ..outcome };
        }
        zlib.reset(&room[..written]);
    }
}
