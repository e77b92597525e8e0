// The estate: nodes by number (assets, then tools, then outside nodes), where they lie, what links them. Nothing here draws.

import { quadtree, type Quadtree } from "d3-quadtree";
import { fill, type AssetColumns, type EdgeColumns, type Finding, type Fog, type Front, type Payload } from "./payload";

export const GOLDEN = Math.PI * (3 - Math.sqrt(5));
export type Kind = "department" | "shared" | "unassigned" | "fog";
export interface Island {
  i: number; name: string; title: string; kind: Kind; cost: number; apart: boolean;
  tools: number[]; assets: number; fog: Fog[]; missing: number; duplicates: number; x: number; y: number; r: number;
}
export interface Link { node: number; edge: number; way: number }
export interface Mode { key: string; label: string; legend: { letter: string; label: string }[]; tools: number[] | null; shares: number[][] | null; scale: boolean }
export interface Spot { i: number; x: number; y: number }
const KINDS: Kind[] = ["department", "shared", "unassigned", "fog"];
export const CHANGES = ["same", "new", "gone", "changed"];

// Text of the assets of one or more tools; ids are front-coded and read a tool at a time.
class Chunk {
  private shared: number[];
  private rest: string[];
  private urlShared: number[] = [];
  private urlRest: string[] = [];
  private names: string[];
  private nameAt: Int32Array;
  private tail: Int32Array;
  constructor(readonly first: number, readonly count: number, columns: AssetColumns) {
    this.shared = columns.id.shared;
    this.rest = columns.id.rest.split("\n");
    if (columns.url) [this.urlShared, this.urlRest] = [columns.url.shared, columns.url.rest.split("\n")];
    this.tail = new Int32Array(count);
    fill(this.tail, columns.tail, 0);
    this.names = columns.name.split("\n");
    this.nameAt = new Int32Array(count);
    for (let i = 0, k = 0; i < count; i++) if (!this.tail[i]) this.nameAt[i] = k++;
  }
  private read(front: Pick<Front, "shared"> & { rest: string[] }, from: number, to: number): string[] {
    const out: string[] = [];
    let before = "";
    for (let i = from; i < to; i++) out.push((before = before.slice(0, front.shared[i]) + front.rest[i]));
    return out;
  }
  ids(from: number, to: number): string[] {
    return this.read({ shared: this.shared, rest: this.rest }, from - this.first, to - this.first);
  }
  url(n: number, start: number): string {
    return this.urlRest.length ? this.read({ shared: this.urlShared, rest: this.urlRest }, start - this.first, n + 1 - this.first).pop() ?? "" : "";
  }
  name(n: number, id: string): string {
    const tail = this.tail[n - this.first];
    return tail ? id.slice(id.length - tail) : this.names[this.nameAt[n - this.first]];
  }
}

// All edges, those of a node by number. A page of its own has all of them sorted by source; a served page adds as it learns.
class Edges {
  source: Int32Array | number[] = [];
  target: number[] = [];
  verb = "";
  how = "";
  where: number[] = [];
  confidence: number[] = [];
  change: number[] = [];
  private from: Int32Array | null = null;
  private into: Int32Array | null = null;
  private incoming: Int32Array | null = null;
  private known = new Set<number>();
  private by = new Map<number, number[]>();

