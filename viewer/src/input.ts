// Pointer and keyboard: what is under a point, and the keys.

import type { QuadtreeLeaf } from "d3-quadtree";
import { cancelPath, clearFilters, fitAll, redo, select, setTable, undo } from "./app";
import { cam, canvas, fly, mx, my, place, view, zoomBy } from "./camera";
import { $, bdi, el } from "./dom";
import { bridgeText } from "./evidence";
import { cutOff, subline, unseen } from "./labels";
import { gap, outsideSeen } from "./land";
import { assetMark, lookOf } from "./look";
import { M, plural, type Spot } from "./model";
import { present, presenting, step } from "./present";
import { bridgeCurve, bridges, bridgeWidth, curveAt, isBridge, ringOf } from "./sea";
import { last, redraw } from "./scene";
import { firstFound } from "./side";
import { same, state, type Choice } from "./state";

function toolAt(x: number, y: number): number {
  let found = -1;
  const reach = Math.max(M.widest, 5 / cam.k);
  M.toolTree.visit((node, x0, y0, x1, y1) => {
    if (!node.length) {
      for (let leaf: QuadtreeLeaf<Spot> | undefined = node; leaf; leaf = leaf.next) {
        const { i } = leaf.data;
        if (Math.hypot(M.TX[i] - x, M.TY[i] - y) <= Math.max(M.TR[i], 5 / cam.k)) found = i;
      }
    }
    return x0 > x + reach || x1 < x - reach || y0 > y + reach || y1 < y - reach;
  });
  return found;
}

// What lies under a point of the screen: the smallest thing first.
export function hit(px: number, py: number): Choice | null {
  const [x, y] = [mx(px), my(py)];
  const near = M.outsideTree.find(x, y, 9 / cam.k);
  if (near && outsideSeen().includes(near.i)) return { type: "node", n: M.nA + M.nT + near.i };
  const t = toolAt(x, y);
  if (t >= 0) {
    if ((last.frame?.dots[t] ?? 0) > 0.4) {
      const reach = Math.min(0.72 * M.seed[t], Math.max(0.3 * gap(t), 5) / cam.k);
      for (let n = M.first[t]; n < M.first[t + 1]; n++) if (Math.hypot(M.x(n) - x, M.y(n) - y) < reach) return { type: "node", n };
    }
    return { type: "node", n: M.nA + t };
  }
  for (const island of M.islands) {
    if (Math.hypot(island.x - x, island.y - y) > island.r + M.extent.shore) continue;
    const ring = ringOf(island.i);
    if (ring ? within(ring.points, x, y) : Math.hypot(island.x - x, island.y - y) < island.r) return { type: "island", i: island.i };
  }
  return bridgeAt(px, py);
}

function within(points: number[][], x: number, y: number): boolean {
  let odd = false;
  for (let i = 0, j = points.length - 1; i < points.length; j = i++) {
    const [[ax, ay], [bx, by]] = [points[i], points[j]];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
  }
  return odd;
}

function bridgeAt(px: number, py: number): Choice | null {
  let best: { distance: number; i: number } | null = null;
  bridges().forEach((bridge, i) => {
    if (!isBridge(bridge)) return;
    const curve = bridgeCurve(bridge);
    for (let k = 1; k < 48; k++) {
      const [x, y] = curveAt(curve, k / 48);
      const distance = Math.hypot(x - px, y - py) - bridgeWidth(bridge) / 2;
      if (distance < 6 && (!best || distance < best.distance)) best = { distance, i };
    }
  });
  return best && { type: "bridge", view: state.view, i: (best as { i: number }).i };
}

