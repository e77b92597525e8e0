// The side bar: search, filters, what to take away from the map, and all findings.

import { setFilter } from "./app";
import { $, bdi, coin, el, facts, findingLink, islandLink, link, listing } from "./dom";
import { standing } from "./look";
import { M, money, plural } from "./model";
import { noteKey, notes } from "./notes";
import { ask } from "./remote";
import { filtering, listed, matchesText, state, type FilterKey } from "./state";
import { familyColour, planMark, signMark } from "./theme";

export const signsUsed = (): number[] => [...new Set(M.raw.findings.filter((finding) => !finding.accepted).map((finding) => finding.sign))].sort((a, b) => a - b);

const sorted = (values: Iterable<string>): string[] => [...new Set(values)].filter(Boolean).sort((a, b) => (a < b ? -1 : 1));

export function buildSide(): HTMLElement {
  const search = el("input", { id: "search", type: "search", autocomplete: "off", spellcheck: "false", "aria-describedby": "search-count" });
  search.addEventListener("input", () => {
    setFilter("text", search.value);
    void ask(() => setFilter("text", search.value));
  });
  const nodes = [...M.raw.tools.id.keys()];
  const departments = [...M.islands.filter((island) => island.kind !== "fog").map((island) => island.name), ...new Set(M.col.department)].map((d) => (typeof d === "string" ? d : d >= 0 ? M.text(d) : ""));
  const pick = (key: FilterKey, label: string, options: [string, string][]) => {
    const box = el("select", { id: `filter-${key}`, "aria-label": label }, [el("option", { value: "", text: `${label}: any` }), ...options.map(([value, text]) => el("option", { value, text }))]);
    box.addEventListener("change", () => setFilter(key, box.value));
    return box;
  };
  const same = (values: string[]): [string, string][] => values.map((value) => [value, value.slice(0, 60)]);
  return el("aside", { id: "side", "aria-label": "Search, filters and findings" }, [
    el("div", { cls: "search", role: "search" }, [
      el("label", { for: "search", text: "Search tools and assets" }), el("kbd", { text: "/", title: "key /" }), search, el("p", { id: "search-count", cls: "sub", "aria-live": "polite" }),
    ]),
    el("div", { cls: "filters" }, [
      pick("department", "Department", same(sorted(departments))), pick("capability", "Capability", same(sorted(nodes.flatMap((t) => M.capabilitiesOf(M.nA + t))))),
      pick("vendor", "Vendor", same(sorted(nodes.map(M.vendor)))), pick("sign", "Finding", signsUsed().map((s) => [M.raw.signs[s][0], `${M.raw.signs[s][0]}  ${M.raw.signs[s][1]}`])),
      pick("coverage", "Coverage", [["complete", "looked at in full"], ["partial", "not in full"]]),
    ]),
    el("div", { role: "tablist", "aria-label": "Side bar" }, ([["story", "Overview"], ["findings", "Findings"]] as const).map(([id, text]) => {
      const tab = el("button", { role: "tab", type: "button", id: `tab-${id}`, "aria-controls": `panel-${id}`, text });
      tab.addEventListener("click", () => showTab(id));
      tab.addEventListener("keydown", ({ key }) => {
        if (key !== "ArrowLeft" && key !== "ArrowRight") return;
        showTab(id === "story" ? "findings" : "story");
        $(`tab-${tabNow}`).focus();
      });
      return tab;
    })),
    ...["story", "findings"].map((id) => el("div", { id: `panel-${id}`, role: "tabpanel", "aria-labelledby": `tab-${id}`, tabindex: "0" })),
  ]);
}

let tabNow = "story";
export function showTab(name: string): void {
  tabNow = name;
  for (const id of ["story", "findings"]) {
    $(`tab-${id}`).setAttribute("aria-selected", String(id === name));
    $(`tab-${id}`).tabIndex = id === name ? 0 : -1;
    $(`panel-${id}`).hidden = id !== name;
  }
  fillSide();
}

export function fillSide(): void {
  const search = $<HTMLInputElement>("search");
  if (search.value !== state.filter.text) search.value = state.filter.text;
  for (const key of ["department", "capability", "vendor", "sign", "coverage"] as const) {
    const box = $<HTMLSelectElement>(`filter-${key}`);
    if (box.value !== state.filter[key]) box.value = state.filter[key];
    box.classList.toggle("on", Boolean(state.filter[key]));
  }
  $("search-count").textContent = filtering ? matches() : "";
  const head = el("h2", { cls: "unseen", text: tabNow === "story" ? "Overview" : "Findings" });
  if (tabNow === "story") $("panel-story").replaceChildren(head, ...(filtering ? results() : story()).filter((part): part is HTMLElement => part !== null));
  else $("panel-findings").replaceChildren(head, ...allFindings());
}

function matches(): string {
  let [tools, assets] = [0, 0];
  for (let n = 0; n < M.nA; n++) assets += listed[n];
  for (let n = M.nA; n < M.nA + M.nT; n++) tools += listed[n];
  return `${plural(tools, "tool")}, ${plural(assets, "asset")} match`;
}

// What a filter leaves: things that carry the searched words first.
function found(): number[] {
  const out: number[] = [];
  for (let n = M.N - 1; n >= 0; n--) if (listed[n]) out.push(n);
  const weight = (n: number) => (state.filter.text && matchesText(n) ? 0 : 2) + (M.isTool(n) ? 0 : 1);
  return out.sort((a, b) => weight(a) - weight(b) || a - b);
}
export const firstFound = (): number => found()[0] ?? -1;
const results = (): HTMLElement[] => [listing("Matches", found(), (n) => link(n, M.isTool(n) ? plural(M.raw.tools.assets[n - M.nA], "asset") : M.kind(n)))];

