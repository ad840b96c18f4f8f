// The page: what is open, what is selected, and which part shows what of it.

import { ask, start } from "./calls.js";
import { showBuilder } from "./builder.js";
import { Detail } from "./detail.js";
import { $, button, choice, count, h, number, span } from "./dom.js";
import { EXAMPLES, make } from "./examples.js";
import { showExports } from "./export.js";
import { Filters } from "./filters.js";
import { inputs } from "./open.js";
import { shared, showShare } from "./share.js";
import { endingCard, handshakeCard, violationsCard } from "./summary.js";
import { Table } from "./table.js";
import { themes } from "./theme.js";
import { Timeline } from "./timeline.js";

const FORMATS = ["raw", "hex", "dump", "array", "base64", "pcap", "pcapng", "har", "log"];

/** What is open: `bytes`, `name`, `options`, and the `result`, `connection` and `rows` of it. */
let traffic;
let views;

async function run() {
  const select = (row) => show(row);
  const about = () => ({ connection: traffic.connection, isMessages: traffic.rows.isMessages });
  views = {
    detail: new Detail($("detail"), $("bytes"), (number) => ask("message", { ...about(), number })),
    table: new Table($("table"), select, (rows) => ask("previews", { ...about(), rows })),
    timeline: new Timeline($("timeline"), select),
    filters: new Filters(
      $("filters"),
      (text) => ask("find", { connection: traffic.connection, text }),
      (rows) => views.table.show(rows),
    ),
  };
  themes($("theme"), () => views.timeline.draw());
  try {
    await start(progress);
  } catch (error) {
    fail(`The engine could not be started: ${error.message}`);
    return;
  }
  inputs(openNew, fail);
  $("examples").append(
    ...EXAMPLES.map((example) =>
      button("", async () => openNew(await make(example), example.name)),
    ),
  );
  EXAMPLES.forEach(({ name, line }, at) =>
    $("examples").children[at].append(h("strong", {}, name), h("span", {}, line)),
  );
  $("home").addEventListener("click", close);
  $("build").addEventListener("click", () => showBuilder((bytes) => openNew(bytes, "built frame")));
  $("export").addEventListener("click", () => showExports(traffic));
  $("share").addEventListener("click", () => showShare(traffic));
  addEventListener("hashchange", openShared);
  document.documentElement.dataset.ready = "";
  openShared();
}

async function openShared() {
  try {
    const found = await shared();
    if (found) open(found.bytes, found.name, found.options);
  } catch {
    fail("The link is damaged: its traffic cannot be unpacked.");
  }
}

/** Opens traffic that is not the one of this page's link. */
function openNew(bytes, name) {
  forgetLink();
  open(bytes, name);
}

const forgetLink = () => history.replaceState(undefined, "", location.pathname + location.search);

/** Opens traffic. */
async function open(bytes, name, options = {}) {
  fail("");
  progress("Reading");
  const opened = { bytes, name, options };
  try {
    opened.result = await ask("open", { bytes, options });
    if (opened.result.connections.length === 0) {
      fail(["There is no WebSocket connection in it.", ...opened.result.capture.notes].join(" "));
      return;
    }
    traffic = opened;
    showReading();
    await showConnection(0);
  } catch (error) {
    const where = error.offset === undefined ? "" : ` (at byte ${number(error.offset)})`;
    fail(`This cannot be read${where}: ${error.message}.`);
  } finally {
    progress("");
  }
}

/** Goes back to the start. */
function close() {
  traffic = undefined;
  fail("");
  page();
  forgetLink();
}

function page() {
  const isOpen = traffic !== undefined;
  $("start").hidden = isOpen;
  $("traffic").hidden = !isOpen;
  for (const name of ["export", "share"]) $(name).disabled = !isOpen;
}

/** How the input is read, and what may be told about that. */
function showReading() {
  const { bytes, name, options, result } = traffic;
  const { format, guessed } = result.capture;
  const again = (changed) => open(bytes, name, { ...options, ...changed });
  const told = (label, choices, key, parse = (value) => value) => {
    const made = choice(label, choices, ({ target }) =>
      again({ [key]: parse(target.value || undefined) }),
    );
    made.querySelector("select").value = options[key] ?? "";
    return made;
  };
  const from = choice(
    "Connection",
    result.connections.map(({ about, count: frames }, at) => [
      at,
      `${at + 1}: ${about.client ?? "client"} to ${about.server ?? "server"} (${number(frames)})`,
    ]),
    ({ target }) => showConnection(Number(target.value)),
  );
  $("reading").replaceChildren(
    h(
      "p",
      { className: "name" },
      h("strong", {}, name),
      ` ${count(bytes.length, "byte")}, inspected in ${span(result.took)}`,
    ),
    told(
      "Format",
      [
        ["", guessed ? `${format} (recognised)` : "recognise"],
        ...FORMATS.map((each) => [each, each]),
      ],
      "format",
    ),
    told(
      "First sender",
      [
        ["", "concluded"],
        ["client", "client"],
        ["server", "server"],
      ],
      "firstSender",
    ),
    told(
      "Compression",
      [
        ["", "concluded"],
        ["true", "yes"],
        ["false", "no"],
      ],
      "compression",
      (value) => value && value === "true",
    ),
    ...(result.connections.length > 1 ? [from] : []),
  );
  const compression = $("reading").querySelectorAll("select")[2];
  compression.value = String(options.compression ?? "");
}

async function showConnection(connection) {
  const { result } = traffic;
  const opened = traffic;
  const rows = await ask("columns", { connection });
  if (opened !== traffic) return;
  Object.assign(traffic, { connection, rows });
  const found = result.connections[connection];
  $("summary").replaceChildren(
    handshakeCard(found.about),
    endingCard(found, result.capture),
    violationsCard(found, showViolation),
  );
  page();
  views.detail.clear();
  views.timeline.open(rows, found.about);
  views.table.open(rows);
  await views.filters.open(rows);
  if (rows.count > 0) await show(0);
  progress("");
}

/** Shows a row of the table everywhere. */
async function show(row) {
  const { connection, rows } = traffic;
  traffic.row = row;
  views.table.mark(row);
  views.timeline.mark(row);
  const answer = await ask("frame", { connection, row, isMessages: rows.isMessages });
  // By now another one may be wanted.
  if (traffic?.rows === rows && traffic.row === row) views.detail.show(answer);
}

async function showViolation(violation) {
  if (violation.frame === undefined) return;
  await show(violation.frame);
  views.detail.selectViolation(violation);
}

function progress(word, done, of) {
  const shown = $("progress");
  shown.hidden = !word;
  shown.querySelector("span").textContent = word ? `${word} …` : "";
  const bar = shown.querySelector("progress");
  if (of) Object.assign(bar, { value: done, max: of });
  else bar.removeAttribute("value");
}

function fail(line) {
  $("error").textContent = line;
  $("error").hidden = !line;
}

// In the build of one file a worker runs this script as well.
if (typeof document === "object") run();