  load(columns: EdgeColumns, N: number): void {
    const out = new Int32Array(N);
    fill(out, columns.out, 0);
    const count = columns.target.length;
    this.from = new Int32Array(N + 1);
    for (let n = 0; n < N; n++) this.from[n + 1] = this.from[n] + out[n];
    const source = new Int32Array(count);
    for (let n = 0; n < N; n++) source.fill(n, this.from[n], this.from[n + 1]);
    this.into = new Int32Array(N + 1);
    for (const target of columns.target) this.into[target + 1]++;
    for (let n = 0; n < N; n++) this.into[n + 1] += this.into[n];
    this.incoming = new Int32Array(count);
    const next = this.into.slice();
    for (let e = 0; e < count; e++) this.incoming[next[columns.target[e]]++] = e;
    this.source = source;
    this.target = columns.target;
    [this.verb, this.how] = [columns.verb, columns.how];
    fill(this.where, columns.where, 0);
    fill(this.confidence, columns.confidence, 0);
    fill(this.change, columns.change, 0);
  }
  add(columns: EdgeColumns, strings: Int32Array): void {
    const wide = { where: [] as number[], confidence: [] as number[], change: [] as number[] };
    fill(wide.where, columns.where, 0, strings);
    fill(wide.confidence, columns.confidence, 0);
    fill(wide.change, columns.change, 0);
    columns.at?.forEach((at, i) => {
      if (this.known.has(at)) return;
      this.known.add(at);
      const e = this.target.length;
      const [a, b] = [columns.source![i], columns.target[i]];
      (this.source as number[]).push(a);
      this.target.push(b);
      this.verb += columns.verb[i];
      this.how += columns.how[i];
      this.where.push(wide.where[i] ?? 0);
      this.confidence.push(wide.confidence[i]);
      this.change.push(wide.change[i]);
      for (const n of new Set([a, b])) this.by.set(n, [...(this.by.get(n) ?? []), e]);
    });
  }
  get count(): number {
    return this.target.length;
  }
  of(n: number): number[] {
    if (!this.from || !this.into || !this.incoming) return this.by.get(n) ?? [];
    const out: number[] = [];
    for (let e = this.from[n]; e < this.from[n + 1]; e++) out.push(e);
    for (let i = this.into[n]; i < this.into[n + 1]; i++) if (this.source[this.incoming[i]] !== n) out.push(this.incoming[i]);
    return out;
  }
}

export class Model {
  readonly nA: number;
  readonly nT: number;
  readonly nO: number;
  readonly N: number;
  readonly first: Int32Array;
  readonly toolOf: Int32Array;
  readonly islands: Island[];
  readonly departments: Island[];
  readonly modes: Mode[];
  readonly sign: Int8Array;
  readonly change: Uint8Array;
  readonly fogged = new Set<number>();
  readonly edges = new Edges();
  readonly loaded: Uint8Array;
  readonly col: Record<"kind" | "department" | "owner" | "environment" | "source" | "cost" | "used" | "to", Int32Array>;
  readonly cat: Record<"stage" | "cost" | "use", Int8Array>;
  readonly wave: Uint8Array;
  readonly capabilities: number[][];
  readonly findingsOf = new Map<number, number[]>();
  readonly served: boolean;
  strings: string[];
  stringAt: Map<string, number> | null = null;
  // The layout of the measure that is shown.
  measure = "assets";
  TX!: number[]; TY!: number[]; TR!: number[]; OX!: number[]; OY!: number[];
  seed!: Float64Array;
  // Per island its rings: the land, the shallows, the deeper water; each a list of points.
  coasts!: number[][][][];
  extent!: { left: number; top: number; right: number; bottom: number; shore: number; label: number };
  toolTree!: Quadtree<Spot>;
  outsideTree!: Quadtree<Spot>;
  widest = 0;
  private chunks: Chunk[] = [];
  private chunkOf: Int32Array;
  private idsOf = new Map<number, string[]>();
  private spiral: Float32Array;
  private partnersOf: Map<number, Map<number, [number, number]>> | null = null;

