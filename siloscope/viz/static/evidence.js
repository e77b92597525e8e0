// The evidence card: what the selected thing is, whose it is, and what speaks for each finding.

const card = document.getElementById("evidence");

function heading(kind, title, sub = "") {
  return el("header", {}, [
    el("p", { cls: "kind", text: kind }),
    el("h2", { id: "evidence-title", tabindex: "-1" }, [bdi(title)]),
    sub ? el("p", { cls: "sub" }, [bdi(sub)]) : null,
    el("button", { cls: "close", type: "button", "aria-label": "Close (Esc)", text: "×", on: { click: () => select(null) } }),
  ]);
}

function weightRow([says, weight], widest) {
  const bar = el("span", { cls: `bar ${weight < 0 ? "against" : ""}` });
  bar.style.width = `${Math.round((48 * Math.abs(weight)) / (widest || 1))}px`;
  return el("li", {}, [
    el("span", { cls: "weight", text: `${weight > 0 ? "+" : weight < 0 ? "−" : ""}${Math.abs(weight)}` }),
    el("span", { cls: "track" }, [bar]), bdi(text(says), "grow"),
  ]);
}

function because(rows) {
  const widest = Math.max(...rows.map(([, weight]) => Math.abs(weight)));
  return el("ul", { cls: "because" }, rows.map((row) => weightRow(row, widest)));
}

function findingCard(i, withSubjects) {
  const finding = findings[i];
  const sum = finding.points ? "sum of the weights" : "1 / (1 + e^−sum of the weights)";
  const parts = [`score ${finding.score.toFixed(2)} = ${sum}`];
  if (finding.saving) parts.push(`saves ${money(finding.saving)} a year`);
  if (text(finding.coverage) && text(finding.coverage) !== "complete") parts.push(`rests on ${text(finding.coverage)} coverage`);
  if (finding.accepted) parts.push(`accepted: ${text(finding.accepted)}`);
  return el("article", { cls: "finding" }, [
    el("h4", {}, [coin(SIGNS[finding.sign]), bdi(text(finding.title))]),
    el("p", { cls: "sub", text: `${text(finding.rule)} · ${parts.join(" · ")}` }),
    finding.because ? because(finding.because) : null,
    withSubjects ? null : el("button", { cls: "more", type: "button", text: "Show on the map", on: { click: () => select({ type: "finding", i }, true) } }),
  ]);
}

function findingsSection(n) {
  const mine = findingsOf.get(n) ?? [];
  if (!mine.length) return null;
  return el("section", {}, [
    el("h3", {}, [el("span", { text: "Findings" }), el("span", { cls: "count", text: String(mine.length) })]),
    ...mine.slice(0, 12).map((i) => findingCard(i, false)),
    mine.length > 12 ? listing("More findings", mine.slice(12), findingLink) : null,
  ]);
}

// Links by their other end: an asset shows assets, a tool shows tools with the number of links.
function relationSection(title, rows, n) {
  if (!rows.length) return el("p", { cls: "empty", text: `${title}: nothing seen` });
  const ends = new Map();
  for (const { node, edge } of rows) {
    const end = isTool(n) && isAsset(node) ? nA + toolOf[node] : node;
    if (!ends.has(end)) ends.set(end, []);
    ends.get(end).push(edge);
  }
  const items = [...ends].sort((a, b) => b[1].length - a[1].length || a[0] - b[0]);
  return listing(title, items, ([end, edges]) => {
    const home = islandOf(end) >= 0 && islandOf(end) !== islandOf(n) ? ` · ${islands[islandOf(end)].title}` : "";
    const verbs = [...new Set(edges.map(edgeVerb))].join(", ");
    const note = isOutside(end) ? `${verbs} · not scanned` : `${isTool(n) ? plural(edges.length, "link") : verbs}${home}`;
    const where = edges.map((e) => at(E.where, e)).filter(Boolean).map(text);
    const node = link(end, note);
    if (where.length && !isTool(n)) {
      const sure = edgeHow(edges[0]) === "inferred" ? ` (inferred, ${at(E.confidence, edges[0], 100)} %)` : ` (${edgeHow(edges[0])})`;
      return el("div", {}, [node, el("p", { cls: "where" }, [bdi([...new Set(where)].join(", ")), sure])]);
    }
    return node;
  });
}

