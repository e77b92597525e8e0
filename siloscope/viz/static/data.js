// The payload unpacked: nodes by number (assets, then tools, then outside nodes), edges both ways,
// findings by node. Nothing here draws.

const raw = JSON.parse(document.getElementById("data").textContent);
const text = (n) => raw.strings[n] ?? "";
const [SPACING, SEED] = raw.unit;
const [LEFT, TOP, RIGHT, BOTTOM, SHORE, LABEL] = raw.extent;
const GOLDEN = Math.PI * (3 - Math.sqrt(5));
const SIGNS = raw.signs.map(([letter, label, family]) => ({ letter, label, family }));
const KEEP_SIGNS = [
  { letter: "K", label: "keep", family: "keep" },
  { letter: "M", label: "migrate", family: "migrate" },
  { letter: "R", label: "retire", family: "retire" },
  { letter: "T", label: "tolerate", family: "none" },
];

function unfront({ shared, rest }) {
  const out = new Array(rest.length);
  let before = "";
  for (let i = 0; i < rest.length; i++) out[i] = before = before.slice(0, shared[i]) + rest[i];
  return out;
}

// Columns of numbers may come as runs: value, times, value, times ...
function unrun(column) {
  if (!column?.runs) return column;
  const out = [];
  for (let i = 0; i < column.runs.length; i += 2) for (let k = 0; k < column.runs[i + 1]; k++) out.push(column.runs[i]);
  return out;
}
for (const part of [raw.assets, raw.edges, raw.plan?.moves ?? {}]) for (const key of Object.keys(part)) part[key] = unrun(part[key]);
if (raw.plan) {
  const { asset, to, wave } = raw.plan.moves;
  let n = 0;
  raw.plan.moves = asset.map((step, i) => [(n += step), to[i], wave[i]]);
}

const at = (column, i, empty = 0) => (column.length ? column[i] : empty);

const T = raw.tools;
const A = raw.assets;
const O = raw.outside;
const nA = A.count;
const nT = T.id.length;
const nO = O.id.length;
const N = nA + nT + nO;
const isAsset = (n) => n < nA;
const isTool = (n) => n >= nA && n < nA + nT;
const isOutside = (n) => n >= nA + nT;

const assetId = unfront(A.id);
const assetUrl = unfront(A.url);
const toolOf = new Int32Array(nA);
const slotOf = new Int32Array(nA);
const firstAsset = new Int32Array(nT + 1);
for (let t = 0, n = 0; t < nT; t++) {
  firstAsset[t] = n;
  for (let slot = 0; slot < T.assets[t]; slot++, n++) {
    toolOf[n] = t;
    slotOf[n] = slot;
  }
  firstAsset[t + 1] = n;
}

const nodeX = new Float64Array(N);
const nodeY = new Float64Array(N);
for (let n = 0; n < nA; n++) {
  const reach = SEED * Math.sqrt(slotOf[n] + 0.5);
  const turn = slotOf[n] * GOLDEN;
  nodeX[n] = T.x[toolOf[n]] + reach * Math.cos(turn);
  nodeY[n] = T.y[toolOf[n]] + reach * Math.sin(turn);
}
for (let t = 0; t < nT; t++) {
  nodeX[nA + t] = T.x[t];
  nodeY[nA + t] = T.y[t];
}
for (let o = 0; o < nO; o++) {
  nodeX[nA + nT + o] = O.x[o];
  nodeY[nA + nT + o] = O.y[o];
}

const ISLAND_KIND = ["department", "shared", "unassigned", "fog"];
const islands = raw.islands.map(([name, kind, x, y, r, cost, apart], i) => ({
  i, name, kind: ISLAND_KIND[kind], x, y, r, cost, apart: Boolean(apart), tools: [], assets: 0, fog: [],
}));
for (const island of islands) {
  if (island.kind === "shared") island.title = "Shared";
  else if (island.kind === "unassigned") island.title = "Unassigned";
  else island.title = island.name;
}
for (let t = 0; t < nT; t++) {
  islands[T.island[t]].tools.push(t);
  islands[T.island[t]].assets += T.assets[t];
}
for (const fog of raw.fog) islands[fog.island].fog.push(fog);
const foggedTools = new Set(raw.fog.flatMap((fog) => fog.tools.map((n) => n - nA)));
const departments = islands.filter((island) => island.kind === "department");

const islandOf = (n) =>
  isAsset(n) ? T.island[toolOf[n]] : isTool(n) ? T.island[n - nA] : -1;

