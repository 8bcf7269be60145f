// Tables by keyboard. Streamlit's table tells the server of every cell that the Tab and arrow keys pass, and here a
// chosen cell leads to another page: a reader who only passes would be carried off. So the keys go no further than
// here: Tab passes a table, arrows mark a row, Enter opens the marked one as a click does. A click on a column's head
// sorts, and would choose a cell as well.

const TABLE = "[data-testid=stDataFrame]";
const GRID = "canvas[data-testid=data-grid-canvas]";
const MARK = "eventrail-marked-row";
const STEPS = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity };
const rows = new WeakMap(); // canvas → the marked row

export default function (component) {
  const rowPixels = component.data.row_pixels;
  let choosing = true; // the focus was moved last by a click that chooses, on no column's head, and not by a key
  const pointed = (event) => {
    // What scrolls lies over what is drawn.
    const canvas = event.target.closest?.(TABLE)?.querySelector(GRID);
    choosing = !canvas || event.clientY - canvas.getBoundingClientRect().top > rowPixels;
  };
  const entered = (event) => {
    // The table would choose its first cell.
    if (!choosing && event.target.closest?.(GRID)) event.stopImmediatePropagation();
  };
  const pressed = (event) => {
    choosing = false;
    const canvas = event.target.closest?.(GRID);
    if (!canvas || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Tab") {
      event.stopImmediatePropagation();
    } else if (event.key in STEPS) {
      taken(event);
      mark(canvas, STEPS[event.key], rowPixels);
    } else if ((event.key === "Enter" || event.key === " ") && rows.has(canvas)) {
      taken(event);
      click(canvas, rowPixels);
    }
  };
  const left = (event) => {
    const canvas = event.target.closest?.(GRID);
    if (canvas) unmark(canvas);
  };
  const heard = { keydown: pressed, pointerdown: pointed, focusin: entered, focus: entered, focusout: left };
  for (const [kind, hear] of Object.entries(heard)) window.addEventListener(kind, hear, true);
  return () => {
    for (const [kind, hear] of Object.entries(heard)) window.removeEventListener(kind, hear, true);
  };
}

function taken(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function scrollerOf(canvas) {
  return canvas.closest(TABLE).querySelector(".dvn-scroller");
}

// The index of the last row. The table's own text for screen readers would tell it too, but comes when the browser is idle.
function lastRow(canvas, rowPixels) {
  return Math.round(scrollerOf(canvas).querySelector(".dvn-stack").clientHeight / rowPixels) - 2;
}

function mark(canvas, step, rowPixels) {
  const last = lastRow(canvas, rowPixels);
  const row = Math.max(0, Math.min(last, (rows.get(canvas) ?? -1) + step));
  rows.set(canvas, row);
  const scroller = scrollerOf(canvas);
  const seen = canvas.clientHeight - rowPixels;
  if (row * rowPixels < scroller.scrollTop) scroller.scrollTop = row * rowPixels;
  if ((row + 1) * rowPixels > scroller.scrollTop + seen) scroller.scrollTop = (row + 1) * rowPixels - seen;
  const line = canvas.parentElement.querySelector("." + MARK) ?? document.createElement("div");
  line.className = MARK;
  line.setAttribute("role", "status");
  line.setAttribute("aria-label", `row ${row + 1} of ${last + 1}`);
  const top = canvas.offsetTop + (row + 1) * rowPixels - scroller.scrollTop;
  line.style.cssText =
    `position:absolute;left:${canvas.offsetLeft}px;top:${top}px;width:${canvas.clientWidth}px;height:${rowPixels}px;` +
    "box-sizing:border-box;border:2px solid var(--st-primary-color, #1c5fb0);pointer-events:none;z-index:2;";
  canvas.parentElement.append(line);
}

function unmark(canvas) {
  rows.delete(canvas);
  canvas.parentElement.querySelector("." + MARK)?.remove();
}

function click(canvas, rowPixels) {
  const box = canvas.getBoundingClientRect();
  const scrolled = scrollerOf(canvas).scrollTop;
  const place = {
    bubbles: true,
    cancelable: true,
    view: window,
    clientX: box.left + 24,
    clientY: box.top + (rows.get(canvas) + 1.5) * rowPixels - scrolled,
  };
  unmark(canvas);
  for (const kind of ["pointermove", "mousemove", "pointerdown", "mousedown", "pointerup", "mouseup", "click"]) {
    canvas.dispatchEvent(new (kind.startsWith("p") ? PointerEvent : MouseEvent)(kind, place));
  }
}
