// The client of the package `ws`, which does what it is told: README.md has the commands.
//
//   node ws-client.mjs [--ca F] [--subprotocol P]... [--deflate O] URL

import fs from 'node:fs';
import WebSocket from 'ws';
import { binary, deflate, fail, message, obey, options, parts, text } from './commands.mjs';

const [found, [url]] = options(['ca', 'subprotocol', 'deflate']);
const socket = new WebSocket(url, found.subprotocol, {
  ca: found.ca.map((file) => fs.readFileSync(file)),
  perMessageDeflate: deflate(found.deflate) ?? true,
});

// What has arrived and what waits for it, by kind.
const queues = { event: new Queue(), ping: new Queue(), pong: new Queue() };
let closing = false;
socket.on('message', (data, isBinary) => queues.event.put({ data, isBinary }));
socket.on('ping', (data) => queues.ping.put(data));
socket.on('pong', (data) => queues.pong.put(data));
socket.on('error', fail);
socket.on('close', (code, reason) => {
  const words = { 1005: '-', 1006: 'lost' };
  queues.event.put({ closed: `closed ${closing ? 'local' : 'peer'} ${words[code] ?? code} ${reason}` });
});

await new Promise((resolve) => socket.once('open', resolve));
console.log(`open ${socket.protocol || '-'}`);

/** Waits for the echo of a message; `label` is what the command called it. */
async function echo(label, data, isBinary) {
  const got = await queues.event.take();
  if (got.closed) return `echo bad ${label}: ${got.closed}`;
  if (got.isBinary !== isBinary) return `echo bad ${label}: the other type`;
  if (!got.data.equals(data)) return `echo bad ${label}: ${got.data.length} other bytes`;
  return `echo ok ${label}`;
}

const commands = {
  text(len) {
    const data = Buffer.from(text(Number(len)));
    socket.send(data, { binary: false });
    return echo(`text ${len}`, data, false);
  },
  binary(len) {
    const data = binary(Number(len));
    socket.send(data);
    return echo(`binary ${len}`, data, true);
  },
  async fragments(rest) {
    const [count, len] = rest.split(' ').map(Number);
    const data = Buffer.from(text(len));
    parts(data, count).forEach((part, i) => {
      socket.send(part, { binary: false, fin: i === count - 1 });
      if (i === 0) socket.ping('between');
    });
    const result = await echo(`fragments ${len}`, data, false);
    const pong = await queues.pong.take();
    return String(pong) === 'between' ? result : `echo bad fragments ${len}: pong ${pong}`;
  },
  async many(count) {
    for (let n = 0; n < Number(count); n += 1) {
      const sent = message(n);
      socket.send(sent);
      const result = await echo(n, Buffer.from(sent), typeof sent !== 'string');
      if (!result.startsWith('echo ok')) return result;
    }
    return `many ok ${count}`;
  },
  compression() {
    return `compression ${socket.extensions}`;
  },
  async ping(payload) {
    socket.ping(payload);
    return `pong ${await queues.pong.take()}`;
  },
  async pinged() {
    await queues.ping.take();
    return 'ping';
  },
  send(message) {
    socket.send(message);
    return 'sent';
  },
  flood(len) {
    socket.send(binary(Number(len)));
    return 'sent';
  },
  async recv() {
    const { closed, data, isBinary } = await queues.event.take();
    return closed ?? (isBinary ? `binary ${data.length}` : `text ${data}`);
  },
  async close(rest) {
    closing = true;
    const [code, ...reason] = rest.split(' ');
    if (code === '-') socket.close();
    else socket.close(Number(code), reason.join(' '));
    return (await queues.event.take()).closed;
  },
};

await obey((name, rest) => commands[name](rest));

/** A queue of one kind of event. */
function Queue() {
  const items = [];
  const waiting = [];
  this.put = (item) => (waiting.length > 0 ? waiting.shift()(item) : items.push(item));
  this.take = () => (items.length > 0 ? Promise.resolve(items.shift()) : new Promise((r) => waiting.push(r)));
}