function nodeName(n) {
  if (isTool(n)) return text(T.name[n - nA]) || T.id[n - nA];
  if (isOutside(n)) return O.name[n - nA - nT];
  const name = A.name[n];
  return typeof name === "number" ? assetId[n].slice(assetId[n].length - name) : name;
}
const nodeId = (n) => (isAsset(n) ? assetId[n] : isTool(n) ? T.id[n - nA] : O.id[n - nA - nT]);
const nodeNumber = new Map();
for (let n = N - 1; n >= 0; n--) nodeNumber.set(nodeId(n), n);

function departmentOf(n) {
  if (isAsset(n) && A.department[n] >= 0) return text(A.department[n]) || "unassigned";
  const island = islandOf(n);
  return island < 0 ? "" : islands[island].name;
}

const capabilitiesOf = (n) =>
  (isTool(n) ? T.capabilities[n - nA] : isAsset(n) ? at(A.capabilities, n, []) : []).map(text);

function toolCost(t) {
  if (T.cost[t] !== null) return T.cost[t];
  let sum = 0;
  for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++) sum += at(A.cost, n);
  return sum;
}

// Edges: out[from[n] .. from[n + 1]] leave node n; incoming edges are indexed likewise.
const E = raw.edges;
const nE = E.target.length;
const from = new Int32Array(N + 1);
for (let n = 0; n < N; n++) from[n + 1] = from[n] + (n < E.out.length ? E.out[n] : 0);
const edgeSource = new Int32Array(nE);
for (let n = 0; n < N; n++) edgeSource.fill(n, from[n], from[n + 1]);
const into = new Int32Array(N + 1);
for (const target of E.target) into[target + 1]++;
for (let n = 0; n < N; n++) into[n + 1] += into[n];
const incoming = new Int32Array(nE);
{
  const next = into.slice();
  for (let e = 0; e < nE; e++) incoming[next[E.target[e]]++] = e;
}
const edgeVerb = (e) => raw.verbs[E.verb.charCodeAt(e) - 97];
const edgeHow = (e) => ["exact", "inside", "outside", "inferred"][Number(E.how[e])];
const WAY = { writes: -1, trains: -1, deploys: -1, copies: -1, triggers: -1, contains: 0, owns: 0 };
const edgeWay = (e) => WAY[edgeVerb(e)] ?? 1;

// What node n depends on, and what needs it: [{ node, edge }], structure left out.
function relations(n) {
  const dependsOn = [];
  const neededBy = [];
  const add = (edge, node, way) => {
    if (way > 0) dependsOn.push({ node, edge });
    else if (way < 0) neededBy.push({ node, edge });
  };
  const nodes = isTool(n) ? [n] : [n];
  if (isTool(n)) for (let m = firstAsset[n - nA]; m < firstAsset[n - nA + 1]; m++) nodes.push(m);
  const mine = (m) => isTool(n) && isAsset(m) && toolOf[m] === n - nA;
  for (const node of nodes) {
    for (let e = from[node]; e < from[node + 1]; e++) if (!mine(E.target[e])) add(e, E.target[e], edgeWay(e));
    for (let i = into[node]; i < into[node + 1]; i++) {
      const e = incoming[i];
      if (!mine(edgeSource[e])) add(e, edgeSource[e], -edgeWay(e));
    }
  }
  return { dependsOn, neededBy };
}

// Findings: by node; the best sign of each node; how many assets of a tool carry which sign.
const findings = raw.findings;
const findingsOf = new Map();
findings.forEach((finding, i) => {
  for (const n of finding.subjects) {
    if (!findingsOf.has(n)) findingsOf.set(n, []);
    findingsOf.get(n).push(i);
  }
});
const signOf = new Int8Array(N).fill(-1);
for (const finding of findings) {
  if (finding.accepted) continue;
  for (const n of finding.subjects) if (signOf[n] < 0 || finding.sign < signOf[n]) signOf[n] = finding.sign;
}
// shares[t]: [sign, number of assets] from the most important on; a sign of the tool itself stands apart.
const shares = Array.from({ length: nT }, (_, t) => {
  const counts = new Map();
  for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++)
    if (signOf[n] >= 0) counts.set(signOf[n], (counts.get(signOf[n]) ?? 0) + 1);
  return [...counts].sort((a, b) => a[0] - b[0]);
});
const duplicatesOn = islands.map((island) =>
  island.tools.reduce((sum, t) => sum + (shares[t].find(([sign]) => SIGNS[sign].letter === "D")?.[1] ?? 0), 0));

const plural = (n, one, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;
function money(value) {
  const size = Math.abs(value);
  if (size >= 999_500) return `${(value / 1e6).toFixed(size < 9.95e6 ? 1 : 0)}M`;
  if (size >= 1000) return `${Math.round(value / 1000)}k`;
  return String(Math.round(value));
}
