// What a reader does with a waterfall: narrow it down, look closely, fold branches, go from problem to problem.

// what may stand before a colon in the filter → what of a lane it looks at
const FIELDS = { service: "service", queue: "queue", pod: "pod", event: "title", state: "state" };
const SUGGESTED_MOST = 60;
const ONLY = { all: "all", problems: "open or failed", critical: "critical path" };
const ZOOM_STEP = 1.6;
const CLOSEST = 1e-7; // of the whole width
const DRAG_LEAST = 5; // pixels; less is a click

function buildTools(view) {
  const text = html("input", "filter");
  Object.assign(text, { type: "search", placeholder: "filter: words, service:…, queue:…, state:…", maxLength: 200 });
  text.setAttribute("aria-label", "Filter the lanes");
  text.title = `Words that a lane holds, or what it is: ${known()}. A lane is shown when all fit. Example: service:payments state:failed`;
  const suggestions = html("datalist", "");
  suggestions.id = "suggestions";
  text.setAttribute("list", suggestions.id);
  const only = html("select", "only");
  only.setAttribute("aria-label", "Which lanes");
  Object.entries(ONLY).forEach(([value, words]) => only.append(new Option(words, value)));
  const button = (words, title, act) => {
    const made = html("button", "tool");
    Object.assign(made, { type: "button", textContent: words, title });
    made.setAttribute("aria-label", title);
    made.addEventListener("click", act);
    return made;
  };
  const changed = () => {
    refresh(view);
    view.filterSent = filterWords(view);
    view.tell("filter", view.filterSent || "-");
  };
  text.addEventListener("input", () => {
    suggest(view);
    refresh(view);
  });
  text.addEventListener("focus", () => suggest(view));
  text.addEventListener("change", changed);
  only.addEventListener("change", changed);
  const shown = html("span", "shown");
  shown.setAttribute("role", "status");
  Object.assign(view, { text, only, shown, suggestions });
  view.tools.append(
    text,
    suggestions,
    only,
    button("next problem", "Go to the next step that is open or failed (n)", () => nextProblem(view)),
    button("fold all", "Hide what each lane caused", () => foldAll(view)),
    button("unfold", "Show all lanes", () => unfoldAll(view)),
    button("+", "Look closer (+)", () => zoomAround(view, 0.5, ZOOM_STEP)),
    button("−", "Look from further away (-)", () => zoomAround(view, 0.5, 1 / ZOOM_STEP)),
    button("whole", "Show the whole time (0)", () => zoomTo(view, 0, 1)),
    shown,
  );
}

function known() {
  return Object.keys(FIELDS).map((name) => `${name}:`).join(" ");
}

// "service:payments card" → what of a lane must hold what, words that it must hold, and names that are not known.
function parseFilter(text) {
  const parsed = { terms: [], words: [], unknown: [] };
  text.toLowerCase().split(/\s+/).filter(Boolean).forEach((part) => {
    const [, name, value] = part.match(/^([a-z]+):(.*)$/) ?? [];
    if (name && Object.hasOwn(FIELDS, name)) value && parsed.terms.push([FIELDS[name], value]);
    else if (name) parsed.unknown.push(name);
    else parsed.words.push(part);
  });
  return parsed;
}

// Completes the last word by what the lanes hold.
function suggest(view) {
  const { lanes } = view.data;
  const typed = view.text.value;
  const before = typed.slice(0, typed.lastIndexOf(" ") + 1);
  const last = typed.slice(before.length).toLowerCase();
  const [, field, value] = last.match(/^([a-z]+):(.*)$/) ?? ["", "", last];
  const names = Object.keys(FIELDS).filter((name) => !field || name === field);
  const values = (name) => [...new Set(lanes[FIELDS[name]])].filter((held) => held && !/\s/.test(held));
  const options = names.flatMap((name) => values(name).filter((held) => held.toLowerCase().includes(value)).map((held) => `${name}:${held}`));
  const fitting = options.slice(0, SUGGESTED_MOST);
  view.suggestions.replaceChildren(...fitting.map((option) => new Option("", before + option)));
}

// The filter as the link keeps it: "only:words".
function filterWords(view) {
  const text = view.text.value.trim();
  return text || view.only.value !== "all" ? `${view.only.value}:${text}` : "";
}

function takeFilter(view, filter) {
  const colon = filter.indexOf(":");
  const only = filter.slice(0, Math.max(0, colon));
  view.only.value = only in ONLY ? only : "all";
  view.text.value = colon < 0 ? filter : filter.slice(colon + 1);
  view.filterSent = filter;
}

function drawTools(view) {
  const [all, shown] = [view.data.lanes.step.length, view.lanes.length];
  const { unknown } = parseFilter(view.text.value);
  const odd = unknown.map((name) => `“${name}:” is not known and left out; known are ${known()}`);
  const fitting = shown < all ? [`${shown.toLocaleString("en")} of ${all.toLocaleString("en")} lanes`] : [];
  view.shown.textContent = [...odd, ...fitting].join(" · ");
  view.nothing.hidden = shown > 0;
  view.tools.hidden = all < 2;
}

