// What is selected, hovered, filtered and shown: the only mutable state besides the camera.

const state = {
  lens: "dependencies",
  // A selection is { type: "node", n } | { type: "island", i } | { type: "bridge", lens, i } | { type: "finding", i }.
  selected: null,
  hovered: null,
  filter: { text: "", department: "", capability: "", sign: "", coverage: "" },
};

const lensNames = Object.keys(raw.lenses);
const bridges = () => raw.lenses[state.lens] ?? [];

// nodeShown: drawn in full; nodeListed: a row of the list (the assets of a tool found by its name are only shown).
const nodeShown = new Uint8Array(N).fill(1);
const nodeListed = new Uint8Array(N).fill(1);
let filtering = false;
const lower = (n) => `${nodeName(n)} ${isTool(n) ? T.id[n - nA] : ""}`.toLowerCase();
let haystack = null;

function coverageOf(n) {
  const t = isAsset(n) ? toolOf[n] : n - nA;
  return foggedTools.has(t) ? "partial" : "complete";
}

function passes(n) {
  const { department, capability, sign, coverage } = state.filter;
  if (department && departmentOf(n) !== department) return false;
  if (capability && !capabilitiesOf(n).includes(capability)) return false;
  if (sign && !(findingsOf.get(n) ?? []).some((i) => SIGNS[findings[i].sign].letter === sign)) return false;
  if (coverage && (isOutside(n) || coverageOf(n) !== coverage)) return false;
  return true;
}

// A tool is shown when it or one of its assets passes; an asset when it passes, or its tool does by
// a property that assets lack.
function applyFilter() {
  const words = state.filter.text.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const { department, capability, sign, coverage } = state.filter;
  filtering = Boolean(words.length || department || capability || sign || coverage);
  if (!filtering) {
    nodeListed.fill(1);
    return nodeShown.fill(1);
  }
  if (words.length && !haystack) haystack = Array.from({ length: N }, (_, n) => lower(n));
  const named = (n) => words.every((word) => haystack[n].includes(word));
  for (let n = 0; n < N; n++) nodeShown[n] = passes(n) && named(n) ? 1 : 0;
  for (let t = 0; t < nT; t++) {
    const own = nodeShown[nA + t];
    for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++) {
      nodeListed[n] = nodeShown[n];
      if (nodeShown[n]) nodeShown[nA + t] = 1;
      else if (own && !sign && (!department || departmentOf(n) === department)) nodeShown[n] = 1;
    }
    nodeListed[nA + t] = nodeShown[nA + t];
  }
  for (let n = nA + nT; n < N; n++) nodeListed[n] = nodeShown[n];
  return nodeShown;
}

const same = (a, b) => a === b || (a && b && a.type === b.type && a.n === b.n && a.i === b.i && a.lens === b.lens);

// The duplicates view leaves out what is not about doing the same thing twice.
const signShown = (sign) => sign >= 0 && (state.lens !== "duplicates" || "DO".includes(SIGNS[sign].letter));
const markOf = (n) => (state.lens !== "plan" && signShown(signOf[n]) ? signOf[n] : -1);
const sharesOf = (t) => shares[t].filter(([sign]) => signShown(sign));

// The mark of a tool: { sign, part } where part is the share of its assets that carry it (1: the tool itself).
function toolMark(t) {
  if (state.lens === "plan" && raw.plan) {
    const d = raw.plan.disposition[t];
    return d < 0 ? null : { sign: KEEP_SIGNS[d], part: 1, own: true };
  }
  const own = markOf(nA + t);
  const first = sharesOf(t)[0];
  if (own >= 0) return { sign: SIGNS[own], part: 1, own: true };
  return first ? { sign: SIGNS[first[0]], part: first[1] / Math.max(1, T.assets[t]), own: false } : null;
}

// Deep links: the selection, lens and theme live in the hash, so that a view can be sent to someone.
function writeHash() {
  const part = new URLSearchParams();
  const s = state.selected;
  if (s?.type === "node") part.set("node", nodeId(s.n));
  if (s?.type === "island") part.set("island", islands[s.i].name);
  if (s?.type === "finding") part.set("finding", findings[s.i].id);
  if (s?.type === "bridge") part.set("bridge", `${s.lens}:${s.i}`);
  if (state.lens !== lensNames[0]) part.set("lens", state.lens);
  for (const [key, value] of Object.entries(state.filter)) if (value) part.set(key, value);
  const wanted = part.size ? `#${part}` : "";
  if (wanted === location.hash) return;
  // An address of its own is not allowed everywhere a file can be opened (some embedded viewers).
  try {
    history.replaceState(null, "", wanted || location.pathname + location.search);
  } catch {
    location.hash = wanted;
  }
}

function readHash() {
  const part = new URLSearchParams(location.hash.slice(1));
  if (lensNames.includes(part.get("lens"))) state.lens = part.get("lens");
  for (const key of Object.keys(state.filter)) state.filter[key] = part.get(key) ?? "";
  if (part.has("node") && nodeNumber.has(part.get("node"))) return { type: "node", n: nodeNumber.get(part.get("node")) };
  if (part.has("island")) {
    const i = islands.findIndex((island) => island.name === part.get("island"));
    if (i >= 0) return { type: "island", i };
  }
  if (part.has("finding")) {
    const i = findings.findIndex((finding) => finding.id === part.get("finding"));
    if (i >= 0) return { type: "finding", i };
  }
  if (part.has("bridge")) {
    const [lens, number] = part.get("bridge").split(":");
    if (raw.lenses[lens]?.[Number(number)]) return { type: "bridge", lens, i: Number(number) };
  }
  return null;
}
