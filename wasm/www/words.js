// What opcodes, directions and flags are called.

import { COMPRESSED, FIN, MASKED, PARTIAL, RSV } from "./columns.js";

const OPCODES = { 0: "continuation", 1: "text", 2: "binary", 8: "close", 9: "ping", 10: "pong" };

/** The name of an opcode. */
export const opcodeName = (opcode) =>
  OPCODES[opcode] ?? `reserved ${opcode.toString(16).toUpperCase()}`;

/** The class that gives an opcode its colour. */
export const opcodeClass = (opcode) => `op-${OPCODES[opcode] ?? "reserved"}`;

/** The ends of a connection, as in the columns. */
export const SENDERS = ["client", "server"];

/** Flags in a few letters. */
export function flagLetters(flags) {
  if (flags & COMPRESSED) return "compressed";
  const reserved = RSV.map((bit, at) => (flags & bit ? at + 1 : "")).join("");
  return [
    flags & FIN && "FIN",
    reserved && `RSV${reserved}`,
    flags & MASKED && "MASK",
    flags & PARTIAL && "part",
  ]
    .filter(Boolean)
    .join(" ");
}
