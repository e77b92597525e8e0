// The list that equals the map: everything on it in a table that can be sorted, under the same filters.

import { select } from "./app";
import { $, bdi, coin, el, markOf } from "./dom";
import { cutOff, unseen } from "./labels";
import { M, money, type Finding } from "./model";
import { filtering, listed, same, state, type Choice } from "./state";
import { mode_, modeMark, planMark, signMark, type Mark } from "./theme";

type Cell = string | number;
interface Row { choice: Choice; cells: Cell[]; mark: Mark | null; plan: string }
const LEVELS = ["findings", "departments", "tools", "assets", "outside"] as const;
type Level = (typeof LEVELS)[number];
const COLUMNS: Record<Level, string[]> = {
  findings: ["Finding", "Kind", "Score", "Saving a year", "Departments"],
  departments: ["Department", "Tools", "Assets", "Cost a year", "Duplicates", "Remarks"],
  tools: ["Tool", "Instance", "Department", "Vendor", "Capability", "Assets", "Cost a year", "Used by", "Finding", "Plan"],
  assets: ["Asset", "Kind", "Tool", "Department", "Owner", "Environment", "Cost a year", "Last used", "Finding", "Plan"],
  outside: ["Name", "Departments that mention it", "Most by", "Finding"],
};
const MONEY = ["Saving a year", "Cost a year"];
let level: Level = "tools";
let sortBy = 0;
let down = false;
let count = 100;

const names = (is: Iterable<number>): string => [...new Set(is)].filter((i) => i >= 0).map((i) => M.islands[i].title).join(", ");
const planText = (n: number): string => {
  const { plan } = M.raw;
  if (!plan || M.isOutside(n)) return "";
  if (M.isTool(n)) return plan.disposition[n - M.nA] >= 0 ? planMark(plan.disposition[n - M.nA]).label : "";
  return M.col.to[n] >= 0 ? `to ${M.name(M.nA + M.col.to[n])}, wave ${M.wave[n]}` : "stays";
};
const signLabel = (n: number): string => (M.sign[n] >= 0 ? M.raw.signs[M.sign[n]][1] : "");

function rowsOf(): Row[] {
  if (level === "findings") {
    const wanted = ({ sign, subjects }: Finding) =>
      !filtering || ((!state.filter.sign || M.raw.signs[sign][0] === state.filter.sign) && subjects.some((n) => listed[n]));
    return M.raw.findings.map((finding, i) => ({ finding, i })).filter(({ finding }) => wanted(finding)).map(({ finding, i }) => ({
      choice: { type: "finding", i }, mark: signMark(finding.sign), plan: "",
      cells: [M.text(finding.title), M.raw.signs[finding.sign][1], Number(finding.score.toFixed(2)), finding.saving ?? 0, names(finding.subjects.map(M.islandOf))],
    }));
  }
  if (level === "departments") {
    return M.islands.filter((island) => !filtering || island.tools.some((t) => listed[M.nA + t])).map((island) => ({
      choice: { type: "island", i: island.i }, mark: null, plan: "",
      cells: [island.title, island.tools.length, island.assets, island.cost, island.duplicates, [cutOff(island), unseen(island), island.kind === "fog" ? "nothing seen" : ""].filter(Boolean).join("; ")],
    }));
  }
  const [from, to] = level === "tools" ? [M.nA, M.nA + M.nT] : level === "assets" ? [0, M.nA] : [M.nA + M.nT, M.N];
  const out: Row[] = [];
  for (let n = from; n < to; n++) if (listed[n] && (M.known(n) || M.mentioned.has(n))) out.push({ choice: { type: "node", n }, mark: null, plan: "", cells: [] });
  return out;
}

// Cells of a node are made when they are needed: to sort by one of them, or to be seen.
function cell(row: Row, column: number): Cell {
  if (row.choice.type !== "node") return row.cells[column];
  const { n } = row.choice;
  if (level === "tools") {
    const t = n - M.nA;
    return [() => M.name(n), () => M.instance(t), () => M.islands[M.raw.tools.island[t]].title, () => M.vendor(t), () => M.capabilitiesOf(n).join(", "),
      () => M.raw.tools.assets[t], () => M.raw.tools.cost[t], () => M.raw.tools.use[t], () => signLabel(n), () => planText(n)][column]();
  }
  if (level === "assets") {
    return [() => M.name(n), () => M.kind(n), () => M.name(M.coarse(n)), () => M.department(n), () => M.text(M.col.owner[n]), () => M.text(M.col.environment[n]),
      () => M.col.cost[n], () => M.text(M.col.used[n]), () => signLabel(n), () => planText(n)][column]();
  }
  const o = n - M.nA - M.nT;
  return [() => M.name(n), () => M.raw.outside.islands[o], () => names([M.raw.outside.home[o]]), () => signLabel(n)][column]();
}

