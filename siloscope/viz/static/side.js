// The side bar: search, filters, the story of the map, all findings, and the list that equals the map.

const $ = (id) => document.getElementById(id);
const signsUsed = SIGNS.filter((_, i) => findings.some((finding) => finding.sign === i && !finding.accepted));

function option(value, label) {
  return el("option", { value, text: label });
}

function fillFilters() {
  const all = [...new Set(Array.from({ length: nA + nT }, (_, n) => departmentOf(n)))].filter(Boolean).sort();
  const capabilities = [...new Set(Array.from({ length: nA + nT }, (_, n) => capabilitiesOf(n)).flat())].sort();
  const fill = (id, label, rows) => $(id).replaceChildren(option("", label), ...rows);
  fill("department", "All departments", all.map((name) => option(name, fitText(name, 400, {}))));
  fill("capability", "All capabilities", capabilities.map((name) => option(name, name)));
  fill("sign", "With or without findings", signsUsed.map((sign) => option(sign.letter, `${sign.letter}  ${sign.label}`)));
  fill("coverage", "Any coverage", [option("complete", "Looked at in full"), option("partial", "Not looked at in full")]);
  for (const key of ["department", "capability", "sign", "coverage"]) {
    $(key).value = state.filter[key];
    $(key).addEventListener("change", () => setFilter(key, $(key).value));
  }
  $("search").value = state.filter.text;
  $("search").addEventListener("input", () => setFilter("text", $("search").value));
}

function setFilter(key, value) {
  state.filter[key] = value;
  applyFilter();
  if (filtering && currentTab !== "list") showTab("list");
  else refreshTab();
  changed();
}

let currentTab = "story";
function showTab(name) {
  currentTab = name;
  for (const tab of document.querySelectorAll("[role=tab]")) {
    const chosen = tab.dataset.tab === name;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
    $(`panel-${tab.dataset.tab}`).hidden = !chosen;
  }
  refreshTab();
}

function refreshTab() {
  if (currentTab === "story") $("panel-story").replaceChildren(...story().filter(Boolean));
  if (currentTab === "findings") $("panel-findings").replaceChildren(...allFindings());
  if (currentTab === "list") fillList();
}

function stat(value, label) {
  return el("div", { cls: "stat" }, [el("strong", { text: value }), el("span", { text: label })]);
}

// What a reader should take away, in a few lines that lead into the map.
function story() {
  const cost = islands.reduce((sum, island) => sum + island.cost, 0);
  const [all, missing] = raw.coverage;
  const cut = departments.length > 1 ? departments.filter((island) => island.apart) : [];
  const twins = islands.filter((island) => duplicatesOn[island.i]).sort((a, b) => duplicatesOn[b.i] - duplicatesOn[a.i] || a.i - b.i);
  const top = findings.map((_, i) => i).filter((i) => !findings[i].accepted).slice(0, 7);
  const most = Math.max(1, ...duplicatesOn);
  return [
    el("div", { cls: "stats" }, [
      stat(String(departments.length), departments.length === 1 ? "department" : "departments"), stat(nT.toLocaleString("en"), nT === 1 ? "tool" : "tools"),
      stat(nA.toLocaleString("en"), nA === 1 ? "asset" : "assets"), cost ? stat(money(cost), "cost a year") : null,
      all ? stat(`${Math.floor((100 * (all - missing)) / all)} %`, "of slices looked at") : null,
    ].filter(Boolean)),
    state.lens === "plan" && raw.plan ? planStory() : null,
    section("Cut off", cut.length ? cut.map((island) => islandLink(island, `${plural(island.tools.length, "tool")}, ${plural(island.assets, "asset")}`)) : [el("p", { cls: "empty", text: "Every department has a bridge to another." })]),
    section("Where duplicates are", twins.length ? twins.slice(0, 6).map((island) => barLink(island, duplicatesOn[island.i], most)) : [el("p", { cls: "empty", text: "None found." })]),
    top.length ? section("Most valuable findings", top.map(findingLink)) : null,
    raw.fog.length ? section("Not looked at", raw.fog.map((fog) => islandLink({ ...islands[fog.island], title: text(fog.source) }, `${fog.missing.length} of ${plural(fog.slices, "slice")}`))) : null,
  ];
}

const section = (title, children) => el("section", {}, [el("h3", {}, [el("span", { text: title })]), el("ul", { cls: "plain" }, children.map((child) => el("li", {}, [child])))]);

function barLink(island, count, most) {
  const node = islandLink(island, plural(count, "asset"));
  const bar = el("span", { cls: "meter", "aria-hidden": "true" });
  bar.style.width = `${Math.max(2, Math.round((100 * count) / most))}%`;
  bar.style.background = familyColour("duplicate");
  node.append(bar);
  return node;
}

function planStory() {
  const p = raw.plan.summary;
  const counts = [0, 1, 2, 3].map((d) => raw.plan.disposition.filter((x) => x === d).length);
  const change = "annual_cost_now" in p && "annual_cost_after" in p ? `${money(p.annual_cost_now)} → ${money(p.annual_cost_after)}` : "";
  return el("section", { cls: "plan" }, [
    el("h3", {}, [el("span", { text: "The plan" })]),
    facts([
      ["Yearly cost", change], ["One-time cost", "one_time_cost" in p ? money(p.one_time_cost) : ""], ["Net value", "npv" in p ? money(p.npv) : ""],
      ["Pays back in", "payback_months" in p ? plural(Math.round(p.payback_months), "month") : ""], ["Moves", `${plural(raw.plan.moves.length, "asset")} in ${plural(raw.plan.waves, "wave")}`],
      ["Tools", KEEP_SIGNS.map((sign, i) => `${counts[i]} ${sign.label}`).join(", ")],
    ]),
  ]);
}

