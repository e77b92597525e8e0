// What is shown: view, colours, filters, selection, trace. It lives in the address, so that a link leads to the same place.

import { M } from "./model";

export type Choice =
  | { type: "node"; n: number } | { type: "island"; i: number } | { type: "bridge"; view: string; i: number } | { type: "finding"; i: number };
export interface Trace { kind: "path" | "hops" | "needs" | "needed"; from: number; to: number; depth: number }
export type FilterKey = "text" | "department" | "capability" | "vendor" | "sign" | "coverage";
export const FILTERS: FilterKey[] = ["text", "department", "capability", "vendor", "sign", "coverage"];

export const state = {
  view: "dependencies",
  mode: "finding",
  theme: "light" as "light" | "dark",
  table: false,
  wave: 0,
  selected: null as Choice | null,
  hovered: null as Choice | null,
  trace: null as Trace | null,
  // A node whose path to the next selected one is wanted.
  pathFrom: -1,
  filter: { text: "", department: "", capability: "", vendor: "", sign: "", coverage: "" } as Record<FilterKey, string>,
};

export const same = (a: Choice | null, b: Choice | null): boolean => a === b || Boolean(a && b && JSON.stringify(a) === JSON.stringify(b));

export interface Place { x: number; y: number; k: number }

// The state as an address; `place` is the camera when it was moved by hand.
export function address(place: Place | null): string {
  const part = new URLSearchParams();
  const s = state.selected;
  if (s?.type === "node") part.set("node", M.id(s.n));
  if (s?.type === "island") part.set("island", M.islands[s.i].name);
  if (s?.type === "finding") part.set("finding", M.raw.findings[s.i].id);
  if (s?.type === "bridge") part.set("bridge", M.raw.lenses[s.view][s.i].slice(0, 2).map((i) => M.islands[i].name).join("|"));
  if (state.view !== "dependencies") part.set("view", state.view);
  if (state.mode !== "finding") part.set("colour", state.mode);
  if (M.measure !== "assets") part.set("size", M.measure);
  if (state.table) part.set("table", "1");
  if (state.view === "plan" && state.wave !== (M.raw.plan?.last ?? 0)) part.set("wave", String(state.wave));
  const t = state.trace;
  if (t) part.set("trace", [t.kind, t.depth, M.id(t.from), ...(t.to >= 0 ? [M.id(t.to)] : [])].join(" "));
  for (const key of FILTERS) if (state.filter[key]) part.set(key, state.filter[key]);
  if (place) part.set("at", [Math.round(place.x), Math.round(place.y), place.k.toPrecision(4)].join(","));
  return part.size ? `#${part}` : "";
}

