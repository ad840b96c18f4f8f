// The frames of a connection as columns: what the table, the timeline and the filters need of
// 100,000 frames, in arrays that pass between threads without being copied.

/** Flags of a row. */
export const FIN = 1;
export const RSV = [2, 4, 8];
export const MASKED = 16;
/** Not all of it is there. */
export const PARTIAL = 32;
/** Part of a compressed message. */
export const COMPRESSED = 64;

/** Rows between two reports of progress. */
const STRIDE = 8192;

/** The length of a part. */
export const PART = (part) => (typeof part === "number" ? part : part.length);

/** Reads the frames of a connection, or its messages if the input has no frames. */
export function columns(connection, progress) {
  const { frames, messages } = connection;
  const isMessages = frames.length === 0;
  const count = isMessages ? messages.length : frames.length;
  const rows = {
    count,
    isMessages,
    from: new Uint8Array(count),
    opcode: new Uint8Array(count),
    flags: new Uint8Array(count),
    time: new Float64Array(count),
    offset: new Float64Array(count),
    header: new Uint8Array(count),
    len: new Float64Array(count),
    inflated: new Float64Array(count),
    message: new Int32Array(count),
    verdict: new Uint8Array(count),
    /** The identifiers to which `verdict` points, from 1. */
    verdicts: [],
  };
  for (let at = 0; at < count; at += 1) {
    if (at % STRIDE === 0) progress("Indexing", at, count);
    if (isMessages) message(rows, at, messages.at(at));
    else frame(rows, at, frames.at(at));
  }
  return rows;
}

function frame(rows, at, it) {
  rows.from[at] = it.from === "server" ? 1 : 0;
  rows.opcode[at] = it.opcode;
  rows.flags[at] =
    (it.fin && FIN) |
    (it.rsv1 && RSV[0]) |
    (it.rsv2 && RSV[1]) |
    (it.rsv3 && RSV[2]) |
    (it.maskingKey !== undefined && MASKED) |
    (it.presentLen < it.payloadLen && PARTIAL);
  rows.time[at] = it.time ?? NaN;
  rows.offset[at] = it.offset;
  rows.header[at] = it.headerLen;
  rows.len[at] = it.payloadLen;
  rows.inflated[at] = it.inflatedLen ?? NaN;
  rows.message[at] = it.message ?? -1;
  if (it.verdict !== undefined) {
    let verdict = rows.verdicts.indexOf(it.verdict) + 1;
    if (verdict === 0) verdict = rows.verdicts.push(it.verdict);
    rows.verdict[at] = verdict;
  }
}

function message(rows, at, it) {
  rows.from[at] = it.from === "server" ? 1 : 0;
  rows.opcode[at] = it.kind === "text" ? 1 : 2;
  rows.flags[at] = FIN | (!it.whole && PARTIAL) | (it.compressed && COMPRESSED);
  rows.time[at] = it.time ?? NaN;
  rows.len[at] = it.len;
  rows.inflated[at] = NaN;
  rows.message[at] = at;
}

/** The buffers of columns, to be handed over instead of copied. */
export const buffers = (rows) =>
  Object.values(rows)
    .filter(ArrayBuffer.isView)
    .map((view) => view.buffer);
