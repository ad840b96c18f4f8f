//! miniz_oxide, raw: without the header and the checksum of RFC 1950.

use miniz_oxide::deflate::core::{
    CompressorOxide, TDEFLFlush, TDEFLStatus, compress as compress_core,
    create_comp_flags_from_zip_params,
};

/// Compresses a stream, with levels 0 to 10 and a strategy in zlib's numbers.
#[must_use]
pub fn compress(input: &[u8], level: u8, strategy: i32) -> Vec<u8> {
    let mut compressor = compressor(level, strategy);
    let mut out = vec![0; 2 * input.len() + 1024];
    let (status, read, written) =
        compress_core(&mut compressor, input, &mut out, TDEFLFlush::Finish);
    assert_eq!((status, read), (TDEFLStatus::Done, input.len()));
    out.truncate(written);
    out
}

/// Compresses messages over one history, each ended by an empty stored block.
#[must_use]
pub fn compress_messages(messages: &[&[u8]], level: u8) -> Vec<Vec<u8>> {
    let mut compressor = compressor(level, 0);
    let compress = |message: &&[u8]| {
        let mut out = vec![0; 2 * message.len() + 1024];
        let (status, read, written) =
            compress_core(&mut compressor, message, &mut out, TDEFLFlush::Sync);
        assert_eq!((status, read), (TDEFLStatus::Okay, message.len()));
        out.truncate(written);
        out
    };
    messages.iter().map(compress).collect()
}

fn compressor(level: u8, strategy: i32) -> CompressorOxide {
    CompressorOxide::new(create_comp_flags_from_zip_params(level.into(), -15, strategy))
}

/// Inflates a stream.
///
/// # Panics
/// If it is damaged.
#[must_use]
pub fn inflate(input: &[u8]) -> Vec<u8> {
    miniz_oxide::inflate::decompress_to_vec(input).unwrap()
}
