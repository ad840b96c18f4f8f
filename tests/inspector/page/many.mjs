// Captures of any size, of frames that are as they should be.

const MAGIC = 0xa1b2c3d4;

/** A pcap of so many text frames of about `payloadLen` bytes, in packets of many frames. */
export function manyFrames(count, payloadLen = 20) {
  const sides = [
    side([10, 0, 0, 1], [10, 0, 0, 2], 50000, 80),
    side([10, 0, 0, 2], [10, 0, 0, 1], 80, 50000),
  ];
  const packets = [header()];
  let time = 0;
  for (let number = 0; number < count; number += 1) {
    const from = sides[number & 1];
    from.pending.push(frame(number, payloadLen, number & 1));
    from.len += from.pending.at(-1).length;
    time += 100;
    if (from.len > 1200 || number >= count - 2) packets.push(flush(from, time));
  }
  return Buffer.concat(packets);
}

const side = (from, to, source, destination) => ({
  from,
  to,
  source,
  destination,
  sequence: 1,
  pending: [],
  len: 0,
});

function header() {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt32LE(MAGIC, 0);
  bytes.writeUInt16LE(2, 4);
  bytes.writeUInt16LE(4, 6);
  bytes.writeUInt32LE(0x40000, 16);
  // Raw IP.
  bytes.writeUInt32LE(101, 20);
  return bytes;
}

function frame(number, payloadLen, isServer) {
  const payload = Buffer.from(`${number} `.padEnd(payloadLen, "abcdefghijklmnopqrstuvwxyz"));
  const len =
    payload.length < 126
      ? Buffer.of(payload.length)
      : Buffer.of(126, payload.length >> 8, payload.length & 255);
  if (isServer) return Buffer.concat([Buffer.of(0x81), len, payload]);
  const key = Buffer.of(number & 255, 0x5a, 0xa5, 0x3c);
  for (let at = 0; at < payload.length; at += 1) payload[at] ^= key[at & 3];
  len[0] |= 0x80;
  return Buffer.concat([Buffer.of(0x81), len, key, payload]);
}

function flush(from, time) {
  const payload = Buffer.concat(from.pending);
  const bytes = Buffer.alloc(16 + 40 + payload.length);
  bytes.writeUInt32LE(1_767_268_800 + Math.floor(time / 1e6), 0);
  bytes.writeUInt32LE(time % 1e6, 4);
  bytes.writeUInt32LE(40 + payload.length, 8);
  bytes.writeUInt32LE(40 + payload.length, 12);
  bytes.set(
    [
      0x45,
      0,
      (40 + payload.length) >> 8,
      (40 + payload.length) & 255,
      0,
      0,
      0x40,
      0,
      64,
      6,
      0,
      0,
      ...from.from,
      ...from.to,
    ],
    16,
  );
  bytes.writeUInt16BE(from.source, 36);
  bytes.writeUInt16BE(from.destination, 38);
  bytes.writeUInt32BE(from.sequence >>> 0, 40);
  bytes.writeUInt16BE(0x5018, 48);
  bytes.set(payload, 56);
  from.sequence += payload.length;
  from.pending = [];
  from.len = 0;
  return bytes;
}
