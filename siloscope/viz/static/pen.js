// Two pens with the same strokes: one draws on a canvas, one writes SVG. All in screen pixels.

const FONT = 'Inter, "Segoe UI", "SF Pro Text", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif';
const ruler = document.createElement("canvas").getContext("2d");
const fontOf = ({ size = 12, weight = 400, italic = false }) =>
  `${italic ? "italic " : ""}${weight} ${size}px ${FONT}`;

function widthOf(string, style) {
  ruler.font = fontOf(style);
  return ruler.measureText(string).width;
}

// The text, shortened by an ellipsis until it is at most `room` pixels wide.
function fitText(string, room, style) {
  if (widthOf(string, style) <= room) return string;
  let low = 0;
  let high = Math.min(string.length, 200);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (widthOf(`${string.slice(0, middle)}…`, style) <= room) low = middle;
    else high = middle - 1;
  }
  return low ? `${string.slice(0, low).trimEnd()}…` : "";
}

// The outline of a mark around (0, 0): assets of different families have different shapes.
function shapePoints(family, r) {
  if (family === "data") return [[-r, -r], [r, -r], [r, r], [-r, r]].map(([x, y]) => [x * 0.86, y * 0.86]);
  if (family === "model") return [[0, -r * 1.15], [r * 1.05, r * 0.8], [-r * 1.05, r * 0.8]];
  if (family === "automation") return [[0, -r * 1.2], [r * 1.2, 0], [0, r * 1.2], [-r * 1.2, 0]];
  return null;
}

class CanvasPen {
  constructor(context) {
    this.c = context;
  }
  paint({ fill, stroke, width = 1, alpha = 1, dash = [] }) {
    const c = this.c;
    c.globalAlpha = alpha;
    if (fill) {
      c.fillStyle = fill;
      c.fill();
    }
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = width;
      c.setLineDash(dash);
      c.lineCap = dash.length ? "butt" : "round";
      c.stroke();
    }
    c.globalAlpha = 1;
  }
  circles(list, style) {
    this.c.beginPath();
    for (const [x, y, r] of list) {
      this.c.moveTo(x + r, y);
      this.c.arc(x, y, r, 0, 2 * Math.PI);
    }
    this.paint(style);
  }
  wedge(x, y, r, start, end, style) {
    this.c.beginPath();
    this.c.moveTo(x, y);
    this.c.arc(x, y, r, start, end);
    this.c.closePath();
    this.paint(style);
  }
  curve(x0, y0, cx, cy, x1, y1, style) {
    this.c.beginPath();
    this.c.moveTo(x0, y0);
    this.c.quadraticCurveTo(cx, cy, x1, y1);
    this.paint(style);
  }
  polygons(list, style) {
    this.c.beginPath();
    for (const points of list) {
      points.forEach(([x, y], i) => (i ? this.c.lineTo(x, y) : this.c.moveTo(x, y)));
      this.c.closePath();
    }
    this.paint(style);
  }
  text(string, x, y, style) {
    const c = this.c;
    c.globalAlpha = style.alpha ?? 1;
    c.font = fontOf(style);
    c.textAlign = style.align ?? "center";
    c.textBaseline = "middle";
    c.direction = "ltr";
    if (style.halo) {
      c.strokeStyle = style.halo;
      c.lineWidth = style.haloWidth ?? 3.5;
      c.lineJoin = "round";
      c.setLineDash([]);
      c.strokeText(string, x, y);
    }
    c.fillStyle = style.fill;
    c.fillText(string, x, y);
    c.globalAlpha = 1;
  }
}

const SVG = "http://www.w3.org/2000/svg";
const short = (v) => Math.round(v * 10) / 10;

class SvgPen {
  constructor(width, height) {
    this.root = document.createElementNS(SVG, "svg");
    this.set(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
  }
  set(node, attributes) {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  }
  add(tag, attributes, { fill, stroke, width = 1, alpha = 1, dash = [] }) {
    const node = document.createElementNS(SVG, tag);
    this.set(node, { ...attributes, fill: fill ?? "none" });
    if (stroke) this.set(node, { stroke, "stroke-width": short(width) });
    if (stroke && !dash.length) this.set(node, { "stroke-linecap": "round" });
    if (dash.length) this.set(node, { "stroke-dasharray": dash.join(" ") });
    if (alpha !== 1) this.set(node, { opacity: Math.round(alpha * 100) / 100 });
    this.root.append(node);
    return node;
  }
  circles(list, style) {
    const arc = ([x, y, r]) =>
      `M${short(x + r)} ${short(y)}a${short(r)} ${short(r)} 0 1 1 ${short(-2 * r)} 0a${short(r)} ${short(r)} 0 1 1 ${short(2 * r)} 0`;
    if (list.length) this.add("path", { d: list.map(arc).join("") }, style);
  }
  wedge(x, y, r, start, end, style) {
    if (end - start > 6.283) return this.circles([[x, y, r]], style);
    const p = (turn) => `${short(x + r * Math.cos(turn))} ${short(y + r * Math.sin(turn))}`;
    const big = end - start > Math.PI ? 1 : 0;
    return this.add("path", { d: `M${short(x)} ${short(y)}L${p(start)}A${short(r)} ${short(r)} 0 ${big} 1 ${p(end)}Z` }, style);
  }
  curve(x0, y0, cx, cy, x1, y1, style) {
    this.add("path", { d: `M${short(x0)} ${short(y0)}Q${short(cx)} ${short(cy)} ${short(x1)} ${short(y1)}` }, style);
  }
  polygons(list, style) {
    const line = (points) => `M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join("L")}Z`;
    if (list.length) this.add("path", { d: list.map(line).join("") }, style);
  }
  text(string, x, y, style) {
    const anchor = { left: "start", right: "end" }[style.align] ?? "middle";
    const place = { x: short(x), y: short(y), "text-anchor": anchor, "dominant-baseline": "central" };
    const font = {
      "font-family": FONT, "font-size": short(style.size ?? 12), "font-weight": style.weight ?? 400,
      ...(style.italic ? { "font-style": "italic" } : {}),
    };
    const halo = style.halo ? { stroke: style.halo, width: style.haloWidth ?? 3.5 } : {};
    const node = this.add("text", { ...place, ...font }, { fill: style.fill, alpha: style.alpha, ...halo });
    if (style.halo) this.set(node, { "paint-order": "stroke", "stroke-linejoin": "round" });
    node.textContent = string;
  }
  toString() {
    return new XMLSerializer().serializeToString(this.root);
  }
}
