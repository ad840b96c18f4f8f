// The echo server of the package `ws`; README.md says what each path does.
//
//   node ws-server.mjs --addr 127.0.0.1:0 [--tls-cert F --tls-key F] [--subprotocol P]... [--deflate O]

import fs from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { WebSocketServer } from 'ws';
import { deflate, options, parts, text } from './commands.mjs';

const [found] = options(['addr', 'tls-cert', 'tls-key', 'subprotocol', 'deflate']);
const [host, port] = found.addr[0].split(':');
const server = found['tls-cert'].length > 0
  ? https.createServer({ cert: fs.readFileSync(found['tls-cert'][0]), key: fs.readFileSync(found['tls-key'][0]) })
  : http.createServer();

const wss = new WebSocketServer({
  server,
  perMessageDeflate: deflate(found.deflate) ?? false,
  handleProtocols: (offered) => found.subprotocol.find((name) => offered.has(name)) ?? false,
});

wss.on('connection', (socket, request) => {
  const url = new URL(request.url, 'ws://host');
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on('pong', (data) => data.length > 0 && socket.send(`pong ${data}`));
  socket.on('error', (error) => console.log(`error ${error.message}`));
  socket.on('close', (code, reason) => {
    console.log(`closed ${url.searchParams.get('id')} ${code === 1005 ? '-' : code} ${reason}`);
  });
  if (url.pathname === '/ping') {
    socket.ping('from the server');
  } else if (url.pathname === '/fragments') {
    const whole = Buffer.from(text(1001));
    parts(whole, 7).forEach((part, i) => {
      socket.send(part, { binary: false, fin: i === 6 });
      socket.ping();
    });
  } else if (url.pathname === '/close') {
    const code = url.searchParams.get('code');
    if (code) socket.close(Number(code), url.searchParams.get('reason'));
    else socket.close();
  }
});

server.listen(Number(port), host, () => console.log(`listening on ${host}:${server.address().port}`));