function tipLines(found: Choice): string[] {
  if (found.type === "bridge") {
    const { a, b } = bridges()[found.i];
    return [`${M.islands[a].title} – ${M.islands[b].title}`, bridgeText(found.i)];
  }
  if (found.type === "island") return [M.islands[found.i].title, subline(M.islands[found.i]), cutOff(M.islands[found.i]), unseen(M.islands[found.i])];
  if (found.type === "finding") return [];
  const { n } = found;
  if (M.isOutside(n)) return [M.name(n), "mentioned, not scanned"];
  if (M.isAsset(n)) {
    const mark = assetMark(n);
    return [M.name(n), M.kind(n), mark ? `${mark.letter}: ${mark.label}` : ""];
  }
  const t = n - M.nA;
  const look = lookOf(t);
  const shares = look.shares.slice(0, 3).map(({ mark, count }) => `${mark.letter}: ${mark.label}, ${plural(count, "asset")}`);
  return [M.name(n), `${M.instance(t)} · ${plural(M.raw.tools.assets[t], "asset")}`, look.mark ? `${look.mark.letter}: ${look.mark.label}` : "", ...shares];
}

function hover(px: number, py: number): void {
  const tip = $("tip");
  const found = hit(px, py);
  if (!same(found, state.hovered)) {
    state.hovered = found;
    redraw();
  }
  canvas.style.cursor = found ? "pointer" : "";
  tip.hidden = !found;
  if (!found) return;
  tip.replaceChildren(...tipLines(found).filter(Boolean).map((text, i) => el("div", { cls: i ? "sub" : "name" }, [bdi(text.slice(0, 160))])));
  tip.style.left = `${Math.max(4, Math.min(px + 14, view.width - tip.offsetWidth - 8))}px`;
  tip.style.top = `${py + 18 + tip.offsetHeight > view.height ? py - tip.offsetHeight - 10 : py + 18}px`;
}

export function startInput(): void {
  const at = (event: MouseEvent): [number, number] => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  canvas.addEventListener("pointermove", (event) => {
    if (event.buttons) $("tip").hidden = true;
    else hover(...at(event));
  });
  canvas.addEventListener("click", (event) => select(hit(...at(event))));
  canvas.addEventListener("dblclick", (event) => {
    const found = hit(...at(event));
    if (found?.type === "node" || found?.type === "island") select(found, true);
  });
  canvas.addEventListener("pointerleave", () => {
    $("tip").hidden = true;
    if (!state.hovered) return;
    state.hovered = null;
    redraw();
  });
  document.addEventListener("keydown", keys);
}

function escape(event: KeyboardEvent): void {
  if (presenting()) present(false);
  else if (state.pathFrom >= 0) cancelPath();
  else if (state.selected) select(null);
  else clearFilters();
  const target = event.target as HTMLElement;
  if (target.tagName === "INPUT") target.blur();
}

function keys(event: KeyboardEvent): void {
  const target = event.target as HTMLElement;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") return escape(event);
  if (target.id === "search" && (event.key === "Enter" || event.key === "ArrowDown")) {
    event.preventDefault();
    if (event.key === "Enter" && firstFound() >= 0) select({ type: "node", n: firstFound() }, true);
    else $("panel-story").querySelector<HTMLElement>(".link")?.focus();
    return;
  }
  if (/^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
  if (listKeys(event, target)) return;
  const pan = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (presenting() && pan?.[0]) step(pan[0]);
  else if (event.key === "/") $("search").focus();
  else if (event.key === "+" || event.key === "=") zoomBy(1.6);
  else if (event.key === "-") zoomBy(1 / 1.6);
  else if (event.key === "0") fitAll();
  else if (event.key === "u") undo();
  else if (event.key === "U") redo();
  else if (event.key === "t") setTable(!state.table);
  else if (event.key === "p") present(true);
  else if (pan && (target === canvas || target === document.body)) {
    const now = place();
    fly({ x: now.x + (pan[0] * 110) / cam.k, y: now.y + (pan[1] * 110) / cam.k, k: now.k });
  } else return;
  event.preventDefault();
}

// Arrows walk lists of links, as Tab does, and rows of the table.
function listKeys(event: KeyboardEvent, target: HTMLElement): boolean {
  const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!way || !target.classList.contains("link")) return false;
  const all = [...(target.closest("#table-body, [role=tabpanel], #evidence") ?? document).querySelectorAll<HTMLElement>(".link")];
  all[all.indexOf(target) + way]?.focus();
  event.preventDefault();
  return true;
}
