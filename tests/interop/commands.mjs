// What the Node.js peers share: the command language of README.md and the contents of messages.

import readline from 'node:readline';

/** Text of exactly `len` bytes: U+00E9, which takes two, and one `x` where `len` is odd. */
export function text(len) {
  return 'é'.repeat(len / 2) + 'x'.repeat(len % 2);
}

/** Octets that no short period repeats. */
export function binary(len) {
  return Buffer.from(Uint8Array.from({ length: len }, (_, i) => i % 251));
}

/** `a` to `n` parts of nearly the same length, joined again the whole. */
export function parts(data, n) {
  const size = Math.ceil(data.length / n);
  return Array.from({ length: n }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

/**
 * Reads commands from standard input and prints the result of each: `run(name, rest)` returns it.
 * An error ends the program, and so does the end of the input, after `end()`.
 */
export async function obey(run, end = () => {}) {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const space = line.indexOf(' ');
    const [name, rest] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    try {
      console.log(await run(name, rest));
    } catch (error) {
      fail(error);
    }
  }
  await end();
  process.exit(0);
}

/** Prints the error as the result and ends the program. */
export function fail(error) {
  console.log(`error ${error.message}`);
  process.exit(1);
}

/** The `n`-th message of many, text or octets: alike, of one value, of no use to a compressor, long. */
export function message(n) {
  switch (n % 5) {
    case 0: return `{"number":${n},"name":"a value","on":${n % 3 === 0},"of":${n * 7919 % 1000}}`;
    case 1: return 'grüße 🦀 '.repeat(n % 40);
    case 2: return Uint8Array.from({ length: n % 300 }, (_, i) => Math.imul(n * 331 + i, 2654435761) >>> 24);
    case 3: return '';
    default: return n % 100 === 4 ? `${n} and so on, `.repeat(10000) : new Uint8Array(n % 200);
  }
}

/** Options of permessage-deflate: SERVER_BITS,CLIENT_BITS,SERVER_NO_TAKEOVER,CLIENT_NO_TAKEOVER; 0: not said. */
export function deflate([spec]) {
  if (!spec) return undefined;
  const [serverBits, clientBits, serverNo, clientNo] = spec.split(',');
  return {
    threshold: 0,
    // False would refuse it, which is more than not to ask for it.
    ...(serverNo === '1' && { serverNoContextTakeover: true }),
    ...(clientNo === '1' && { clientNoContextTakeover: true }),
    ...(serverBits !== '0' && { serverMaxWindowBits: Number(serverBits) }),
    ...(clientBits !== '0' && { clientMaxWindowBits: Number(clientBits) }),
  };
}

/** Splits the command line into options with their values (a list each) and the rest. */
export function options(known) {
  const found = Object.fromEntries(known.map((name) => [name, []]));
  const rest = [];
  const args = process.argv.slice(2);
  while (args.length > 0) {
    const arg = args.shift();
    if (arg.startsWith('--')) found[arg.slice(2)].push(args.shift());
    else rest.push(arg);
  }
  return [found, rest];
}
