// Draws a waterfall from columns: only the lanes in view exist in the page, so its size does not grow with the trace.
// All text is set as text (textContent), never as markup.

const LANE = 38; // height of a lane: a bar, and words below it
const BAR = 14; // height of a bar
const BAR_MIDDLE = 12; // from the lane's top
const WORDS = 32; // the words' base line, from the lane's top
const AXIS = 24; // height of the axis
const PAUSES = 17; // and of the line that says how long the pauses left out are
const TALLEST = 620; // of the lanes in view; more are scrolled to
const MARGIN = 14; // right of the drawing
const ARROW = 8; // length of an open end's point

const mounted = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let view = mounted.get(parentElement);
  if (!view) {
    view = build(parentElement.querySelector(".waterfall"));
    mounted.set(parentElement, view);
  }
  view.data = data;
  view.choose = (step) => setTriggerValue("step", step);
  view.barsOf = groupByLane(data.bars);
  view.linksOf = groupLinks(data.links);
  view.body.style.height = `${Math.min(data.lanes.step.length * LANE + 4, TALLEST)}px`;
  view.spacer.style.height = `${data.lanes.step.length * LANE}px`;
  drawLegend(view);
  if (view.chosen !== data.chosen) reveal(view);
  view.chosen = data.chosen;
  draw(view);
  return () => {
    view.observer.disconnect();
    mounted.delete(parentElement);
  };
}

function build(root) {
  const axis = svg("svg", { class: "axis", role: "presentation" });
  const body = html("div", "body");
  const spacer = html("div", "spacer");
  const slice = html("div", "view");
  const legend = html("p", "legend");
  body.append(spacer, slice);
  root.replaceChildren(axis, body, legend);
  const view = { root, axis, body, spacer, slice, legend, canvas: document.createElement("canvas").getContext("2d") };
  let asked = false;
  const redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw(view);
    });
  };
  body.addEventListener("scroll", redraw, { passive: true });
  view.observer = new ResizeObserver(redraw);
  view.observer.observe(root);
  return view;
}

// Scrolls to the chosen step's lane where it is out of sight; later drawings leave the reader where he is.
function reveal(view) {
  const { bars, chosen } = view.data;
  const at = bars.step.indexOf(chosen);
  if (at < 0) return;
  const top = bars.lane[at] * LANE;
  const height = parseFloat(view.body.style.height);
  if (top < view.body.scrollTop || top + LANE > view.body.scrollTop + height) view.body.scrollTop = top - height / 2;
}

function groupByLane(bars) {
  const groups = new Map();
  bars.lane.forEach((lane, i) => {
    if (!groups.has(lane)) groups.set(lane, []);
    groups.get(lane).push(i);
  });
  return groups;
}

function groupLinks(links) {
  return links.x.map((x, i) => ({ x, top: Math.min(links.from[i], links.to[i]), bottom: Math.max(links.from[i], links.to[i]) }));
}

function draw(view) {
  const width = view.root.clientWidth;
  if (!width || !view.data) return;
  const left = Math.round(Math.max(150, Math.min(300, width * 0.27)));
  const plot = Math.max(120, width - left - MARGIN);
  const place = (x) => left + x * plot;
  drawAxis(view, width, place);

  const count = view.data.lanes.step.length;
  const first = Math.max(0, Math.floor(view.body.scrollTop / LANE) - 2);
  const last = Math.min(count - 1, first + Math.ceil(view.body.clientHeight / LANE) + 4);
  view.slice.style.transform = `translateY(${first * LANE}px)`;
  const focused = view.slice.getRootNode().activeElement?.dataset?.lane;
  const drawing = svg("svg", { class: "drawing", width, height: Math.max(0, last - first + 1) * LANE, role: "presentation" });
  drawing.append(hatching());
  const lanes = range(first, last);
  lanes.forEach((lane) => drawing.append(drawRow(view, lane, first, width)));
  view.data.ticks.forEach((tick) => drawing.append(vertical("grid", place(tick.at), drawing)));
  drawLinks(view, first, last, place, drawing);
  lanes.forEach((lane) => drawBars(view, lane, first, place, drawing));
  view.data.breaks.forEach((pause) => drawGap(pause, place, drawing));
  if (view.data.now !== null) drawing.append(vertical("now-line", place(view.data.now), drawing));
  lanes.forEach((lane) => drawWords(view, lane, first, place, width, drawing));
  view.slice.replaceChildren(drawing, ...lanes.map((lane) => drawLabel(view, lane, first, left)));
  if (focused) view.slice.querySelector(`[data-lane="${focused}"]`)?.focus({ preventScroll: true });
}

function drawAxis(view, width, place) {
  const { data, axis } = view;
  const height = AXIS + (data.breaks.length ? PAUSES : 0);
  set(axis, { width, height });
  const taken = [];
  const texts = [];
  const put = (text, x, kind) => {
    const half = measure(view, text, "12px") / 2 + 4;
    const at = Math.min(Math.max(x, place(0)), width - half);
    const y = kind === "pause" ? 14 : height - 8;
    if (taken.some(([line, from, to]) => line === y && at + half > from && at - half < to)) return;
    taken.push([y, at - half, at + half]);
    texts.push(svg("text", { x: at, y, "text-anchor": "middle", class: kind }, text));
  };
  if (data.now !== null) put(data.nowLabel, place(data.now), "now");
  data.breaks.forEach((pause) => put(`⫽ ${pause.label} left out`, place((pause.start + pause.end) / 2), "pause"));
  data.ticks.forEach((tick) => put(tick.label, place(tick.at), "tick"));
  axis.replaceChildren(...texts);
}

