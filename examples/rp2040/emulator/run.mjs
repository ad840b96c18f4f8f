// Boots an image on an emulated Pico with a W5500 and prints its serial port.
//
//   node run.mjs [--forward ADDRESS:PORT=HOST:PORT]... IMAGE
//
// The image is the ELF file that would be flashed, unmodified. Its network is 192.168.1.0/24 with
// a DHCP server; there 192.168.1.2 is this machine, its 127.0.0.1. --forward puts another address
// of that network in front of any port that this machine reaches. It runs until it is interrupted.

import fs from 'node:fs';
import { Board } from './board.mjs';
import { Gateway } from './gateway.mjs';
import { W5500 } from './w5500.mjs';

const forwards = [];
const images = [];
const args = process.argv.slice(2);
while (args.length > 0) {
  const arg = args.shift();
  if (arg === '--forward') forwards.push(args.shift() ?? '');
  else images.push(arg);
}
if (images.length !== 1 || !forwards.every((forward) => /^[\d.]+:\d+=[^=,]+:\d+$/.test(forward))) {
  console.error('usage: node run.mjs [--forward ADDRESS:PORT=HOST:PORT]... IMAGE');
  process.exit(2);
}

const board = new Board(fs.readFileSync(images[0]));
const gateway = await Gateway.start(forwards);
const card = new W5500({ send: (frame) => gateway.send(frame), interrupt: (low) => board.pin(21, !low) });
gateway.onFrame = (frame) => card.receive(frame);
gateway.onEnd = () => fail('the gateway has ended');
board.spi({ select: 17, reset: 20, device: card });
board.onLine = (line) => console.log(line);
process.stdout.on('error', () => process.exit(1)); // Nobody reads any more.
board.onHalt = fail;
board.run();

function fail(why) {
  console.error(`run.mjs: ${why}`);
  process.exit(1);
}