function ordered(rows: Row[]): Row[] {
  const keys = new Map(rows.map((row) => [row, cell(row, sortBy)]));
  const compare = (a: Row, b: Row): number => {
    const [x, y] = [keys.get(a)!, keys.get(b)!];
    // What is not known comes last either way.
    if ((x === "") !== (y === "")) return x === "" ? 1 : -1;
    const order = typeof x === "number" && typeof y === "number" ? x - y : String(x).toLowerCase() < String(y).toLowerCase() ? -1 : x === y ? 0 : 1;
    return down ? -order : order;
  };
  return rows.sort(compare);
}

export function buildTable(): HTMLElement {
  return el("section", { id: "table", tabindex: "-1", "aria-label": "List of everything on the map", hidden: true }, [
    el("div", { cls: "levels", role: "group", "aria-label": "List" }, LEVELS.map((name) => {
      const pick = el("button", { type: "button", text: name[0].toUpperCase() + name.slice(1), "aria-pressed": "false", "data-level": name });
      pick.addEventListener("click", () => setLevel(name));
      return pick;
    })),
    el("p", { id: "table-count", cls: "sub", role: "status" }),
    el("div", { cls: "scroll", role: "region", "aria-label": "Table", tabindex: "0" }, [el("table", {}, [el("thead", { id: "table-head" }), el("tbody", { id: "table-body" })])]),
    el("button", { id: "table-more", cls: "more", type: "button", on: { click: more } }),
  ]);
}

function setLevel(name: Level): void {
  level = name;
  [sortBy, down, count] = [name === "findings" ? 3 : 0, name === "findings", 100];
  fillTable();
}
function more(): void {
  const before = count;
  count += 200;
  fillTable();
  $("table-body").children[before]?.querySelector("button")?.focus();
}
function sort(column: number): void {
  [sortBy, down] = [column, column === sortBy ? !down : false];
  count = 100;
  fillTable();
  $("table-head").querySelectorAll("button")[column].focus();
}

export function fillTable(): void {
  if (!state.table) return;
  for (const pick of document.querySelectorAll<HTMLElement>("[data-level]")) pick.setAttribute("aria-pressed", String(pick.dataset.level === level));
  const rows = ordered(rowsOf());
  const columns = COLUMNS[level].map((title, column) => ({ title, column })).filter(({ title }) => title !== "Plan" || M.raw.plan);
  $("table-head").replaceChildren(el("tr", {}, columns.map(({ title, column }) =>
    el("th", { scope: "col", "aria-sort": column === sortBy ? (down ? "descending" : "ascending") : "none" }, [
      el("button", { type: "button", on: { click: () => sort(column) } }, [title, el("span", { "aria-hidden": "true", text: column === sortBy ? (down ? " ▼" : " ▲") : "" })]),
    ]))));
  $("table-body").replaceChildren(...rows.slice(0, count).map((row) => line(row, columns)));
  const left = rows.length - Math.min(count, rows.length);
  $("table-more").hidden = left <= 0;
  $("table-more").textContent = `Show more (${left.toLocaleString("en")} left)`;
  const some = M.served && level === "assets" ? "; search, or open a tool, to see more assets" : "";
  $("table-count").textContent = `${rows.length.toLocaleString("en")} ${level}${filtering ? " match" : ""}${some}`;
}

function line(row: Row, columns: { title: string; column: number }[]): HTMLElement {
  const chosen = same(state.selected, row.choice);
  const mark = row.mark ?? (row.choice.type === "node" ? nodeMark(row.choice.n) : null);
  return el("tr", { "aria-selected": chosen ? "true" : undefined, cls: chosen ? "chosen" : "" }, columns.map(({ title, column }, k) => {
    const value = cell(row, column);
    if (k) return el("td", { cls: typeof value === "number" ? "number" : "" }, [typeof value === "number" ? (MONEY.includes(title) ? (value ? money(value) : "") : value.toLocaleString("en")) : bdi(value)]);
    const open = el("button", { type: "button", cls: "link", on: { click: () => select(row.choice, true) } }, [mark ? coin(mark) : el("span", { cls: "dot", "aria-hidden": "true" }), bdi(String(value), "grow")]);
    return el("th", { scope: "row" }, [open]);
  }));
}

function nodeMark(n: number): Mark | null {
  if (state.mode !== "finding" && M.isAsset(n) && M.category(mode_(), n) >= 0) return modeMark(M.category(mode_(), n));
  return markOf(n);
}
