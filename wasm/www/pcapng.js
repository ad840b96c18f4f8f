// A pcapng file of connections: Ethernet, IPv4 and TCP made anew around the bytes that were sent.

/** Bytes of a stream in a packet. */
const SEGMENT_LEN = 1460;
const SYN = 2;
const RST = 4;
const PSH_ACK = 0x18;
const ACK = 0x10;
const FIN_ACK = 0x11;

/**
 * Writes connections. Each has the names of its `client` and `server`, its `segments`, and `ends`:
 * who has ended it and whether by a reset, if it has ended; `endTime` if that is known.
 */
export function pcapng(connections) {
  const blocks = [
    block(0x0a0d0d0a, words(0x1a2b3c4d, 1, 0xffffffff, 0xffffffff)),
    // Ethernet; times in microseconds.
    block(1, words(1, 0)),
  ];
  connections.forEach((connection, at) => packets(connection, at, blocks));
  return blocks;
}

function packets({ client, server, segments, ends, endTime }, at, blocks) {
  const hosts = [address(client, [192, 0, 2, 1], 50_000 + at), address(server, [192, 0, 2, 2], 80)];
  // Sequence numbers from this one on; where bytes are missing, so are their numbers.
  const initial = 1000;
  const next = [initial, initial];
  let time = segments[0]?.time || 0;
  const put = (from, flags, bytes = new Uint8Array()) =>
    blocks.push(
      packet(
        time,
        frame(
          hosts[from],
          hosts[1 - from],
          next[from],
          flags & ACK ? next[1 - from] : 0,
          flags,
          bytes,
        ),
      ),
    );
  put(0, SYN);
  next[0] += 1;
  put(1, SYN | ACK);
  next[1] += 1;
  put(0, ACK);
  for (const segment of segments) {
    // Without times, a millisecond from one to the next.
    time = Number.isNaN(segment.time) ? time + 1 : segment.time;
    for (let start = 0; start < segment.bytes.length; start += SEGMENT_LEN) {
      const bytes = segment.bytes.subarray(start, start + SEGMENT_LEN);
      next[segment.from] = initial + 1 + segment.offset + start;
      put(segment.from, PSH_ACK, bytes);
      next[segment.from] += bytes.length;
    }
  }
  if (!ends) return;
  time = endTime ?? time;
  put(ends.by, ends.isReset ? RST | ACK : FIN_ACK);
  if (ends.isReset) return;
  next[ends.by] += 1;
  put(1 - ends.by, FIN_ACK);
  next[1 - ends.by] += 1;
  put(ends.by, ACK);
}

/** The address in a name, or one that is reserved for documentation. */
function address(name, ip, port) {
  const [, digits, number] = /^(\d+\.\d+\.\d+\.\d+):(\d+)$/.exec(name ?? "") ?? [];
  return digits ? { ip: digits.split(".").map(Number), port: Number(number) } : { ip, port };
}

function frame(from, to, sequence, acknowledged, flags, bytes) {
  const whole = new Uint8Array(54 + bytes.length);
  const view = new DataView(whole.buffer);
  // Locally administered addresses, made of those of IPv4.
  whole.set([2, 0, ...to.ip, 2, 0, ...from.ip, 8, 0]);
  whole.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0, ...from.ip, ...to.ip], 14);
  view.setUint16(16, 40 + bytes.length);
  view.setUint16(24, checksum(whole.subarray(14, 34), 0));
  view.setUint16(34, from.port);
  view.setUint16(36, to.port);
  view.setUint32(38, sequence);
  view.setUint32(42, acknowledged);
  view.setUint16(46, 0x5000 | flags);
  view.setUint16(48, 0xffff);
  whole.set(bytes, 54);
  // With the addresses, the protocol's number and the length before it.
  view.setUint16(50, checksum(whole.subarray(26), 6 + 20 + bytes.length));
  return whole;
}

function checksum(bytes, sum) {
  for (let at = 0; at < bytes.length; at += 1) sum += at & 1 ? bytes[at] : bytes[at] << 8;
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

function packet(time, bytes) {
  const us = Math.round(time * 1000);
  const padded = new Uint8Array((bytes.length + 3) & ~3);
  padded.set(bytes);
  return block(
    6,
    words(0, Math.floor(us / 2 ** 32), us % 2 ** 32, bytes.length, bytes.length),
    padded,
  );
}

const words = (...values) => new Uint8Array(Uint32Array.from(values).buffer);

function block(type, ...parts) {
  const len = parts.reduce((sum, part) => sum + part.length, 12);
  const whole = new Uint8Array(len);
  let at = 8;
  whole.set(words(type, len));
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  whole.set(words(len), at);
  return whole;
}
