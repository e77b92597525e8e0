// Pictures of the present view: PNG at twice the size, and SVG with real text.

const FOOT = 44;

// Title above, map, legend below: a picture that explains itself on a slide.
function picture(pen, { width, height }) {
  const th = theme();
  const size = { ...screen_ };
  const kept = { ...cam };
  Object.assign(screen_, { width, height: height - FOOT, inset: 0 });
  const whole = kept.k <= fitted().k * 1.05;
  if (whole) Object.assign(cam, fitted());
  pen.polygons([[[0, 0], [width, 0], [width, height], [0, height]]], { fill: th.sea });
  const style = { size: 18, weight: 700 };
  const title = fitText(raw.title, width * 0.5, style);
  drawMap(pen, [[0, 0, widthOf(title, style) + 32, 52]]);
  pen.text(title, 16, 22, { ...style, align: "left", fill: th.ink, halo: th.halo });
  if (raw.scan[1]) pen.text(`scan of ${raw.scan[1].slice(0, 10)}`, 16, 42, { size: 11.5, align: "left", fill: th.soft, halo: th.halo });
  pictureLegend(pen, width, height);
  Object.assign(screen_, size);
  Object.assign(cam, kept);
}

function pictureLegend(pen, width, height) {
  const th = theme();
  pen.polygons([[[0, height - FOOT], [width, height - FOOT], [width, height], [0, height]]], { fill: th.land });
  const signs = state.lens === "plan" && raw.plan ? KEEP_SIGNS : signsUsed;
  let x = 24;
  for (const sign of signs) {
    const room = widthOf(sign.label, { size: 12 });
    if (x + room + 20 > width) break;
    drawCoin(pen, x, height - FOOT / 2, 9, sign);
    pen.text(sign.label, x + 15, height - FOOT / 2, { size: 12, align: "left", fill: th.ink });
    x += room + 44;
  }
}

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  el("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 4000);
}

const area = () => ({ width: Math.round(screen_.width), height: Math.round(screen_.height) + FOOT });

function savePng() {
  const { width, height } = area();
  const sheet = el("canvas", { width: width * 2, height: height * 2 });
  const c = sheet.getContext("2d");
  c.scale(2, 2);
  picture(new CanvasPen(c), { width, height });
  sheet.toBlob((blob) => save(blob, "silo-map.png"), "image/png");
}

function svgText() {
  const size = area();
  const pen = new SvgPen(size.width, size.height);
  picture(pen, size);
  return pen.toString();
}

function saveSvg() {
  save(new Blob([svgText()], { type: "image/svg+xml" }), "silo-map.svg");
}