function allFindings() {
  const groups = SIGNS.map((sign, s) => ({ sign, rows: findings.map((_, i) => i).filter((i) => findings[i].sign === s) })).filter(({ rows }) => rows.length);
  if (!groups.length) return [el("p", { cls: "empty", text: "No findings." })];
  return groups.map(({ sign, rows }) => listing(`${sign.letter} · ${sign.label}`, rows, findingLink, 8));
}

// The list equals the map: all departments with their tools, narrowed by the same filters; assets
// appear when something is searched for, and on every tool's evidence card.
const rowsShown = { count: 150 };
function listRows() {
  const rows = [];
  for (const island of islands) {
    if (island.kind === "fog") {
      if (!filtering) rows.push({ island });
      continue;
    }
    const tools = island.tools.filter((t) => nodeListed[nA + t]);
    if (!tools.length) continue;
    rows.push({ island });
    for (const t of tools) {
      rows.push({ n: nA + t });
      if (filtering) for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++) if (nodeListed[n]) rows.push({ n, indent: true });
    }
  }
  const outside = Array.from({ length: nO }, (_, o) => nA + nT + o).filter((n) => nodeListed[n]);
  return [...rows, ...outside.map((n) => ({ n }))];
}

function listRow(row) {
  if (row.island) {
    const note = islandNote(row.island);
    const parts = [subline(row.island), note.cut ? note.note : "", note.unseen].filter(Boolean).join(" · ");
    return el("li", { role: "option", cls: "row head", tabindex: "-1", "aria-selected": String(same(state.selected, { type: "island", i: row.island.i })), data: { island: row.island.i } }, [
      bdi(row.island.title, "grow"), el("span", { cls: "sub", text: parts }),
    ]);
  }
  const { n } = row;
  const mark = isTool(n) ? toolMark(n - nA) : signOf[n] >= 0 ? { sign: SIGNS[signOf[n]] } : null;
  const kind = isTool(n) ? plural(T.assets[n - nA], "asset") : isAsset(n) ? A.kinds[A.kind[n]] : "outside, not scanned";
  return el("li", { role: "option", cls: `row ${row.indent ? "indent" : ""}`, tabindex: "-1", "aria-selected": String(same(state.selected, { type: "node", n })), data: { node: n } }, [
    mark ? coin(mark.sign) : el("span", { cls: "dot", "aria-hidden": "true" }), el("span", { cls: "grow" }, [bdi(nodeName(n)), instanceOf(n)].filter(Boolean)),
    el("span", { cls: "note", text: mark ? `${kind} · ${mark.sign.label}` : kind }),
  ]);
}

function fillList() {
  const rows = listRows();
  const list = $("list");
  list.replaceChildren(...rows.slice(0, rowsShown.count).map(listRow));
  if (list.firstElementChild) list.firstElementChild.tabIndex = 0;
  const left = rows.length - Math.min(rowsShown.count, rows.length);
  $("list-more").hidden = left <= 0;
  $("list-more").textContent = `Show more (${left.toLocaleString("en")} left)`;
  const tools = rows.filter((row) => row.n !== undefined && isTool(row.n)).length;
  const assets = filtering ? rows.filter((row) => row.n !== undefined && isAsset(row.n)).length : nA;
  $("list-count").textContent = `${plural(tools, "tool")}, ${plural(assets, "asset")}${filtering ? " match" : ""}`;
}

function chooseRow(row) {
  if (!row) return;
  if (row.dataset.island !== undefined) select({ type: "island", i: Number(row.dataset.island) }, true);
  else select({ type: "node", n: Number(row.dataset.node) }, true);
}

function markRow() {
  for (const row of $("list").children) {
    const mine = row.dataset.island !== undefined ? { type: "island", i: Number(row.dataset.island) } : { type: "node", n: Number(row.dataset.node) };
    row.setAttribute("aria-selected", String(Boolean(same(state.selected, mine))));
  }
}

function listKeys(event) {
  const row = event.target.closest("[role=option]");
  if (!row) return;
  const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: row.parentNode.firstElementChild, End: row.parentNode.lastElementChild }[event.key];
  if (next) {
    event.preventDefault();
    row.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  } else if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    chooseRow(row);
  } else if (event.key === "ArrowUp") {
    $("search").focus();
  }
}

function fillLegend() {
  const plan = state.lens === "plan" && raw.plan;
  const signs = plan ? KEEP_SIGNS : signsUsed;
  const rows = signs.map((sign) => el("span", { cls: "key" }, [coin(sign), el("span", { text: sign.label })]));
  const bare = (cls, label) => el("span", { cls: "key" }, [el("span", { cls: `swatch ${cls}`, "aria-hidden": "true" }), el("span", { text: label })]);
  const line = bare("line", { dependencies: "bridge: dependencies between departments", duplicates: "copies between departments", plan: "planned moves" }[state.lens]);
  line.firstChild.style.background = lensColour();
  rows.push(line);
  if (!plan && departments.some((island) => island.apart) && departments.length > 1) rows.push(bare("moat", "no bridge at all"));
  if (raw.fog.length) rows.push(bare("stipple", "not looked at"));
  if (nO) rows.push(bare("diamond", "mentioned, not scanned"));
  if (!plan && nT) rows.push(bare("pie", "filled part: share of a tool's assets"));
  for (const [shape, label] of [["●", "job or other"], ["■", "data"], ["▲", "model"], ["◆", "automation"]]) rows.push(el("span", { cls: "key" }, [el("span", { text: shape, "aria-hidden": "true" }), el("span", { text: label })]));
  $("legend").replaceChildren(...rows);
}
