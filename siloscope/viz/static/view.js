// The camera: what part of the map is seen, and how it moves there. k is pixels per map unit.

const canvas = document.getElementById("map");
const stage = document.getElementById("stage");
const cam = { x: 0, y: 0, k: 0.1 };
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const screen_ = { width: 800, height: 600, inset: 0 };
let flight = 0;

const centreX = () => (screen_.width - screen_.inset) / 2;
const sx = (x) => (x - cam.x) * cam.k + centreX();
const sy = (y) => (y - cam.y) * cam.k + screen_.height / 2;
const mx = (px) => (px - centreX()) / cam.k + cam.x;
const my = (py) => (py - screen_.height / 2) / cam.k + cam.y;

function fitted() {
  const width = Math.max(RIGHT - LEFT, 20 * SPACING);
  const height = Math.max(BOTTOM - TOP, 16 * SPACING);
  const k = Math.min((screen_.width - screen_.inset) / width, screen_.height / height) * 0.985;
  return { x: (LEFT + RIGHT) / 2, y: (TOP + BOTTOM) / 2, k };
}
const clampZoom = (k) => Math.min(Math.max(k, fitted().k * 0.5), 1.6);

function flyTo(target, redraw) {
  cancelAnimationFrame(flight);
  const start = { ...cam };
  const end = { ...target, k: clampZoom(target.k) };
  const began = performance.now();
  const length = calm.matches ? 0 : 320;
  const step = (now) => {
    const share = length ? Math.min(1, (now - began) / length) : 1;
    const eased = 1 - (1 - share) ** 3;
    cam.k = start.k * (end.k / start.k) ** eased;
    // Moving in step with the zoom keeps the target on a straight course.
    const ratio = Math.abs(end.k - start.k) < 1e-9 ? eased : (1 / start.k - 1 / cam.k) / (1 / start.k - 1 / end.k);
    cam.x = start.x + (end.x - start.x) * ratio;
    cam.y = start.y + (end.y - start.y) * ratio;
    if (share === 1) Object.assign(cam, end);
    redraw();
    if (share < 1) flight = requestAnimationFrame(step);
  };
  if (length) flight = requestAnimationFrame(step);
  else step(began);
}

function zoomAt(px, py, factor) {
  cancelAnimationFrame(flight);
  const [x, y] = [mx(px), my(py)];
  cam.k = clampZoom(cam.k * factor);
  cam.x = x - (px - centreX()) / cam.k;
  cam.y = y - (py - screen_.height / 2) / cam.k;
}

// The camera that shows a node well: an asset with its neighbours, a tool with its assets.
function viewOf(n) {
  const wide = Math.min(screen_.width - screen_.inset, screen_.height);
  if (isAsset(n)) return { x: nodeX[n], y: nodeY[n], k: Math.max(cam.k, 0.55) };
  const r = isTool(n) ? T.r[n - nA] : 8 * SPACING;
  return { x: nodeX[n], y: nodeY[n], k: Math.min(0.7, (wide * 0.21) / r) };
}
const viewOfIsland = (island) => ({
  x: island.x, y: island.y - LABEL / 2,
  k: Math.min(screen_.width - screen_.inset, screen_.height) / (2 * island.r + 2 * SHORE + LABEL * 1.5),
});
