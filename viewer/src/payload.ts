// The form of the data in the page (siloscope/map/2), and how its columns are read.

export type Column = number[] | { runs: number[] };
export interface Front { shared: number[]; rest: string }

export interface AssetColumns {
  first: number; count: number; id: Front; url: Front | null; tail: Column; name: string;
  kind: Column; department: Column; owner: Column; environment: Column; source: Column; cost: Column; used: Column;
  capabilities: number[][]; sign: Column; stage: Column; costClass: Column; usedClass: Column; change: Column; to: Column; wave: Column;
}
export interface EdgeColumns {
  out?: Column; source?: number[]; at?: number[];
  target: number[]; verb: string; how: string; where: Column; confidence: Column; change: Column;
}
export interface LayoutColumns {
  extent: number[]; islands: number[][]; tools: number[][]; outside: number[][]; coasts: number[][][]; routes: Record<string, number[]>;
}
export interface ModeColumns { key: string; label: string; legend: [string, string][]; tools?: number[]; shares?: number[][]; scale?: number }
export interface Finding {
  id: string; rule: number; sign: number; title: number; score: number; subjects: number[];
  others?: number[]; because?: [number, number][]; saving?: number; coverage?: number; points?: number; accepted?: number;
}
export interface Fog { source: number; island: number; tools: number[]; slices: number; missing: number[][] }
export interface Plan {
  summary: Record<string, number>; disposition: number[]; target: number[]; because: [number, number][][];
  waves: number[][]; steps: number[][]; flows: number[][]; off: number[]; last: number;
}
export interface Payload {
  schema: string; title: string; scan: [string, string]; since: string; unit: [number, number, number];
  signs: [string, string, string][]; colours: Record<string, Record<string, string>>; verbs: string[]; ways: number[]; kinds: string[]; families: string[];
  islands: [string, number, number, number][];
  tools: {
    id: string[]; name: number[]; instance: number[]; vendor: number[]; island: number[]; assets: number[]; cost: number[]; costSource: number[];
    use: number[]; capabilities: number[][]; renewal: number[]; seats: number[]; users: number[]; sign: Column; change: Column;
  };
  outside: { id: string[]; name: string[]; home: number[]; islands: number[]; sign: Column; change: Column };
  layouts: Record<string, LayoutColumns>; lenses: Record<string, number[][]>; modes: ModeColumns[];
  findings: Finding[]; fog: Fog[]; coverage: [number, number]; plan: Plan | null; strings: string[];
  assets?: AssetColumns; edges?: EdgeColumns; partners?: number[][]; feed?: number;
}

// Writes a column into an array from `first` on; `map` translates numbers of strings.
export function fill(into: { [n: number]: number }, column: Column | undefined, first: number, map?: Int32Array): void {
  if (!column) return;
  if (Array.isArray(column)) {
    for (let i = 0; i < column.length; i++) into[first + i] = map && column[i] >= 0 ? map[column[i]] : column[i];
    return;
  }
  let n = first;
  const { runs } = column;
  for (let i = 0; i < runs.length; i += 2) {
    const value = map && runs[i] >= 0 ? map[runs[i]] : runs[i];
    for (let k = runs[i + 1]; k > 0; k--) into[n++] = value;
  }
}

// The data of the page: JSON, or JSON as gzip in base64 when it is large.
export async function readPayload(): Promise<Payload> {
  const element = document.getElementById("data") as HTMLScriptElement;
  const content = element.textContent ?? "";
  if (element.type === "application/json") return JSON.parse(content) as Payload;
  const binary = atob(content);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text()) as Payload;
}
