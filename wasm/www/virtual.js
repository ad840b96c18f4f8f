// A list of any length of which only the rows in sight are elements.

import { h } from "./dom.js";

/** No browser has elements much higher than this. */
const MAX_HEIGHT = 8_000_000;
/** Rows kept above and below those in sight. */
const MARGIN = 6;

/** Rows of one height in an element that scrolls. */
export class Virtual {
  /**
   * @param {HTMLElement} scroller the element that scrolls; its other children, such as a sticky head, stay
   * @param {number} rowHeight in pixels
   * @param {(row: number) => HTMLElement} render makes the element of a row
   * @param {(first: number, end: number) => void} onRange is told which rows are shown, from the first to behind the last
   */
  constructor(scroller, rowHeight, render, onRange = () => {}) {
    this.scroller = scroller;
    this.rowHeight = rowHeight;
    this.render = render;
    this.onRange = onRange;
    this.count = 0;
    this.shown = [0, 0];
    this.body = h("div", { className: "rows", role: "rowgroup" });
    this.space = h("div", { className: "space", role: "presentation" }, this.body);
    scroller.append(this.space);
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(scroller);
  }

  /** Shows so many rows anew. */
  reset(count) {
    this.count = count;
    this.height = Math.min(MAX_HEIGHT, count * this.rowHeight);
    this.space.style.height = `${this.height}px`;
    this.redraw();
  }

  /** Makes the rows in sight anew. */
  redraw() {
    this.shown = [0, 0];
    this.body.replaceChildren();
    this.draw();
  }

  /** Rows that are in sight at once. */
  get page() {
    return Math.max(
      1,
      Math.floor((this.scroller.clientHeight - this.space.offsetTop) / this.rowHeight),
    );
  }

  /** How many pixels of scrolling stand for a row. */
  get stride() {
    const scrolled = this.height - this.page * this.rowHeight;
    return scrolled > 0 ? scrolled / (this.count - this.page) : this.rowHeight;
  }

  draw() {
    const { count, rowHeight, scroller } = this;
    const top = scroller.scrollTop;
    const at = Math.min(Math.floor(top / this.stride), Math.max(0, count - this.page));
    const first = Math.max(0, at - MARGIN);
    const end = Math.min(count, at + this.page + MARGIN + 1);
    const [shownFirst, shownEnd] = this.shown;
    // Where a pixel is more than a row, rows stand where the scroll bar is, not where they would be.
    const origin = this.stride === rowHeight ? 0 : top - at * rowHeight;
    this.body.style.transform = `translateY(${origin + first * rowHeight}px)`;
    if (first === shownFirst && end === shownEnd) return;
    this.shown = [first, end];
    if (first >= shownEnd || end <= shownFirst) {
      this.body.replaceChildren(...this.rows(first, end));
    } else {
      for (let drop = shownFirst; drop < first; drop += 1) this.body.firstChild.remove();
      for (let drop = end; drop < shownEnd; drop += 1) this.body.lastChild.remove();
      this.body.prepend(...this.rows(first, shownFirst));
      this.body.append(...this.rows(shownEnd, end));
    }
    this.onRange(first, end);
  }

  rows(from, to) {
    const rows = [];
    for (let at = from; at < to; at += 1) rows.push(this.render(at));
    return rows;
  }

  /** The element of a row, if it is shown. */
  row(at) {
    const [first, end] = this.shown;
    return at >= first && at < end ? this.body.children[at - first] : undefined;
  }

  /** Scrolls so that a row is in sight. */
  reveal(at) {
    const { scroller, stride, page } = this;
    const first = scroller.scrollTop / stride;
    if (at < Math.ceil(first)) scroller.scrollTop = at * stride;
    else if (at >= Math.floor(first) + page) scroller.scrollTop = (at - page + 1) * stride;
    this.draw();
  }
}
