// The shapes on a lane and the words beside them.

const LANE = 40; // height of a lane: a bar, and words below it
const BAR = 14; // height of a bar
const BAR_MIDDLE = 12; // from the lane's top
const WORDS = 34; // the words' base line, from the lane's top
const MARGIN = 14; // right of the drawing
const ARROW = 8; // length of an open end's point
const INDENT = 14; // of a lane below the one that caused it

function clipping(left, width, height) {
  const clip = svg("clipPath", { id: "plot" });
  clip.append(svg("rect", { x: left - 7, y: -1, width: Math.max(0, width - left + 7), height: height + 2 }));
  const defs = svg("defs", {});
  defs.append(clip);
  return defs;
}

function drawRow(view, lane, top, width) {
  const { lanes, bars, chosen } = view.data;
  const isChosen = (view.barsOf.get(lane) ?? []).some((i) => bars.step[i] === chosen);
  const kinds = ["row", isChosen && "chosen"].filter(Boolean).join(" ");
  const row = svg("rect", { class: kinds, x: 0, y: top, width, height: LANE });
  row.addEventListener("click", () => view.choose(lanes.step[lane]));
  return row;
}

function drawLabel(view, lane, top, left) {
  const { lanes } = view.data;
  const shift = Math.min(lanes.indent[lane], 8) * INDENT;
  const label = html("button", "label");
  label.type = "button";
  label.dataset.lane = lane;
  const foldable = view.childrenOf[lane] > 0;
  Object.assign(label.style, { top: `${top}px`, width: `${left - 6}px`, height: `${LANE}px`, paddingLeft: `${22 + shift}px` });
  const swatch = html("i", "swatch");
  Object.assign(swatch.style, { background: lanes.colour[lane], left: `${14 + shift}px` });
  const head = html("span", "head");
  const name = html("b", "");
  name.textContent = (lanes.call[lane] ? "→ " : "") + lanes.service[lane];
  head.append(name, ` ${lanes.title[lane]}`);
  const detail = html("span", "detail");
  detail.textContent = lanes.detail[lane];
  label.append(swatch, head, detail);
  label.title = [lanes.service[lane], lanes.title[lane], lanes.detail[lane], lanes.words[lane]].filter(Boolean).join("\n");
  label.addEventListener("click", () => view.choose(lanes.step[lane]));
  if (foldable) label.append(foldSign(view, lane, shift));
  return label;
}

// Folds what a lane caused, or shows it again. With a keyboard: the arrow keys left and right on the lane.
function foldSign(view, lane, shift) {
  const folded = view.collapsed.has(lane);
  const sign = html("i", folded ? "fold folded" : "fold");
  sign.title = folded ? `show the ${view.childrenOf[lane]} lanes that it caused` : "hide what it caused";
  sign.style.left = `${shift}px`;
  sign.addEventListener("click", (event) => {
    event.stopPropagation();
    toggle(view, lane);
  });
  return sign;
}

// From a publish, or from a delivery that was given back, to the lane where the message went.
function drawLinks(view, first, last, place, drawing) {
  const { links } = view.data;
  links.x.forEach((at, i) => {
    const [from, to] = [view.rowOf.get(links.from[i]), view.rowOf.get(links.to[i])];
    if (from === undefined || to === undefined) return;
    if (Math.max(from, to) < first || Math.min(from, to) > last) return;
    const y = (row) => (Math.min(Math.max(row, first - 1), last + 1) - first) * LANE + BAR_MIDDLE;
    const x = place(at);
    drawing.append(svg("line", { class: `link ${links.kind[i]}`, x1: x, x2: x, y1: y(from), y2: y(to) }));
    if (links.kind[i] === "cause" || to < first || to > last) return;
    const way = Math.sign(to - from) * 6;
    drawing.append(svg("path", { class: `arrow-head ${links.kind[i]}`, d: `M${x} ${y(to)} l-4 ${-way} h8 Z` }));
  });
}

function drawBars(view, lane, top, place, drawing) {
  const { bars, lanes } = view.data;
  const middle = top + BAR_MIDDLE;
  (view.barsOf.get(lane) ?? []).forEach((i) => {
    const shape = bars.kind[i] === "publish" ? mark(bars, i, place, middle) : bar(bars, i, place, middle, lanes.colour[lane]);
    shape.addEventListener("click", () => view.choose(bars.step[i]));
    drawing.append(shape);
    if (bars.critical[i]) drawing.append(underline(bars, i, place, middle));
  });
}

function mark(bars, i, place, middle) {
  const x = place(bars.x0[i]);
  const failed = bars.state[i] === "failed" ? " failed" : "";
  return svg("path", { class: `publish${failed}`, d: `M${x} ${middle - 6} l5 6 l-5 6 l-5 -6 Z` });
}

