// The evidence card: what the selected thing is, whose it is, what hangs on it, and what speaks for each finding.

import { cancelPath, select, setTrace, startPath } from "./app";
import { $, bdi, button, coin, el, facts, findingLink, islandLink, link, listing } from "./dom";
import { cutOff } from "./labels";
import { standing } from "./look";
import { CHANGES, M, money, plural, type Island } from "./model";
import { noteKey, notes } from "./notes";
import { bridges } from "./sea";
import { redraw } from "./scene";
import { state, type Trace } from "./state";
import { planMark, signMark } from "./theme";
import { reach } from "./trace";

type Part = HTMLElement | null;

const heading = (kind: string, title: string, sub = ""): HTMLElement =>
  el("header", {}, [
    el("p", { cls: "kind" }, [bdi(kind)]), el("h2", { id: "evidence-title", tabindex: "-1" }, [bdi(title)]),
    sub && el("p", { cls: "sub" }, [bdi(sub)]), button("×", () => select(null), { cls: "close", "aria-label": "Close (Esc)" }),
  ]);

function because(rows: [number, number][]): HTMLElement {
  const widest = Math.max(...rows.map(([, weight]) => Math.abs(weight))) || 1;
  return el("ul", { cls: "because" }, rows.map(([says, weight]) => {
    const bar = el("span", { cls: `bar ${weight < 0 ? "against" : ""}` });
    bar.style.width = `${Math.round((48 * Math.abs(weight)) / widest)}px`;
    return el("li", {}, [
      el("span", { cls: "weight", text: `${weight > 0 ? "+" : weight < 0 ? "−" : ""}${Math.abs(weight)}` }), el("span", { cls: "track" }, [bar]), bdi(M.text(says), "grow"),
    ]);
  }));
}

function findingCard(i: number, alone: boolean): HTMLElement {
  const finding = M.raw.findings[i];
  const parts = [`score ${finding.score.toFixed(2)} = ${finding.points ? "sum of the weights" : "1 / (1 + e^−sum of the weights)"}`];
  if (finding.saving) parts.push(`saves ${money(finding.saving)} a year`);
  if (finding.coverage) parts.push(`rests on ${M.text(finding.coverage)} coverage`);
  if (finding.accepted) parts.push(`accepted: ${M.text(finding.accepted)}`);
  return el("article", { cls: "finding" }, [
    !alone && el("h4", {}, [coin(signMark(finding.sign)), bdi(M.text(finding.title))]), el("p", { cls: "sub" }, [bdi(`${M.text(finding.rule)} · ${parts.join(" · ")}`)]),
    finding.because && because(finding.because), !alone && button("Show on the map", () => select({ type: "finding", i }, true), { cls: "more" }),
  ]);
}

function findingsOf(n: number): Part {
  const mine = M.findingsOf.get(n) ?? [];
  if (!mine.length) return null;
  return el("section", {}, [
    el("h3", {}, [el("span", { text: "Findings" }), el("span", { cls: "count", text: String(mine.length) })]),
    ...mine.slice(0, 10).map((i) => findingCard(i, false)), mine.length > 10 && listing("More findings", mine.slice(10), findingLink),
  ]);
}

// Links of an asset, by their other end, with the place each stood in.
function assetLinks(title: string, n: number, way: number): HTMLElement {
  const ends = new Map<number, number[]>();
  for (const { node, edge, way: own } of M.links(n)) if (own === way) ends.set(node, [...(ends.get(node) ?? []), edge]);
  if (!ends.size) return el("p", { cls: "empty", text: `${title}: nothing seen` });
  const items = [...ends].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  return listing(title, items, ([end, edges]) => {
    const home = M.islandOf(end) >= 0 && M.islandOf(end) !== M.islandOf(n) ? ` · ${M.islands[M.islandOf(end)].title}` : "";
    const verbs = [...new Set(edges.map(M.verb))].join(", ");
    const where = [...new Set(edges.map((e) => M.text(M.edges.where[e] ?? 0)).filter(Boolean))].join(", ");
    const how = M.how(edges[0]);
    return el("div", {}, [
      link(end, `${verbs}${M.isOutside(end) ? " · not scanned" : home}`),
      where && el("p", { cls: "where" }, [bdi(where), ` (${how}${how === "inferred" ? `, ${M.edges.confidence[edges[0]]} %` : ""})`]),
    ]);
  });
}

function toolLinks(title: string, t: number, side: 0 | 1): HTMLElement {
  const items = [...M.partners(t)].filter(([, pair]) => pair[side]).sort((a, b) => b[1][side] - a[1][side] || a[0] - b[0]);
  if (!items.length) return el("p", { cls: "empty", text: `${title}: nothing seen` });
  return listing(title, items, ([node, pair]) => {
    const home = M.islandOf(node) >= 0 && M.islandOf(node) !== M.raw.tools.island[t] ? ` · ${M.islands[M.islandOf(node)].title}` : "";
    return link(node, `${plural(pair[side], "link")}${M.isOutside(node) ? " · not scanned" : home}`);
  });
}

