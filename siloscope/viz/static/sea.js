// The lower layers: water, fog, bridges, coasts. Everything that is about departments.

const smooth = (low, high, v) => {
  const share = Math.min(1, Math.max(0, (v - low) / (high - low)));
  return share * share * (3 - 2 * share);
};

// How far the map is zoomed in: dots is the visibility of single assets, pixel their distance.
const detail = () => ({
  dots: smooth(1.45, 2.1, cam.k / fitted().k) * smooth(5, 9, SPACING * cam.k), pixel: SPACING * cam.k,
});
const onScreen = (x, y, r) =>
  sx(x) + r > 0 && sx(x) - r < screen_.width && sy(y) + r > 0 && sy(y) - r < screen_.height;
const islandSeen = (island) => onScreen(island.x, island.y, (island.r + 2 * SHORE) * cam.k);

const coast = (island, margin, part = "outer") =>
  shapes[island.i][part].map(([x, y, r]) => [sx(x), sy(y), Math.max(0, (r + margin) * cam.k)]);

function drawWater(pen, seen) {
  const th = theme();
  for (const [margin, fill] of [[SHORE * 1.25, th.deep], [SHORE * 0.72, th.shallow]]) {
    for (const island of seen) if (island.tools.length) pen.circles(coast(island, margin), { fill });
  }
}

// Stippling, as charts mark doubtful ground: round a share of the coast as large as the share of slices not seen.
const stipples = islands.map((island) => {
  if (!island.fog.length) return null;
  const missing = island.fog.reduce((sum, fog) => sum + fog.missing.length, 0);
  const all = island.fog.reduce((sum, fog) => sum + fog.slices, 0);
  const tools = island.fog.flatMap((fog) => fog.tools.map((n) => n - nA));
  let dx = tools.reduce((sum, t) => sum + T.x[t] - island.x, 0);
  let dy = tools.reduce((sum, t) => sum + T.y[t] - island.y, 0);
  if (Math.hypot(dx, dy) < island.r * 0.1 * tools.length) [dx, dy] = [island.x || 1, island.y];
  const turn = Math.atan2(dy, dx);
  const bank = island.kind === "fog";
  const half = bank ? Math.PI : Math.max(0.5, Math.min(2.6, (Math.PI * missing) / all));
  const outer = bank ? island.r * 1.1 : SHORE * 1.3;
  const reach = bank ? outer : island.r + outer;
  const step = Math.max(SHORE * 0.17, reach / (bank ? 24 : 60));
  const points = [];
  for (let row = 0, y = -reach; y <= reach; y += step * 0.87, row++) {
    for (let x = -reach + (row % 2) * step * 0.5; x <= reach; x += step) {
      const off = Math.abs(((Math.atan2(y, x) - turn + 3 * Math.PI) % (2 * Math.PI)) - Math.PI);
      const depth = bank ? Math.hypot(x, y) : Math.min(...shapes[island.i].outer.map(([u, v, r]) => Math.hypot(u - island.x - x, v - island.y - y) - r));
      if (off > half || depth > outer || (!bank && (depth < SHORE * 0.44 || Math.hypot(x, y) < island.r * 0.55))) continue;
      const edge = bank ? 1 : Math.min(1, (half - off) * 2.4);
      points.push([island.x + x, island.y + y, edge * (1 - 0.8 * (depth / outer) ** 2)]);
    }
  }
  return { points, missing, step };
});

function drawFog(pen, seen) {
  const th = theme();
  for (const island of seen) {
    const stipple = stipples[island.i];
    if (!stipple) continue;
    const r = Math.min(3, Math.max(0.55, stipple.step * cam.k * 0.19));
    for (const level of [0.25, 0.5, 0.75, 1]) {
      const dots = stipple.points.filter(([, , a]) => a > level - 0.25 && a <= level);
      pen.circles(dots.map(([x, y]) => [sx(x), sy(y), r]), { fill: th.fog, alpha: level * 0.85 });
    }
  }
}

