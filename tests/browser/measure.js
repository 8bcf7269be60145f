// Measures a page as it is drawn: texts that are cut, lie over each other, leave the window or are too faint to read.
// Looks into shadow trees. What is drawn on a canvas (tables' cells) has no boxes and is not seen.
() => {
  const SLACK = 1.5; // pixels; letters have room around them in their box
  const LEAST_OVERLAP = 3;
  const LEAST_CONTRAST = 4.5; // of words and figures; WCAG 2, level AA
  const LEAST_OF_SIGNS = 3;
  const main = document.querySelector("[data-testid=stMain]") ?? document.body;
  const above = (node) => node.assignedSlot ?? node.parentElement ?? node.getRootNode().host ?? null;
  const chain = (element) => {
    const found = [];
    for (let one = element; one; one = above(one)) found.push(one);
    return found;
  };

  function* textNodes(root) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (node.nodeType === Node.TEXT_NODE) yield node;
      else if (node.shadowRoot) yield* textNodes(node.shadowRoot);
    }
  }

  // A text has a box for each line that it is broken into.
  function boxesOf(node) {
    const range = document.createRange();
    range.selectNodeContents(node);
    return [...range.getClientRects()].map(({ left, top, right, bottom }) => ({ left, top, right, bottom }));
  }

  const meet = (a, b) => ({
    left: Math.max(a.left, b.left),
    top: Math.max(a.top, b.top),
    right: Math.min(a.right, b.right),
    bottom: Math.min(a.bottom, b.bottom),
  });
  const empty = (box) => box.right - box.left < 2 || box.bottom - box.top < 2;

  function unseen(parents) {
    return parents.some((one) => {
      const style = getComputedStyle(one);
      const skipped = ["SCRIPT", "STYLE", "TITLE", "OPTION", "CANVAS", "NOSCRIPT", "title"].includes(one.tagName);
      return skipped || style.visibility === "hidden" || style.display === "none" || Number(style.opacity) < 0.05;
    });
  }

  // What is left of a box within all that clips it, and whether something hides a part for good.
  function clipped(box, parents) {
    let seen = box;
    let cut = null;
    for (const one of parents) {
      if (one === main) break;
      const style = getComputedStyle(one);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const edge = one.getBoundingClientRect();
      const scrolls = (way) => style[way] === "auto" || style[way] === "scroll";
      const wide = seen.right > edge.right + SLACK || seen.left < edge.left - SLACK;
      const high = seen.bottom > edge.bottom + 2 * SLACK || seen.top < edge.top - 2 * SLACK;
      if ((wide && !scrolls("overflowX")) || (high && !scrolls("overflowY"))) cut ??= { by: one, style };
      seen = meet(seen, edge);
    }
    return { seen, cut };
  }

  // Shortened with a sign, and the whole text told when pointed at, is not cut.
  function isShortened(cut, text, parents) {
    const signed = cut.style.textOverflow === "ellipsis" || cut.style.webkitLineClamp !== "none";
    const words = text.trim().replace(/^→ /, ""); // the sign before a call's service
    return signed && parents.some((one) => one.title?.includes(words));
  }

  const paper = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", {
    willReadFrequently: true,
  });
  function painted(layers) {
    paper.globalAlpha = 1;
    paper.fillStyle = "#fff";
    paper.fillRect(0, 0, 1, 1);
    for (const [colour, alpha] of layers) {
      paper.globalAlpha = alpha;
      paper.fillStyle = "transparent";
      paper.fillStyle = colour;
      paper.fillRect(0, 0, 1, 1);
    }
    const shares = [...paper.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * shares[0] + 0.7152 * shares[1] + 0.0722 * shares[2];
  }

  // What lies under a text, the lowest first: backgrounds of what holds it, and shapes drawn before it at its middle.
  function under(element, box, parents) {
    const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
    const holds = (one) => {
      const edge = one.getBoundingClientRect();
      return edge.left <= x && x <= edge.right && edge.top <= y && y <= edge.bottom;
    };
    const outside = parents.indexOf(main); // of what scrolls in the window, each text is seen on the window's ground
    const behind = parents.filter((one, i) => i >= outside || holds(one));
    const layers = behind.map((one) => [getComputedStyle(one).backgroundColor, 1]);
    layers.reverse();
    const drawing = element.closest("svg");
    if (!drawing) return layers;
    for (const shape of drawing.querySelectorAll("rect, polygon, path, ellipse")) {
      if (!(shape.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
      if (shape.closest("defs, clipPath, pattern")) continue;
      const style = getComputedStyle(shape);
      if (holds(shape) && !style.fill.startsWith("url") && style.fill !== "none")
        layers.push([style.fill, Number(style.fillOpacity) * Number(style.opacity)]);
    }
    return layers;
  }

  function contrast(element, box, parents, colour) {
    const style = getComputedStyle(element);
    const layers = under(element, box, parents);
    const opacity = parents.reduce((product, one) => product * Number(getComputedStyle(one).opacity), 1);
    const ink = colour ?? (element.closest("svg") ? style.fill : style.color);
    // Letters of a drawing may carry a border in the colour of the ground, which then is what they stand out from.
    const halo = element.closest("svg") && style.paintOrder.startsWith("stroke") && style.stroke !== "none";
    const ground = halo ? [...layers, [style.stroke, 1]] : layers;
    const [a, b] = [painted(ground), painted([...ground, [ink, opacity]])];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }

  const faults = [];
  const said = (text) => text.trim().replace(/\s+/g, " ").slice(0, 60);
  const texts = [];

  for (const node of textNodes(main)) {
    if (!node.data.trim()) continue;
    const element = node.parentElement ?? node.getRootNode().host;
    const parents = chain(element);
    if (unseen(parents) || getComputedStyle(element).fontFamily.includes("Material Symbols")) continue;
    const off = parents.some((one) => one.disabled || one.getAttribute?.("aria-disabled") === "true");
    for (const box of boxesOf(node)) {
      const { seen, cut } = clipped(box, parents);
      if (empty(seen)) continue; // scrolled away, or kept for screen readers
      if (cut && !isShortened(cut, node.data, parents)) faults.push(`cut: ${said(node.data)}`);
      if (!cut && (seen.right > innerWidth + SLACK || seen.left < -SLACK)) faults.push(`outside: ${said(node.data)}`);
      const least = /[\p{L}\p{N}]/u.test(node.data) ? LEAST_CONTRAST : LEAST_OF_SIGNS;
      const ratio = off ? Infinity : contrast(element, box, parents);
      if (ratio < least) faults.push(`faint (${ratio.toFixed(1)}): ${said(node.data)}`);
      texts.push({ node, seen });
    }
  }

  for (const input of [...document.querySelectorAll("input[type=text], input[type=search]")].filter((one) => one.offsetParent)) {
    const style = getComputedStyle(input);
    paper.font = `${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
    const text = input.value || input.placeholder;
    const room = input.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    if (paper.measureText(text).width > room + SLACK && !input.title) faults.push(`cut: ${said(text)}`);
    const ink = input.value ? style.color : getComputedStyle(input, "::placeholder").color;
    const ratio = contrast(input, input.getBoundingClientRect(), chain(input), ink);
    if (ratio < LEAST_CONTRAST && !input.disabled) faults.push(`faint (${ratio.toFixed(1)}): ${said(text)}`);
  }

  texts.sort((a, b) => a.seen.top - b.seen.top);
  texts.forEach((one, i) => {
    for (let j = i + 1; j < texts.length && texts[j].seen.top < one.seen.bottom - LEAST_OVERLAP; j += 1) {
      const both = meet(one.seen, texts[j].seen);
      if (one.node !== texts[j].node && both.right - both.left > LEAST_OVERLAP && both.bottom - both.top > LEAST_OVERLAP)
        faults.push(`over each other: ${said(one.node.data)} | ${said(texts[j].node.data)}`);
    }
  });

  for (const control of main.querySelectorAll("input[type=text], input[type=search], button, select, canvas")) {
    const edge = control.getBoundingClientRect();
    for (const { node, seen } of control.offsetParent ? texts : []) {
      const both = meet(seen, edge);
      const over = both.right - both.left > LEAST_OVERLAP && both.bottom - both.top > LEAST_OVERLAP;
      // What stands in a control, or was put over it to be its words.
      const own = control.contains(node) || node.parentElement?.closest("label, [role=group]")?.contains(control);
      if (over && !own) faults.push(`over a control: ${said(node.data)}`);
    }
  }

  for (const one of [document.documentElement, main])
    if (one.scrollWidth > one.clientWidth + SLACK) faults.push(`wider than the window: ${one.tagName}`);
  return { faults: [...new Set(faults)], texts: texts.length };
};
