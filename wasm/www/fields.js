// The fields of a frame: what the header's bits say, and where they stand (RFC 6455 section 5.2).

import { count, hexes, number } from "./dom.js";

/**
 * A field: its name, its value in words, its bits from the frame's first, and to which group of
 * colours it belongs.
 *
 * @typedef {{ id: string, name: string, short: string, value: string, bit: number, bits: number, group: string, note?: string, level: number }} Field
 */

/** Takes a frame apart. */
export function fields({ frame, wire, payload, message }) {
  const list = [];
  let bit = 0;
  const field = (id, name, short, value, bits, group, note) => {
    list.push({ id, name, short, value, bit, bits, group, note, level: 2 });
    bit += bits;
  };
  const flag = (id, name, set, note) => field(id, name, name, set ? "1" : "0", 1, "flags", note);
  flag(
    "fin",
    "FIN",
    frame.fin,
    frame.fin ? "the last frame of its message" : "more frames of the message follow",
  );
  flag(
    "rsv1",
    "RSV1",
    frame.rsv1,
    frame.rsv1 ? "the message is compressed (RFC 7692 section 6)" : undefined,
  );
  flag("rsv2", "RSV2", frame.rsv2);
  flag("rsv3", "RSV3", frame.rsv3);
  field(
    "opcode",
    "Opcode",
    "opcode",
    `${frame.opcode.toString(16).toUpperCase()} ${frame.opcodeName}`,
    4,
    "opcode",
  );
  flag(
    "mask",
    "MASK",
    frame.maskingKey !== undefined,
    frame.maskingKey === undefined ? "not masked: from a server" : "masked: from a client",
  );

  const short = wire[1] & 0x7f;
  const longer = { 126: 16, 127: 64 }[short] ?? 0;
  field(
    "len7",
    "Payload length",
    "payload len",
    String(short),
    7,
    "len",
    longer ? `the length follows in ${longer} bits` : undefined,
  );
  if (longer)
    field(
      "len",
      "Extended payload length",
      "extended payload length",
      number(frame.payloadLen),
      longer,
      "len",
    );
  if (frame.maskingKey !== undefined) {
    field(
      "key",
      "Masking key",
      "masking key",
      hexes(wire.subarray(bit / 8, bit / 8 + 4)),
      32,
      "key",
    );
  }
  const there =
    frame.presentLen === frame.payloadLen ? "" : `, ${number(frame.presentLen)} of them there`;
  field(
    "payload",
    "Payload",
    "payload",
    count(frame.payloadLen, "byte") + there,
    frame.presentLen * 8,
    "payload",
    message?.about.compressed
      ? `compressed: the message inflates to ${count(message.about.len, "byte")}`
      : undefined,
  );
  if (frame.opcode === 8 && frame.presentLen > 1 && !payload.unknown.length)
    close(list, payload.bytes, frame.headerLen);
  return list;
}

/** What a Close frame's payload consists of. */
function close(list, bytes, headerLen) {
  const field = { bit: headerLen * 8, group: "payload", level: 3 };
  const code = (bytes[0] << 8) | bytes[1];
  list.push({
    ...field,
    id: "code",
    name: "Close code",
    short: "code",
    value: String(code),
    bits: 16,
  });
  if (bytes.length > 2) {
    const reason = new TextDecoder().decode(bytes.subarray(2));
    list.push({
      ...field,
      id: "reason",
      name: "Reason",
      short: "reason",
      value: reason,
      bit: field.bit + 16,
      bits: (bytes.length - 2) * 8,
    });
  }
}

/** The bytes of a field, from the first to behind the last. */
export const bytesOf = ({ bit, bits }) => [bit >> 3, (bit + bits + 7) >> 3];

/** The field in which a byte is; of those in the first bytes, the one that says most. */
export function fieldAt(list, byte) {
  const inside = list.filter((field) => {
    const [start, end] = bytesOf(field);
    return byte >= start && byte < end;
  });
  return inside.find(({ id }) => id === "opcode" || id === "len7") ?? inside.at(-1);
}
