// The upper layers: tools with what their assets are, single assets when there is room for them, and what lies outside.

import { cam, fitted, onScreen, sx, sy, view } from "./camera";
import { assetMark, lookOf, type Look } from "./look";
import { M, type Island } from "./model";
import { shape, type Circle, type Pen, type Points } from "./pen";
import { same, shown, state } from "./state";
import { inkOn, mix, signMark, theme, type Mark } from "./theme";
import { reach } from "./trace";

export const BUDGET = 6000;
const SPECK = 4;
// Tools from this radius on (pixels) carry their name inside and their letter on the rim.
export const NAME_RADIUS = 24;

export interface Frame { islands: Island[]; tools: number[]; dots: Float32Array; drawn: number; close: number }

const smooth = (low: number, high: number, v: number): number => {
  const share = Math.min(1, Math.max(0, (v - low) / (high - low)));
  return share * share * (3 - 2 * share);
};
// Pixels between two neighbouring assets of a tool.
export const gap = (t: number): number => 1.61 * M.seed[t] * cam.k;

// What is on screen, and for each tool how visible its single assets are, within the budget.
export function plan(islands: Island[]): Frame {
  const tools = islands.flatMap((island) => island.tools).filter((t) => onScreen(M.TX[t], M.TY[t], M.TR[t] * cam.k));
  const dots = new Float32Array(M.nT);
  let left = BUDGET;
  let most = 0;
  const screen = view.width * view.height;
  // The overview is of tools: their assets appear when one comes nearer.
  const near = smooth(1.25, 1.8, cam.k / fitted().k);
  for (const t of [...tools].sort((a, b) => gap(b) - gap(a) || a - b)) {
    const wanted = near * smooth(9, 13, gap(t)) * smooth(16, 26, M.TR[t] * cam.k);
    if (wanted < 0.02) continue;
    // No more of them can be on screen than fit there.
    left -= Math.min(M.raw.tools.assets[t], screen / gap(t) ** 2);
    if (left < 0) break;
    dots[t] = wanted;
    most = Math.max(most, wanted);
  }
  return { islands, tools, dots, drawn: tools.length, close: most };
}

// How strongly a node is drawn: less when the filters leave it out, or a trace does not touch it.
export function alphaOf(n: number): number {
  const traced = reach();
  if (!shown[n]) return 0.14;
  if (traced && !traced.depth.has(n) && !(M.isTool(n) && tracedTools().has(n - M.nA))) return 0.22;
  return 1;
}
let touched: { reach: unknown; tools: Set<number> } | null = null;
function tracedTools(): Set<number> {
  const now = reach();
  if (touched?.reach !== now) touched = { reach: now, tools: new Set([...(now?.depth.keys() ?? [])].map((n) => M.tool(n))) };
  return touched.tools;
}

type Discs = Map<string, { list: Circle[]; fill: string; alpha: number }>;
type Wedges = Map<string, { list: [number, number, number, number, number][]; fill: string; alpha: number }>;

// Everything of one colour is one path, and rims are discs below discs: filling is much cheaper than stroking.
export function drawTools(pen: Pen, frame: Frame): void {
  const [below, discs, wedges]: [Discs, Discs, Wedges] = [new Map(), new Map(), new Map()];
  const rings = new Map<string, { list: Circle[]; stroke: string; width: number; alpha: number; dash: number[] }>();
  const th = theme();
  for (const t of frame.tools) {
    const [x, y, r] = [sx(M.TX[t]), sy(M.TY[t]), M.TR[t] * cam.k];
    const look = lookOf(t);
    const alpha = alphaOf(M.nA + t);
    const open = frame.dots[t];
    const gone = look.hollow || Boolean(look.mark?.hollow);
    if (gone && r >= SPECK) push(rings, `hollow ${alpha}`, { stroke: th.soft, width: 1.3, dash: [3, 3], alpha }, [x, y, Math.max(1, r - 0.7)]);
    if (look.hollow) continue;
    const fill = r < SPECK ? speck(look, t) : open ? mix(look.fill, th.land, 0.86 * open) : look.fill;
    let inner = r;
    if (r >= SPECK && !gone) {
      const marked = look.mark && (!look.whole || open > 0.3);
      inner = r - (marked ? Math.min(7, Math.max(1.6, r * 0.13)) : r > 10 ? 1 : 0);
      const rim = marked ? look.mark!.colour : th.rim;
      if (inner < r) push(below, `${rim} ${alpha}`, { fill: rim, alpha }, [x, y, r]);
    }
    push(discs, `${fill} ${alpha}`, { fill, alpha }, [x, y, inner]);
    if (r >= SPECK && open < 0.97) sectors(wedges, look, t, x, y, inner, alpha * (1 - open));
    if (M.fogged.has(t) && r > 9) push(rings, `fog ${alpha}`, { stroke: th.fog, width: 1.6, alpha, dash: [1.6, 3.4] }, [x, y, r + Math.max(2, r * 0.06)]);
  }
  for (const group of [below, discs]) for (const { list, ...style } of group.values()) pen.circles(list, style);
  for (const { list, ...style } of wedges.values()) pen.wedges(list, style);
  for (const { list, ...style } of rings.values()) pen.circles(list, style);
  for (const [choice, width] of [[state.hovered, 1.6], [state.selected, 2.6]] as const) {
    if (choice?.type !== "node" || !M.isTool(choice.n)) continue;
    const t = choice.n - M.nA;
    pen.circles([[sx(M.TX[t]), sy(M.TY[t]), M.TR[t] * cam.k + width]], { stroke: th.select, width });
  }
}

