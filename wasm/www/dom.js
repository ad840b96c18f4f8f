// Elements and words. What comes from traffic enters the page as text nodes only.

/**
 * Makes an element. Properties that begin with `on` are listeners, those with a hyphen and `role`
 * attributes, the rest properties of the element.
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key.includes("-") || key === "role" || key === "for") element.setAttribute(key, value);
    else element[key] = value;
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== false));
  return element;
}

/**
 * The element of this id.
 *
 * @returns {any}
 */
export const $ = (id) => document.getElementById(id);

/** A button. */
export const button = (label, onclick, properties) =>
  h("button", { type: "button", onclick, ...properties }, label);

/** A choice of one of many; `choices` are values and their labels. */
export const choice = (label, choices, onchange, properties) =>
  h(
    "label",
    { className: "field" },
    h("span", {}, label),
    h(
      "select",
      { "aria-label": label, onchange, ...properties },
      choices.map(([value, text]) => h("option", { value }, text)),
    ),
  );

/** A box to tick. */
export const tick = (label, onchange, properties) =>
  h(
    "label",
    { className: "tick" },
    h("input", { type: "checkbox", onchange, ...properties }),
    label,
  );

/** Shows a dialog of these children, with a title and a way out; it is gone when it is closed. */
export function dialog(title, ...children) {
  const shown = h(
    "dialog",
    { "aria-labelledby": "dialog-title", onclose: () => shown.remove() },
    h(
      "header",
      {},
      h("h2", { id: "dialog-title" }, title),
      button("Close", () => shown.close(), { className: "quiet" }),
    ),
    ...children,
  );
  document.body.append(shown);
  shown.showModal();
  return shown;
}

const grouped = new Intl.NumberFormat("en");

/** A number as people read it. */
export const number = (value) => grouped.format(value);

/** A number of things. */
export const count = (value, one, many = `${one}s`) =>
  `${number(value)} ${value === 1 ? one : many}`;

/** Two digits of a byte. */
export const hex = (byte) => byte.toString(16).padStart(2, "0");

/** Bytes as digits. */
export const hexes = (bytes, between = " ") => Array.from(bytes, hex).join(between);

/** A span of milliseconds. */
export function span(ms) {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < 1000) return `${ms.toPrecision(3)} ms`;
  return ms < 1e6 ? `${(ms / 1000).toFixed(3)} s` : `${number(Math.round(ms / 1000))} s`;
}

/** Gives the user a file. */
export function download(name, type, ...parts) {
  const url = URL.createObjectURL(new Blob(parts, { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/** Copies text, and says so on the button. */
export async function copy(text, pressed) {
  const label = pressed.textContent;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // From disk or where that is refused: by a selection, as it was always done.
    const area = h("textarea", { value: text });
    pressed.after(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  pressed.textContent = "Copied";
  setTimeout(() => {
    pressed.textContent = label;
  }, 1500);
}

/**
 * Makes a group one stop of the Tab key, within which arrows, Home and End move. The elements of
 * `selector` take the focus; moving to one presses it.
 */
export function roving(group, selector, columns = () => 1) {
  group.addEventListener("keydown", (event) => {
    const stops = [...group.querySelectorAll(selector)];
    const at = stops.indexOf(document.activeElement);
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: columns(),
      ArrowUp: -columns(),
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = stops[Math.max(0, Math.min(stops.length - 1, at + step))];
    next.focus();
    next.click();
  });
}
