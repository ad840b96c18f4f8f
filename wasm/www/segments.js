// What both ends sent, in the order in which it was received: for the writers of other formats.

/**
 * Bytes of one end.
 *
 * @typedef {{ from: number, time: number, offset: number, bytes: Uint8Array }} Segment
 */

/** Cuts both streams at their frames and gaps. */
export function segments(rows, streams, gaps) {
  const found = [0, 1].flatMap((from) => cut(rows, from, streams[from], gaps[from]));
  const first = rows.time.find((time) => !Number.isNaN(time)) ?? 0;
  for (const segment of found) segment.time = segment.row < 0 ? first : rows.time[segment.row];
  return found.sort((a, b) => a.row - b.row || a.from - b.from || a.offset - b.offset);
}

function cut(rows, from, stream, gaps) {
  const frames = [];
  for (let row = 0; row < rows.count; row += 1)
    if (!rows.isMessages && rows.from[row] === from) frames.push(row);
  const found = [];
  let next = 0;
  let row = -1;
  const run = (offset, bytes) => {
    let at = 0;
    while (at < bytes.length) {
      while (next < frames.length && rows.offset[frames[next]] <= offset + at) {
        row = frames[next];
        next += 1;
      }
      const end =
        next < frames.length
          ? Math.min(bytes.length, rows.offset[frames[next]] - offset)
          : bytes.length;
      found.push({ from, row, offset: offset + at, bytes: bytes.subarray(at, end) });
      at = end;
    }
  };
  let offset = 0;
  let index = 0;
  for (const gap of gaps) {
    run(offset, stream.subarray(index, index + gap.offset - offset));
    index += gap.offset - offset;
    offset = gap.offset + gap.len;
  }
  run(offset, stream.subarray(index));
  return found;
}
