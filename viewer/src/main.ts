// The start: reads the data, builds the page around the map, and keeps its parts in step.

import { movedByHand, onChange, setTheme, startAt } from "./app";
import { bounds, cam, canvas, fitted, jump, startCamera, view, whole } from "./camera";
import { buildTop, buildWaves, buildZoom, fillChrome } from "./chrome";
import { $, el } from "./dom";
import { showEvidence } from "./evidence";
import { startInput } from "./input";
import { type Box } from "./labels";
import { M, Model, setModel } from "./model";
import { notes } from "./notes";
import { readPayload } from "./payload";
import { buildCaption } from "./present";
import { wanted } from "./remote";
import { last, paint, redraw, resizeScene, startScene } from "./scene";
import { pageText, svgText } from "./save";
import { buildSide, fillSide, showTab } from "./side";
import { state } from "./state";
import { buildTable, fillTable } from "./table";

function build(): void {
  canvas.id = "map";
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", "Silo map: departments as islands, dependencies as bridges. The table holds the same.");
  const stage = el("main", { id: "stage" }, [
    canvas, el("div", { id: "tip", hidden: true }), buildZoom(), buildTable(), el("section", { id: "evidence", "aria-labelledby": "evidence-title", hidden: true }), buildCaption(),
  ]);
  document.body.prepend(buildTop(), buildSide(), buildWaves(), stage, el("footer", { id: "legend", "aria-label": "Legend" }));
}

function resize(): void {
  const stage = $("stage");
  const card = $("evidence");
  const keep = view.width > 0 && whole();
  resizeScene(stage.clientWidth, stage.clientHeight);
  view.inset = card.hidden || stage.clientWidth < 620 ? 0 : card.offsetWidth + 16;
  bounds();
  if (keep) jump(fitted());
  redraw();
}

// Boxes of what lies over the map, so that no label hides under it.
function controls(): Box[] {
  const origin = canvas.getBoundingClientRect();
  return ["zoom", "evidence", "caption"].map($).filter((node) => !node.hidden).map((node) => {
    const box = node.getBoundingClientRect();
    return [box.left - origin.left - 6, box.top - origin.top - 6, box.right - origin.left + 6, box.bottom - origin.top + 6];
  });
}

async function start(): Promise<void> {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  setModel(new Model(await readPayload()));
  document.title = M.raw.title;
  notes.load();
  build();
  onChange((parts) => {
    if (parts.includes("evidence")) showEvidence();
    if (parts.includes("side")) fillSide();
    if (parts.includes("table")) fillTable();
    if (parts.includes("chrome")) fillChrome();
    if (parts.includes("resize") || parts.includes("evidence")) {
      const card = $("evidence");
      view.inset = card.hidden || view.width < 620 ? 0 : card.offsetWidth + 16;
      bounds();
    }
  });
  state.theme = dark ? "dark" : "light";
  startScene(controls, () => {
    const { frame } = last;
    if (M.served && frame) wanted(frame.tools.filter((t) => frame.dots[t] > 0.02));
  });
  startCamera((byHand) => {
    if (byHand) movedByHand();
    redraw();
  });
  resizeScene($("stage").clientWidth, $("stage").clientHeight);
  bounds();
  startAt(location.hash);
  setTheme(state.theme);
  showTab("story");
  startInput();
  resize();
  new ResizeObserver(resize).observe($("stage"));
  paint();
  document.documentElement.dataset.ready = "true";
}

// What tests and embedding pages may ask: the labels of the last frame with their boxes, how much was drawn, and a redraw.
Object.assign(window, {
  siloMap: {
    paint, labels: () => last.room.labels, drawn: () => last.frame?.drawn ?? 0, draws: () => last.draws,
    camera: () => ({ ...cam }), jump, fitted, svg: svgText, page: pageText, place: (n: number) => [M.x(n), M.y(n)], find: (id: string) => M.find(id),
  },
});
void start();
