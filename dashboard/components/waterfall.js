// Draws a waterfall from columns: only the lanes in view exist in the page, so its size does not grow with the trace.
// All text is set as text (textContent), never as markup. drawing.js, waterfall_shapes.js, waterfall_axis.js and
// waterfall_tools.js stand before it.

const TALLEST = 620; // of the lanes in view; more are scrolled to

const mounted = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let view = mounted.get(parentElement);
  if (!view) {
    view = build(parentElement.querySelector(".waterfall"));
    mounted.set(parentElement, view);
  }
  view.tell = setTriggerValue;
  take(view, data);
  return () => {
    view.observer.disconnect();
    mounted.delete(parentElement);
  };
}

function build(root) {
  const tools = html("div", "tools");
  const axis = svg("svg", { class: "axis", role: "presentation" });
  const body = html("div", "body");
  const spacer = html("div", "spacer");
  const slice = html("div", "view");
  const legend = html("p", "legend");
  const nothing = html("p", "nothing");
  nothing.textContent = "No lane fits the filter. Empty it, or choose “all”, to see every lane.";
  body.append(spacer, slice, nothing);
  root.replaceChildren(tools, axis, body, legend);
  const view = { root, tools, axis, body, spacer, slice, nothing, legend, collapsed: new Set(), zoom: [0, 1] };
  view.canvas = document.createElement("canvas").getContext("2d");
  let asked = false;
  view.redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw(view);
    });
  };
  view.choose = (step) => view.tell("step", step);
  body.addEventListener("scroll", view.redraw, { passive: true });
  view.observer = new ResizeObserver(view.redraw);
  view.observer.observe(root);
  buildTools(view);
  listenToZoom(view);
  listenToKeys(view);
  return view;
}

function take(view, data) {
  const other = view.data?.event !== data.event;
  view.data = data;
  view.barsOf = groupByLane(data.bars);
  if (other) {
    view.collapsed.clear();
    view.zoom = [0, 1];
    view.kept = data.spare ? data.lanes.step.length + data.spare : 0;
  }
  if (other || view.filterSent !== data.filter) takeFilter(view, data.filter);
  drawLegend(view);
  refresh(view);
  if (view.chosen !== data.chosen) reveal(view, laneOfStep(view, data.chosen));
  view.chosen = data.chosen;
  draw(view);
}

// What is filtered or collapsed has changed: which lanes are shown, and in which row each is.
function refresh(view) {
  view.lanes = shownLanes(view);
  view.rowOf = new Map(view.lanes.map((lane, row) => [lane, row]));
  const height = view.lanes.length * LANE;
  view.body.style.height = `${Math.max(Math.min(rowsInSight(view) * LANE + 4, TALLEST), LANE)}px`;
  view.spacer.style.height = `${height}px`;
  drawTools(view);
  view.redraw();
}

// Expected lanes come after the first drawing: those that there was no place kept for are scrolled to, so that the page
// does not move.
function rowsInSight(view) {
  const { step, expected } = view.data.lanes;
  if (!view.kept || view.lanes.length < step.length) return view.lanes.length;
  return Math.max(view.kept, step.length - expected.filter(Boolean).length);
}

function laneOfStep(view, step) {
  const { bars, lanes } = view.data;
  const at = bars.step.indexOf(step);
  return at < 0 ? lanes.step.indexOf(step) : bars.lane[at];
}

// Scrolls to a lane where it is out of sight; later drawings leave the reader where he is.
function reveal(view, lane) {
  const row = view.rowOf.get(lane);
  if (row === undefined) return;
  const top = row * LANE;
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

function draw(view) {
  const width = view.root.clientWidth;
  if (!width || !view.data) return;
  const left = Math.round(Math.max(150, Math.min(300, width * 0.27)));
  const plot = Math.max(120, width - left - MARGIN);
  const [begin, end] = view.zoom;
  const place = (x) => left + ((x - begin) / (end - begin)) * plot;
  Object.assign(view, { left, plot });
  const ticks = begin === 0 && end === 1 ? view.data.ticks : ticksBetween(view.data.knots, begin, end);
  drawAxis(view, width, place, ticks);

  const count = view.lanes.length;
  const first = Math.max(0, Math.floor(view.body.scrollTop / LANE) - 2);
  const last = Math.min(count - 1, first + Math.ceil(view.body.clientHeight / LANE) + 4);
  view.slice.style.transform = `translateY(${first * LANE}px)`;
  const focused = view.slice.getRootNode().activeElement?.dataset?.lane;
  const height = Math.max(0, last - first + 1) * LANE;
  const drawing = svg("svg", { class: "drawing", width, height, role: "presentation" });
  drawing.append(hatching(), clipping(left, width, height));
  const shown = view.lanes.slice(first, last + 1).map((lane, i) => ({ lane, top: i * LANE }));
  shown.forEach(({ lane, top }) => drawing.append(drawRow(view, lane, top, width)));
  const plotted = svg("g", { "clip-path": "url(#plot)" });
  ticks.forEach((tick) => plotted.append(vertical("grid", place(tick.at), height)));
  drawLinks(view, first, last, place, plotted);
  shown.forEach(({ lane, top }) => drawBars(view, lane, top, place, plotted));
  view.data.breaks.forEach((pause) => drawGap(pause, place, plotted, height));
  if (view.data.now !== null) plotted.append(vertical("now-line", place(view.data.now), height));
  drawing.append(plotted);
  shown.forEach(({ lane, top }) => drawWords(view, lane, top, place, width, drawing));
  view.slice.replaceChildren(drawing, ...shown.map(({ lane, top }) => drawLabel(view, lane, top, left)));
  if (focused) view.slice.querySelector(`[data-lane="${focused}"]`)?.focus({ preventScroll: true });
}