const stat = (value: string | number, label: string): HTMLElement => el("div", { cls: "stat" }, [el("strong", { text: String(value) }), el("span", { text: label })]);

// What a reader should take away, in a few lines that lead into the map.
function story(): (HTMLElement | null)[] {
  const cost = M.islands.reduce((sum, island) => sum + island.cost, 0);
  const [all, missing] = M.raw.coverage;
  const apart = M.departments.length > 1 ? M.departments.filter((island) => island.apart) : [];
  const copied = M.islands.filter((island) => island.duplicates).sort((a, b) => b.duplicates - a.duplicates || a.i - b.i);
  const most = copied[0]?.duplicates ?? 1;
  const fogs = M.islands.filter((island) => island.missing).sort((a, b) => b.missing - a.missing || a.i - b.i);
  const best = M.raw.findings.map((_, i) => i).filter((i) => !M.raw.findings[i].accepted);
  return [
    el("div", { cls: "stats" }, [
      stat(M.departments.length, "departments"), stat(M.nT.toLocaleString("en"), "tools"), stat(M.nA.toLocaleString("en"), "assets"),
      cost ? stat(money(cost), "cost a year") : null, all ? stat(`${Math.floor((100 * (all - missing)) / all)} %`, "of slices looked at") : null,
    ]),
    planStory(), changeStory(),
    apart.length ? listing("Cut off", apart, (island) => islandLink(island, `${plural(island.tools.length, "tool")}, ${plural(island.assets, "asset")}`)) : null,
    copied.length ? listing("Where duplicates are", copied, (island) => {
      const row = islandLink(island, plural(island.duplicates, "asset"));
      const meter = el("span", { cls: "meter" });
      meter.style.width = `${(100 * island.duplicates) / most}%`;
      meter.style.background = familyColour("duplicate");
      row.append(meter);
      return row;
    }, 8) : null,
    best.length ? listing("Most valuable findings", best, findingLink, 8) : null,
    fogs.length ? listing("Not looked at", fogs, (island) => islandLink(island, plural(island.missing, "slice")), 8) : null,
    notes.size ? listing("Notes", notes.places(), ({ n, island }) => {
      const row = n >= 0 ? link(n) : islandLink(island!);
      row.append(el("small", {}, [bdi(notes.get(n >= 0 ? noteKey(n) : noteKey(island!)).slice(0, 90))]));
      return row;
    }) : null,
  ];
}

function planStory(): HTMLElement | null {
  const { plan } = M.raw;
  if (!plan || state.view !== "plan") return null;
  const counts = [0, 0, 0, 0];
  for (const d of plan.disposition) if (d >= 0) counts[d]++;
  const { annual_cost_now: now, annual_cost_after: after, payback_months: payback } = plan.summary;
  return el("section", {}, [
    el("h3", { text: "The plan" }),
    facts([
      ["Cost a year", now !== undefined ? `${money(now)} now, ${money(after ?? 0)} after` : ""], ["Payback", payback ? plural(Math.round(payback), "month") : ""],
      ["Tools", counts.map((count, d) => `${count} ${planMark(d).label}`).join(", ")], ["Waves", plan.waves.length || plan.last],
    ]),
  ]);
}
// Before and after one wave: tools that are left, what was saved.
export function waveText(): string {
  const plan = M.raw.plan!;
  const gone = M.raw.tools.id.filter((_, t) => plan.disposition[t] >= 0 && standing(t).gone).length;
  const saved = plan.waves.filter(([number]) => number <= state.wave).reduce((sum, row) => sum + row[5], 0);
  const moved = plan.steps.reduce((sum, row) => sum + row.reduce((part, v, i) => part + (i % 3 === 1 && row[i - 1] <= state.wave ? v : 0), 0), 0);
  return `${plural(M.nT - gone, "tool")} left of ${M.nT}, ${plural(moved, "asset")} moved${saved ? `, ${money(saved)} a year saved` : ""}`;
}

function changeStory(): HTMLElement | null {
  if (state.view !== "changes") return null;
  const count = (from: number, to: number, change: number) => M.change.slice(from, to).filter((c) => c === change).length;
  const row = (from: number, to: number) => `${count(from, to, 1)} new, ${count(from, to, 2)} gone, ${count(from, to, 3)} changed`;
  const changed = [...M.change.keys()].filter((n) => M.change[n]);
  return el("section", {}, [
    el("h3", { text: `Since ${M.raw.since.slice(0, 16).replace("T", " ") || "then"}` }),
    facts([["Tools", row(M.nA, M.nA + M.nT)], ["Assets", row(0, M.nA)], ["Outside", row(M.nA + M.nT, M.N)]]),
    listing("What changed", changed, (n) => link(n, ["", "new", "gone", "changed"][M.change[n]]), 12),
  ]);
}

function allFindings(): HTMLElement[] {
  const groups = M.raw.signs.map((_, s) => ({ s, rows: M.raw.findings.map((__, i) => i).filter((i) => M.raw.findings[i].sign === s) })).filter(({ rows }) => rows.length);
  if (!groups.length) return [el("p", { cls: "empty", text: "No findings." })];
  return groups.map(({ s, rows }) => {
    const section = listing(M.raw.signs[s][1], rows, findingLink, 8);
    section.querySelector("h3")?.prepend(coin(signMark(s)));
    return section;
  });
}
