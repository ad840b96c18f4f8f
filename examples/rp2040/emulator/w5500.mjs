// A W5500 whose socket 0 is in MACRAW mode, where it sends and receives Ethernet frames as they
// are: the part of the chip that drivers for an IP stack of their own use.
//
//   address (2 bytes) | control (block 5 bits, write 1 bit, mode 2 bits) | data ...     one transfer

// Blocks: registers of the chip, those of socket 0, its buffers.
const COMMON = 0;
const SOCKET = 1;
const TRANSMIT = 2;
const RECEIVE = 3;

// Registers of the chip.
const MODE = 0x00;
const INTERRUPT_MASK = 0x18;
const PHY = 0x2e;
const VERSION = 0x39;

// Registers of a socket; those of two bytes have the high one first.
const COMMAND = 0x01;
const INTERRUPT = 0x02;
const STATUS = 0x03;
const TRANSMIT_FREE = 0x20;
const TRANSMIT_READ = 0x22;
const TRANSMIT_WRITE = 0x24;
const RECEIVED_SIZE = 0x26;
const RECEIVE_READ = 0x28;
const RECEIVE_WRITE = 0x2a;
const SOCKET_INTERRUPT_MASK = 0x2c;

const BUFFER = 16384;

export class W5500 {
  #send;
  #interrupt;

  /** `send(frame)` puts one on the wire; `interrupt(low)` sets the level of INTn. */
  constructor({ send, interrupt }) {
    this.#send = send;
    this.#interrupt = interrupt;
    this.reset();
  }

  reset() {
    this.common = Buffer.alloc(0x40);
    this.common[VERSION] = 4;
    // The link is up: full duplex, 100 Mbit/s.
    this.common[PHY] = 0xbf;
    this.socket = Buffer.alloc(0x30);
    this.transmit = Buffer.alloc(BUFFER);
    this.received = Buffer.alloc(BUFFER);
    // Where the chip is in its buffers: each counts to 65535 and begins again.
    this.sent = 0;
    this.taken = 0;
    this.filled = 0;
    this.select();
    this.#update();
  }

  /** A transfer begins. */
  select() {
    this.position = 0;
  }

  /** A byte in, a byte out. */
  transfer(byte) {
    const position = this.position;
    this.position += 1;
    if (position === 0) this.address = byte << 8;
    else if (position === 1) this.address |= byte;
    else if (position === 2) [this.block, this.writes] = [byte >> 3, (byte & 4) !== 0];
    else {
      const address = this.address;
      this.address = (address + 1) & 0xffff;
      if (!this.writes) return this.#read(address);
      this.#write(address, byte);
    }
    return 0;
  }

  /** A frame from the wire; it is lost if there is no room for it. */
  receive(frame) {
    const length = frame.length + 2;
    const used = (this.filled - this.taken) & 0xffff;
    if (this.socket[STATUS] !== 0x42 || used + length > BUFFER) return;
    // Its length stands before it, and counts itself.
    for (const byte of [length >> 8, length & 0xff, ...frame]) {
      this.received[this.filled % BUFFER] = byte;
      this.filled = (this.filled + 1) & 0xffff;
    }
    this.socket[INTERRUPT] |= 0x04;
    this.#update();
  }

  #read(address) {
    switch (this.block) {
      case COMMON: return this.common[address] ?? 0;
      case SOCKET: return this.socket[address] ?? 0;
      case TRANSMIT: return this.transmit[address % BUFFER];
      case RECEIVE: return this.received[address % BUFFER];
      default: return 0;
    }
  }

  #write(address, byte) {
    if (this.block === TRANSMIT) this.transmit[address % BUFFER] = byte;
    else if (this.block === COMMON) {
      if (address === MODE && byte & 0x80) this.reset();
      else if (address !== VERSION && address !== PHY) this.common[address] = byte;
    } else if (this.block === SOCKET) {
      if (address === COMMAND) this.#command(byte);
      // A one takes the interrupt back.
      else if (address === INTERRUPT) this.socket[INTERRUPT] &= ~byte;
      else if (address !== STATUS) this.socket[address] = byte;
    }
    this.#update();
  }

  #command(command) {
    switch (command) {
      case 0x01: // OPEN, in MACRAW mode
        this.socket[STATUS] = 0x42;
        this.sent = this.taken = this.filled = 0;
        this.socket.writeUInt16BE(0, TRANSMIT_WRITE);
        this.socket.writeUInt16BE(0, RECEIVE_READ);
        break;
      case 0x10: // CLOSE
        this.socket[STATUS] = 0;
        break;
      case 0x20: { // SEND: what lies between where it was and where the driver has written to
        const end = this.socket.readUInt16BE(TRANSMIT_WRITE);
        const length = (end - this.sent) & 0xffff;
        const byte = (_, i) => this.transmit[(this.sent + i) % BUFFER];
        this.#send(Uint8Array.from({ length }, byte));
        this.sent = end;
        this.socket[INTERRUPT] |= 0x10;
        break;
      }
      case 0x40: // RECV: the driver has taken what lies before its pointer
        this.taken = this.socket.readUInt16BE(RECEIVE_READ);
        if (this.taken !== this.filled) this.socket[INTERRUPT] |= 0x04;
        break;
      default:
    }
  }

  /** Shows the registers that follow from others, and the interrupt. */
  #update() {
    const { socket } = this;
    const waiting = (socket.readUInt16BE(TRANSMIT_WRITE) - this.sent) & 0xffff;
    socket.writeUInt16BE(Math.max(BUFFER - waiting, 0), TRANSMIT_FREE);
    socket.writeUInt16BE(this.sent, TRANSMIT_READ);
    socket.writeUInt16BE((this.filled - this.taken) & 0xffff, RECEIVED_SIZE);
    socket.writeUInt16BE(this.filled, RECEIVE_WRITE);
    const pending = socket[INTERRUPT] & socket[SOCKET_INTERRUPT_MASK];
    this.#interrupt(pending !== 0 && (this.common[INTERRUPT_MASK] & 1) !== 0);
  }
}
