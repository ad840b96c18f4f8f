// The network: QEMU's own router, without a machine and without root, which takes Ethernet frames
// over a TCP connection, each behind its length in four bytes.

import { spawn } from 'node:child_process';
import net from 'node:net';
import { fileURLToPath } from 'node:url';

const RELAY = fileURLToPath(new URL('relay.mjs', import.meta.url));

export class Gateway {
  /** A frame for the board. */
  onFrame = () => {};
  /** There is no network any more. */
  onEnd = () => {};

  #socket;
  #bytes = Buffer.alloc(0);

  /** Starts one; `forwards` are `ADDRESS:PORT=HOST:PORT`. */
  static async start(forwards) {
    const server = net.createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    // QEMU runs the relay for each connection; commas are its own.
    const relay = (to) => `${quoted(process.execPath)} ${quoted(RELAY)} ${to}`.replaceAll(',', ',,');
    const router = ['user,id=router', 'net=192.168.1.0/24', ...forwards.map((forward) => {
      const [from, to] = forward.split('=');
      return `guestfwd=tcp:${from}-cmd:${relay(to)}`;
    })];
    const args = [
      '-M', 'none', '-display', 'none', '-serial', 'none', '-monitor', 'none',
      '-netdev', router.join(','),
      '-netdev', `socket,id=board,connect=127.0.0.1:${server.address().port}`,
      '-netdev', 'hubport,id=port0,hubid=0,netdev=router',
      '-netdev', 'hubport,id=port1,hubid=0,netdev=board',
    ];
    // It ends with this program, however that ends.
    const qemu = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'qemu-system-arm', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    qemu.stderr.on('data', (bytes) => { said += bytes; });
    const gateway = new Gateway();
    gateway.#socket = await new Promise((resolve, reject) => {
      server.once('connection', resolve);
      qemu.once('close', () => reject(new Error(`the gateway does not start: ${said}`)));
      qemu.once('error', reject);
    });
    server.close();
    gateway.#socket.setNoDelay(true);
    gateway.#socket.on('data', (bytes) => gateway.#take(bytes));
    gateway.#socket.on('error', () => {});
    gateway.#socket.on('close', () => gateway.onEnd());
    return gateway;
  }

  /** A frame from the board. */
  send(frame) {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    this.#socket.write(Buffer.concat([length, frame]));
  }

  #take(bytes) {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    while (this.#bytes.length >= 4) {
      const end = 4 + this.#bytes.readUInt32BE(0);
      if (this.#bytes.length < end) break;
      this.onFrame(this.#bytes.subarray(4, end));
      this.#bytes = this.#bytes.subarray(end);
    }
  }
}

/** A word of a command line. */
function quoted(word) {
  return `'${word.replaceAll("'", "'\\''")}'`;
}