function drawRow(view, lane, first, width) {
  const { lanes, bars, chosen } = view.data;
  const isChosen = (view.barsOf.get(lane) ?? []).some((i) => bars.step[i] === chosen);
  const row = svg("rect", { class: isChosen ? "row chosen" : "row", x: 0, y: (lane - first) * LANE, width, height: LANE });
  row.addEventListener("click", () => view.choose(lanes.step[lane]));
  return row;
}

function drawLabel(view, lane, first, left) {
  const { lanes } = view.data;
  const label = html("button", "label");
  label.type = "button";
  label.dataset.lane = lane;
  Object.assign(label.style, {
    top: `${(lane - first) * LANE}px`,
    width: `${left - 6}px`,
    height: `${LANE}px`,
    paddingLeft: `${14 + lanes.indent[lane] * 16}px`,
  });
  const swatch = html("i", "swatch");
  swatch.style.background = lanes.colour[lane];
  swatch.style.left = `${5 + lanes.indent[lane] * 16}px`;
  const head = html("span", "head");
  const name = html("b", "");
  name.textContent = (lanes.call[lane] ? "→ " : "") + lanes.service[lane];
  head.append(name, ` ${lanes.title[lane]}`);
  const detail = html("span", "detail");
  detail.textContent = lanes.detail[lane];
  label.append(swatch, head, detail);
  label.title = [lanes.service[lane], lanes.title[lane], lanes.detail[lane], lanes.words[lane]].filter(Boolean).join("\n");
  label.addEventListener("click", () => view.choose(lanes.step[lane]));
  return label;
}

function drawLinks(view, first, last, place, drawing) {
  view.linksOf
    .filter((link) => link.bottom >= first && link.top <= last)
    .forEach(({ x, top, bottom }) => {
      const from = (Math.max(top, first - 1) - first) * LANE + BAR_MIDDLE;
      const to = (Math.min(bottom, last + 1) - first) * LANE + BAR_MIDDLE;
      drawing.append(svg("line", { class: "link", x1: place(x), x2: place(x), y1: from, y2: to }));
    });
}

function drawBars(view, lane, first, place, drawing) {
  const { bars, lanes } = view.data;
  const middle = (lane - first) * LANE + BAR_MIDDLE;
  (view.barsOf.get(lane) ?? []).forEach((i) => {
    const shape = bars.kind[i] === "publish" ? mark(bars, i, place, middle) : bar(bars, i, place, middle, lanes.colour[lane]);
    shape.addEventListener("click", () => view.choose(bars.step[i]));
    drawing.append(shape);
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
  const attributes = { class: `${kind} ${manner(bars, i)}` };
  if (kind === "wait") attributes.fill = "url(#hatching)";
  if (kind === "handle" || kind === "call" || kind === "served") attributes.fill = colour;
  if (!bars.open[i]) return svg("rect", { ...attributes, x: x0, y: top, width: x1 - x0, height, rx: kind === "wait" ? 0 : 2 });
  const neck = x1 - ARROW;
  const d = `M${x0} ${top} H${neck} V${top - 3} L${x1} ${middle} L${neck} ${top + height + 3} V${top + height} H${x0} Z`;
  return svg("path", { ...attributes, d });
}

function manner(bars, i) {
  const state = bars.state[i];
  if (state === "outstanding" && bars.open[i]) return "unsettled";
  if (bars.kind[i] === "received" || bars.kind[i] === "wait") return "";
  if (state === "failed") return "failed";
  return state === "requeued" || state === "returned" ? "given-back" : "";
}

function drawGap(pause, place, drawing) {
  const x0 = place(pause.start) + 3;
  const x1 = place(pause.end) - 3;
  const height = Number(drawing.getAttribute("height"));
  drawing.append(svg("rect", { class: "gap", x: x0, y: 0, width: Math.max(0, x1 - x0), height, "pointer-events": "none" }));
  [x0, x1].forEach((x) => drawing.append(vertical("gap-edge", x, drawing)));
}

function drawWords(view, lane, first, place, width, drawing) {
  const { bars, lanes } = view.data;
  const words = lanes.words[lane];
  if (!words) return;
  const begin = Math.min(...(view.barsOf.get(lane) ?? []).map((i) => place(bars.x0[i])));
  const bad = lanes.tone[lane] === "bad" || lanes.tone[lane] === "failed";
  const size = measure(view, words, bad ? "650 12.5px" : "12.5px");
  const x = Math.max(place(0), Math.min(begin, width - 8 - size));
  drawing.append(svg("text", { class: bad ? "words bad" : "words", x, y: (lane - first) * LANE + WORDS }, words));
}

function drawLegend(view) {
  const shapes = [
    [svg("rect", { class: "wait", x: 1, y: 2, width: 24, height: 9, fill: "url(#hatching)" }), "waits in a queue"],
    [svg("rect", { class: "received", x: 1, y: 1, width: 24, height: 11 }), "received, in the client’s buffer"],
    [svg("rect", { class: "handle", x: 1, y: 1, width: 24, height: 11, fill: "currentColor" }), "handled"],
    [svg("path", { class: "unsettled", d: "M1 2 H18 V0 L25 6.5 L18 13 V11 H1 Z" }), "not settled"],
    [svg("path", { class: "publish", d: "M13 1 l5 5.5 l-5 5.5 l-5 -5.5 Z" }), "publishes"],
  ];
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

function vertical(kind, x, drawing) {
  return svg("line", { class: kind, x1: x, x2: x, y1: 0, y2: drawing.getAttribute("height"), "pointer-events": "none" });
}