  constructor(readonly raw: Payload) {
    const { tools, outside } = raw;
    this.served = !raw.assets;
    this.strings = raw.strings;
    this.nT = tools.id.length;
    this.nO = outside.id.length;
    this.first = new Int32Array(this.nT + 1);
    for (let t = 0; t < this.nT; t++) this.first[t + 1] = this.first[t] + tools.assets[t];
    this.nA = this.first[this.nT];
    this.N = this.nA + this.nT + this.nO;
    const { nA, nT, N } = this;
    this.toolOf = new Int32Array(nA);
    for (let t = 0; t < nT; t++) this.toolOf.fill(t, this.first[t], this.first[t + 1]);
    this.islands = raw.islands.map(([name, kind, cost, apart], i) => ({
      i, name, kind: KINDS[kind], cost, apart: Boolean(apart), tools: [], assets: 0, fog: [], missing: 0, duplicates: 0, x: 0, y: 0, r: 0,
      title: kind === 1 ? "Shared" : kind === 2 ? "Unassigned" : name,
    }));
    this.departments = this.islands.filter((island) => island.kind === "department");
    this.modes = raw.modes.map((mode) => ({
      key: mode.key, label: mode.label, scale: Boolean(mode.scale), tools: mode.tools ?? null, shares: mode.shares ?? null,
      legend: mode.legend.map(([letter, label]) => ({ letter, label })),
    }));
    const shares = this.modes[0].shares ?? [];
    const duplicate = this.signOf("D");
    for (let t = 0; t < nT; t++) {
      const island = this.islands[tools.island[t]];
      island.tools.push(t);
      island.assets += tools.assets[t];
      for (let k = 0; k < (shares[t]?.length ?? 0); k += 2) if (shares[t][k] === duplicate) island.duplicates += shares[t][k + 1];
    }
    for (const fog of raw.fog) {
      this.islands[fog.island].fog.push(fog);
      this.islands[fog.island].missing += fog.missing.length;
      for (const n of fog.tools) this.fogged.add(n - nA);
    }
    const ints = () => new Int32Array(nA);
    this.col = { kind: ints(), department: ints().fill(-1), owner: ints(), environment: ints(), source: ints(), cost: ints(), used: ints(), to: ints().fill(-1) };
    this.cat = { stage: new Int8Array(nA).fill(-1), cost: new Int8Array(nA).fill(-1), use: new Int8Array(nA).fill(-1) };
    this.wave = new Uint8Array(nA);
    this.capabilities = [];
    this.sign = new Int8Array(N).fill(-1);
    this.change = new Uint8Array(N);
    fill(this.sign, tools.sign, nA);
    fill(this.sign, outside.sign, nA + nT);
    fill(this.change, tools.change, nA);
    fill(this.change, outside.change, nA + nT);
    this.loaded = new Uint8Array(nT);
    this.chunkOf = new Int32Array(nT).fill(-1);
    this.spiral = sunflower(Math.max(1, ...tools.assets));
    if (raw.assets) this.takeAssets(raw.assets);
    if (raw.edges) this.edges.load(raw.edges, N);
    raw.findings.forEach((finding, i) => finding.subjects.forEach((n) => this.findingsOf.set(n, [...(this.findingsOf.get(n) ?? []), i])));
    this.setMeasure("assets");
    delete raw.assets;
    delete raw.edges;
  }

  // Puts the assets of some tools into their columns; `strings` translates the numbers of a served answer.
  takeAssets(columns: AssetColumns, strings?: Int32Array): void {
    const { first, count } = columns;
    const chunk = new Chunk(first, count, columns);
    for (const key of ["department", "owner", "environment", "source", "used"] as const) fill(this.col[key], columns[key], first, strings);
    for (const key of ["kind", "cost", "to"] as const) fill(this.col[key], columns[key], first);
    fill(this.cat.stage, columns.stage, first);
    fill(this.cat.cost, columns.costClass, first);
    fill(this.cat.use, columns.usedClass, first);
    fill(this.sign, columns.sign, first);
    fill(this.change, columns.change, first);
    fill(this.wave, columns.wave, first);
    columns.capabilities.forEach((list, i) => (this.capabilities[first + i] = strings ? list.map((s) => strings[s]) : list));
    for (let t = 0; t < this.nT; t++) {
      if (this.first[t] < first || this.first[t + 1] > first + count || this.loaded[t]) continue;
      this.loaded[t] = 1;
      this.chunkOf[t] = this.chunks.length;
    }
    this.chunks.push(chunk);
  }

  // The numbers that a served answer's strings have here.
  intern(rows: string[]): Int32Array {
    this.stringAt ??= new Map(this.strings.map((text, i) => [text, i]));
    return Int32Array.from(rows, (text) => {
      let at = this.stringAt!.get(text);
      if (at === undefined) {
        at = this.strings.push(text) - 1;
        this.stringAt!.set(text, at);
      }
      return at;
    });
  }

  setMeasure(measure: string): void {
    const layout = this.raw.layouts[measure] ?? this.raw.layouts.assets;
    this.measure = measure in this.raw.layouts ? measure : "assets";
    const [left, top, right, bottom, shore, label] = layout.extent;
    this.extent = { left, top, right, bottom, shore, label };
    [this.TX, this.TY, this.TR] = layout.tools;
    [this.OX, this.OY] = layout.outside;
    this.islands.forEach((island, i) => Object.assign(island, { x: layout.islands[0][i], y: layout.islands[1][i], r: layout.islands[2][i] }));
    this.coasts = layout.coasts.map((rings) => rings.map((steps) => {
      const ring: number[][] = [];
      for (let i = 0, x = 0, y = 0; i < steps.length; i += 2) ring.push([(x += steps[i]), (y += steps[i + 1])]);
      return ring;
    }));
    const [, step, rim] = this.raw.unit;
    this.seed = Float64Array.from(this.TR, (r, t) => Math.min(step, (Math.max(r - rim, r * 0.72)) / Math.sqrt(this.raw.tools.assets[t] + 0.5)));
    const spots = (x: number[], y: number[]) => x.map((_, i) => ({ i, x: x[i], y: y[i] }));
    const tree = () => quadtree<Spot>().x((s) => s.x).y((s) => s.y);
    this.toolTree = tree().addAll(spots(this.TX, this.TY));
    this.outsideTree = tree().addAll(spots(this.OX, this.OY));
    this.widest = Math.max(0, ...this.TR);
  }