// A lane is shown when it fits the filter and nothing above it is folded.
function shownLanes(view) {
  const { lanes, bars } = view.data;
  const { terms, words } = parseFilter(view.text.value);
  const only = view.only.value;
  const critical = new Set(bars.lane.filter((_, i) => bars.critical[i]));
  const fits = (lane) => {
    if (only === "problems" && !lanes.tone[lane]) return false;
    if (only === "critical" && !critical.has(lane)) return false;
    if (!terms.every(([column, value]) => lanes[column][lane].toLowerCase().includes(value))) return false;
    return words.every((word) => lanes.searched[lane].includes(word));
  };
  const count = lanes.step.length;
  const hidden = new Uint8Array(count);
  const result = [];
  view.childrenOf = new Int32Array(count);
  for (let lane = count - 1; lane >= 0; lane -= 1) {
    const above = lanes.parent[lane];
    if (above >= 0 && above < lane) view.childrenOf[above] += 1 + view.childrenOf[lane];
  }
  for (let lane = 0; lane < count; lane += 1) {
    const above = lanes.parent[lane];
    hidden[lane] = above >= 0 && above < lane && (hidden[above] || view.collapsed.has(above)) ? 1 : 0;
    if (!hidden[lane] && fits(lane)) result.push(lane);
  }
  return result;
}

function toggle(view, lane) {
  if (!view.collapsed.delete(lane)) view.collapsed.add(lane);
  refresh(view);
}

function foldAll(view) {
  view.data.lanes.step.forEach((_, lane) => view.childrenOf[lane] > 0 && view.collapsed.add(lane));
  refresh(view);
}

function unfoldAll(view) {
  view.collapsed.clear();
  refresh(view);
}

// The next lane below the chosen one that is open or failed; after the last one the first again.
function nextProblem(view) {
  const { lanes } = view.data;
  const bad = view.lanes.filter((lane) => lanes.tone[lane]);
  if (!bad.length) return;
  const now = laneOfStep(view, view.data.chosen);
  const next = bad.find((lane) => lane > now) ?? bad[0];
  reveal(view, next);
  view.choose(lanes.step[next]);
}

function zoomTo(view, begin, end) {
  const length = Math.min(1, Math.max(CLOSEST, end - begin));
  const from = Math.min(Math.max(0, begin), 1 - length);
  view.zoom = length === 1 ? [0, 1] : [from, from + length];
  view.redraw();
}

// at: where on the drawing, 0 to 1, that must stay where it is.
function zoomAround(view, at, factor) {
  const [begin, end] = view.zoom;
  const middle = begin + at * (end - begin);
  const length = (end - begin) / factor;
  zoomTo(view, middle - at * length, middle - at * length + length);
}

// Dragging along the axis looks at that part; the wheel with Ctrl looks closer where the pointer is.
function listenToZoom(view) {
  const at = (event) => (event.clientX - view.root.getBoundingClientRect().left - view.left) / view.plot;
  const inside = (x) => Math.min(1, Math.max(0, x));
  view.axis.addEventListener("pointerdown", (down) => {
    view.axis.setPointerCapture(down.pointerId);
    const begin = inside(at(down));
    const up = (event) => {
      view.axis.removeEventListener("pointerup", up);
      const end = inside(at(event));
      if (Math.abs(event.clientX - down.clientX) < DRAG_LEAST) return;
      const [z0, z1] = view.zoom;
      const [from, to] = [Math.min(begin, end), Math.max(begin, end)].map((x) => z0 + x * (z1 - z0));
      zoomTo(view, from, to);
    };
    view.axis.addEventListener("pointerup", up);
  });
  view.axis.addEventListener("dblclick", () => zoomTo(view, 0, 1));
  view.body.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomAround(view, inside(at(event)), event.deltaY < 0 ? 1.25 : 0.8);
    },
    { passive: false },
  );
}

function listenToKeys(view) {
  const acts = {
    "+": () => zoomAround(view, 0.5, ZOOM_STEP),
    "-": () => zoomAround(view, 0.5, 1 / ZOOM_STEP),
    0: () => zoomTo(view, 0, 1),
    n: () => nextProblem(view),
    ArrowDown: (lane) => focusBeside(view, lane, 1),
    ArrowUp: (lane) => focusBeside(view, lane, -1),
    ArrowLeft: (lane) => view.collapsed.has(lane) || (view.childrenOf[lane] > 0 && toggle(view, lane)),
    ArrowRight: (lane) => view.collapsed.has(lane) && toggle(view, lane),
  };
  view.body.addEventListener("keydown", (event) => {
    const act = acts[event.key];
    const lane = Number(event.target.dataset?.lane ?? NaN);
    if (!act || event.ctrlKey || event.metaKey || Number.isNaN(lane)) return;
    event.preventDefault();
    act(lane);
  });
}

function focusBeside(view, lane, way) {
  const next = view.lanes[view.rowOf.get(lane) + way];
  if (next === undefined) return;
  reveal(view, next);
  draw(view);
  view.slice.querySelector(`[data-lane="${next}"]`)?.focus({ preventScroll: true });
}
