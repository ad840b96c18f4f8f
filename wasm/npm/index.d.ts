/**
 * Inspects WebSocket traffic (RFC 6455, RFC 7692) by the decoders of socklet-core.
 *
 * Offsets and lengths are in bytes, times in milliseconds. Numbers beyond 2^53 lose their last
 * digits; the lines of {@link Inspection.json} have them whole.
 */

/**
 * Loads the engine. In Node.js and where a bundler knows `new URL(…, import.meta.url)` it is found
 * by itself; elsewhere give the bytes of `socklet.wasm`, a compiled module, or where to fetch it.
 */
export function load(
  wasm?: BufferSource | WebAssembly.Module | Response | Promise<Response> | URL | string,
): Promise<Socklet>;

/** The engine. */
export interface Socklet {
  /**
   * Inspects an input; a string is taken as UTF-8.
   *
   * @throws {InputError} if nothing of it can be read.
   */
  inspect(input: Uint8Array | string, options?: Options): Inspection;
  /** Builds a frame, allowed or not. @throws {RangeError} if a field is out of its range. */
  build(fields: Fields): Uint8Array;
}

export type Format =
  | "raw" | "hex" | "dump" | "array" | "base64" | "pcap" | "pcapng" | "har" | "log";
export type Sender = "client" | "server";

/** What is known of an input that it does not say itself. */
export interface Options {
  /** What it is; otherwise it is recognised. */
  format?: Format;
  /** Who has sent it, or what comes first in it; otherwise that is concluded. */
  firstSender?: Sender;
  /** Whether messages are compressed; otherwise as the handshake says, or RSV1. */
  compression?: boolean;
  /** Most bytes to which the messages of a direction inflate; 64 MiB. */
  inflateLimit?: number;
}

/** Nothing of an input can be read. */
export class InputError extends Error {
  /** Where, in bytes from its start. */
  readonly offset: number;
}

/** What was found in an input. Its memory is outside the garbage collector's: {@link free} it. */
export interface Inspection {
  /** How the input was read. */
  readonly capture: Capture;
  readonly connections: readonly Connection[];
  /**
   * The report as JSON, one object a line, schema `socklet-inspect/1`: what
   * `socklet explain --json` prints.
   */
  json(): string;
  free(): void;
  [Symbol.dispose](): void;
}

/** The line of type `capture`. */
export interface Capture {
  schema: string;
  format: Format;
  /** Whether the format was recognised, not told. */
  guessed: boolean;
  connections: number;
  notes: string[];
  /** What could not be read; what stands before it was. */
  damage?: { offset: number; line: string; link_type?: number };
}

/** A WebSocket connection. What is a method is computed anew by each call. */
export interface Connection {
  /** The line of type `connection`. */
  readonly about: About;
  /** The line of type `ending`. */
  readonly ending: Ending;
  /** The lines of type `violation`. */
  readonly violations: readonly Violation[];
  /** The frames of both ends in the order in which they were received. */
  readonly frames: Table<Frame>;
  /** The messages of both ends in the order in which they began. */
  readonly messages: Table<Message>;
  /** Bytes that an end sent, heads of the handshake included, gaps left out. */
  stream(from: Sender): Uint8Array;
  /** A frame as it was on the wire: header and payload as far as they are there. */
  wire(frame: number): Uint8Array;
  /** A frame's payload unmasked, not inflated. */
  payload(frame: number): Part[];
  /** A whole message, inflated. */
  message(message: number): Part[];
  /** The numbers of the messages with this text in them, in UTF-8, letters as they are. */
  find(text: string): Uint32Array;
  /** What the compressed data of a message are made of; nothing if it is not compressed. */
  xray(message: number): Step[];
}

/** Rows of which objects are made when they are asked for. */
export interface Table<Row> extends Iterable<Row> {
  readonly length: number;
  /** @throws {RangeError} if there is no such row. */
  at(number: number): Row;
}