  text = (n: number): string => this.strings[n] ?? "";
  // The sign with a letter.
  signOf = (letter: string): number => this.raw.signs.findIndex(([each]) => each === letter);
  isAsset = (n: number): boolean => n < this.nA;
  isTool = (n: number): boolean => n >= this.nA && n < this.nA + this.nT;
  isOutside = (n: number): boolean => n >= this.nA + this.nT;
  // The tool of a node, or -1.
  tool = (n: number): number => (this.isAsset(n) ? this.toolOf[n] : this.isTool(n) ? n - this.nA : -1);
  islandOf = (n: number): number => (this.isOutside(n) ? -1 : this.raw.tools.island[this.tool(n)]);
  x(n: number): number {
    if (!this.isAsset(n)) return this.isTool(n) ? this.TX[n - this.nA] : this.OX[n - this.nA - this.nT];
    const t = this.toolOf[n];
    return this.TX[t] + this.seed[t] * this.spiral[2 * (n - this.first[t])];
  }
  y(n: number): number {
    if (!this.isAsset(n)) return this.isTool(n) ? this.TY[n - this.nA] : this.OY[n - this.nA - this.nT];
    const t = this.toolOf[n];
    return this.TY[t] + this.seed[t] * this.spiral[2 * (n - this.first[t]) + 1];
  }
  private ids(t: number): string[] {
    let ids = this.idsOf.get(t);
    if (!ids) {
      if (this.idsOf.size > 400) this.idsOf.clear();
      this.idsOf.set(t, (ids = this.chunks[this.chunkOf[t]].ids(this.first[t], this.first[t + 1])));
    }
    return ids;
  }
  known = (n: number): boolean => !this.isAsset(n) || Boolean(this.loaded[this.toolOf[n]]);
  // Names of assets that are not loaded but were mentioned by something that is.
  readonly mentioned = new Map<number, string>();
  id(n: number): string {
    if (this.isTool(n)) return this.raw.tools.id[n - this.nA];
    if (this.isOutside(n)) return this.raw.outside.id[n - this.nA - this.nT];
    const t = this.toolOf[n];
    return this.loaded[t] ? this.ids(t)[n - this.first[t]] : "";
  }
  name(n: number): string {
    if (this.isTool(n)) return this.text(this.raw.tools.name[n - this.nA]) || this.raw.tools.id[n - this.nA];
    if (this.isOutside(n)) return this.raw.outside.name[n - this.nA - this.nT];
    const t = this.toolOf[n];
    return this.loaded[t] ? this.chunks[this.chunkOf[t]].name(n, this.ids(t)[n - this.first[t]]) : (this.mentioned.get(n) ?? "an asset not loaded yet");
  }
  url(n: number): string {
    const t = this.toolOf[n];
    return this.loaded[t] ? this.chunks[this.chunkOf[t]].url(n, this.first[t]) : "";
  }
  instance = (t: number): string => this.text(this.raw.tools.instance[t]);
  vendor = (t: number): string => this.text(this.raw.tools.vendor[t] ?? 0);
  // The node with an id, or -1.
  find(id: string): number {
    const tool = this.raw.tools.id.indexOf(id);
    if (tool >= 0) return this.nA + tool;
    const outside = this.raw.outside.id.indexOf(id);
    if (outside >= 0) return this.nA + this.nT + outside;
    for (const chunk of this.chunks) {
      for (let t = 0; t < this.nT; t++) {
        if (this.chunks[this.chunkOf[t]] !== chunk) continue;
        const i = chunk.ids(this.first[t], this.first[t + 1]).indexOf(id);
        if (i >= 0) return this.first[t] + i;
      }
    }
    return -1;
  }
  department(n: number): string {
    if (this.isAsset(n) && this.col.department[n] >= 0) return this.text(this.col.department[n]) || "unassigned";
    const island = this.islandOf(n);
    return island < 0 ? "" : this.islands[island].name;
  }
  capabilitiesOf(n: number): string[] {
    const list = this.isTool(n) ? this.raw.tools.capabilities[n - this.nA] : this.isAsset(n) ? this.capabilities[n] : [];
    return (list ?? []).map(this.text);
  }
  cost = (n: number): number => (this.isAsset(n) ? this.col.cost[n] : this.isTool(n) ? this.raw.tools.cost[n - this.nA] : 0);
  family = (n: number): string => this.raw.families[this.col.kind[n]];
  kind = (n: number): string =>
    this.isTool(n) ? "tool" : this.isOutside(n) ? "outside, not scanned" : this.known(n) ? this.raw.kinds[this.col.kind[n]] : "asset";

