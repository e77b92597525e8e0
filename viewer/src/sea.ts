// The lower layers: water, bridges, land, fog. Everything that is about departments.

import { cam, fitted, onScreen, sx, sy, view } from "./camera";
import { M, type Island } from "./model";
import type { Circle, Pen, Points, Ring } from "./pen";
import { same, state } from "./state";
import { familyColour, mix, theme } from "./theme";

let rings: { coasts: number[][][][]; rings: Ring[][] } | null = null;
// The outline of an island: of its land, or of the water of a depth around it.
export function ringOf(i: number, depth = 0): Ring | null {
  if (rings?.coasts !== M.coasts) {
    rings = {
      coasts: M.coasts,
      rings: M.coasts.map((island) => island.map((points) => {
        const step = Math.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]);
        return { points, step, path: outline(points), coarse: outline(points.filter((_, k) => k % 3 === 0)) };
      })),
    };
  }
  return rings.rings[i][depth] ?? null;
}

function outline(points: number[][]): Path2D {
  const path = new Path2D();
  points.forEach(([x, y], k) => (k ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
  return path;
}

export const seen = (): Island[] => M.islands.filter((island) => onScreen(island.x, island.y, (island.r + 2 * M.extent.shore) * cam.k));

export function drawWater(pen: Pen, islands: Island[]): void {
  const th = theme();
  for (const [depth, fill] of [[2, th.deep], [1, th.shallow]] as const) {
    for (const { i } of islands) {
      const ring = ringOf(i, depth);
      if (ring) pen.ring(ring, { fill });
    }
  }
}

// Clouds along a share of the coast as large as the share of slices not seen; a source of which nothing was seen is one whole cloud.
const clouds = new Map<number, Circle[]>();
let cloudsOf: number[][][][] | null = null;
function cloud(island: Island): Circle[] {
  if (cloudsOf !== M.coasts) {
    clouds.clear();
    cloudsOf = M.coasts;
  }
  let puffs = clouds.get(island.i);
  if (!puffs) clouds.set(island.i, (puffs = island.kind === "fog" ? bank(island) : coastal(island)));
  return puffs;
}

const jitter = (n: number): number => Math.abs(Math.sin(n * 12.9898) * 43758.5453) % 1;
function bank(island: Island): Circle[] {
  const r = island.r;
  return Array.from({ length: 9 }, (_, k) => {
    const turn = (k / 8) * 2 * Math.PI;
    return k === 8 ? [island.x, island.y, r * 0.55] : [island.x + Math.cos(turn) * r * 0.62, island.y + Math.sin(turn) * r * 0.36, r * (0.28 + 0.14 * jitter(k + island.i))];
  });
}
function coastal(island: Island): Circle[] {
  const points = M.coasts[island.i][0];
  const all = island.fog.reduce((sum, fog) => sum + fog.slices, 0);
  const tools = island.fog.flatMap((fog) => fog.tools.map((n) => n - M.nA));
  const dx = tools.reduce((sum, t) => sum + M.TX[t] - island.x, 0);
  const dy = tools.reduce((sum, t) => sum + M.TY[t] - island.y, 0);
  const turn = Math.hypot(dx, dy) < island.r * 0.1 * tools.length ? Math.atan2(island.y, island.x || 1) : Math.atan2(dy, dx);
  const half = Math.max(0.42, Math.min(2.6, (Math.PI * island.missing) / all));
  const step = Math.max(1, Math.round((M.extent.shore * 0.55) / (Math.hypot(points[1][0] - points[0][0], points[1][1] - points[0][1]) || 1)));
  const out: Circle[] = [];
  points.forEach(([x, y], k) => {
    const off = Math.abs(((Math.atan2(y - island.y, x - island.x) - turn + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);
    if (k % step || off > half) return;
    const taper = Math.min(1, (half - off) * 2.2 + 0.35);
    out.push([x, y, M.extent.shore * (0.5 + 0.28 * jitter(k + island.i * 7)) * taper]);
  });
  return out;
}

export function drawFog(pen: Pen, islands: Island[]): void {
  const th = theme();
  for (const island of islands) {
    if (!island.fog.length) continue;
    const puffs = cloud(island).filter(([x, y, r]) => onScreen(x, y, r * cam.k * 1.3)).map(([x, y, r]): Circle => [sx(x), sy(y), r * cam.k]);
    pen.circles(puffs.map(([x, y, r]) => [x, y, r * 1.22]), { fill: th.mist, alpha: 0.45 });
    pen.circles(puffs, { fill: th.mist, alpha: 0.82 });
    // Stipples tell fog from foam where there is no colour.
    pen.stipple(puffs.map(([x, y, r]) => [x, y, r * 0.86]), th.fog);
  }
}

export interface Bridge { a: number; b: number; there: number; back: number; cx: number; cy: number }
let rows: { key: string; bridges: Bridge[] } = { key: "", bridges: [] };
// The bridges of the view that is on; those of the plan are counted up to the wave.
export function bridges(): Bridge[] {
  const key = `${state.view} ${M.measure} ${state.wave}`;
  if (rows.key === key) return rows.bridges;
  const lens = M.raw.lenses[state.view] ?? [];
  const routes = M.raw.layouts[M.measure].routes[state.view] ?? [];
  const all = lens.map(([a, b, there, back], i): Bridge => ({ a, b, there, back, cx: routes[2 * i], cy: routes[2 * i + 1] }));
  if (state.view === "plan") {
    const counts = new Map<string, number>();
    for (const [a, b, wave, count] of M.raw.plan!.flows) if (wave <= state.wave) counts.set(`${a} ${b}`, (counts.get(`${a} ${b}`) ?? 0) + count);
    for (const bridge of all) [bridge.there, bridge.back] = [counts.get(`${bridge.a} ${bridge.b}`) ?? 0, counts.get(`${bridge.b} ${bridge.a}`) ?? 0];
  }
  rows = { key, bridges: all };
  return all;
}
// The widest that are always drawn; the others when one of their ends is selected.
const MOST = 48;
let strong: { bridges: Bridge[]; set: Set<Bridge>; most: number } | null = null;
function strongest(): { set: Set<Bridge>; most: number } {
  const all = bridges();
  if (strong?.bridges !== all) {
    const order = [...all].sort((p, q) => q.there + q.back - p.there - p.back || p.a - q.a || p.b - q.b);
    strong = { bridges: all, set: new Set(order.slice(0, MOST)), most: Math.max(1, order.length ? order[0].there + order[0].back : 1) };
  }
  return strong;
}

export function bridgeCurve({ a, b, cx, cy }: Bridge): Points {
  const [p, q] = [M.islands[a], M.islands[b]];
  return [[sx(p.x), sy(p.y)], [sx(cx), sy(cy)], [sx(q.x), sy(q.y)]];
}
export const curveAt = ([[x0, y0], [cx, cy], [x1, y1]]: Points, t: number): [number, number] => [
  (1 - t) ** 2 * x0 + 2 * t * (1 - t) * cx + t * t * x1, (1 - t) ** 2 * y0 + 2 * t * (1 - t) * cy + t * t * y1,
];
export function bridgeWidth(bridge: Bridge): number {
  const zoom = Math.min(1.7, Math.sqrt(cam.k / fitted().k));
  return (1.3 + 12 * Math.sqrt((bridge.there + bridge.back) / strongest().most)) * zoom;
}
export const isBridge = (bridge: Bridge): boolean => {
  const s = state.selected;
  return bridge.there + bridge.back > 0 && (strongest().set.has(bridge) || (s?.type === "island" && (s.i === bridge.a || s.i === bridge.b)));
};

export const viewColour = (): string =>
  state.view === "duplicates" ? familyColour("duplicate") : state.view === "plan" ? theme().migrate : theme().bridge;

function tone(bridge: Bridge, i: number): number {
  const s = state.selected;
  const mine = { type: "bridge", view: state.view, i } as const;
  if (same(s, mine) || same(state.hovered, mine)) return 1;
  if (s?.type === "island") return s.i === bridge.a || s.i === bridge.b ? 0.85 : 0.1;
  return s || state.trace ? 0.14 : 0.55;
}

const crosses = (points: Points, margin: number): boolean => {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  return Math.max(...xs) > -margin && Math.min(...xs) < view.width + margin && Math.max(...ys) > -margin && Math.min(...ys) < view.height + margin;
};

export function drawBridges(pen: Pen, close: number): void {
  const fade = 1 - 0.62 * close;
  const all = bridges();
  for (let i = all.length - 1; i >= 0; i--) {
    const bridge = all[i];
    if (!isBridge(bridge)) continue;
    const curve = bridgeCurve(bridge);
    const width = bridgeWidth(bridge);
    if (!crosses(curve, width)) continue;
    const alpha = tone(bridge, i);
    if (alpha > 0.2) pen.curve(curve, { stroke: theme().halo, width: width + 3, alpha: 0.8 * fade });
    if (state.view === "changes") drawChanges(pen, bridge, curve, width, alpha * fade);
    else pen.curve(curve, { stroke: mix(viewColour(), theme().sea, 1 - Math.min(1, alpha + 0.2)), width, alpha: fade * Math.min(1, alpha + 0.35) });
    if (state.view === "plan") drawHeads(pen, bridge, curve, alpha * fade);
  }
}

// New dependencies as a full line, gone ones dashed beside it.
function drawChanges(pen: Pen, bridge: Bridge, curve: Points, width: number, alpha: number): void {
  const share = bridge.there / (bridge.there + bridge.back);
  if (bridge.there) pen.curve(curve, { stroke: theme().added, width: Math.max(1.6, width * share), alpha: Math.min(1, alpha + 0.3) });
  if (bridge.back) pen.curve(curve, { stroke: theme().gone, width: Math.max(1.6, width * (1 - share)), alpha: Math.min(1, alpha + 0.3), dash: [6, 6] });
}

// Arrow heads where a flow lands.
function drawHeads(pen: Pen, bridge: Bridge, curve: Points, alpha: number): void {
  for (const [count, i, back] of [[bridge.there, bridge.b, false], [bridge.back, bridge.a, true]] as const) {
    if (!count) continue;
    const along = (t: number) => curveAt(curve, back ? 1 - t : t);
    const { x, y } = M.islands[i];
    const ring = ringOf(i);
    const reach = ring ? Math.min(...ring.points.map(([u, v]) => Math.hypot(u - x, v - y))) * cam.k : 0;
    let t = 1;
    while (t > 0.5 && Math.hypot(along(t)[0] - sx(x), along(t)[1] - sy(y)) < Math.max(reach, M.islands[i].r * cam.k) + 4) t -= 0.01;
    pen.polygons([head(along(t - 0.02), along(t), 7 + bridgeWidth(bridge) * 0.9)], { fill: viewColour(), alpha: Math.min(1, alpha * 1.8) });
  }
}

export function head([x0, y0]: [number, number], [x, y]: [number, number], size: number): Points {
  const turn = Math.atan2(y - y0, x - x0);
  const p = (a: number, r: number): [number, number] => [x + Math.cos(turn + a) * r, y + Math.sin(turn + a) * r];
  return [p(0, size * 0.6), p(2.5, size * 0.75), p(-2.5, size * 0.75)];
}

// Just below a pixel: a hairline, which costs half of what a line costs.
const HAIR = 0.99;

export function drawLand(pen: Pen, islands: Island[]): void {
  const th = theme();
  for (const island of islands) {
    const ring = ringOf(island.i);
    if (!ring) continue;
    const chosen = same(state.selected, { type: "island", i: island.i });
    const near = same(state.hovered, { type: "island", i: island.i });
    const fill = island.kind === "department" ? th.land : island.kind === "shared" ? th.shared : th.unassigned;
    pen.ring(ring, { fill, stroke: chosen ? th.select : near ? th.soft : th.shore, width: chosen ? 3 : near ? 2 : HAIR });
  }
}

// An island without any bridge lies behind a dashed ring: nothing crosses it.
export const isMoated = (island: Island): boolean =>
  state.view === "dependencies" && M.departments.length > 1 && island.apart && island.kind === "department" && Boolean(ringOf(island.i));
export const moatRadius = (island: Island): number => island.r + M.extent.shore * 0.85;

export function drawMoats(pen: Pen, islands: Island[], close: number): void {
  const style = { stroke: familyColour("isolated"), width: 2, dash: [3, 6], alpha: 0.95 - 0.5 * close };
  for (const island of islands.filter(isMoated)) pen.circles([[sx(island.x), sy(island.y), moatRadius(island) * cam.k]], style);
}