function push<L, G extends { list: L[] }>(groups: Map<string, G>, key: string, style: Omit<G, "list">, item: L): void {
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { ...style, list: [] as L[] } as unknown as G));
  group.list.push(item);
}

// Tools too small for sectors take the colour of what is most on them.
function speck(look: Look, t: number): string {
  if (look.whole || (look.mark && !look.mark.hollow)) return look.mark?.colour ?? look.fill;
  const first = look.shares[0];
  return first ? mix(look.fill, first.mark.colour, Math.max(0.4, first.count / Math.max(1, M.raw.tools.assets[t]))) : look.fill;
}

function sectors(groups: Wedges, look: Look, t: number, x: number, y: number, r: number, alpha: number): void {
  const all = Math.max(1, M.raw.tools.assets[t]);
  let start = -Math.PI / 2;
  for (const { mark, count } of look.shares) {
    const end = start + (2 * Math.PI * Math.min(count, all)) / all;
    // Slivers under a pixel are not seen.
    if ((end - start) * r > 1) push(groups, `${mark.colour} ${alpha}`, { fill: mark.colour, alpha }, [x, y, r, start, end]);
    start = end;
  }
}

export interface Coin { x: number; y: number; r: number; mark: Mark; badge: boolean; t: number }
// Letters of tools: on the rim of those that carry their name, in the middle of the smaller ones.
export function coins(frame: Frame): Coin[] {
  const out: Coin[] = [];
  for (const t of frame.tools) {
    const r = M.TR[t] * cam.k;
    if (r < 6.5 || alphaOf(M.nA + t) < 1) continue;
    const look = lookOf(t);
    const mark = look.mark ?? (look.shares[0] && look.shares[0].count * 4 >= M.raw.tools.assets[t] ? look.shares[0].mark : null);
    if (!mark) continue;
    const badge = r > NAME_RADIUS || frame.dots[t] > 0.4;
    const size = badge ? 8.5 : Math.min(r * 0.62, 12);
    const away = badge ? r * Math.SQRT1_2 : 0;
    const [cx, cy] = [sx(M.TX[t]) + away, sy(M.TY[t]) - away];
    const cut = cx < size || cy < size || cx > view.width - size || cy > view.height - size;
    if (size >= 4.6 && !cut) out.push({ x: cx, y: cy, r: size, mark, badge, t });
  }
  return out;
}

export function drawAssets(pen: Pen, frame: Frame): void {
  const chosen = involved();
  for (const t of frame.tools) if (frame.dots[t] > 0.02) frame.drawn += assetsOf(pen, t, frame.dots[t], chosen);
}
export const dotRadius = (t: number): number => Math.min(9, gap(t) * 0.27);