// The points of a bridge on screen, from the coast of one island to that of the other.
function bridgeCurve([a, b, , , cx, cy]) {
  const [p, q] = [islands[a], islands[b]];
  return [sx(p.x), sy(p.y), sx(cx), sy(cy), sx(q.x), sy(q.y)];
}
const curveAt = ([x0, y0, cx, cy, x1, y1], t) => [
  (1 - t) ** 2 * x0 + 2 * t * (1 - t) * cx + t * t * x1,
  (1 - t) ** 2 * y0 + 2 * t * (1 - t) * cy + t * t * y1,
];
function bridgeWidth(bridge) {
  const most = Math.max(...bridges().map((row) => row[2] + row[3]));
  const zoom = Math.min(1.6, Math.sqrt(cam.k / fitted().k));
  return (1.6 + 11 * Math.sqrt((bridge[2] + bridge[3]) / most)) * zoom;
}

function bridgeTone(bridge, i) {
  const s = state.selected;
  const mine = { type: "bridge", lens: state.lens, i };
  if (same(s, mine) || same(state.hovered, mine)) return 1;
  if (s?.type === "island") return s.i === bridge[0] || s.i === bridge[1] ? 0.8 : 0.1;
  if (s?.type === "bridge") return 0.13;
  if (s?.type === "node" || s?.type === "finding") return 0.14;
  return 0.5;
}

const lensColour = () =>
  state.lens === "duplicates" ? familyColour("duplicate") : state.lens === "plan" ? familyColour("migrate") : theme().bridge;

function drawBridges(pen) {
  const fade = 1 - 0.6 * detail().dots;
  bridges().forEach((bridge, i) => {
    const curve = bridgeCurve(bridge);
    const tone = bridgeTone(bridge, i);
    const width = bridgeWidth(bridge);
    if (tone > 0.2) pen.curve(...curve, { stroke: theme().halo, width: width + 3, alpha: 0.75 * Math.min(1, tone * 2) * fade });
    pen.curve(...curve, { stroke: lensColour(), width, alpha: tone * fade });
    if (state.lens === "plan") drawHeads(pen, bridge, curve, tone * fade);
  });
}

// Arrow heads where the flow lands on a coast.
function drawHeads(pen, bridge, curve, alpha) {
  for (const [count, island, back] of [[bridge[2], islands[bridge[1]], false], [bridge[3], islands[bridge[0]], true]]) {
    if (!count) continue;
    const along = (t) => curveAt(curve, back ? 1 - t : t);
    let t = 1;
    const land = coast(island, SHORE * 0.5);
    while (t > 0.5 && land.some(([x, y, r]) => Math.hypot(along(t)[0] - x, along(t)[1] - y) < r)) t -= 0.01;
    const size = 6 + bridgeWidth(bridge) * 0.9;
    pen.polygons([head(along(t - 0.02), along(t), size)], { fill: lensColour(), alpha: Math.min(1, alpha * 1.7) });
  }
}

function head([x0, y0], [x, y], size) {
  const turn = Math.atan2(y - y0, x - x0);
  const p = (a, r) => [x + Math.cos(turn + a) * r, y + Math.sin(turn + a) * r];
  return [p(0, size * 0.6), p(2.5, size * 0.75), p(-2.5, size * 0.75)];
}

function drawLand(pen, seen) {
  const th = theme();
  const land = { department: th.land, shared: th.shared, unassigned: th.unassigned };
  for (const island of seen) {
    if (!island.tools.length) continue;
    const chosen = same(state.selected, { type: "island", i: island.i });
    const hovered = same(state.hovered, { type: "island", i: island.i });
    const edge = (chosen ? 3 : hovered ? 2 : 1.1) / cam.k;
    pen.circles(coast(island, SHORE * 0.34 + edge, "rim"), { fill: chosen ? th.select : hovered ? th.soft : th.shore });
    pen.circles(coast(island, SHORE * 0.34, "all"), { fill: land[island.kind] });
    if (island.apart && island.kind === "department" && lensNames.length && state.lens === "dependencies") drawMoat(pen, island);
  }
}

// An island without any bridge lies behind a dashed ring: nothing crosses it.
function drawMoat(pen, island) {
  pen.circles([[sx(island.x), sy(island.y), (island.r + SHORE * 0.95) * cam.k]], {
    stroke: familyColour("isolated"), width: 1.8, dash: [3, 7], alpha: 0.9 - 0.5 * detail().dots,
  });
}
