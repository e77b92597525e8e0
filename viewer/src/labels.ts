// Text on the map: measured first, placed where nothing else is, never cut. Every label keeps its box, so that a test can look.

import { cam, free, onScreen, sx, sy, view } from "./camera";
import { coins, diamondSize, dotRadius, gap, NAME_RADIUS, outsideSeen, alphaOf, involved, type Frame } from "./land";
import { ties } from "./links";
import { assetMark, lookOf } from "./look";
import { M, money, plural, type Island } from "./model";
import { notes } from "./notes";
import { fitText, widthOf, type Lettering, type Pen } from "./pen";
import { bridgeCurve, bridges, curveAt, isBridge, isMoated, moatRadius, ringOf, viewColour } from "./sea";
import { same, shown, state } from "./state";
import { inkOn, mix, signMark, theme, type Mark } from "./theme";

export type Box = [number, number, number, number];
export interface Label { text: string; box: Box }

export class Room {
  readonly labels: Label[] = [];
  private kept: Box[] = [];
  reserve(box: Box): void {
    this.kept.push(box);
  }
  isFree(box: Box): boolean {
    const meets = (b: Box) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1];
    return !this.kept.some(meets) && !this.labels.some((label) => meets(label.box));
  }
  take(text: string, box: Box): Label {
    const label = { text, box };
    this.labels.push(label);
    return label;
  }
  leave(label: Label): void {
    this.labels.splice(this.labels.indexOf(label), 1);
  }
}
const boxAt = (x: number, y: number, width: number, height: number): Box => [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
const inside = (box: Box): boolean => box[0] >= 2 && box[2] <= view.width - 2 && box[1] >= 2 && box[3] <= view.height - 2;

export function subline(island: Island): string {
  if (island.kind === "fog") return "nothing seen there";
  const parts = [plural(island.tools.length, "tool"), plural(island.assets, "asset")];
  if (island.cost) parts.push(`${money(island.cost)} a year`);
  return parts.join(" · ");
}
export const cutOff = (island: Island): string =>
  !island.apart || island.kind !== "department" || M.departments.length < 2 ? "" : island.missing ? "no bridge seen" : "cut off: no bridge";
// What was not looked at, by the names of its slices.
export function unseen(island: Island): string {
  if (!island.missing) return "";
  const names = [...new Set(island.fog.flatMap((fog) => fog.missing.map(([listing]) => M.text(listing))))];
  return `not seen: ${names.slice(0, 2).join(", ")}${names.length > 2 ? ` and ${names.length - 2} more` : ""}`;
}

interface Line extends Lettering { text: string; width: number; height: number; mark?: Mark }
interface Title { island: Island; lines: Line[]; top: number; bottom: number; label: Label | null; x: number; y: number; count: number }

// The lines above an island: name, what is special about it, numbers.
function titleLines(island: Island): Line[] {
  const th = theme();
  const scale = view.scale * (view.width > 1500 ? 1.15 : 1);
  const muted = island.kind !== "department";
  const line = (text: string, style: Lettering, mark?: Mark): Line => {
    const sized = { ...style, size: style.size * scale };
    const fitted = fitText(text, 300 * scale, sized);
    return { ...sized, text: fitted, mark, width: widthOf(fitted, sized) + (mark ? 17 * scale : 0), height: sized.size * 1.3 };
  };
  const lines = [line(fitText(island.title, 230 * scale, { size: 15 * scale, weight: 650 }), { size: 15, weight: 650, fill: muted ? th.soft : th.ink, italic: muted })];
  const cut = cutOff(island);
  if (cut && state.view === "dependencies") lines.push(line(cut, { size: 12, weight: 650, fill: state.theme === "dark" ? "#d3a3ff" : "#581a88" }, signMark(M.signOf("I"))));
  if (island.duplicates && (state.view === "duplicates" || (state.view === "dependencies" && state.mode === "finding"))) {
    lines.push(line(plural(island.duplicates, "duplicate"), { size: 12, weight: 650, fill: state.theme === "dark" ? "#ffa95c" : "#9c3800" }, signMark(M.signOf("D"))));
  }
  lines.push(line(subline(island), { size: 11.5, fill: th.soft }));
  const missing = unseen(island);
  if (missing) lines.push(line(missing, { size: 11, italic: true, fill: th.soft }));
  return lines;
}

let titles: { key: string; lines: Line[][] } = { key: "", lines: [] };
function linesOf(island: Island): Line[] {
  const key = `${state.view} ${state.mode} ${state.theme} ${view.scale} ${view.width > 1500}`;
  if (titles.key !== key) titles = { key, lines: M.islands.map(titleLines) };
  return titles.lines[island.i];
}

// The highest and lowest point of a coast, or of the ring around one that is cut off, in map units.
function heights(island: Island): [number, number] {
  const ring = ringOf(island.i);
  if (isMoated(island)) return [island.y - moatRadius(island), island.y + moatRadius(island)];
  if (!ring) return [island.y - island.r * 0.8, island.y + island.r * 0.8];
  const ys = ring.points.map(([, y]) => y);
  return [Math.min(...ys), Math.max(...ys)];
}

// Whether a box keeps clear of the land of other islands.
function offLand(box: Box, own: Island, islands: Island[]): boolean {
  for (const other of islands) {
    if (other === own) continue;
    const r = (other.r + M.extent.shore) * cam.k;
    const dx = sx(other.x) - Math.min(box[2], Math.max(box[0], sx(other.x)));
    const dy = sy(other.y) - Math.min(box[3], Math.max(box[1], sy(other.y)));
    if (dx * dx + dy * dy > r * r) continue;
    const ring = ringOf(other.i);
    if (!ring) {
      if (dx * dx + dy * dy < (other.r * cam.k) ** 2) return false;
      continue;
    }
    if (ring.points.some(([x, y]) => sx(x) > box[0] - 3 && sx(x) < box[2] + 3 && sy(y) > box[1] - 3 && sy(y) < box[3] + 3)) return false;
    // A box wholly on land meets no coast.
    if (Math.hypot(dx, dy) < 1) return false;
  }
  return true;
}

function drawTitles(pen: Pen, frame: Frame, room: Room): void {
  const pending = [...frame.islands].sort((a, b) => b.r - a.r || a.i - b.i).map((island): Title => {
    const [top, bottom] = heights(island);
    return { island, lines: linesOf(island), top: sy(top), bottom: sy(bottom), label: null, x: 0, y: 0, count: 0 };
  });
  // Names first for all, then the other lines: a number never takes the place of a name.
  for (const title of pending) if (!place(title, room, 1, frame.islands, false)) place(title, room, 1, frame.islands, true);
  // Being cut off, and where the duplicates are, is what the map must say: those go first.
  pending.sort((a, b) => b.lines.length - a.lines.length || a.island.i - b.island.i);
  for (const title of pending) for (let count = title.lines.length; count > title.count && !place(title, room, count, frame.islands, false); count--);
  for (const title of pending) if (title.label) drawTitle(pen, title);
}

function place(title: Title, room: Room, count: number, islands: Island[], loose: boolean): boolean {
  const { island, top, bottom } = title;
  const part = title.lines.slice(0, count);
  const height = part.reduce((sum, line) => sum + line.height, 0);
  const width = Math.max(...part.map((line) => line.width)) + 8;
  const x = sx(island.x);
  const big = island.r * cam.k > view.height * 0.45;
  const spots: [number, number][] = [[x, top - height / 2 - 4], [x, bottom + height / 2 + 4]];
  for (const slide of [0.25, -0.25, 0.5, -0.5]) spots.push([x + slide * width, top - height / 2 - 2]);
  for (const slide of [0.3, -0.3]) spots.push([x + slide * width, bottom + height / 2 + 4]);
  if (big) spots.push([Math.min(Math.max(x, width / 2 + 10), free() - width / 2 - 10), height / 2 + 10]);
  const old = title.label;
  if (old) room.leave(old);
  for (const [px, py] of spots) {
    const box = boxAt(px, py, width, height + 4);
    if (!inside(box) || !room.isFree(box) || !(big || loose || offLand(box, island, islands))) continue;
    Object.assign(title, { label: room.take(part.map((line) => line.text).join("\n"), box), x: px, y: py - height / 2, count });
    return true;
  }
  if (old) title.label = room.take(old.text, old.box);
  return false;
}

function drawTitle(pen: Pen, { lines, count, x, y }: Title): void {
  let top = y;
  for (const line of lines.slice(0, count)) {
    const middle = top + line.height / 2;
    const coin = line.mark ? line.size * 0.55 : 0;
    pen.text(line.text, x + coin * 1.3, middle, { ...line, halo: theme().halo, haloWidth: 4 });
    if (line.mark) pen.coin(x - line.width / 2 + coin, middle, coin, line.mark, "");
    top += line.height;
  }
}

// A name broken into lines that fit a disc around (0, 0), or nothing.
function wrapInDisc(words: string[], r: number, size: number): string[] | null {
  const style = { size, weight: 600 };
  for (let count = 1; count <= Math.min(3, words.length); count++) {
    const lines = balance(words, count, style);
    const tall = (count * size * 1.15) / 2;
    const chord = 2 * Math.sqrt(Math.max(0, (r * 0.9) ** 2 - tall ** 2));
    if (lines.every((line) => widthOf(line, style) <= chord)) return lines;
  }
  return null;
}
function balance(words: string[], count: number, style: Lettering): string[] {
  let best: { lines: string[]; widest: number } | null = null;
  const cut = (start: number, left: number, lines: string[]) => {
    if (left === 1) {
      const all = [...lines, words.slice(start).join(" ")];
      const widest = Math.max(...all.map((line) => widthOf(line, style)));
      if (!best || widest < best.widest) best = { lines: all, widest };
      return;
    }
    for (let end = start + 1; end <= words.length - left + 1; end++) cut(end, left - 1, [...lines, words.slice(start, end).join(" ")]);
  };
  cut(0, count, []);
  return best!.lines;
}

// By radius to the half pixel, so that a moving map need not measure anew.
const wrapped = new Map<string, { lines: string[]; size: number }>();
function nameLines(name: string, r: number): { lines: string[]; size: number } {
  const key = `${Math.round(r * 2)} ${view.scale} ${name}`;
  let found = wrapped.get(key);
  if (!found) {
    if (wrapped.size > 5000) wrapped.clear();
    const words = name.split(" ").slice(0, 8);
    found = { lines: [], size: 8 };
    // A product is known by the end of its name too: "SageMaker" says more than "Amazon…".
    for (const part of words.length > 1 ? [words, words.slice(1)] : [words]) {
      for (let size = Math.min(17 * view.scale, r * 0.34); size >= 7.5 && !found.lines.length; size -= 0.75) {
        const lines = wrapInDisc(part, r, size);
        if (lines) found = { lines, size };
      }
    }
    if (!found.lines.length) found.lines = [fitText(name, r * 1.7, { size: 8, weight: 600 })].filter((line) => line.length > 5);
    wrapped.set(key, found);
  }
  return found;
}

function drawToolNames(pen: Pen, frame: Frame, room: Room): void {
  const named = frame.tools.filter((t) => M.TR[t] * cam.k > 16).sort((a, b) => M.TR[b] - M.TR[a] || a - b);
  for (const t of named) {
    const [x, y, r] = [sx(M.TX[t]), sy(M.TY[t]), M.TR[t] * cam.k];
    if (frame.dots[t] > 0.45) nameAbove(pen, t, x, y, r, room);
    else if (r > NAME_RADIUS || !lookOf(t).mark) nameInside(pen, t, x, y, r, room);
  }
}

function nameInside(pen: Pen, t: number, x: number, y: number, r: number, room: Room): void {
  const { lines, size } = nameLines(M.name(M.nA + t), r);
  if (!lines.length) return;
  const look = lookOf(t);
  const width = Math.max(...lines.map((line) => widthOf(line, { size, weight: 600 })));
  const tall = lines.length * size * 1.15;
  for (const drop of [0, 0.14, 0.28]) {
    const box = boxAt(x, y + drop * r, width, tall);
    if (!inside(box)) return;
    if (!room.isFree(box)) continue;
    room.take(lines.join("\n"), box);
    const fill = look.whole ? look.fill : null;
    const halo = fill ?? (look.hollow ? theme().land : mix(look.fill, theme().land, 0.45));
    const ink = fill ? inkOn(fill) : look.hollow ? theme().soft : theme().ink;
    lines.forEach((line, i) =>
      pen.text(line, x, y + drop * r + (i - (lines.length - 1) / 2) * size * 1.15, { size, weight: 600, fill: ink, halo, haloWidth: 3, alpha: alphaOf(M.nA + t) }));
    return;
  }
}

function nameAbove(pen: Pen, t: number, x: number, y: number, r: number, room: Room): void {
  const style = { size: 12.5 * view.scale, weight: 650 };
  const full = M.name(M.nA + t);
  const instance = M.instance(t);
  for (const text of [instance ? `${full} · ${instance}` : full, full]) {
    const name = fitText(text, Math.max(90, r * 2), style);
    if (text !== full && name !== text) continue;
    for (const py of [y - r - 9, y + r + 9, Math.min(Math.max(y - r + 12, 14), y)]) {
      const box = boxAt(x, py, widthOf(name, style) + 6, style.size * 1.2);
      if (!inside(box) || !room.isFree(box)) continue;
      room.take(name, box);
      pen.text(name, x, py, { ...style, fill: theme().ink, halo: theme().land, haloWidth: 4, alpha: alphaOf(M.nA + t) });
      return;
    }
  }
}

const NAMES = 260;
function drawAssetNames(pen: Pen, frame: Frame, room: Room): void {
  const chosen = involved();
  const symbols: { n: number; x: number; y: number; radius: number; weight: number; pixel: number }[] = [];
  for (const t of frame.tools) {
    const pixel = gap(t);
    if (frame.dots[t] < 0.5 || (pixel < 34 && ![...chosen].some((n) => M.isAsset(n) && M.toolOf[n] === t)) || !M.loaded[t]) continue;
    for (let n = M.first[t]; n < M.first[t + 1]; n++) {
      const [x, y] = [sx(M.x(n)), sy(M.y(n))];
      if (x < -40 || y < -40 || x > view.width + 40 || y > view.height + 40 || !shown[n] || (pixel < 34 && !chosen.has(n))) continue;
      symbols.push({ n, x, y, radius: dotRadius(t), pixel, weight: chosen.has(n) ? 2 : alphaOf(n) < 1 ? -1 : assetMark(n) ? 1 : 0 });
    }
  }
  symbols.sort((a, b) => b.weight - a.weight || a.n - b.n);
  for (const { x, y, radius } of symbols) room.reserve(boxAt(x, y, radius * 1.5, radius * 1.5));
  for (const { n, x, y, radius, pixel } of symbols.slice(0, NAMES)) {
    const size = (pixel > 70 ? 11.5 : 10.5) * view.scale;
    const name = fitText(M.name(n), Math.max(pixel * 2.3, 80), { size });
    for (const side of [1, -1]) {
      const py = y + side * (radius + size * 0.75);
      const box = boxAt(x, py, widthOf(name, { size }) + 4, size * 1.1);
      if (!inside(box) || !room.isFree(box)) continue;
      room.take(name, box);
      pen.text(name, x, py, { size, fill: theme().ink, halo: theme().land, haloWidth: 3, alpha: alphaOf(n) });
      break;
    }
  }
}

function drawBridgeNumbers(pen: Pen, room: Room): void {
  const s = state.selected;
  bridges().forEach((bridge, i) => {
    const mine = { type: "bridge", view: state.view, i } as const;
    const near = same(s, mine) || same(state.hovered, mine) || (s?.type === "island" && (s.i === bridge.a || s.i === bridge.b));
    if (!near || !isBridge(bridge)) return;
    const text = (bridge.there + bridge.back).toLocaleString("en");
    const width = widthOf(text, { size: 12, weight: 700 }) + 16;
    for (const t of [0.5, 0.42, 0.58, 0.35, 0.65]) {
      const [x, y] = curveAt(bridgeCurve(bridge), t);
      const box = boxAt(x, y, width, 20);
      if (!inside(box) || !room.isFree(box)) continue;
      room.take(text, box);
      pen.polygons([[[x - width / 2, y - 10], [x + width / 2, y - 10], [x + width / 2, y + 10], [x - width / 2, y + 10]]], { fill: viewColour() });
      pen.text(text, x, y + 0.5, { size: 12, weight: 700, fill: inkOn(viewColour()) });
      return;
    }
  });
}

function drawOutsideNames(pen: Pen, frame: Frame, room: Room): void {
  const linked = new Set([...ties(frame).map(({ b }) => b), ...involved()]);
  const close = frame.close > 0.6;
  for (const o of outsideSeen()) {
    const n = M.nA + M.nT + o;
    if (!linked.has(n) && !close) continue;
    const style = { size: 11 * view.scale, italic: true };
    const name = fitText(M.raw.outside.name[o], 180, style);
    for (const side of [1, -1]) {
      const y = sy(M.OY[o]) + side * (diamondSize() + style.size * 0.8);
      const box = boxAt(sx(M.OX[o]), y, widthOf(name, style) + 4, style.size * 1.2);
      if (!inside(box) || !room.isFree(box)) continue;
      room.take(name, box);
      pen.text(name, sx(M.OX[o]), y, { ...style, fill: theme().soft, halo: theme().halo });
      break;
    }
  }
}

// Notes: a small flag on what somebody wrote about.
function drawFlags(pen: Pen, room: Room): void {
  for (const { n, island } of notes.places()) {
    const [x, y] = n >= 0 ? [sx(M.x(n)), sy(M.y(n))] : [sx(island!.x), sy(island!.y)];
    const r = n >= 0 ? (M.isTool(n) ? M.TR[n - M.nA] * cam.k : 7) : 0;
    if (!onScreen(n >= 0 ? M.x(n) : island!.x, n >= 0 ? M.y(n) : island!.y, 20)) continue;
    const [fx, fy] = [x - r * 0.71, y - r * 0.71];
    const box = boxAt(fx, fy - 8, 14, 16);
    if (room.isFree(box)) room.take("note", box);
    pen.curve([[fx, fy], [fx, fy - 15]], { stroke: theme().ink, width: 1.6 });
    pen.polygons([[[fx, fy - 16], [fx + 11, fy - 12.5], [fx, fy - 9]]], { fill: "#e4572e", stroke: theme().ink, width: 0.8 });
  }
}

export function drawLabels(pen: Pen, frame: Frame, room: Room): void {
  const letters = coins(frame).filter(({ x, y, r, badge, mark }) => {
    const box = boxAt(x, y, 2 * r, 2 * r);
    if (!badge || !room.isFree(box)) return !badge;
    room.take(mark.letter, box);
    return true;
  });
  drawTitles(pen, frame, room);
  drawToolNames(pen, frame, room);
  // A letter in the middle of a small tool gives way to a title that lies over it.
  for (const { x, y, r, mark, badge } of letters) {
    const box = boxAt(x, y, 1.5 * r, 1.5 * r);
    if (!badge && !room.isFree(box)) continue;
    if (!badge) room.take(mark.letter, box);
    pen.coin(x, y, r, mark, badge ? theme().land : "");
  }
  drawAssetNames(pen, frame, room);
  drawOutsideNames(pen, frame, room);
  drawBridgeNumbers(pen, room);
  drawFlags(pen, room);
}