function assetsOf(pen: Pen, t: number, dots: number, chosen: Set<number>): number {
  const radius = dotRadius(t);
  const groups = new Map<string, { nodes: number[]; mark: Mark | null; family: string; alpha: number }>();
  let drawn = 0;
  for (let n = M.first[t]; n < M.first[t + 1]; n++) {
    const [x, y] = [M.x(n), M.y(n)];
    if (!onScreen(x, y, radius * 2)) continue;
    drawn++;
    const mark = assetMark(n);
    const gone = state.view === "plan" && M.wave[n] > 0 && M.wave[n] <= state.wave;
    const alpha = dots * alphaOf(n) * (gone ? 0.45 : 1);
    const key = `${mark?.letter ?? ""}${mark?.colour ?? ""} ${M.family(n)} ${alpha}`;
    let group = groups.get(key);
    if (!group) groups.set(key, (group = { nodes: [], mark, family: M.family(n), alpha }));
    group.nodes.push(n);
    if (chosen.has(n)) pen.circles([[sx(x), sy(y), radius + 4]], { stroke: theme().select, width: 2.2 });
  }
  for (const { nodes, mark, family, alpha } of groups.values()) {
    const places = nodes.map((n): [number, number] => [sx(M.x(n)), sy(M.y(n))]);
    const style = mark?.hollow ? { stroke: theme().gone, width: 1.4, alpha } : { fill: mark?.colour ?? theme().asset, alpha };
    marks(pen, places, family, radius, style);
    if (!mark || radius <= 5.5 || alpha < 0.5) continue;
    for (const [x, y] of places) pen.text(mark.letter, x, y + 0.5, { size: radius * 1.15, weight: 700, fill: inkOn(mark.hollow ? theme().land : mark.colour), alpha });
  }
  return drawn;
}

function marks(pen: Pen, places: [number, number][], family: string, radius: number, style: object): void {
  const outline = shape(family);
  if (!outline) pen.circles(places.map(([x, y]) => [x, y, radius]), style);
  else pen.polygons(places.map(([x, y]) => outline.map(([dx, dy]) => [x + dx * radius, y + dy * radius])), style);
}

export function involved(): Set<number> {
  const s = state.selected;
  if (s?.type === "finding") return new Set(M.raw.findings[s.i].subjects);
  return new Set(s?.type === "node" ? [s.n] : []);
}

// What others mention and nobody scanned: hollow diamonds in the shallows, those that several departments share first.
const FAR_MOST = 240;
let ranked: { outside: number; order: number[] } | null = null;
function outsideOrder(): number[] {
  if (ranked?.outside !== M.nO) {
    const { islands, sign } = { islands: M.raw.outside.islands, sign: M.sign };
    const weight = (o: number) => (sign[M.nA + M.nT + o] >= 0 ? 100 : 0) + islands[o];
    ranked = { outside: M.nO, order: Array.from({ length: M.nO }, (_, o) => o).sort((a, b) => weight(b) - weight(a) || a - b) };
  }
  return ranked.order;
}
export function outsideSeen(): number[] {
  const chosen = involved();
  const near = outsideOrder().filter((o) => onScreen(M.OX[o], M.OY[o], 12));
  return near.filter((o, k) => k < FAR_MOST || chosen.has(M.nA + M.nT + o));
}
export const diamondSize = (): number => Math.min(8, Math.max(3.2, 50 * cam.k));

export function drawOutside(pen: Pen, frame: Frame): void {
  const th = theme();
  const r = diamondSize();
  const chosen = involved();
  const outline = shape("automation")!;
  const plain = new Map<number, Points[]>();
  for (const o of outsideSeen()) {
    const n = M.nA + M.nT + o;
    const [x, y] = [sx(M.OX[o]), sy(M.OY[o])];
    const diamond = outline.map(([dx, dy]): [number, number] => [x + dx * r, y + dy * r]);
    const sign = M.sign[n];
    const alpha = alphaOf(n);
    frame.drawn++;
    if (sign >= 0 && (state.view === "dependencies" || state.view === "duplicates") && state.mode === "finding") {
      const mark = signMark(sign);
      pen.polygons([diamond], { fill: mark.colour, stroke: th.land, width: 1.2, alpha });
      if (r >= 5.5 && alpha === 1) pen.text(mark.letter, x, y + 0.5, { size: r * 1.15, weight: 700, fill: inkOn(mark.colour) });
    } else {
      plain.set(alpha, [...(plain.get(alpha) ?? []), diamond]);
    }
    if (chosen.has(n) || same(state.hovered, { type: "node", n })) pen.circles([[x, y, r + 4]], { stroke: th.select, width: 2 });
  }
  for (const [alpha, list] of plain) pen.polygons(list, { fill: th.land, stroke: th.soft, width: 1.2, alpha });
}