function traceTools(n: number): HTMLElement {
  const trace = (kind: Trace["kind"], depth = 1) => () => setTrace({ kind, from: n, to: -1, depth });
  const t = state.trace;
  const on = (kind: Trace["kind"], depth = 1) => String(t?.from === n && t.kind === kind && (kind !== "hops" || t.depth === depth));
  return el("section", { cls: "trace", "aria-label": "Trace" }, [
    el("h3", { text: "Trace" }),
    el("div", { cls: "buttons" }, [
      button("What it needs", trace("needs"), { "aria-pressed": on("needs") }), button("What needs it", trace("needed"), { "aria-pressed": on("needed") }),
      ...[1, 2, 3].map((k) => button(`${k} hop${k > 1 ? "s" : ""}`, trace("hops", k), { "aria-pressed": on("hops", k) })),
      button("Path to…", () => startPath(n), { "aria-pressed": String(state.pathFrom === n) }), t && button("Clear", () => setTrace(null)),
    ]),
    state.pathFrom === n && el("p", { cls: "sub", role: "status" }, ["Choose the other end on the map, in the search or in the table. ", button("Cancel", cancelPath, { cls: "more" })]),
    traced(),
  ]);
}

const KIND = { path: "Path", hops: "Neighbourhood", needs: "Upstream: all it needs", needed: "Impact: all that needs it" };
function traced(): Part {
  const found = reach();
  if (!found || !state.trace) return null;
  const rows = [...found.depth].sort((a, b) => a[1] - b[1] || a[0] - b[0]);
  if (!rows.length) return el("p", { cls: "empty", role: "status", text: "No path between the two was seen." });
  const homes = new Set(rows.map(([n]) => M.islandOf(n)).filter((i) => i >= 0));
  const title = `${KIND[state.trace.kind]} · ${plural(homes.size, "department")}${found.cut ? " · more was cut off" : ""}`;
  return listing(title, rows, ([n, depth]) => link(n, state.trace!.kind === "path" ? String(depth + 1) : depth ? plural(depth, "step") : "start"), 12);
}

function note(thing: number | Island): HTMLElement {
  const key = noteKey(thing);
  const area = el("textarea", { id: "note", rows: 2, maxlength: 2000, placeholder: "Kept when the map is saved" });
  area.value = notes.get(key);
  area.addEventListener("input", () => {
    notes.set(key, area.value.trim());
    $("save").dataset.dirty = String(notes.dirty);
    redraw();
  });
  return el("section", {}, [el("h3", {}, [el("label", { for: "note", text: "Note" })]), area]);
}

function openLink(url: string): Node | null {
  return /^https?:\/\//.test(url) ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: "Open in its tool" }) : null;
}

function assetEvidence(n: number): Part[] {
  const t = M.toolOf[n];
  if (!M.known(n)) return [heading("asset", M.name(n)), el("p", { role: "status", text: "Loading …" }), facts([["Tool", link(M.nA + t)]])];
  const { col } = M;
  return [
    heading(M.kind(n), M.name(n), M.id(n).slice(0, 300)),
    facts([
      ["Tool", link(M.nA + t)], ["Department", M.department(n)], ["Owner", M.text(col.owner[n]) || "nobody known"], ["Environment", M.text(col.environment[n])],
      ["Cost", col.cost[n] ? `${money(col.cost[n])} a year` : ""], ["Last used", M.text(col.used[n])], ["Seen by", M.text(col.source[n])],
      ["Capabilities", M.capabilitiesOf(n).join(", ")], ["Since then", M.change[n] ? CHANGES[M.change[n]] : ""], ["Link", openLink(M.url(n))],
      ["Plan", M.raw.plan ? (M.col.to[n] >= 0 ? link(M.nA + M.col.to[n], `moves here, wave ${M.wave[n]}`) : "stays where it is") : null],
    ]),
    findingsOf(n), assetLinks("Depends on", n, 1), assetLinks("Needed by", n, -1), traceTools(n), note(n),
  ];
}

