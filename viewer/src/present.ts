// Presenting: full screen, large letters, and a walk through what the map has to say.

import { goTo } from "./app";
import { view } from "./camera";
import { $, button, el } from "./dom";
import { M, money, plural } from "./model";
import { redraw } from "./scene";
import { address, FILTERS, state } from "./state";

interface Slide { title: string; text: string; set: () => void }
let slides: Slide[] = [];
let at = -1;
export const presenting = (): boolean => at >= 0;

function script(): Slide[] {
  const reset = (change: () => void) => () => {
    Object.assign(state, { view: "dependencies", mode: "finding", selected: null, trace: null, table: false, wave: M.raw.plan?.last ?? 0 });
    for (const key of FILTERS) state.filter[key] = "";
    change();
  };
  const apart = M.departments.length > 1 ? M.departments.filter((island) => island.apart) : [];
  const copies = M.islands.reduce((sum, island) => sum + island.duplicates, 0);
  const cost = M.islands.reduce((sum, island) => sum + island.cost, 0);
  const out: Slide[] = [{
    title: M.raw.title, set: reset(() => {}),
    text: `${plural(M.nA, "asset")} in ${plural(M.nT, "tool")} of ${plural(M.departments.length, "department")}${cost ? `, ${money(cost)} a year` : ""}`,
  }];
  for (const island of apart.slice(0, 4)) {
    out.push({ title: `${island.title} is cut off`, text: `${plural(island.tools.length, "tool")}, ${plural(island.assets, "asset")}, no bridge ${island.missing ? "seen" : "to anyone"}`, set: reset(() => (state.selected = { type: "island", i: island.i })) });
  }
  if (copies) out.push({ title: "Where duplicates are", text: `${plural(copies, "asset")} exist more than once`, set: reset(() => (state.view = "duplicates")) });
  const best = M.raw.findings.map((finding, i) => ({ finding, i })).filter(({ finding }) => finding.subjects.length && !finding.accepted);
  best.slice(0, 5).forEach(({ finding, i }) => {
    out.push({ title: M.text(finding.title), text: `${M.raw.signs[finding.sign][1]}${finding.saving ? `, ${money(finding.saving)} a year` : ""}`, set: reset(() => (state.selected = { type: "finding", i })) });
  });
  if (M.raw.plan) {
    out.push({ title: "Before the plan", text: plural(M.nT, "tool"), set: reset(() => Object.assign(state, { view: "plan", wave: 0 })) });
    const { annual_cost_now: now, annual_cost_after: after } = M.raw.plan.summary;
    out.push({ title: "After the plan", text: now !== undefined ? `${money(now)} a year now, ${money(after ?? 0)} after` : "", set: reset(() => (state.view = "plan")) });
  }
  return out;
}

export function buildCaption(): HTMLElement {
  return el("section", { id: "caption", "aria-label": "Presentation", hidden: true }, [
    el("div", { "aria-live": "polite" }, [el("strong", { id: "caption-title" }), el("span", { id: "caption-text" })]),
    el("div", { cls: "buttons" }, [
      button("‹", () => step(-1), { "aria-label": "Back (left arrow)" }), el("span", { id: "caption-count" }), button("›", () => step(1), { id: "caption-next", "aria-label": "Next (right arrow)" }),
      button("End", () => present(false), { id: "caption-end" }),
    ]),
  ]);
}

export function present(on: boolean): void {
  if (on === presenting()) return;
  at = on ? 0 : -1;
  slides = on ? script() : [];
  view.scale = on ? 1.35 : 1;
  document.body.classList.toggle("presenting", on);
  $("caption").hidden = !on;
  const page = document.documentElement;
  // Full screen is a wish: some browsers and frames refuse it, and the presentation works without.
  if (on) void page.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
  if (on) {
    show();
    $("caption-next").focus();
  } else {
    $("present").focus();
  }
  redraw();
}

export function step(by: number): void {
  at = Math.min(Math.max(at + by, 0), slides.length - 1);
  show();
}
function show(): void {
  const slide = slides[at];
  slide.set();
  goTo(address(null));
  $("caption-title").textContent = slide.title;
  $("caption-text").textContent = slide.text;
  $("caption-count").textContent = `${at + 1} / ${slides.length}`;
}
