// What changes the state: every step of the user goes through here, so that it can be undone and is in the address.

import { fitted, fly, jump, place, viewOf, viewOfIsland, viewOfNodes, whole } from "./camera";
import { forgetLooks } from "./look";
import { M } from "./model";
import { loadFor } from "./remote";
import { redraw } from "./scene";
import { address, applyFilter, FILTERS, filtering, readAddress, state, type Choice, type FilterKey, type Place, type Trace } from "./state";
import { reach } from "./trace";

type Part = "evidence" | "side" | "table" | "chrome" | "resize";
let refresh: (parts: Part[]) => void = () => {};
export function onChange(listener: (parts: Part[]) => void): void {
  refresh = listener;
}

const undone: string[] = [];
const redone: string[] = [];
let byHand = false;
let now = "";

const here = (): string => address(byHand ? place() : null);
// An address of its own is not allowed everywhere a file can be opened (some embedded viewers).
function show(hash: string): void {
  now = hash;
  if (hash === location.hash) return;
  try {
    history.replaceState(null, "", hash || location.pathname + location.search);
  } catch {
    // The map works without; only the link to this view is missing.
  }
}
let settling = 0;
export function movedByHand(): void {
  byHand = true;
  clearTimeout(settling);
  settling = window.setTimeout(() => show(here()), 300);
}

// A step of the user: `change` alters the state, what it was can be had back.
function step(parts: Part[], change: () => void): void {
  const before = here();
  change();
  const after = here();
  if (before !== after) {
    undone.push(before);
    redone.length = 0;
  }
  show(after);
  refresh(parts);
  redraw();
}

function restore(hash: string): void {
  const at = readAddress(hash);
  byHand = Boolean(at);
  forgetLooks();
  applyFilter();
  show(hash);
  refresh(["chrome", "side", "evidence", "table", "resize"]);
  fly(at ?? target(state.selected) ?? fitted());
  redraw();
}
export function undo(): void {
  const hash = undone.pop();
  if (hash === undefined) return;
  redone.push(now);
  restore(hash);
}
export function redo(): void {
  const hash = redone.pop();
  if (hash === undefined) return;
  undone.push(now);
  restore(hash);
}
export const canUndo = (): boolean => undone.length > 0;

function target(choice: Choice | null): Place | null {
  if (choice?.type === "node") return viewOf(choice.n);
  if (choice?.type === "island") return viewOfIsland(M.islands[choice.i]);
  if (choice?.type === "finding" && M.raw.findings[choice.i].subjects.length) return viewOfNodes(M.raw.findings[choice.i].subjects);
  return null;
}

export function select(choice: Choice | null, go = false): void {
  if (choice?.type === "node" && state.pathFrom >= 0 && choice.n !== state.pathFrom) return finishPath(choice.n);
  const all = whole();
  step(["evidence", "chrome", "table"], () => {
    state.selected = choice;
    if (!choice) state.trace = null;
  });
  refresh(["resize"]);
  if (go && choice) {
    byHand = false;
    fly(target(choice) ?? fitted());
    show(here());
  } else if (all) fly(fitted());
  if (choice?.type === "node") loadFor(choice.n, () => refresh(["evidence"]));
}

export function goTo(hash: string): void {
  if (hash !== now) undone.push(now);
  redone.length = 0;
  restore(hash);
}
export function startAt(hash: string): void {
  const at = readAddress(hash);
  byHand = Boolean(at);
  applyFilter();
  now = here();
  refresh(["chrome", "side", "evidence", "table", "resize"]);
  jump(at ?? target(state.selected) ?? fitted());
  if (state.selected?.type === "node") loadFor(state.selected.n, () => refresh(["evidence"]));
}

export function setView(name: string): void {
  step(["chrome", "side", "evidence", "table"], () => {
    state.view = name;
    if (state.selected?.type === "bridge") state.selected = null;
    forgetLooks();
  });
}
export function setMode(key: string): void {
  step(["chrome", "table"], () => {
    state.mode = key;
    forgetLooks();
  });
}
export function setMeasure(measure: string): void {
  step(["chrome"], () => M.setMeasure(measure));
  fitAll();
}
export function setWave(wave: number): void {
  step(["chrome", "side"], () => {
    state.wave = wave;
    forgetLooks();
  });
}
export function setTheme(name: "light" | "dark"): void {
  state.theme = name;
  document.documentElement.dataset.theme = name;
  forgetLooks();
  refresh(["chrome", "side", "evidence", "table"]);
  redraw();
}
export function setTable(on: boolean): void {
  step(["chrome", "table"], () => (state.table = on));
}
export function setFilter(key: FilterKey, value: string): void {
  step(["chrome", "side", "table"], () => {
    state.filter[key] = value;
    applyFilter();
  });
}
export function clearFilters(): void {
  if (!filtering) return;
  step(["chrome", "side", "table"], () => {
    for (const key of FILTERS) state.filter[key] = "";
    applyFilter();
  });
}
export function setTrace(trace: Trace | null): void {
  step(["evidence", "chrome"], () => {
    state.trace = trace;
    state.pathFrom = -1;
  });
  const found = reach();
  if (found && found.depth.size > 1) fly(viewOfNodes([...found.depth.keys()].slice(0, 2000)));
}
export function startPath(n: number): void {
  state.pathFrom = n;
  refresh(["chrome", "evidence"]);
}
function finishPath(n: number): void {
  const from = state.pathFrom;
  setTrace({ kind: "path", from, to: n, depth: 0 });
}
export function cancelPath(): void {
  state.pathFrom = -1;
  refresh(["chrome", "evidence"]);
}
export function fitAll(): void {
  byHand = false;
  fly(fitted());
  show(here());
}
