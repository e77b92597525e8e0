// The camera: what part of the map is seen. d3-zoom moves it by wheel, drag and touch; k is pixels per map unit.

import { select } from "d3-selection";
import "d3-transition";
import { zoom, zoomIdentity, zoomTransform, type ZoomTransform } from "d3-zoom";
import { M, type Island } from "./model";
import type { Place } from "./state";

export const canvas = document.createElement("canvas");
export const cam = { k: 1, tx: 0, ty: 0 };
// `inset` is what the card covers on the right, `scale` enlarges text for presentations.
export const view = { width: 800, height: 600, inset: 0, scale: 1 };
const CLOSEST = 1.6;
const FLIGHT = 420;
const calm = matchMedia("(prefers-reduced-motion: reduce)");
let moved: (byHand: boolean) => void = () => {};

export const sx = (x: number): number => x * cam.k + cam.tx;
export const sy = (y: number): number => y * cam.k + cam.ty;
export const mx = (px: number): number => (px - cam.tx) / cam.k;
export const my = (py: number): number => (py - cam.ty) / cam.k;
export const free = (): number => view.width - view.inset;
export const onScreen = (x: number, y: number, r: number): boolean =>
  sx(x) + r > 0 && sx(x) - r < view.width && sy(y) + r > 0 && sy(y) - r < view.height;

const behaviour = zoom<HTMLCanvasElement, unknown>()
  .clickDistance(5)
  .filter((event: MouseEvent | WheelEvent) => event.type !== "dblclick" && (!event.ctrlKey || event.type === "wheel") && !event.button)
  .on("zoom", ({ transform, sourceEvent }: { transform: ZoomTransform; sourceEvent: Event | null }) => {
    Object.assign(cam, { k: transform.k, tx: transform.x, ty: transform.y });
    moved(Boolean(sourceEvent));
  });

export function startCamera(onMove: (byHand: boolean) => void): void {
  moved = onMove;
  select(canvas).call(behaviour);
}

export function fitted(): Place {
  const { left, top, right, bottom } = M.extent;
  const width = Math.max(right - left, 2400);
  const height = Math.max(bottom - top, 1900);
  return { x: (left + right) / 2, y: (top + bottom) / 2, k: Math.min(free() / width, view.height / height) * 0.97 };
}
export const place = (): Place => ({ x: mx(free() / 2), y: my(view.height / 2), k: cam.k });
export const whole = (): boolean => cam.k <= fitted().k * 1.02;

export function bounds(): void {
  const fit = fitted().k;
  const { left, top, right, bottom } = M.extent;
  const margin = Math.max(right - left, bottom - top) * 0.6;
  behaviour.scaleExtent([fit * 0.6, Math.max(CLOSEST, fit)]).translateExtent([[left - margin, top - margin], [right + margin, bottom + margin]])
    .extent([[0, 0], [view.width, view.height]]);
}

const transform = ({ x, y, k }: Place): ZoomTransform => zoomIdentity.translate(free() / 2 - x * k, view.height / 2 - y * k).scale(k);

// Shows a place at once; for pictures and the start.
export function jump(target: Place): void {
  behaviour.transform(select(canvas), transform(target));
}
export function fly(target: Place): void {
  const [least, most] = behaviour.scaleExtent();
  const end = transform({ ...target, k: Math.min(Math.max(target.k, least), most) });
  const chosen = select(canvas);
  chosen.interrupt();
  if (calm.matches) behaviour.transform(chosen, end);
  else chosen.transition().duration(FLIGHT).call(behaviour.transform, end);
}
export const zoomBy = (factor: number): void => fly({ ...place(), k: cam.k * factor });
export const current = (): ZoomTransform => zoomTransform(canvas);

// The camera that shows a node well: an asset with its neighbours, a tool with its assets.
export function viewOf(n: number): Place {
  const wide = Math.min(free(), view.height);
  if (M.isAsset(n)) return { x: M.x(n), y: M.y(n), k: Math.min(CLOSEST, Math.max(cam.k, 34 / M.seed[M.toolOf[n]])) };
  const r = M.isTool(n) ? M.TR[n - M.nA] : 800;
  return { x: M.x(n), y: M.y(n), k: Math.min(0.7, (wide * 0.21) / r) };
}
export const viewOfIsland = (island: Island): Place => ({
  x: island.x, y: island.y - M.extent.label / 2,
  k: Math.min(free(), view.height) / (2 * island.r + 2 * M.extent.shore + M.extent.label * 1.5),
});
export function viewOfNodes(nodes: number[]): Place {
  const xs = nodes.map((n) => M.x(n));
  const ys = nodes.map((n) => M.y(n));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const pad = 900;
  return { x: (left + right) / 2, y: (top + bottom) / 2, k: Math.min(0.5, free() / (right - left + 2 * pad), view.height / (bottom - top + 2 * pad)) };
}