function openLink(url) {
  if (!/^https?:\/\//.test(url)) return "";
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", text: "Open in its tool" });
}

function assetEvidence(n) {
  const t = toolOf[n];
  const { dependsOn, neededBy } = relations(n);
  return [
    heading(A.kinds[A.kind[n]], nodeName(n), assetId[n].slice(0, 300)),
    facts([
      ["Tool", link(nA + t)], ["Department", departmentOf(n)], ["Owner", text(at(A.owner, n)) || "nobody known"],
      ["Environment", text(at(A.environment, n))], ["Cost", at(A.cost, n) ? `${money(at(A.cost, n))} a year` : ""],
      ["Last used", text(at(A.lastUsed, n))], ["Seen by", text(at(A.source, n))],
      ["Capabilities", capabilitiesOf(n).join(", ")], ["Link", openLink(assetUrl[n])],
    ]),
    planOfAsset(n), findingsSection(n),
    relationSection("Depends on", dependsOn, n), relationSection("Needed by", neededBy, n),
  ];
}

function toolEvidence(n) {
  const t = n - nA;
  const { dependsOn, neededBy } = relations(n);
  const assets = Array.from({ length: T.assets[t] }, (_, i) => firstAsset[t] + i);
  const source = text(at(T.costSource, t)) || (T.cost[t] === null ? "sum of its assets" : "");
  const fogs = raw.fog.filter((fog) => fog.tools.includes(n));
  return [
    heading("tool", nodeName(n), text(T.instance[t])),
    facts([
      ["Department", islandLink(islands[T.island[t]])], ["Vendor", text(at(T.vendor, t))],
      ["Capabilities", capabilitiesOf(n).join(", ")], ["Assets", plural(T.assets[t], "asset")],
      ["Cost", toolCost(t) ? `${money(toolCost(t))} a year${source ? ` (${source})` : ""}` : "not known"],
      ["Renewal", text(at(T.renewal, t)).slice(0, 10)], ["Seats", at(T.seats, t) || ""], ["Users", at(T.users, t) || ""],
    ]),
    ...fogs.map(fogSection), planOfTool(t), findingsSection(n),
    relationSection("Depends on", dependsOn, n), relationSection("Needed by", neededBy, n),
    assets.length ? listing("Assets", assets, (m) => link(m, A.kinds[A.kind[m]])) : null,
  ];
}

function outsideEvidence(n) {
  const { dependsOn, neededBy } = relations(n);
  return [
    heading("outside: mentioned, not scanned", nodeName(n), O.id[n - nA - nT].slice(0, 300)),
    el("p", { text: `${plural(O.islands[n - nA - nT], "department")} mention it, and no source claims it. Scan what holds it, or name it as an alias.` }),
    findingsSection(n), relationSection("Depends on", dependsOn, n), relationSection("Needed by", neededBy, n),
  ];
}

function fogSection(fog) {
  const rows = fog.missing.map((row) => row.map(text));
  return listing(`Not looked at: ${plural(rows.length, "slice")} of ${fog.slices} in ${text(fog.source)}`, rows, ([name, scope, status, reason, permission]) =>
    el("p", { cls: "slice" }, [
      el("strong", {}, [bdi(name)]), ` ${status} `, bdi(`in ${scope || "all"}`),
      reason ? el("span", { cls: "where" }, [bdi(reason)]) : null,
      permission ? el("span", { cls: "where" }, ["needs ", el("code", { text: permission })]) : null,
    ]));
}

function bridgeRows(island) {
  return (raw.lenses[state.lens] ?? []).map((row, i) => ({ row, i })).filter(({ row }) => row[0] === island.i || row[1] === island.i)
    .sort((a, b) => b.row[2] + b.row[3] - a.row[2] - a.row[3] || a.i - b.i);
}

function islandEvidence(i) {
  const island = islands[i];
  const near = bridgeRows(island);
  const tools = [...island.tools].sort((a, b) => toolCost(b) - toolCost(a) || a - b);
  const { cut, note } = islandNote(island);
  const partner = ({ row }) => islands[row[0] === i ? row[1] : row[0]];
  return [
    heading(island.kind === "fog" ? "source of which nothing was seen" : island.kind === "department" ? "department" : "no single department", island.title),
    island.kind === "fog" ? null : facts([
      ["Tools", island.tools.length], ["Assets", island.assets], ["Cost", island.cost ? `${money(island.cost)} a year` : "not known"],
      ["Duplicates", duplicatesOn[i] ? plural(duplicatesOn[i], "asset") : "none found"], ["Bridges", cut ? note : plural(near.length, "department")],
    ]),
    ...island.fog.map(fogSection),
    near.length ? listing(LENS_TITLE[state.lens], near, (item) =>
      el("button", { cls: "link", type: "button", on: { click: () => select({ type: "bridge", lens: state.lens, i: item.i }, false) } }, [
        bdi(partner(item).title, "grow"), el("span", { cls: "note", text: String(item.row[2] + item.row[3]) }),
      ])) : null,
    tools.length ? listing("Tools", tools, (t) => link(nA + t, [plural(T.assets[t], "asset"), toolCost(t) ? money(toolCost(t)) : ""].filter(Boolean).join(" · "))) : null,
  ];
}

const LENS_TITLE = { dependencies: "Bridges", duplicates: "Shares duplicates with", plan: "Moves to and from" };
const LENS_UNIT = { dependencies: "dependency", duplicates: "copy", plan: "move" };
const LENS_UNITS = { dependencies: "dependencies", duplicates: "copies", plan: "moves" };

function bridgeText(lens, [a, b, there, back]) {
  const count = plural(there + back, LENS_UNIT[lens], LENS_UNITS[lens]);
  if (lens === "dependencies") return `${count}: ${islands[a].title} on ${islands[b].title} ${there}, the other way ${back}`;
  if (lens === "plan") return `${count}: ${there} to ${islands[b].title}, ${back} to ${islands[a].title}`;
  return count;
}

function bridgeEvidence(lens, i) {
  const row = raw.lenses[lens][i];
  const [a, b] = row;
  const parts = [heading(LENS_TITLE[lens].toLowerCase(), `${islands[a].title} and ${islands[b].title}`), el("p", { text: bridgeText(lens, row) }), islandLink(islands[a]), islandLink(islands[b])];
  if (lens === "dependencies") parts.push(listing("Between these tools", toolPairs(a, b), ({ source, target, count }) =>
    el("p", { cls: "pair" }, [link(source), el("span", { cls: "note", text: `depends ${count}× on` }), link(target)])));
  if (lens === "duplicates") {
    const both = findings.map((_, k) => k).filter((k) => SIGNS[findings[k].sign].letter === "D" && [a, b].every((x) => findings[k].subjects.some((n) => islandOf(n) === x)));
    parts.push(listing("Findings", both, findingLink));
  }
  if (lens === "plan") {
    const moves = raw.plan.moves.filter(([n, to]) => to >= 0 && [a, b].includes(islandOf(n)) && [a, b].includes(islandOf(to)) && islandOf(n) !== islandOf(to));
    parts.push(listing("Moves", moves, ([n, to, wave]) => link(n, `to ${nodeName(to)}, wave ${wave}`)));
  }
  return parts;
}

function toolPairs(a, b) {
  const pairs = new Map();
  const tool = (n) => (isAsset(n) ? nA + toolOf[n] : n);
  for (let e = 0; e < nE; e++) {
    const way = edgeWay(e);
    const [p, q] = way > 0 ? [edgeSource[e], E.target[e]] : [E.target[e], edgeSource[e]];
    const [i, j] = [islandOf(p), islandOf(q)];
    if (!way || !((i === a && j === b) || (i === b && j === a))) continue;
    const key = `${tool(p)}:${tool(q)}`;
    if (!pairs.has(key)) pairs.set(key, { source: tool(p), target: tool(q), count: 0 });
    pairs.get(key).count++;
  }
  return [...pairs.values()].sort((x, y) => y.count - x.count || x.source - y.source || x.target - y.target);
}

function findingEvidence(i) {
  const finding = findings[i];
  const where = (n) => (isAsset(n) ? `${nodeName(nA + toolOf[n])} · ${departmentOf(n)}` : departmentOf(n));
  const others = (finding.others ?? []).map(text);
  return [
    heading(`finding: ${SIGNS[finding.sign].label}`, text(finding.title)), findingCard(i, true),
    finding.subjects.length ? listing(SIGNS[finding.sign].letter === "D" ? "Subjects, the one to keep first" : "Subjects", finding.subjects, (n) => link(n, where(n))) : null,
    others.length ? listing("Also about", others, (name) => el("p", {}, [bdi(name)])) : null,
  ];
}

function planOfTool(t) {
  if (!raw.plan || raw.plan.disposition[t] < 0) return null;
  const sign = KEEP_SIGNS[raw.plan.disposition[t]];
  const target = raw.plan.target[t];
  return el("section", {}, [
    el("h3", {}, [el("span", { text: "Plan" })]), el("h4", {}, [coin(sign), el("span", { text: sign.label })]),
    target >= 0 ? facts([["Target", link(target)]]) : null, raw.plan.because[t].length ? because(raw.plan.because[t]) : null,
  ]);
}

function planOfAsset(n) {
  const move = raw.plan?.moves.find(([asset]) => asset === n);
  return move && move[1] >= 0 ? facts([["Plan moves it to", link(move[1], `wave ${move[2]}`)]]) : null;
}

function showEvidence() {
  const s = state.selected;
  card.hidden = !s;
  if (!s) return card.replaceChildren();
  const parts =
    s.type === "island" ? islandEvidence(s.i) : s.type === "bridge" ? bridgeEvidence(s.lens, s.i) : s.type === "finding" ? findingEvidence(s.i)
    : isAsset(s.n) ? assetEvidence(s.n) : isTool(s.n) ? toolEvidence(s.n) : outsideEvidence(s.n);
  card.replaceChildren(...parts.filter(Boolean));
  card.scrollTop = 0;
  return undefined;
}
