// Around the map: the header with views and colours, the bar of the plan, the legend, the zoom.

import { canUndo, fitAll, setMeasure, setMode, setTable, setTheme, setView, setWave, undo } from "./app";
import { canvas, zoomBy } from "./camera";
import { $, button, coin, el } from "./dom";
import { M } from "./model";
import { present } from "./present";
import { savePage, savePng, saveSvg } from "./save";
import { signsUsed, waveText } from "./side";
import { state } from "./state";
import { changeMark, mode_, modeMark, planMark, signMark, type Mark } from "./theme";
import { viewColour } from "./sea";

const VIEWS: Record<string, string> = { dependencies: "Dependencies", duplicates: "Duplicates", plan: "Plan", changes: "Changes" };
const SIZES: Record<string, string> = { assets: "assets", cost: "cost", use: "use" };

export function buildTop(): HTMLElement {
  const colour = el("select", { id: "colour", "aria-label": "Colour by" }, M.modes.map((mode) => el("option", { value: mode.key, text: `Colour: ${mode.label.toLowerCase()}` })));
  colour.addEventListener("change", () => setMode(colour.value));
  const size = el("select", { id: "size", "aria-label": "Size by" }, Object.entries(SIZES).map(([value, text]) => el("option", { value, text: `Size: ${text}` })));
  size.addEventListener("change", () => setMeasure(size.value));
  return el("header", { id: "top" }, [
    el("h1", { id: "title", text: M.raw.title }), el("p", { id: "scan", text: M.raw.scan[1] ? `scan of ${M.raw.scan[1].slice(0, 16).replace("T", " ")}` : "" }),
    el("div", { id: "views", role: "group", "aria-label": "Bridges show" }, Object.keys(M.raw.lenses).map((name) => button(VIEWS[name] ?? name, () => setView(name), { "data-view": name, "aria-pressed": "false" }))),
    colour, size,
    el("div", { cls: "actions" }, [
      button("Table", () => setTable(!state.table), { id: "as-table", "aria-pressed": "false", title: "Everything on the map as a table (t)" }),
      button("Undo", undo, { id: "undo", title: "Undo (u); redo (Shift+U)" }),
      button("Present", () => present(true), { id: "present", title: "Full screen, step by step (p)" }),
      menu(), button("Dark", () => setTheme(state.theme === "dark" ? "light" : "dark"), { id: "theme", "aria-pressed": "false" }),
    ]),
  ]);
}

function menu(): HTMLElement {
  const box = el("details", { id: "menu" }, [
    el("summary", { text: "Save" }),
    el("div", { on: { click: () => (box.open = false) } }, [
      button("Picture (PNG)", savePng, { id: "save-png" }), button("Drawing (SVG)", saveSvg, { id: "save-svg" }),
      M.served ? null : button("This map with notes (HTML)", savePage, { id: "save", title: "The same file again, notes included" }),
    ]),
  ]);
  return box;
}

export function buildZoom(): HTMLElement {
  return el("div", { id: "zoom" }, [
    button("+", () => zoomBy(1.6), { id: "zoom-in", "aria-label": "Zoom in (+)" }), button("−", () => zoomBy(1 / 1.6), { id: "zoom-out", "aria-label": "Zoom out (-)" }),
    button("⤢", fitAll, { id: "fit", "aria-label": "Whole map (0)" }),
  ]);
}

export function buildWaves(): HTMLElement {
  const last = M.raw.plan?.last ?? 0;
  const slider = el("input", { id: "wave", type: "range", min: 0, max: last, step: 1, "aria-label": "Wave of the plan" });
  slider.addEventListener("input", () => setWave(Number(slider.value)));
  return el("section", { id: "waves", "aria-label": "The plan, wave by wave", hidden: true }, [
    button("Before", () => setWave(0), { id: "before" }), slider, button("After", () => setWave(last), { id: "after" }), el("output", { id: "wave-text", for: "wave" }),
  ]);
}

export const legendMarks = (): Mark[] => {
  if (state.view === "plan") return [0, 1, 2, 3].map(planMark);
  if (state.view === "changes") return [1, 2, 3].map(changeMark);
  if (state.view === "duplicates") return signsUsed().filter((s) => "DO".includes(M.raw.signs[s][0])).map(signMark);
  return state.mode === "finding" ? signsUsed().map(signMark) : mode_().legend.map((_, i) => modeMark(i));
};

function fillLegend(): void {
  const rows = legendMarks().map((mark) => el("span", { cls: "key" }, [coin(mark), el("span", { text: mark.label })]));
  const bare = (cls: string, label: string) => el("span", { cls: "key" }, [el("span", { cls: `swatch ${cls}`, "aria-hidden": "true" }), el("span", { text: label })]);
  const line = bare("line", { dependencies: "dependencies between departments", duplicates: "copies between departments", plan: "planned moves", changes: "new (gone: dashed) dependencies" }[state.view] ?? "");
  (line.firstChild as HTMLElement).style.background = viewColour();
  rows.push(line);
  if (state.view === "dependencies" && M.departments.length > 1 && M.departments.some((island) => island.apart)) rows.push(bare("moat", "no bridge at all"));
  if (M.raw.fog.length) rows.push(bare("stipple", "not looked at"));
  if (M.nO) rows.push(bare("diamond", "mentioned, not scanned"));
  if (M.nT && !mode_().tools) rows.push(bare("pie", state.view === "plan" ? "share that has moved" : "share of a tool's assets"), bare("ring", "about the tool itself"));
  for (const [sign, label] of [["●", "job or other"], ["■", "data"], ["▲", "model"], ["◆", "automation"]]) rows.push(el("span", { cls: "key" }, [el("span", { text: sign, "aria-hidden": "true" }), el("span", { text: label })]));
  $("legend").replaceChildren(...rows);
}

let legendOf = "";
export function fillChrome(): void {
  for (const pick of document.querySelectorAll<HTMLElement>("[data-view]")) pick.setAttribute("aria-pressed", String(pick.dataset.view === state.view));
  $<HTMLSelectElement>("colour").value = state.mode;
  $<HTMLSelectElement>("colour").disabled = state.view !== "dependencies";
  $<HTMLSelectElement>("size").value = M.measure;
  $("theme").setAttribute("aria-pressed", String(state.theme === "dark"));
  $("as-table").setAttribute("aria-pressed", String(state.table));
  $<HTMLButtonElement>("undo").disabled = !canUndo();
  $("table").hidden = !state.table;
  $("waves").hidden = state.view !== "plan" || state.table;
  canvas.classList.toggle("aiming", state.pathFrom >= 0);
  if (state.view === "plan") {
    $<HTMLInputElement>("wave").value = String(state.wave);
    $("wave-text").textContent = `${state.wave ? `after wave ${state.wave}` : "before the plan"}: ${waveText()}`;
    $("wave").setAttribute("aria-valuetext", $("wave-text").textContent ?? "");
  }
  const now = `${state.view} ${state.mode} ${state.theme}`;
  if (now !== legendOf) fillLegend();
  legendOf = now;
}