  private verbAt = (e: number): number => this.edges.verb.charCodeAt(e) - 97;
  verb = (e: number): string => this.raw.verbs[this.verbAt(e)];
  how = (e: number): string => ["exact", "inside", "outside", "inferred"][Number(this.edges.how[e])];
  // 1: the source depends on the target; -1: the other way round; 0: structure.
  way = (e: number): number => this.raw.ways[this.verbAt(e)];
  // Dependencies of a node itself: way 1 to what it depends on, -1 to what needs it.
  links(n: number): Link[] {
    const out: Link[] = [];
    for (const edge of this.edges.of(n)) {
      const way = this.way(edge);
      if (!way || this.edges.change[edge] === 2) continue;
      const own = this.edges.source[edge] === n;
      out.push({ node: own ? this.edges.target[edge] : this.edges.source[edge], edge, way: own ? way : -way });
    }
    return out;
  }
  // Per tool: the tools and outside nodes it is linked with, as [depends on, needed by] counts.
  partners(t: number): Map<number, [number, number]> {
    this.partnersOf ??= this.raw.partners ? this.givenPartners(this.raw.partners) : this.countPartners();
    return this.partnersOf.get(t) ?? new Map();
  }
  private givenPartners(rows: number[][]): Map<number, Map<number, [number, number]>> {
    return new Map(rows.map((row, t) => {
      const mine = new Map<number, [number, number]>();
      for (let i = 0; i < row.length; i += 3) mine.set(row[i], [row[i + 1], row[i + 2]]);
      return [t, mine];
    }));
  }
  private countPartners(): Map<number, Map<number, [number, number]>> {
    const all = new Map<number, Map<number, [number, number]>>();
    const count = (t: number, node: number, side: 0 | 1) => {
      if (t < 0) return;
      let mine = all.get(t);
      if (!mine) all.set(t, (mine = new Map()));
      const pair = mine.get(node) ?? [0, 0];
      pair[side]++;
      mine.set(node, pair);
    };
    for (let e = 0; e < this.edges.count; e++) {
      const way = this.way(e);
      if (!way || this.edges.change[e] === 2) continue;
      const [a, b] = way > 0 ? [this.edges.source[e], this.edges.target[e]] : [this.edges.target[e], this.edges.source[e]];
      const [p, q] = [this.coarse(a), this.coarse(b)];
      if (p === q) continue;
      count(this.tool(a), q, 0);
      count(this.tool(b), p, 1);
    }
    return all;
  }
  // A node at the grain of tools.
  coarse = (n: number): number => (this.isAsset(n) ? this.nA + this.toolOf[n] : n);

  // The category of an asset in a mode, or -1.
  category(mode: Mode, n: number): number {
    if (mode.key === "finding") return this.sign[n];
    if (mode.tools) return mode.tools[this.toolOf[n]];
    return this.cat[mode.key as "stage" | "cost" | "use"][n];
  }
}

// Unit sunflower: x and y of each slot, in steps.
function sunflower(slots: number): Float32Array {
  const out = new Float32Array(2 * slots);
  for (let i = 0; i < slots; i++) {
    const reach = Math.sqrt(i + 0.5);
    out[2 * i] = reach * Math.cos(i * GOLDEN);
    out[2 * i + 1] = reach * Math.sin(i * GOLDEN);
  }
  return out;
}

export let M: Model;
export function setModel(model: Model): void {
  M = model;
}
export const plural = (n: number, one: string, many = `${one}s`): string => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
export function money(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500) return `${(value / 1e6).toFixed(size < 9.95e6 ? 1 : 0)}M`;
  if (size >= 1000) return `${Math.round(value / 1000)}k`;
  return String(Math.round(value));
}
export type { Finding };