function toolEvidence(n: number): Part[] {
  const t = n - M.nA;
  const { tools } = M.raw;
  const assets = Array.from({ length: M.loaded[t] ? tools.assets[t] : 0 }, (_, i) => M.first[t] + i);
  const source = M.text(tools.costSource[t] ?? 0);
  return [
    heading("tool", M.name(n), M.instance(t)),
    facts([
      ["Department", islandLink(M.islands[tools.island[t]])], ["Vendor", M.vendor(t)], ["Capabilities", M.capabilitiesOf(n).join(", ")], ["Assets", plural(tools.assets[t], "asset")],
      ["Cost", tools.cost[t] ? `${money(tools.cost[t])} a year${source ? ` (${source})` : ""}` : "not known"], ["Used by", plural(tools.use[t], "dependency", "dependencies")],
      ["Renewal", M.text(tools.renewal[t] ?? 0).slice(0, 10)], ["Seats", tools.seats[t] || ""], ["Users", tools.users[t] || ""], ["Since then", M.change[n] ? CHANGES[M.change[n]] : ""],
    ]),
    planOf(t), ...M.raw.fog.filter((fog) => fog.tools.includes(n)).map(fogSection), findingsOf(n),
    toolLinks("Depends on", t, 0), toolLinks("Needed by", t, 1), traceTools(n),
    assets.length ? listing("Assets", assets, (m) => link(m, M.kind(m))) : null, note(n),
  ];
}

function planOf(t: number): Part {
  const { plan } = M.raw;
  if (!plan || plan.disposition[t] < 0) return null;
  const mark = planMark(plan.disposition[t]);
  const { left, arrived } = standing(t);
  const target = plan.target[t];
  return el("section", { "aria-label": "Plan" }, [
    el("h3", { text: "Plan" }), el("h4", {}, [coin(mark), el("span", { text: mark.label })]),
    facts([["Into", target >= 0 ? link(target) : null], ["Leave", left ? plural(left, "asset") : ""], ["Arrive", arrived ? plural(arrived, "asset") : ""]]),
    plan.because[t].length ? because(plan.because[t]) : null,
  ]);
}

function outsideEvidence(n: number): Part[] {
  const o = n - M.nA - M.nT;
  return [
    heading("outside: mentioned, not scanned", M.name(n), M.id(n).slice(0, 300)),
    el("p", { text: `${plural(M.raw.outside.islands[o], "department")} mention it, and no source claims it. Scan what holds it, or name it as an alias.` }),
    findingsOf(n), assetLinks("Depends on", n, 1), assetLinks("Needed by", n, -1), traceTools(n), note(n),
  ];
}

function fogSection(fog: { source: number; slices: number; missing: number[][] }): HTMLElement {
  const rows = fog.missing.map((row) => row.map(M.text));
  return listing(`Not looked at: ${plural(rows.length, "slice")} of ${fog.slices} in ${M.text(fog.source)}`, rows, ([name, scope, status, reason, permission]) =>
    el("p", { cls: "slice" }, [
      el("strong", {}, [bdi(name)]), ` ${status} `, bdi(`in ${scope || "all"}`), reason && el("span", { cls: "where" }, [bdi(reason)]),
      permission && el("span", { cls: "where" }, ["needs ", el("code", { text: permission })]),
    ]));
}

const TITLE: Record<string, string> = { dependencies: "Bridges", duplicates: "Shares duplicates with", plan: "Moves to and from", changes: "Changed links with" };
const UNIT: Record<string, [string, string]> = { dependencies: ["dependency", "dependencies"], duplicates: ["copy", "copies"], plan: ["move", "moves"], changes: ["change", "changes"] };

function islandEvidence(island: Island): Part[] {
  const { i } = island;
  const near = bridges().map((row, k) => ({ row, k })).filter(({ row }) => (row.a === i || row.b === i) && row.there + row.back)
    .sort((p, q) => q.row.there + q.row.back - p.row.there - p.row.back || p.k - q.k);
  const tools = [...island.tools].sort((a, b) => M.raw.tools.cost[b] - M.raw.tools.cost[a] || a - b);
  const kind = island.kind === "fog" ? "source of which nothing was seen" : island.kind === "department" ? "department" : "no single department";
  return [
    heading(kind, island.title),
    island.kind === "fog" ? null : facts([
      ["Tools", island.tools.length], ["Assets", island.assets], ["Cost", island.cost ? `${money(island.cost)} a year` : "not known"],
      ["Duplicates", island.duplicates ? plural(island.duplicates, "asset") : "none found"], ["Bridges", cutOff(island) || plural(near.length, "department")],
    ]),
    ...island.fog.map(fogSection),
    near.length ? listing(TITLE[state.view], near, ({ row, k }) =>
      el("button", { cls: "link", type: "button", on: { click: () => select({ type: "bridge", view: state.view, i: k }) } }, [
        bdi(M.islands[row.a === i ? row.b : row.a].title, "grow"), el("span", { cls: "note", text: String(row.there + row.back) }),
      ])) : null,
    tools.length ? listing("Tools", tools, (t) => link(M.nA + t, [plural(M.raw.tools.assets[t], "asset"), M.raw.tools.cost[t] ? money(M.raw.tools.cost[t]) : ""].filter(Boolean).join(" · "))) : null,
    note(island),
  ];
}

