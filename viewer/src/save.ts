// What leaves the page: a PNG at twice the size, an SVG with real text, and the page itself with its notes.

import { cam, fitted, view, whole } from "./camera";
import { legendMarks } from "./chrome";
import { el, $ } from "./dom";
import { M } from "./model";
import { notes } from "./notes";
import { CanvasPen, fitText, SvgPen, widthOf, type Pen } from "./pen";
import { drawScene, redraw } from "./scene";
import { theme } from "./theme";

const FOOT = 44;

// Title above, map, legend below: a picture that explains itself on a slide.
function picture(pen: Pen, width: number, height: number): void {
  const th = theme();
  const size = { ...view };
  const before = { ...cam };
  const all = whole();
  Object.assign(view, { width, height: height - FOOT, inset: 0 });
  if (all) {
    const { x, y, k } = fitted();
    Object.assign(cam, { k, tx: width / 2 - x * k, ty: (height - FOOT) / 2 - y * k });
  }
  pen.polygons([[[0, 0], [width, 0], [width, height], [0, height]]], { fill: th.sea });
  const style = { size: 18, weight: 700 };
  const title = fitText(M.raw.title, width * 0.5, style);
  drawScene(pen, [[0, 0, widthOf(title, style) + 32, 52]]);
  pen.text(title, 16, 22, { ...style, align: "left", fill: th.ink, halo: th.halo });
  if (M.raw.scan[1]) pen.text(`scan of ${M.raw.scan[1].slice(0, 10)}`, 16, 42, { size: 11.5, align: "left", fill: th.soft, halo: th.halo });
  legend(pen, width, height);
  Object.assign(view, size);
  Object.assign(cam, before);
  redraw();
}

function legend(pen: Pen, width: number, height: number): void {
  const th = theme();
  pen.polygons([[[0, height - FOOT], [width, height - FOOT], [width, height], [0, height]]], { fill: th.land });
  let x = 24;
  for (const mark of legendMarks()) {
    const room = widthOf(mark.label, { size: 12 });
    if (x + room + 20 > width) break;
    pen.coin(x, height - FOOT / 2, 9, mark, "");
    pen.text(mark.label, x + 15, height - FOOT / 2, { size: 12, align: "left", fill: th.ink });
    x += room + 44;
  }
}

function download(blob: Blob, name: string): void {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 4000);
}

const area = (): [number, number] => [Math.round(view.width), Math.round(view.height) + FOOT];

export function savePng(): void {
  const [width, height] = area();
  const sheet = el("canvas", { width: width * 2, height: height * 2 });
  const context = sheet.getContext("2d")!;
  context.scale(2, 2);
  // Coasts are drawn in map units through a transform of their own, which has to know of the scale.
  picture(new CanvasPen(context, 2), width, height);
  sheet.toBlob((blob) => blob && download(blob, "silo-map.png"), "image/png");
}
export function svgText(): string {
  const [width, height] = area();
  const pen = new SvgPen(width, height);
  picture(pen, width, height);
  return pen.toString();
}
export function saveSvg(): void {
  download(new Blob([svgText()], { type: "image/svg+xml" }), "silo-map.svg");
}

// As Python's html.escape writes it, so that a saved page without notes is the page it came from.
const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;" };
const escaped = (text: string): string => text.replace(/[&<>"']/g, (c) => ENTITIES[c]);
// The page again, byte for byte but for the notes: its own parts, put together as they were written.
export function pageText(): string {
  const part = (selector: string) => document.querySelector(selector)?.textContent ?? "";
  const policy = document.querySelector("meta[http-equiv]")?.getAttribute("content") ?? "";
  const data = $<HTMLScriptElement>("data");
  const json = notes.json().replace(/[<>&\u2028\u2029]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
  return [
    "<!doctype html>", '<html lang="en">', "<head>", '<meta charset="utf-8">', `<meta http-equiv="Content-Security-Policy" content="${escaped(policy)}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">', '<meta name="color-scheme" content="light dark">', '<link rel="icon" href="data:,">',
    `<title>${escaped(M.raw.title)}</title>`, `<style>${part("style")}</style>`, "</head>", "<body>", `<noscript>${part("noscript")}</noscript>`,
    `<script type="${data.type}" id="data">${data.textContent ?? ""}</script>`, `<script type="application/json" id="notes">${json}</script>`,
    `<script>${part("body > script:not([type])")}</script>`, "</body>", "</html>", "",
  ].join("\n");
}
export function savePage(): void {
  download(new Blob([pageText()], { type: "text/html" }), "silo-map.html");
  notes.dirty = false;
  $("save").dataset.dirty = "false";
}
