// The board: an RP2040 with an image in its flash, its serial port, what is on its SPI, its time.

import crypto from 'node:crypto';
import { BasePeripheral, GPIOPinState, RP2040 } from 'rp2040js';

const FLASH = 0x10000000;

// Where the second stage of the boot ROM finds the program's vector table.
const VECTORS = FLASH + 0x100;

const ROSC = 0x40060;
const RANDOMBIT = 0x1c;

// Of a core cycle at 125 MHz.
const CYCLE_NANOS = 8;

// What the thermometer, on the converter's channel 4, has at 27 degrees: 0.706 V of 3.3.
const AT_27_DEGREES = 876;

// Instructions until the event loop gets its turn.
const SLICE = 100_000;

/** The ring oscillator, of which rp2040js knows nothing: its random bit. */
class RingOscillator extends BasePeripheral {
  #bits = [];

  readUint32(offset) {
    if (offset !== RANDOMBIT) return 0;
    if (this.#bits.length === 0) this.#bits = Array.from(crypto.randomBytes(256), (byte) => byte & 1);
    return this.#bits.pop();
  }

  writeUint32() {}
}

export class Board {
  /** A line that was written to the serial port. */
  onLine = () => {};
  /** Why the core cannot go on. */
  onHalt = () => {};

  #mcu = new RP2040();
  #halted = false;

  constructor(elf) {
    const mcu = this.#mcu;
    mcu.logger = {
      debug() {},
      // rp2040js only says that there was a SEV; without what it does, the next WFE would sleep.
      info(_, said) {
        if (said === 'SEV') mcu.core.eventRegistered = true;
      },
      warn() {},
      error: (name, said) => console.error(`${name}: ${said}`),
    };
    mcu.peripherals[ROSC] = new RingOscillator(mcu, 'ROSC');
    mcu.adc.channelValues[4] = AT_27_DEGREES;
    for (const [address, bytes] of segments(elf)) mcu.flash.set(bytes, address - FLASH);
    // What the boot ROM and the second stage leave behind.
    mcu.core.VTOR = VECTORS;
    mcu.core.SP = mcu.readUint32(VECTORS);
    mcu.core.PC = mcu.readUint32(VECTORS + 4) & ~1;
    mcu.onBreak = (code) => this.#halt(`breakpoint ${code}`);

    let line = '';
    mcu.uart[0].onByte = (byte) => {
      const char = String.fromCharCode(byte);
      if (char !== '\n') line += char;
      else {
        this.onLine(Buffer.from(line, 'latin1').toString().trimEnd());
        line = '';
      }
    };
  }

  /** Sets the level of an input. */
  pin(number, high) {
    this.#mcu.gpio[number].setInputValue(high);
  }

  /** Connects a device to SPI0: `select()`, `reset()`, and `transfer(byte)`, which returns one. */
  spi({ select, reset, device }) {
    const { clock, gpio, spi: [spi] } = this.#mcu;
    const falls = (pin, then) => gpio[pin].addListener((state) => {
      if (state === GPIOPinState.Low) then();
    });
    falls(select, () => device.select());
    falls(reset, () => device.reset());
    // A byte takes its time: at once, DMA would write faster than it reads, and lose what was read.
    let answer = 0;
    const done = clock.createAlarm(() => spi.completeTransmit(answer));
    spi.onTransmit = (byte) => {
      answer = device.transfer(byte);
      done.schedule(8e9 / spi.clockFrequency);
    };
  }

  /**
   * Runs. Asleep, the board's time goes with that of the world outside, for which its time-outs are
   * meant. Awake, the board is slower than a real one, and what it loses it does not make up for.
   */
  run() {
    const { clock, core } = this.#mcu;
    let last = process.hrtime.bigint();
    const slice = () => {
      const now = process.hrtime.bigint();
      const end = clock.nanos + Number(now - last);
      last = now;
      let early = false;
      for (let left = SLICE; left > 0 && !this.#halted; left -= 1) {
        if (!core.waiting) {
          clock.tick(core.executeInstruction() * CYCLE_NANOS);
          continue;
        }
        // Asleep: on to what wakes it, if that is not in the future.
        const room = end - clock.nanos;
        early = room <= 0;
        if (early) break;
        const alarm = clock.nanosToNextAlarm;
        clock.tick(alarm > 0 ? Math.min(alarm, room) : room);
        if (core.interruptsUpdated && core.checkForInterrupts()) core.waiting = false;
      }
      if (this.#halted) return;
      if (early) setTimeout(slice, 1);
      else setImmediate(slice);
    };
    slice();
  }

  #halt(why) {
    this.#halted = true;
    this.onHalt(why);
  }
}

/** The parts of an ELF file that lie in flash: addresses and bytes. */
function* segments(elf) {
  if (elf.readUInt32BE(0) !== 0x7f454c46) throw new Error('not an ELF file');
  const [at, size, count] = [elf.readUInt32LE(28), elf.readUInt16LE(42), elf.readUInt16LE(44)];
  for (let i = 0; i < count; i += 1) {
    const header = elf.subarray(at + i * size);
    const [type, offset, , address, length] = [0, 4, 8, 12, 16].map((field) => header.readUInt32LE(field));
    if (type === 1 && length > 0) yield [address, elf.subarray(offset, offset + length)];
  }
}
