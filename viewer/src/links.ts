// Links of what is selected or traced: one curve for each other end, bundled along the bridges between islands.

import { cam, sx, sy } from "./camera";
import { dotRadius, type Frame } from "./land";
import { M } from "./model";
import type { Pen, Points, Style } from "./pen";
import { head, bridges } from "./sea";
import { state } from "./state";
import { signMark, theme } from "./theme";
import { reach } from "./trace";

const MOST = 160;
export interface Tie { a: number; b: number; way: number; count: number }

const end = (frame: Frame, n: number): number => (M.isAsset(n) && frame.dots[M.toolOf[n]] < 0.4 ? M.coarse(n) : n);

// From the selected node: way 1 to what it depends on, -1 from what needs it.
export function ties(frame: Frame): Tie[] {
  const s = state.selected;
  if (s?.type !== "node" || state.trace) return [];
  const from = end(frame, s.n);
  const found = new Map<string, Tie>();
  const add = (node: number, way: number, count: number) => {
    const to = end(frame, node);
    if (to === from) return;
    const tie = found.get(`${way} ${to}`);
    if (tie) tie.count += count;
    else found.set(`${way} ${to}`, { a: from, b: to, way, count });
  };
  if (M.isTool(s.n)) {
    for (const [node, [on, by]] of M.partners(s.n - M.nA)) {
      if (on) add(node, 1, on);
      if (by) add(node, -1, by);
    }
  } else {
    for (const { node, way } of M.links(s.n)) add(node, way, 1);
  }
  return [...found.values()].sort((p, q) => q.count - p.count || p.b - q.b).slice(0, MOST);
}

export const radiusOf = (n: number): number =>
  (M.isTool(n) ? M.TR[n - M.nA] * cam.k : M.isAsset(n) ? dotRadius(M.toolOf[n]) : 6) + 2;

export function drawLinks(pen: Pen, frame: Frame): void {
  const th = theme();
  const s = state.selected;
  const traced = reach();
  if (traced) {
    const seen = new Set<string>();
    for (const [a, b] of traced.links) {
      const [p, q] = [end(frame, a), end(frame, b)];
      if (p === q || seen.has(`${p} ${q}`) || seen.size >= MOST * 2) continue;
      seen.add(`${p} ${q}`);
      tie(pen, p, q, { stroke: state.trace!.kind === "needed" ? th.into : th.out, width: state.trace!.kind === "path" ? 3.2 : 1.5, alpha: state.trace!.kind === "path" ? 1 : 0.7 }, true);
    }
    return;
  }
  if (s?.type === "finding") drawFinding(pen, frame, s.i);
  for (const { a, b, way, count } of ties(frame)) {
    const [p, q] = way > 0 ? [a, b] : [b, a];
    tie(pen, p, q, { stroke: way > 0 ? th.out : th.into, width: Math.min(6, 1.2 + 0.6 * Math.sqrt(count)), alpha: 0.85 }, true);
  }
}

// The subjects of a finding, tied to the first of them, which for duplicates is the one to keep.
function drawFinding(pen: Pen, frame: Frame, i: number): void {
  const finding = M.raw.findings[i];
  const stroke = signMark(finding.sign).colour;
  const ends = [...new Set(finding.subjects.map((n) => end(frame, n)))].slice(0, MOST);
  for (const n of ends.slice(1)) tie(pen, ends[0], n, { stroke, width: 2.4, dash: [6, 4], alpha: 0.95 }, false);
  for (const n of ends) pen.circles([[sx(M.x(n)), sy(M.y(n)), radiusOf(n) + 2]], { stroke: theme().select, width: 2.2 });
}

function tie(pen: Pen, a: number, b: number, style: Style, arrow: boolean): void {
  const points = trim(course(a, b), radiusOf(a), radiusOf(b) + (arrow ? 4 : 0));
  if (points.length < 2) return;
  pen.curve(points, { stroke: theme().halo, width: (style.width ?? 1) + 2.5, alpha: 0.6 });
  pen.curve(points, style);
  if (arrow) pen.polygons([head(points[points.length - 2], points[points.length - 1], 7 + (style.width ?? 1))], { fill: style.stroke, alpha: style.alpha });
}

// Over water a link follows the bridge of its islands, so that links with the same course run together.
function course(a: number, b: number): Points {
  const [p, q]: Points = [[sx(M.x(a)), sy(M.y(a))], [sx(M.x(b)), sy(M.y(b))]];
  const [i, j] = [M.islandOf(a), M.islandOf(b)];
  const bridge = i < 0 || j < 0 || i === j ? null : bridges().find((row) => row.a === Math.min(i, j) && row.b === Math.max(i, j));
  if (!bridge) {
    const bend = 0.16;
    const middle: [number, number] = [(p[0] + q[0]) / 2 - (q[1] - p[1]) * bend, (p[1] + q[1]) / 2 + (q[0] - p[0]) * bend];
    return spline([p, middle, q]);
  }
  const gate = (k: number): [number, number] => {
    const island = M.islands[k];
    const [dx, dy] = [bridge.cx - island.x, bridge.cy - island.y];
    const length = Math.hypot(dx, dy) || 1;
    const reach = Math.min(island.r + M.extent.shore * 0.5, length * 0.8);
    return [sx(island.x + (dx / length) * reach), sy(island.y + (dy / length) * reach)];
  };
  return spline([p, gate(i), [sx(bridge.cx), sy(bridge.cy)], gate(j), q]);
}

// A uniform cubic B-spline that starts and ends at the first and last of its points.
function spline(knots: Points): Points {
  const k = [knots[0], knots[0], ...knots, knots[knots.length - 1], knots[knots.length - 1]];
  const out: Points = [];
  const steps = 9;
  for (let i = 0; i + 3 < k.length; i++) {
    for (let s = 0; s < steps; s++) {
      const t = s / steps;
      const w = [(1 - t) ** 3, 3 * t ** 3 - 6 * t * t + 4, -3 * t ** 3 + 3 * t * t + 3 * t + 1, t ** 3].map((v) => v / 6);
      out.push([0, 1].map((axis) => w.reduce((sum, v, m) => sum + v * k[i + m][axis], 0)) as [number, number]);
    }
  }
  out.push(knots[knots.length - 1]);
  return out;
}

// The part of a line outside the discs at its ends.
function trim(points: Points, first: number, last: number): Points {
  const [p, q] = [points[0], points[points.length - 1]];
  return points.filter(([x, y]) => Math.hypot(x - p[0], y - p[1]) >= first && Math.hypot(x - q[0], y - q[1]) >= last);
}