export function bridgeText(i: number): string {
  const { a, b, there, back } = bridges()[i];
  const count = plural(there + back, ...UNIT[state.view]);
  const [p, q] = [M.islands[a].title, M.islands[b].title];
  if (state.view === "dependencies") return `${count}: ${p} on ${q} ${there}, the other way ${back}`;
  if (state.view === "plan") return `${count}: ${there} to ${q}, ${back} to ${p}`;
  return state.view === "changes" ? `${there} new, ${back} gone` : count;
}

function bridgeEvidence(i: number): Part[] {
  const { a, b } = bridges()[i];
  const parts: Part[] = [heading(TITLE[state.view].toLowerCase(), `${M.islands[a].title} and ${M.islands[b].title}`), el("p", { text: bridgeText(i) }), islandLink(M.islands[a]), islandLink(M.islands[b])];
  if (state.view === "dependencies") {
    const pairs = M.islands[a].tools.flatMap((t) => [...M.partners(t)].filter(([n]) => M.islandOf(n) === b).flatMap(([n, [on, by]]) =>
      [{ p: M.nA + t, q: n, count: on }, { p: n, q: M.nA + t, count: by }].filter(({ count }) => count)));
    pairs.sort((x, y) => y.count - x.count || x.p - y.p || x.q - y.q);
    parts.push(listing("Between these tools", pairs, ({ p, q, count }) => el("div", { cls: "pair" }, [link(p), el("span", { cls: "note", text: `depends ${count}× on` }), link(q)])));
  }
  if (state.view === "duplicates") {
    const both = M.raw.findings.map((_, k) => k).filter((k) => M.raw.signs[M.raw.findings[k].sign][0] === "D" && [a, b].every((x) => M.raw.findings[k].subjects.some((n) => M.islandOf(n) === x)));
    parts.push(listing("Findings", both, findingLink));
  }
  if (state.view === "plan") {
    const moves: number[] = [];
    for (let n = 0; n < M.nA; n++) {
      const [p, q] = M.col.to[n] >= 0 ? [M.islandOf(n), M.raw.tools.island[M.col.to[n]]] : [-1, -1];
      if (((p === a && q === b) || (p === b && q === a)) && M.wave[n] <= state.wave) moves.push(n);
    }
    parts.push(listing("Moves", moves, (n) => link(n, `to ${M.name(M.nA + M.col.to[n])}, wave ${M.wave[n]}`)));
  }
  return parts;
}

// What the plan does with the subjects of a finding.
function planOfFinding(subjects: number[]): Part {
  const { plan } = M.raw;
  if (!plan || !subjects.length) return null;
  return listing("What the plan does", subjects, (n) => {
    const t = M.tool(n);
    if (t < 0) return link(n, "not in the plan");
    const d = plan.disposition[t];
    const moves = M.isAsset(n) && M.col.to[n] >= 0;
    return link(n, moves ? `moves to ${M.name(M.nA + M.col.to[n])}, wave ${M.wave[n]}` : d >= 0 ? `stays; its tool: ${planMark(d).label}` : "not in the plan");
  });
}

function findingEvidence(i: number): Part[] {
  const finding = M.raw.findings[i];
  const where = (n: number) => (M.isAsset(n) ? `${M.name(M.coarse(n))} · ${M.department(n)}` : M.department(n));
  const others = (finding.others ?? []).map(M.text);
  return [
    heading(`finding: ${M.raw.signs[finding.sign][1]}`, M.text(finding.title)), findingCard(i, true),
    finding.subjects.length ? listing(M.raw.signs[finding.sign][0] === "D" ? "Subjects, the one to keep first" : "Subjects", finding.subjects, (n) => link(n, where(n))) : null,
    others.length ? listing("Also about", others, (name) => el("p", {}, [bdi(name)])) : null, planOfFinding(finding.subjects),
  ];
}

export function showEvidence(): void {
  const card = $("evidence");
  const s = state.selected;
  const focused = card.contains(document.activeElement);
  card.hidden = !s;
  if (!s) {
    card.replaceChildren();
    if (focused) $(state.table ? "table" : "map").focus();
    return;
  }
  const parts =
    s.type === "island" ? islandEvidence(M.islands[s.i]) : s.type === "bridge" ? bridgeEvidence(s.i) : s.type === "finding" ? findingEvidence(s.i)
    : M.isAsset(s.n) ? assetEvidence(s.n) : M.isTool(s.n) ? toolEvidence(s.n) : outsideEvidence(s.n);
  card.replaceChildren(...parts.filter((part): part is HTMLElement => part !== null));
  card.scrollTop = 0;
  // What was pressed is gone; whoever works by keyboard goes on at the top of the card.
  if (focused) $("evidence-title").focus();
}
