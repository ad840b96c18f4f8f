// Joins standard input and output to a port: node relay.mjs HOST:PORT

import net from 'node:net';

const [host, port] = process.argv[2].split(':');
const socket = net.connect({ host, port: Number(port), noDelay: true });
socket.on('error', () => process.exit(1));
socket.on('close', () => process.exit(0));
process.stdout.on('error', () => process.exit(0));
process.stdin.on('error', () => process.exit(0));
process.stdin.pipe(socket).pipe(process.stdout);
