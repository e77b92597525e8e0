// Two pens with the same strokes: one draws on a canvas, one writes SVG. In screen pixels, but for rings, which are map units.

import { cam } from "./camera";
import { inkOn, type Mark } from "./theme";

export const FONT = 'Inter, "Segoe UI", "SF Pro Text", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif';
const STIPPLE = 4;
// Points of a coast closer than this (pixels) are not told apart.
const NEAR = 2.5;
// Pixels of radius from which on a circle is a path of its own.
const ALONE = 6;
export interface Style { fill?: string | CanvasPattern; stroke?: string; width?: number; alpha?: number; dash?: number[] }
export interface Lettering { size: number; weight?: number; italic?: boolean; fill?: string; halo?: string; haloWidth?: number; align?: "left" | "center"; alpha?: number }
export type Circle = [number, number, number];
export type Points = [number, number][];
// `coarse` is the same with a third of the points, for where they lie closer than pixels; `step` is how far they are apart.
export interface Ring { points: number[][]; step: number; path: Path2D; coarse: Path2D }

const ruler = document.createElement("canvas").getContext("2d")!;
export const fontOf = ({ size = 12, weight = 400, italic = false }: Partial<Lettering>): string => `${italic ? "italic " : ""}${weight} ${size}px ${FONT}`;
const widths = new Map<string, number>();
export function widthOf(text: string, style: Partial<Lettering>): number {
  const font = fontOf(style);
  const key = `${font}\n${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 20_000) widths.clear();
    ruler.font = font;
    widths.set(key, (width = ruler.measureText(text).width));
  }
  return width;
}

// The text, shortened by an ellipsis until it is at most `room` pixels wide.
export function fitText(text: string, room: number, style: Partial<Lettering>): string {
  if (widthOf(text, style) <= room) return text;
  let low = 0;
  let high = Math.min(text.length, 200);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (widthOf(`${text.slice(0, middle)}…`, style) <= room) low = middle;
    else high = middle - 1;
  }
  return low ? `${text.slice(0, low).trimEnd()}…` : "";
}

// Outlines of marks around (0, 0), per unit of size: assets of different families have different shapes.
export function shape(family: string): Points | null {
  if (family === "data") return [[-0.86, -0.86], [0.86, -0.86], [0.86, 0.86], [-0.86, 0.86]];
  if (family === "model") return [[0, -1.15], [1.05, 0.8], [-1.05, 0.8]];
  if (family === "automation") return [[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]];
  return null;
}

export interface Pen {
  circles(list: Circle[], style: Style): void;
  wedges(list: [number, number, number, number, number][], style: Style): void;
  curve(points: Points, style: Style): void;
  polygons(list: Points[], style: Style): void;
  ring(ring: Ring, style: Style): void;
  stipple(list: Circle[], colour: string): void;
  text(text: string, x: number, y: number, style: Lettering): void;
  coin(x: number, y: number, r: number, mark: Mark, ring: string): void;
}

export class CanvasPen implements Pen {
  private coins = new Map<string, HTMLCanvasElement>();
  private texts = new Map<string, HTMLCanvasElement>();
  private stipples = new Map<string, CanvasPattern>();
  constructor(private c: CanvasRenderingContext2D, private ratio: number) {}
  private paint({ fill, stroke, width = 1, alpha = 1, dash }: Style, path?: Path2D): void {
    const c = this.c;
    c.globalAlpha = alpha;
    if (fill) {
      c.fillStyle = fill;
      if (path) c.fill(path);
      else c.fill();
    }
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = width;
      c.lineJoin = "round";
      c.setLineDash(dash ?? []);
      c.lineCap = dash ? "butt" : "round";
      if (path) c.stroke(path);
      else c.stroke();
    }
    c.globalAlpha = 1;
  }
  circles(list: Circle[], style: Style): void {
    const c = this.c;
    this.split(list, style, ([x, y, r]) => {
      c.moveTo(x + r, y);
      c.arc(x, y, r, 0, 2 * Math.PI);
    });
  }
  wedges(list: [number, number, number, number, number][], style: Style): void {
    const c = this.c;
    this.split(list, style, ([x, y, r, start, end]) => {
      if (end - start < 6.283) c.moveTo(x, y);
      else c.moveTo(x + r, y);
      c.arc(x, y, r, start, end);
      c.closePath();
    });
  }
  // Small ones in one path; a larger one alone is a convex shape, which is filled much faster than a path of many.
  private split<T extends [number, number, number, ...number[]]>(list: T[], style: Style, trace: (item: T) => void): void {
    const c = this.c;
    const together: T[] = [];
    for (const item of list) {
      if (item[2] < ALONE || (style.alpha ?? 1) < 1) together.push(item);
      else {
        c.beginPath();
        trace(item);
        this.paint(style);
      }
    }
    if (!together.length) return;
    c.beginPath();
    together.forEach(trace);
    this.paint(style);
  }
  curve(points: Points, style: Style): void {
    const c = this.c;
    c.beginPath();
    c.moveTo(...points[0]);
    if (points.length === 3) c.quadraticCurveTo(...points[1], ...points[2]);
    else for (let i = 1; i < points.length; i++) c.lineTo(...points[i]);
    this.paint(style);
  }
  polygons(list: Points[], style: Style): void {
    const c = this.c;
    c.beginPath();
    for (const points of list) {
      points.forEach(([x, y], i) => (i ? c.lineTo(x, y) : c.moveTo(x, y)));
      c.closePath();
    }
    this.paint(style);
  }
  ring(ring: Ring, style: Style): void {
    const { ratio } = this;
    this.c.setTransform(cam.k * ratio, 0, 0, cam.k * ratio, cam.tx * ratio, cam.ty * ratio);
    this.paint({ ...style, width: (style.width ?? 1) / cam.k, dash: style.dash?.map((v) => v / cam.k) }, ring.step * cam.k * ratio < NEAR ? ring.coarse : ring.path);
    this.c.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  text(text: string, x: number, y: number, style: Lettering): void {
    if (style.halo) return this.stampText(text, x, y, style);
    const c = this.c;
    c.globalAlpha = style.alpha ?? 1;
    this.letter(c, text, x, y, style);
    c.globalAlpha = 1;
  }
  private letter(c: CanvasRenderingContext2D, text: string, x: number, y: number, style: Lettering): void {
    c.font = fontOf(style);
    c.textAlign = style.align ?? "center";
    c.textBaseline = "middle";
    c.direction = "ltr";
    if (style.halo) {
      c.strokeStyle = style.halo;
      c.lineWidth = style.haloWidth ?? 3.5;
      c.lineJoin = "round";
      c.strokeText(text, x, y);
    }
    c.fillStyle = style.fill ?? "#000000";
    c.fillText(text, x, y);
  }
  // The outline of letters costs much: it is drawn once for each text, and stamped while the map moves.
  private stampText(text: string, x: number, y: number, style: Lettering): void {
    const { ratio } = this;
    const key = `${fontOf(style)} ${style.fill} ${style.halo} ${style.haloWidth} ${text}`;
    const width = widthOf(text, style) + 8;
    const height = style.size * 1.5 + 6;
    let stamp = this.texts.get(key);
    if (!stamp) {
      if (this.texts.size > 500) this.texts.clear();
      stamp = document.createElement("canvas");
      stamp.width = Math.ceil(width * ratio);
      stamp.height = Math.ceil(height * ratio);
      const own = stamp.getContext("2d")!;
      own.scale(ratio, ratio);
      this.letter(own, text, width / 2, height / 2, { ...style, align: "center" });
      this.texts.set(key, stamp);
    }
    const left = style.align === "left" ? x - 4 : x - width / 2;
    const c = this.c;
    c.globalAlpha = style.alpha ?? 1;
    c.drawImage(stamp, Math.round(left * ratio) / ratio, Math.round((y - height / 2) * ratio) / ratio, stamp.width / ratio, stamp.height / ratio);
    c.globalAlpha = 1;
  }
  stipple(list: Circle[], colour: string): void {
    const c = this.c;
    let pattern = this.stipples.get(colour);
    if (!pattern) {
      const tile = document.createElement("canvas");
      tile.width = tile.height = STIPPLE * 2;
      const own = tile.getContext("2d")!;
      own.fillStyle = colour;
      for (const [x, y] of [[0, 0], [STIPPLE, STIPPLE]]) own.fillRect(x + 2, y + 2, 1.5, 1.5);
      this.stipples.set(colour, (pattern = c.createPattern(tile, "repeat")!));
    }
    this.circles(list, { fill: pattern });
  }
  // Coins are drawn once for each size and stamped from then on.
  coin(x: number, y: number, r: number, mark: Mark, ring: string): void {
    const size = Math.round(r * 2) / 2;
    const key = `${mark.letter}${mark.colour}${mark.hollow ? 1 : 0}${size}${ring}`;
    let stamp = this.coins.get(key);
    const edge = size + 3;
    if (!stamp) {
      if (this.coins.size > 400) this.coins.clear();
      stamp = document.createElement("canvas");
      stamp.width = stamp.height = Math.ceil(edge * 2 * this.ratio);
      const own = stamp.getContext("2d")!;
      own.scale(this.ratio, this.ratio);
      drawCoin(new CanvasPen(own, this.ratio), edge, edge, size, mark, ring);
      this.coins.set(key, stamp);
    }
    this.c.drawImage(stamp, Math.round((x - edge) * this.ratio) / this.ratio, Math.round((y - edge) * this.ratio) / this.ratio, stamp.width / this.ratio, stamp.height / this.ratio);
  }
}

function drawCoin(pen: Pen, x: number, y: number, r: number, mark: Mark, ring: string): void {
  if (ring) pen.circles([[x, y, r + 1.6]], { fill: ring });
  pen.circles([[x, y, r]], mark.hollow ? { fill: mark.colour, stroke: inkOn(mark.colour), width: 1.2 } : { fill: mark.colour });
  pen.text(mark.letter, x, y + r * 0.06, { size: Math.min(14, r * 1.3), weight: 700, fill: inkOn(mark.colour) });
}

const SVG = "http://www.w3.org/2000/svg";
const short = (v: number): number => Math.round(v * 10) / 10;

export class SvgPen implements Pen {
  readonly root = document.createElementNS(SVG, "svg");
  constructor(width: number, height: number) {
    this.set(this.root, { viewBox: `0 0 ${width} ${height}`, width, height });
  }
  private set(node: Element, attributes: Record<string, string | number>): void {
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, String(value));
  }
  private add(tag: string, attributes: Record<string, string | number>, { fill: paint, stroke, width = 1, alpha = 1, dash }: Style): Element {
    const node = document.createElementNS(SVG, tag);
    this.set(node, { ...attributes, fill: typeof paint === "string" ? paint : "none" });
    if (stroke) this.set(node, { stroke, "stroke-width": short(width), "stroke-linejoin": "round" });
    if (stroke && !dash) this.set(node, { "stroke-linecap": "round" });
    if (dash) this.set(node, { "stroke-dasharray": dash.map(short).join(" ") });
    if (alpha !== 1) this.set(node, { opacity: Math.round(alpha * 100) / 100 });
    this.root.append(node);
    return node;
  }
  circles(list: Circle[], style: Style): void {
    const arc = ([x, y, r]: Circle) => `M${short(x + r)} ${short(y)}a${short(r)} ${short(r)} 0 1 1 ${short(-2 * r)} 0a${short(r)} ${short(r)} 0 1 1 ${short(2 * r)} 0`;
    if (list.length) this.add("path", { d: list.map(arc).join("") }, style);
  }
  wedges(list: [number, number, number, number, number][], style: Style): void {
    const p = (x: number, y: number, r: number, turn: number) => `${short(x + r * Math.cos(turn))} ${short(y + r * Math.sin(turn))}`;
    this.circles(list.filter(([, , , start, end]) => end - start >= 6.283).map(([x, y, r]) => [x, y, r]), style);
    const parts = list.filter(([, , , start, end]) => end - start < 6.283)
      .map(([x, y, r, start, end]) => `M${short(x)} ${short(y)}L${p(x, y, r, start)}A${short(r)} ${short(r)} 0 ${end - start > Math.PI ? 1 : 0} 1 ${p(x, y, r, end)}Z`);
    if (parts.length) this.add("path", { d: parts.join("") }, style);
  }
  curve(points: Points, style: Style): void {
    const [first, ...rest] = points.map(([x, y]) => `${short(x)} ${short(y)}`);
    this.add("path", { d: rest.length === 2 ? `M${first}Q${rest.join(" ")}` : `M${first}L${rest.join("L")}` }, style);
  }
  polygons(list: Points[], style: Style): void {
    const line = (points: Points) => `M${points.map(([x, y]) => `${short(x)} ${short(y)}`).join("L")}Z`;
    if (list.length) this.add("path", { d: list.map(line).join("") }, style);
  }
  ring(ring: Ring, style: Style): void {
    this.polygons([ring.points.map(([x, y]) => [x * cam.k + cam.tx, y * cam.k + cam.ty])], style);
  }
  stipple(list: Circle[], colour: string): void {
    const dots: string[] = [];
    for (const [x, y, r] of list) {
      for (let v = Math.ceil((y - r) / STIPPLE) * STIPPLE; v < y + r; v += STIPPLE) {
        for (let u = Math.ceil((x - r) / (2 * STIPPLE)) * 2 * STIPPLE + (Math.round(v / STIPPLE) % 2) * STIPPLE; u < x + r; u += 2 * STIPPLE) {
          if (Math.hypot(u - x, v - y) < r) dots.push(`M${u} ${v}h1.4v1.4h-1.4z`);
        }
      }
    }
    if (dots.length) this.add("path", { d: dots.join("") }, { fill: colour });
  }
  text(text: string, x: number, y: number, style: Lettering): void {
    const node = this.add("text", {
      x: short(x), y: short(y), "text-anchor": style.align === "left" ? "start" : "middle", "dominant-baseline": "central",
      "font-family": FONT, "font-size": short(style.size), "font-weight": style.weight ?? 400, ...(style.italic ? { "font-style": "italic" } : {}),
    }, { fill: style.fill, alpha: style.alpha, ...(style.halo ? { stroke: style.halo, width: style.haloWidth ?? 3.5 } : {}) });
    if (style.halo) this.set(node, { "paint-order": "stroke" });
    node.textContent = text;
  }
  coin(x: number, y: number, r: number, mark: Mark, ring: string): void {
    drawCoin(this, x, y, r, mark, ring);
  }
  toString(): string {
    return new XMLSerializer().serializeToString(this.root);
  }
}
