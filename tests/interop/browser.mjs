// A headless browser as client, which does what it is told: README.md has the commands.
//
//   node browser.mjs --browser chromium --profiles DIR [--subprotocol P]... URL
//
// A page served from here opens the connection under test. It is driven by the DevTools protocol
// over two pipes, so that the browser ends when this program does, however that happens.
// Certificates are not checked: a page has no way to name one.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { fail, obey, options } from './commands.mjs';

const [found, [url]] = options(['browser', 'profiles', 'subprotocol', 'deflate']);

const script = fs.readFileSync(new URL('page.js', import.meta.url));
const pages = http.createServer((request, response) => {
  const isScript = request.url === '/page.js';
  response.setHeader('Content-Type', `text/${isScript ? 'javascript' : 'html'}; charset=utf-8`);
  response.end(isScript ? script : '<!doctype html><script src="page.js"></script>');
});
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve));

const profile = fs.mkdtempSync(path.join(found.profiles[0], 'profile-'));
const browser = spawn(found.browser[0], [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-dev-shm-usage',
  '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--log-level=3',
  '--ignore-certificate-errors', '--remote-debugging-pipe', `--user-data-dir=${profile}`, 'about:blank',
], { stdio: ['ignore', 'ignore', 'inherit', 'pipe', 'pipe'] });
browser.on('error', fail);
const ended = new Promise((resolve) => browser.on('exit', resolve));
const unexpected = () => fail(new Error('the browser ended'));
browser.on('exit', unexpected);

const [, , , requests, replies] = browser.stdio;
const calls = new Map();
let unread = '';
replies.setEncoding('utf8').on('data', (data) => {
  // Each message ends with a zero octet.
  const messages = (unread + data).split('\0');
  unread = messages.pop();
  for (const message of messages) {
    const { id, result, error } = JSON.parse(message);
    if (error) fail(new Error(error.message));
    calls.get(id)?.(result);
  }
});

const page = `http://127.0.0.1:${pages.address().port}/`;
const { targetId } = await call('Target.createTarget', { url: page });
const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
while (!(await evaluate('document.readyState === "complete" && "obey" in globalThis'))) {
  await new Promise((resolve) => setTimeout(resolve, 20));
}

const opened = await evaluate(`connect(${JSON.stringify(url)}, ${JSON.stringify(found.subprotocol)})`);
if (opened.startsWith('error')) fail(new Error(opened));
console.log(opened);
await obey((name, rest) => evaluate(`obey(${JSON.stringify(name)}, ${JSON.stringify(rest)})`), quit);

/** Ends the browser and removes what it has left. */
async function quit() {
  browser.off('exit', unexpected);
  call('Browser.close', {});
  await ended;
  fs.rmSync(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 20 });
}

/** Calls a method of the DevTools protocol. */
function call(method, params, sessionId) {
  const id = calls.size + 1;
  requests.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
  return new Promise((resolve) => calls.set(id, resolve));
}

/** Evaluates an expression in the page and waits for its promise. */
async function evaluate(expression) {
  const params = { expression, awaitPromise: true, returnByValue: true };
  const { result, exceptionDetails } = await call('Runtime.evaluate', params, sessionId);
  if (exceptionDetails) throw new Error(result.description);
  return result.value;
}