// Reads an address into the state; returns the camera it asks for.
export function readAddress(hash: string): Place | null {
  const part = new URLSearchParams(hash.replace(/^#/, ""));
  const get = (key: string) => part.get(key) ?? "";
  const view = get("view") || get("lens");
  state.view = view in M.raw.lenses ? view : "dependencies";
  state.mode = M.modes.some((mode) => mode.key === get("colour")) ? get("colour") : "finding";
  const size = get("size") || "assets";
  if (size !== M.measure) M.setMeasure(size);
  state.table = get("table") === "1";
  state.wave = part.has("wave") ? Math.min(Number(get("wave")) || 0, M.raw.plan?.last ?? 0) : (M.raw.plan?.last ?? 0);
  for (const key of FILTERS) state.filter[key] = get(key);
  state.selected = readChoice(get);
  state.trace = readTrace(get("trace"));
  const [x, y, k] = get("at").split(",").map(Number);
  return k > 0 && Number.isFinite(x) && Number.isFinite(y) ? { x, y, k } : null;
}

function readChoice(get: (key: string) => string): Choice | null {
  const n = get("node") ? M.find(get("node")) : -1;
  if (n >= 0) return { type: "node", n };
  const i = get("island") ? M.islands.findIndex((island) => island.name === get("island")) : -1;
  if (i >= 0) return { type: "island", i };
  const f = get("finding") ? M.raw.findings.findIndex((finding) => finding.id === get("finding")) : -1;
  if (f >= 0) return { type: "finding", i: f };
  const rows = get("bridge") ? (M.raw.lenses[state.view] ?? []) : [];
  const b = rows.findIndex(([p, q]) => `${M.islands[p].name}|${M.islands[q].name}` === get("bridge"));
  return b >= 0 ? { type: "bridge", view: state.view, i: b } : null;
}

function readTrace(text: string): Trace | null {
  const [kind, depth, from, to] = text.split(" ");
  if (!["path", "hops", "needs", "needed"].includes(kind)) return null;
  const ends = [M.find(from), to ? M.find(to) : -1];
  return ends[0] < 0 || (kind === "path" && ends[1] < 0) ? null : { kind: kind as Trace["kind"], depth: Number(depth) || 1, from: ends[0], to: ends[1] };
}

// What the filters leave: `shown` is drawn in full, `listed` is a row of the table (assets of a tool found by its name are only shown).
export let shown: Uint8Array = new Uint8Array(0);
export let listed: Uint8Array = new Uint8Array(0);
export let filtering = false;
let haystack: { text: string; at: Int32Array } | null = null;
// Numbers a served search answered with.
let answered: Set<number> | null = null;

export function setAnswer(nodes: number[] | null): void {
  answered = nodes ? new Set(nodes) : null;
}

const words = (): string[] => state.filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
const spelled = (n: number): string => `${M.name(n)} ${M.isTool(n) ? `${M.instance(n - M.nA)} ${M.id(n)}` : ""}`.toLowerCase();
export const matchesText = (n: number): boolean => words().every((word) => spelled(n).includes(word));

function hay(n: number): string {
  if (!haystack) {
    const parts: string[] = [];
    const at = new Int32Array(M.N + 1);
    let length = 0;
    for (let i = 0; i < M.N; i++) {
      const text = M.known(i) ? spelled(i) : "";
      parts.push(text);
      at[i + 1] = length += text.length;
    }
    haystack = { text: parts.join(""), at };
  }
  return haystack.text.slice(haystack.at[n], haystack.at[n + 1]);
}
export function forgetHaystack(): void {
  haystack = null;
}

function passes(n: number): boolean {
  const { department, capability, vendor, sign, coverage } = state.filter;
  if (department && M.department(n) !== department) return false;
  if (capability && !M.capabilitiesOf(n).includes(capability)) return false;
  if (vendor && (M.isOutside(n) || M.vendor(M.tool(n)) !== vendor)) return false;
  if (sign && !(M.findingsOf.get(n) ?? []).some((i) => M.raw.signs[M.raw.findings[i].sign][0] === sign)) return false;
  if (coverage && (M.isOutside(n) || (M.fogged.has(M.tool(n)) ? "partial" : "complete") !== coverage)) return false;
  return true;
}

// A tool is shown when it or one of its assets passes; an asset when it passes, or its tool does by what assets lack.
export function applyFilter(): void {
  if (shown.length !== M.N) [shown, listed] = [new Uint8Array(M.N), new Uint8Array(M.N)];
  const { department, sign } = state.filter;
  const wanted = words();
  filtering = FILTERS.some((key) => state.filter[key].trim());
  if (!filtering) {
    shown.fill(1);
    listed.fill(1);
    return;
  }
  const named = (n: number): boolean => wanted.length === 0 || Boolean(answered?.has(n)) || (M.known(n) && wanted.every((word) => hay(n).includes(word)));
  for (let n = 0; n < M.N; n++) shown[n] = passes(n) && named(n) ? 1 : 0;
  for (let t = 0; t < M.nT; t++) {
    const own = shown[M.nA + t];
    for (let n = M.first[t]; n < M.first[t + 1]; n++) {
      listed[n] = shown[n];
      if (shown[n]) shown[M.nA + t] = 1;
      else if (own && !sign && (!department || M.department(n) === department)) shown[n] = 1;
    }
    listed[M.nA + t] = shown[M.nA + t];
  }
  for (let n = M.nA + M.nT; n < M.N; n++) listed[n] = shown[n];
}