function bar(bars, i, place, middle, colour) {
  const kind = bars.kind[i];
  const height = { wait: BAR - 4, call: BAR - 4, served: BAR - 8 }[kind] ?? BAR;
  const x0 = place(bars.x0[i]);
  const x1 = Math.max(place(bars.x1[i]), x0 + (bars.open[i] ? 14 : 2));
  const top = middle - height / 2;
  const attributes = { class: [kind, manner(bars, i), bars.many[i] && "many"].filter(Boolean).join(" ") };
  if (kind === "wait") attributes.fill = "url(#hatching)";
  if (kind === "handle" || kind === "call" || kind === "served") attributes.fill = colour;
  if (!bars.open[i]) return svg("rect", { ...attributes, x: x0, y: top, width: x1 - x0, height, rx: kind === "wait" ? 0 : 2 });
  const neck = x1 - ARROW;
  const d = `M${x0} ${top} H${neck} V${top - 3} L${x1} ${middle} L${neck} ${top + height + 3} V${top + height} H${x0} Z`;
  return svg("path", { ...attributes, d });
}

// The critical path: what made the event take so long.
function underline(bars, i, place, middle) {
  const x0 = place(bars.x0[i]);
  const x1 = Math.max(place(bars.x1[i]), x0 + 3);
  return svg("line", { class: "critical", x1: x0, x2: x1, y1: middle + BAR / 2 + 2.5, y2: middle + BAR / 2 + 2.5 });
}

function manner(bars, i) {
  const state = bars.state[i];
  if (state === "outstanding" && bars.open[i]) return "unsettled";
  if (bars.kind[i] === "expected") return state;
  if (bars.kind[i] === "received" || bars.kind[i] === "wait") return "";
  if (state === "failed") return "failed";
  return state === "requeued" || state === "returned" ? "given-back" : "";
}

function drawGap(pause, place, drawing, height) {
  const x0 = place(pause.start) + 3;
  const x1 = place(pause.end) - 3;
  drawing.append(svg("rect", { class: "gap", x: x0, y: 0, width: Math.max(0, x1 - x0), height, "pointer-events": "none" }));
  [x0, x1].forEach((x) => drawing.append(vertical("gap-edge", x, height)));
}

function drawWords(view, lane, top, place, width, drawing) {
  const { bars, lanes } = view.data;
  if (!lanes.words[lane]) return;
  const begin = Math.min(...(view.barsOf.get(lane) ?? []).map((i) => place(bars.x0[i])));
  const loud = lanes.tone[lane] === "bad" || lanes.tone[lane] === "failed";
  const font = loud ? "650 12.5px" : "12.5px";
  const words = shortened(view, lanes.words[lane], font, width - view.left - 8);
  const size = measure(view, words, font);
  const x = Math.max(view.left, Math.min(begin, width - 8 - size));
  const kinds = ["words", loud && "bad", lanes.tone[lane] === "warn" && "warn"].filter(Boolean).join(" ");
  drawing.append(svg("text", { class: kinds, x, y: top + WORDS }, words));
}

function drawLegend(view) {
  const shapes = [
    [svg("rect", { class: "wait", x: 1, y: 2, width: 24, height: 9, fill: "url(#hatching)" }), "waits in a queue"],
    [svg("rect", { class: "received", x: 1, y: 1, width: 24, height: 11 }), "received, in the client’s buffer"],
    [svg("rect", { class: "handle", x: 1, y: 1, width: 24, height: 11, fill: "currentColor" }), "handled"],
    [svg("path", { class: "unsettled", d: "M1 2 H18 V0 L25 6.5 L18 13 V11 H1 Z" }), "not settled"],
    [svg("path", { class: "publish", d: "M13 1 l5 5.5 l-5 5.5 l-5 -5.5 Z" }), "publishes"],
  ];
  if (view.data.bars.critical.includes(true))
    shapes.push([svg("line", { class: "critical", x1: 1, x2: 25, y1: 7, y2: 7 }), "decides how long it takes"]);
  if (view.data.lanes.expected.includes(true))
    shapes.push([svg("rect", { class: "expected", x: 1, y: 2, width: 24, height: 9 }), "expected, has not come"]);
  view.legend.replaceChildren(
    ...shapes.map(([shape, words]) => {
      const picture = svg("svg", { width: 26, height: 13, "aria-hidden": "true" });
      picture.append(hatching(), shape);
      const entry = html("span", "");
      entry.append(picture, words);
      return entry;
    }),
  );
}

function vertical(kind, x, height) {
  return svg("line", { class: kind, x1: x, x2: x, y1: 0, y2: height, "pointer-events": "none" });
}
