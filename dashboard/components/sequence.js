// Draws a sequence diagram from columns: only the arrows in view exist in the page. All text is set as text.

const ROW = 40; // height of an arrow's row
const HEAD = 68; // height of the participants' names
const TIME = 78; // width of the time column
const LEAST = 84; // of a participant's column; more of them are scrolled to sideways
const TALLEST = 640; // of the rows in view
const LABEL_UP = 15; // the label's base line above the arrow, from the row's top
const LINE_DOWN = 22; // the arrow
const DETAIL_DOWN = 35; // what is written below it

const mounted = new WeakMap();

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  let view = mounted.get(parentElement);
  if (!view) {
    view = build(parentElement.querySelector(".sequence"));
    mounted.set(parentElement, view);
  }
  view.data = data;
  view.choose = (step) => setTriggerValue("step", step);
  draw(view);
  return () => {
    view.observer.disconnect();
    mounted.delete(parentElement);
  };
}

function build(root) {
  const scroller = html("div", "scroller");
  const head = html("div", "participants");
  const body = html("div", "rows");
  scroller.append(head, body);
  root.replaceChildren(scroller);
  const view = { root, scroller, head, body, canvas: document.createElement("canvas").getContext("2d") };
  let asked = false;
  const redraw = () => {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      draw(view);
    });
  };
  scroller.addEventListener("scroll", redraw, { passive: true });
  // At once: the next Tab must find the arrow after this one, also when it comes before the next frame.
  body.addEventListener("focusin", () => view.drawing || draw(view));
  view.observer = new ResizeObserver(redraw);
  view.observer.observe(root);
  return view;
}

function draw(view) {
  const { data, scroller, head, body } = view;
  const width = view.root.clientWidth;
  if (!width || !data) return;
  const names = data.participants.name;
  const count = data.arrows.step.length;
  const column = Math.max(LEAST, (width - TIME - 16) / Math.max(1, names.length));
  const whole = TIME + column * names.length;
  const place = (number) => TIME + (number + 0.5) * column;
  scroller.style.maxHeight = `${TALLEST}px`;
  head.style.width = body.style.width = `${whole}px`;
  body.style.height = `${count * ROW + 8}px`;
  head.replaceChildren(...names.map((name, i) => participant(data, name, i, place(i), column)));

  const first = Math.max(0, Math.floor((scroller.scrollTop - HEAD) / ROW) - 2);
  const last = Math.min(count - 1, first + Math.ceil(scroller.clientHeight / ROW) + 4);
  const height = Math.max(0, last - first + 1) * ROW + 8;
  const drawing = svg("svg", { width: whole, height, role: "presentation" });
  drawing.style.transform = `translateY(${first * ROW}px)`;
  drawing.append(hatching());
  names.forEach((_, i) => drawing.append(lifeline(data, i, place(i), height)));
  range(first, last).forEach((i) => drawing.append(row(view, i, first, whole, place, column)));
  // The arrow that has the keyboard is drawn anew too: it keeps it, or one would begin again at the page's top.
  const focused = body.getRootNode().activeElement?.dataset?.arrow;
  view.drawing = true; // to give the focus back is no reason to draw once more
  body.replaceChildren(drawing);
  if (focused) body.querySelector(`[data-arrow="${focused}"]`)?.focus({ preventScroll: true });
  view.drawing = false;
}

function participant(data, name, i, x, column) {
  const box = html("div", `participant ${data.participants.kind[i]}`);
  Object.assign(box.style, { left: `${x - column / 2 + 3}px`, width: `${column - 6}px` });
  box.style.borderTopColor = data.participants.colour[i] || "var(--line)";
  const kind = html("span", "kind");
  kind.textContent = data.participants.kind[i];
  const label = html("b", "");
  label.textContent = name;
  box.title = `${data.participants.kind[i]} ${name}`;
  box.append(label, kind);
  return box;
}

function lifeline(data, i, x, height) {
  const kind = data.participants.kind[i];
  if (kind === "queue") return svg("rect", { class: "wait", x: x - 3, y: 0, width: 6, height, fill: "url(#hatching)" });
  return svg("line", { class: "life", x1: x, x2: x, y1: 0, y2: height });
}

function row(view, i, first, whole, place, column) {
  const { arrows, chosen } = view.data;
  const top = (i - first) * ROW;
  const tone = arrows.tone[i];
  const group = svg("g", { class: `arrow ${arrows.kind[i]} ${tone}`, tabindex: 0, role: "button", "data-arrow": i });
  const said = [arrows.label[i], arrows.detail[i]].filter(Boolean).join(", ");
  group.setAttribute("aria-label", `${arrows.at[i]}: ${said}`);
  const marked = arrows.step[i] === chosen ? "row chosen" : "row";
  group.append(svg("rect", { class: marked, x: 0, y: top, width: whole, height: ROW }));
  group.append(svg("text", { class: "at", x: 6, y: top + LINE_DOWN + 4 }, arrows.at[i]));
  const from = place(arrows.source[i]);
  const to = place(arrows.target[i]);
  const y = top + LINE_DOWN;
  group.append(from === to ? loop(from, y) : line(from, to, y, arrows.kind[i]));
  const middle = from === to ? from + 46 : (from + to) / 2;
  const anchor = from === to ? "start" : "middle";
  // An arrow has its row for itself: what is open, failed or missing is written out.
  const wide = tone ? whole - TIME : Math.max(Math.abs(to - from), 2.2 * column);
  const room = from === to ? whole - TIME - 8 : wide - 16;
  const many = arrows.count[i] > 1 ? `${arrows.label[i]} × ${arrows.count[i].toLocaleString("en")}` : arrows.label[i];
  group.append(written(view, "label", many, middle, top + LABEL_UP, anchor, room, whole));
  group.append(written(view, "detail", arrows.detail[i], middle, top + DETAIL_DOWN, anchor, room, whole));
  const choose = () => view.choose(arrows.step[i]);
  group.addEventListener("click", choose);
  group.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose();
    }
  });
  const tip = svg("title", {}, said);
  group.append(tip);
  return group;
}

function line(from, to, y, kind) {
  const way = Math.sign(to - from);
  const end = to - way * 5;
  const group = svg("g", {});
  group.append(svg("line", { class: "shaft", x1: from + way * 5, x2: end - way * 4, y1: y, y2: y }));
  group.append(svg("path", { class: "point", d: `M${end} ${y} l${-way * 9} -5 v10 Z` }));
  if (kind === "publish") group.prepend(svg("path", { class: "mark", d: `M${from} ${y - 5} l5 5 l-5 5 l-5 -5 Z` }));
  return group;
}

// A message that stays where it is: an open end beside the queue.
function loop(x, y) {
  return svg("path", { class: "unsettled", d: `M${x + 4} ${y - 5} H${x + 30} V${y - 8} L${x + 39} ${y} L${x + 30} ${y + 8} V${y + 5} H${x + 4} Z` });
}

function written(view, kind, text, x, y, anchor, room, whole) {
  // Those of open and failed arrows are bold, so that all are measured as bold.
  const font = kind === "label" ? "600 12px" : "650 12px";
  const shown = shortened(view, text, font, Math.max(room, 90));
  const half = measure(view, shown, font) / 2;
  const at = anchor === "middle" ? Math.min(Math.max(x, TIME + half), whole - half - 4) : Math.max(TIME, Math.min(x, whole - 2 * half - 4));
  return svg("text", { class: kind, x: at, y, "text-anchor": anchor }, shown);
}