export interface About {
  client?: string;
  server?: string;
  /** Whether an opening handshake was seen. */
  handshake: boolean;
  target?: string;
  status?: number;
  accept?: string;
  accept_expected?: string;
  subprotocol?: string;
  subprotocols_offered?: string[];
  extensions?: string;
  extensions_offered?: string;
  client_deflate?: Deflate;
  server_deflate?: Deflate;
  /** What the agreed or offered extensions mean, in words. */
  explained: string[];
  /** Conclusions that nothing in the traffic proves. */
  inferred: string[];
  violations_omitted?: number;
  client_gaps: Gap[];
  server_gaps: Gap[];
}
export interface Deflate { window_bits: number; context_takeover: boolean }
/** Bytes that were sent and are not in the input; `offset` counts them. */
export interface Gap { offset: number; len: number }

export interface Frame {
  number: number;
  from: Sender;
  /** When its first byte was received. */
  time?: number;
  /** Of its first byte in what its sender sent, gaps included. */
  offset: number;
  /** The same in the input, if its bytes stand in it as they are. */
  fileOffset?: number;
  opcode: number;
  opcodeName: "continuation" | "text" | "binary" | "close" | "ping" | "pong" | "reserved";
  fin: boolean;
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  /** Four bytes, the first one highest. */
  maskingKey?: number;
  headerLen: number;
  /** As its header says. */
  payloadLen: number;
  /** As far as it is there. */
  presentLen: number;
  inflatedLen?: number;
  /** The number of its message. */
  message?: number;
  /** The identifier of what is wrong with it first, as in {@link Violation.id}. */
  verdict?: string;
}

export interface Message {
  number: number;
  from: Sender;
  time?: number;
  kind: "text" | "binary";
  /** The number of its first frame; none if the input has messages without frames. */
  firstFrame?: number;
  frames: number;
  /** Bytes of payload on the wire, of all its frames. */
  wireLen: number;
  /** Bytes of the message, inflated. */
  len: number;
  compressed: boolean;
  whole: boolean;
  /** Why there is no more of it. */
  cut?: string;
}

/** These bytes, or a number of bytes that cannot be known. */
export type Part = Uint8Array | number;

/** The line of type `violation`. */
export interface Violation {
  id: string;
  from: Sender;
  /** Of the byte that breaks the rule, in what its sender sent, gaps included. */
  offset: number;
  file_offset?: number;
  frame?: number;
  /** In the message, after decompression. */
  message_offset?: number;
  rfc: number;
  section: string;
  line: string;
  /** Whether an endpoint has failed the connection here. */
  fails_connection: boolean;
  close_code?: number;
}

/** The line of type `ending`. */
export interface Ending {
  verdict: string;
  line: string;
  by?: Sender;
  client?: Side;
  server?: Side;
  /** Nanoseconds. */
  idle_ns?: string;
  proxy_timeout_s?: number;
}
export interface Side {
  close_frame?: number;
  code?: number;
  meaning?: string;
  reason?: string;
  ends?: string;
  missing_len?: number;
}

/** A part of compressed data (RFC 1951). */
export interface Step {
  /** Of its first bit in the message's compressed data. */
  bit: number;
  /** Where in the message its bytes are. */
  at: number;
  kind: "block" | "literal" | "match" | "stored" | "end";
  /** Of a block. */
  block?: "stored" | "fixed" | "dynamic";
  final?: boolean;
  /** Of a literal, a match, stored bytes: how many bytes of the message. */
  len?: number;
  /** Of a match: how far back. */
  distance?: number;
}

/** The fields of a frame. */
export interface Fields {
  /** 0 to 15; text is 1. */
  opcode: number;
  /** True. */
  fin?: boolean;
  rsv1?: boolean;
  rsv2?: boolean;
  rsv3?: boolean;
  /** Four bytes, the first one highest; otherwise the frame is not masked. */
  maskingKey?: number;
  /** Whether the payload is compressed as a message by itself; RSV1 says so. */
  compress?: boolean;
  /** A string is written as UTF-8. */
  payload?: Uint8Array | string;
}
