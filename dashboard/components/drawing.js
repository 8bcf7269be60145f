// What the drawings share: it stands before each one's own script.

const SVG = "http://www.w3.org/2000/svg";

function hatching() {
  const pattern = svg("pattern", { id: "hatching", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(
    svg("rect", { width: 6, height: 6, style: "fill: var(--st-background-color)" }),
    svg("line", { x1: 0, y1: 0, x2: 0, y2: 6, style: "stroke: var(--line); stroke-width: 4" }),
  );
  const defs = svg("defs", {});
  defs.append(pattern);
  return defs;
}

function measure(view, text, font) {
  view.canvas.font = `${font} ${getComputedStyle(view.root).fontFamily}`;
  return view.canvas.measureText(text).width;
}

// A text that has no room loses its end; whoever shows it tells it whole when it is pointed at.
function shortened(view, text, font, room) {
  if (measure(view, text, font) <= room) return text;
  let [keep, over] = [3, text.length];
  while (over - keep > 1) {
    const middle = Math.floor((keep + over) / 2);
    if (measure(view, `${text.slice(0, middle)}…`, font) <= room) keep = middle;
    else over = middle;
  }
  return `${text.slice(0, keep)}…`;
}

function range(first, last) {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

function html(name, kind) {
  const element = document.createElement(name);
  if (kind) element.className = kind;
  return element;
}

function svg(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  set(element, attributes);
  if (text !== undefined) element.textContent = text;
  return element;
}

function set(element, attributes) {
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
}
