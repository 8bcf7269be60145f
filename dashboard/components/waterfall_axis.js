// The time axis: the marks that came with the data, or finer ones while a part is looked at closely.

const AXIS = 24; // height of the axis
const PAUSES = 17; // and of the line that says how long the pauses left out are
const TICKS = 8;
const SPANS_SECONDS = [30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400];

function drawAxis(view, width, place, ticks) {
  const { data, axis } = view;
  const height = AXIS + (data.breaks.length ? PAUSES : 0);
  set(axis, { width, height });
  const taken = [];
  const texts = [];
  const put = (text, x, kind) => {
    if (x < view.left - 1 || x > width) return;
    const half = measure(view, text, "12px") / 2 + 4;
    const at = Math.min(Math.max(x, view.left), width - half);
    const y = kind === "pause" ? 14 : height - 8;
    if (taken.some(([line, from, to]) => line === y && at + half > from && at - half < to)) return;
    taken.push([y, at - half, at + half]);
    texts.push(svg("text", { x: at, y, "text-anchor": "middle", class: kind }, text));
  };
  if (data.now !== null) put(data.nowLabel, place(data.now), "now");
  data.breaks.forEach((pause) => put(`⫽ ${pause.label} left out`, place((pause.start + pause.end) / 2), "pause"));
  ticks.forEach((tick) => put(tick.label, place(tick.at), "tick"));
  axis.replaceChildren(svg("rect", { class: "handle-zoom", x: view.left, y: 0, width: width - view.left, height }), ...texts);
}

// Marks round times in a part of the axis. knots: positions and seconds of the stretches drawn to scale, in pairs.
function ticksBetween(knots, begin, end) {
  const ticks = [];
  for (let i = 0; i + 1 < knots.seconds.length; i += 2) {
    const [p0, p1] = [Math.max(knots.positions[i], begin), Math.min(knots.positions[i + 1], end)];
    const length = knots.positions[i + 1] - knots.positions[i];
    if (p1 <= p0 || !length) continue;
    const seconds = (knots.seconds[i + 1] - knots.seconds[i]) / length; // in the whole width
    const step = roundStep(((end - begin) * seconds) / TICKS);
    const at = (p) => knots.seconds[i] + (p - knots.positions[i]) * seconds;
    for (let mark = Math.ceil(at(p0) / step - 1e-9) * step; mark <= at(p1) + step * 1e-9; mark += step) {
      ticks.push({ at: knots.positions[i] + (mark - knots.seconds[i]) / seconds, label: offsetText(mark, step) });
    }
  }
  return ticks;
}

// 1, 2 or 5 times a power of ten; from half a minute on, spans that people count in. As shaping/axis.py does.
function roundStep(seconds) {
  if (seconds > 20) return SPANS_SECONDS.find((span) => span >= seconds) ?? Math.ceil(seconds / 86400) * 86400;
  const power = 10 ** Math.floor(Math.log10(seconds));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= seconds * (1 - 1e-9));
}

function offsetText(seconds, step) {
  if (Math.abs(seconds) < step * 1e-6) return "0";
  const decimals = (unit) => Math.max(0, -Math.floor(Math.log10(step * unit) + 1e-9));
  if (Math.abs(seconds) < 1 && step < 1) return `${(seconds * 1000).toFixed(decimals(1000))} ms`;
  const places = Math.min(6, decimals(1));
  const minutes = Math.floor(Number(seconds.toFixed(places)) / 60);
  const rest = (seconds - minutes * 60).toFixed(places);
  if (!minutes) return `${rest} s`;
  const hours = Math.floor(minutes / 60);
  const words = hours ? `${hours} h ${String(minutes % 60).padStart(2, "0")} min` : `${minutes} min`;
  return step >= 60 ? words : `${words} ${rest} s`;
}
