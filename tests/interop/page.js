// The part of the browser peer that runs in the page: the standard WebSocket API and nothing else.

let socket;
let closing = false;
const items = [];
const waiting = [];

const put = (item) => (waiting.length > 0 ? waiting.shift()(item) : items.push(item));
const take = () => (items.length > 0 ? Promise.resolve(items.shift()) : new Promise((r) => waiting.push(r)));

const text = (len) => 'é'.repeat(len / 2) + 'x'.repeat(len % 2);
const binary = (len) => Uint8Array.from({ length: len }, (_, i) => i % 251);

/** As in commands.mjs. */
function message(n) {
  switch (n % 5) {
    case 0: return `{"number":${n},"name":"a value","on":${n % 3 === 0},"of":${n * 7919 % 1000}}`;
    case 1: return 'grüße 🦀 '.repeat(n % 40);
    case 2: return Uint8Array.from({ length: n % 300 }, (_, i) => Math.imul(n * 331 + i, 2654435761) >>> 24);
    case 3: return '';
    default: return n % 100 === 4 ? `${n} and so on, `.repeat(10000) : new Uint8Array(n % 200);
  }
}

function connect(url, subprotocols) {
  socket = new WebSocket(url, subprotocols);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }) => put({ data });
  socket.onclose = ({ code, reason, wasClean }) => {
    const word = code === 1005 ? '-' : wasClean ? code : 'lost';
    put({ closed: `closed ${closing ? 'local' : 'peer'} ${word} ${reason}` });
  };
  return new Promise((resolve) => {
    socket.onopen = () => resolve(`open ${socket.protocol || '-'}`);
    socket.onerror = () => resolve('error of the WebSocket; a page is not told which');
  });
}

async function echo(label, equals) {
  const { closed, data } = await take();
  if (closed) return `echo bad ${label}: ${closed}`;
  return equals(data) ? `echo ok ${label}` : `echo bad ${label}: other data or another type`;
}

const commands = {
  text(len) {
    const sent = text(Number(len));
    socket.send(sent);
    return echo(`text ${len}`, (got) => got === sent);
  },
  binary(len) {
    const sent = binary(Number(len));
    socket.send(sent);
    return echo(`binary ${len}`, (got) => {
      if (!(got instanceof ArrayBuffer) || got.byteLength !== sent.length) return false;
      return new Uint8Array(got).every((octet, i) => octet === sent[i]);
    });
  },
  async many(count) {
    for (let n = 0; n < Number(count); n += 1) {
      const sent = message(n);
      socket.send(sent);
      const result = await echo(n, (got) => {
        if (typeof sent === 'string') return got === sent;
        return got instanceof ArrayBuffer && new Uint8Array(got).join() === sent.join();
      });
      if (!result.startsWith('echo ok')) return result;
    }
    return `many ok ${count}`;
  },
  compression() {
    return `compression ${socket.extensions}`;
  },
  flood(len) {
    socket.send(binary(Number(len)));
    return 'sent';
  },
  send(message) {
    socket.send(message);
    return 'sent';
  },
  async recv() {
    const { closed, data } = await take();
    return closed ?? (typeof data === 'string' ? `text ${data}` : `binary ${data.byteLength}`);
  },
  async close(rest) {
    closing = true;
    const [code, ...reason] = rest.split(' ');
    if (code === '-') socket.close();
    else socket.close(Number(code), reason.join(' '));
    return (await take()).closed;
  },
};

// What browser.mjs calls.
globalThis.connect = connect;
globalThis.obey = (name, rest) => commands[name](rest);
