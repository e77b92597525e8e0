// Paths, neighbourhoods and impact: what can be reached from a thing. Among assets where they are known, else among tools.

import { M } from "./model";
import { state, type Trace } from "./state";

export interface Reach {
  // Steps from the start by node; the start has 0.
  depth: Map<number, number>;
  // (a depends on b), each once.
  links: [number, number][];
  cut: boolean;
}
const MOST = 4000;
let kept: { trace: Trace; reach: Reach } | null = null;

// [other, way] of a node; a tool stands for all its assets.
function around(n: number): [number, number][] {
  if (M.isTool(n) || M.served) {
    return [...M.partners(M.tool(n))].flatMap(([other, [on, by]]) => [...(on ? [[other, 1]] : []), ...(by ? [[other, -1]] : [])] as [number, number][]);
  }
  return M.links(n).map(({ node, way }) => [node, way]);
}

export function reach(): Reach | null {
  const { trace } = state;
  if (!trace) return (kept = null);
  if (kept?.trace !== trace) kept = { trace, reach: trace.kind === "path" ? path(trace) : flood(trace) };
  return kept.reach;
}

const start = (trace: Trace): number => (M.served ? M.coarse(trace.from) : trace.from);

function flood(trace: Trace): Reach {
  const depth = new Map([[start(trace), 0]]);
  const links = new Map<string, [number, number]>();
  let edge = [start(trace)];
  let cut = false;
  for (let step = 1; edge.length && (trace.kind !== "hops" || step <= trace.depth); step++) {
    const next: number[] = [];
    for (const n of edge) {
      for (const [other, way] of around(n)) {
        if ((trace.kind === "needs" && way < 0) || (trace.kind === "needed" && way > 0)) continue;
        if (!depth.has(other)) {
          if (depth.size >= MOST) {
            cut = true;
            continue;
          }
          depth.set(other, step);
          next.push(other);
        }
        const [a, b] = way > 0 ? [n, other] : [other, n];
        links.set(`${a} ${b}`, [a, b]);
      }
    }
    edge = next;
  }
  return { depth, links: [...links.values()], cut };
}

function path(trace: Trace): Reach {
  const goal = M.served || M.isTool(trace.from) ? M.coarse(trace.to) : trace.to;
  const from = start(trace);
  const before = new Map<number, [number, number]>([[from, [-1, 0]]]);
  let edge = [from];
  const done = (n: number) => n === goal || (M.isTool(goal) && M.coarse(n) === goal);
  let end = -1;
  while (edge.length && end < 0) {
    const next: number[] = [];
    for (const n of edge) {
      for (const [other, way] of around(n)) {
        if (before.has(other)) continue;
        before.set(other, [n, way]);
        if (done(other)) end = other;
        next.push(other);
      }
    }
    edge = next;
  }
  const depth = new Map<number, number>();
  const links: [number, number][] = [];
  const order: number[] = [];
  for (let n = end; n >= 0; n = before.get(n)![0]) {
    order.unshift(n);
    const [previous, way] = before.get(n)!;
    if (previous >= 0) links.unshift(way > 0 ? [previous, n] : [n, previous]);
  }
  order.forEach((n, i) => depth.set(n, i));
  return { depth, links, cut: false };
}
