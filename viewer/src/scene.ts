// One frame of the map, from the sea bed up.

import { canvas, view } from "./camera";
import { drawAssets, drawOutside, drawTools, plan, type Frame } from "./land";
import { drawLabels, Room, type Box } from "./labels";
import { drawLinks } from "./links";
import { CanvasPen, type Pen } from "./pen";
import { drawBridges, drawFog, drawLand, drawMoats, drawWater, seen } from "./sea";
import { theme } from "./theme";

export const last = { frame: null as Frame | null, room: new Room(), draws: 0 };

export function drawScene(pen: Pen, reserved: Box[]): { frame: Frame; room: Room } {
  const room = new Room();
  for (const box of reserved) room.reserve(box);
  const frame = plan(seen());
  drawWater(pen, frame.islands);
  drawBridges(pen, frame.close);
  drawMoats(pen, frame.islands, frame.close);
  drawLand(pen, frame.islands);
  drawFog(pen, frame.islands);
  drawTools(pen, frame);
  drawAssets(pen, frame);
  drawOutside(pen, frame);
  drawLinks(pen, frame);
  drawLabels(pen, frame, room);
  return { frame, room };
}

const context = canvas.getContext("2d", { alpha: false })!;
let pen: CanvasPen | null = null;
let ratio = 0;
let waiting = 0;
let after: () => void = () => {};
// The boxes of the controls that lie over the map.
let covered: () => Box[] = () => [];

export function startScene(controls: () => Box[], then: () => void): void {
  covered = controls;
  after = then;
}

export function resizeScene(width: number, height: number): void {
  const now = window.devicePixelRatio || 1;
  view.width = width;
  view.height = height;
  canvas.width = Math.round(width * now);
  canvas.height = Math.round(height * now);
  if (ratio !== now) pen = null;
  ratio = now;
}

export function paint(): void {
  cancelAnimationFrame(waiting);
  waiting = 0;
  pen ??= new CanvasPen(context, ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = theme().sea;
  context.fillRect(0, 0, view.width + 1, view.height + 1);
  Object.assign(last, drawScene(pen, covered()));
  last.draws++;
  after();
}
export function redraw(): void {
  if (!waiting) waiting = requestAnimationFrame(paint);
}
