// Drawing in order, moving pictures, what changes what is shown, and the start.

const context = canvas.getContext("2d");
const tip = $("tip");
let waiting = 0;
let settling = 0;
let legendState = "";

function drawMap(pen, reserve = []) {
  const room = new Room();
  reserve.forEach((box) => room.take(box));
  const seen = islands.filter(islandSeen);
  drawWater(pen, seen);
  drawFog(pen, seen);
  drawBridges(pen);
  drawLand(pen, seen);
  drawTools(pen, seen);
  drawAssets(pen, seen);
  drawOutside(pen);
  drawLinks(pen);
  const coins = coinsOf(seen);
  drawTitles(pen, seen, room);
  for (const { x, y, size, badge } of coins) if (badge) room.take(boxAt(x, y, 2 * size, 2 * size));
  drawToolNames(pen, seen, room);
  drawCoins(pen, coins);
  drawAssetNames(pen, seen, room);
  drawOutsideNames(pen, room);
  drawBridgeNumbers(pen, room);
}

function redraw() {
  clearTimeout(settling);
  settling = 0;
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(frame);
}

function blank() {
  const ratio = window.devicePixelRatio || 1;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.globalAlpha = 1;
  context.fillStyle = theme().sea;
  context.fillRect(0, 0, screen_.width + 1, screen_.height + 1);
}

function frame() {
  blank();
  const corner = [0, screen_.height - 134, 54, screen_.height];
  const panel = [screen_.width - screen_.inset, 0, screen_.width, screen_.height];
  const { hovered } = state;
  if (crowded) state.hovered = null;
  drawMap(new CanvasPen(context), screen_.inset ? [corner, panel] : [corner]);
  state.hovered = hovered;
  if (crowded) {
    keepPicture();
    drawHovered(new CanvasPen(context));
  }
  const now = `${state.lens} ${themeName}`;
  if (now !== legendState) {
    legendState = now;
    fillLegend();
  }
}

// While a crowded map moves, its last picture moves; it is drawn anew when it comes to rest.
const crowded = nT > 150 || nA > 4000;
const kept = { canvas: document.createElement("canvas"), x: 0, y: 0, k: 1, middle: 0 };

// What is under the pointer, over a picture that was drawn without it.
function drawHovered(pen) {
  const found = state.hovered;
  if (found?.type === "node") pen.circles([[sx(nodeX[found.n]), sy(nodeY[found.n]), radiusOf(found.n) + 1]], { stroke: theme().select, width: 2 });
  if (found?.type !== "bridge" || !bridges()[found.i]) return;
  const bridge = bridges()[found.i];
  pen.curve(...bridgeCurve(bridge), { stroke: lensColour(), width: bridgeWidth(bridge), alpha: 0.8 });
  drawBridgeNumbers(pen, new Room());
}

function keepPicture() {
  if (kept.canvas.width !== canvas.width || kept.canvas.height !== canvas.height) {
    kept.canvas.width = canvas.width;
    kept.canvas.height = canvas.height;
  }
  kept.canvas.getContext("2d").drawImage(canvas, 0, 0);
  Object.assign(kept, cam, { middle: centreX() });
}

function glide() {
  if (!crowded) return redraw();
  clearTimeout(settling);
  settling = setTimeout(redraw, 130);
  cancelAnimationFrame(waiting);
  waiting = requestAnimationFrame(slide);
  return undefined;
}

function slide() {
  blank();
  const ratio = cam.k / kept.k;
  const x = centreX() + (kept.x - cam.x) * cam.k - kept.middle * ratio;
  const y = (screen_.height / 2) * (1 - ratio) + (kept.y - cam.y) * cam.k;
  context.drawImage(kept.canvas, x, y, screen_.width * ratio, screen_.height * ratio);
  drawHovered(new CanvasPen(context));
}

function resize() {
  const box = stage.getBoundingClientRect();
  const ratio = window.devicePixelRatio || 1;
  screen_.width = box.width;
  screen_.height = box.height;
  canvas.width = Math.round(box.width * ratio);
  canvas.height = Math.round(box.height * ratio);
  screen_.inset = card.hidden || box.width < 620 ? 0 : card.offsetWidth + 16;
  redraw();
}

function changed() {
  writeHash();
  redraw();
}

function select(choice, fly = false) {
  const before = cam.k <= fitted().k * 1.02;
  state.selected = choice;
  showEvidence();
  screen_.inset = card.hidden || screen_.width < 620 ? 0 : card.offsetWidth + 16;
  markRow();
  if (fly && choice?.type === "node") flyTo(viewOf(choice.n), glide);
  else if (fly && choice?.type === "island") flyTo(viewOfIsland(islands[choice.i]), glide);
  else if ((fly && choice) || before) flyTo(fitted(), glide);
  changed();
}

function setLens(lens) {
  state.lens = lens;
  if (state.selected?.type === "bridge") state.selected = null;
  for (const button of $("lenses").children) button.setAttribute("aria-pressed", String(button.dataset.lens === lens));
  showEvidence();
  refreshTab();
  changed();
}

function setTheme(name) {
  themeName = name;
  document.documentElement.dataset.theme = name;
  $("theme").setAttribute("aria-pressed", String(name === "dark"));
  refreshTab();
  showEvidence();
  redraw();
}

function start() {
  document.title = raw.title;
  $("title").textContent = raw.title;
  $("scan").textContent = raw.scan[1] ? `scan of ${raw.scan[1].slice(0, 16).replace("T", " ")}` : "";
  const names = { dependencies: "Dependencies", duplicates: "Duplicates", plan: "Plan" };
  $("lenses").replaceChildren(...lensNames.map((lens) => el("button", { type: "button", text: names[lens], "aria-pressed": "false", data: { lens }, on: { click: () => setLens(lens) } })));
  const chosen = readHash();
  document.documentElement.dataset.theme = themeName;
  fillFilters();
  applyFilter();
  for (const tab of document.querySelectorAll("[role=tab]")) {
    tab.addEventListener("click", () => showTab(tab.dataset.tab));
    tab.addEventListener("keydown", tabKeys);
  }
  $("list").addEventListener("keydown", listKeys);
  $("list").addEventListener("click", (event) => chooseRow(event.target.closest("[role=option]")));
  $("list-more").addEventListener("click", () => {
    rowsShown.count += 300;
    fillList();
  });
  $("theme").addEventListener("click", () => setTheme(themeName === "dark" ? "light" : "dark"));
  $("zoom-in").addEventListener("click", () => zoomBy(1.5));
  $("zoom-out").addEventListener("click", () => zoomBy(1 / 1.5));
  $("fit").addEventListener("click", () => flyTo(fitted(), glide));
  $("save-png").addEventListener("click", savePng);
  $("save-svg").addEventListener("click", saveSvg);
  document.addEventListener("keydown", keys);
  setLens(state.lens);
  setTheme(themeName);
  showTab(filtering ? "list" : "story");
  resize();
  Object.assign(cam, fitted());
  new ResizeObserver(() => {
    const whole = cam.k <= fitted().k * 1.02;
    resize();
    if (whole) Object.assign(cam, fitted());
  }).observe(stage);
  if (chosen) select(chosen, true);
}
