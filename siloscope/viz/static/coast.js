// The shape of islands: the union of discs around their tools, its notches rounded and its holes closed.

// The raster that finds holes has so many cells a side.
const CELLS = 180;

// The discs whose union is an island: all of them make its land; those on the outside, `outer`, are
// enough for the water around it, and with the discs that round off its notches, `rim`, for its shore.
const shapes = islands.map(({ tools }) => {
  const discs = tools.map((t) => [T.x[t], T.y[t], T.r[t]]);
  const near = discs.map(([x, y, r]) => discs.filter(([u, v, s]) => Math.hypot(u - x, v - y) < r + s + SHORE));
  const open = discs.map((disc, i) => exposed(disc, near[i]));
  const fillers = [];
  const rimFillers = [];
  for (let i = 0; i < discs.length; i++) {
    for (let j = i + 1; j < discs.length; j++) {
      const filler = between(discs[i], discs[j]);
      if (!filler) continue;
      fillers.push(filler);
      if (open[i] && open[j]) rimFillers.push(filler);
    }
  }
  const outer = discs.filter((_, i) => open[i]);
  const land = [...discs, ...fillers];
  return { all: [...land, ...holes(land)], rim: [...outer, ...rimFillers], outer };
});

// Whether some of a disc's coast is not covered by its neighbours.
function exposed([x, y, r], near) {
  const margin = SHORE * 0.34;
  for (let turn = 0; turn < 2 * Math.PI; turn += Math.PI / 12) {
    const [px, py] = [x + (r + margin) * Math.cos(turn), y + (r + margin) * Math.sin(turn)];
    if (!near.some(([u, v, s]) => (u !== x || v !== y) && Math.hypot(u - px, v - py) < s + margin)) return true;
  }
  return false;
}

// A disc over the place where two tools touch: it rounds off a notch and closes a hole.
function between([x, y, r], [u, v, s]) {
  const length = Math.hypot(u - x, v - y);
  const gap = length - r - s;
  if (gap > 0.45 * Math.min(r, s)) return null;
  const share = (r + gap / 2) / length;
  return [x + (u - x) * share, y + (v - y) * share, 0.64 * Math.min(r, s)];
}

// Discs over what the union leaves open inside. A coarse raster finds it: what no way leads to from outside.
function holes(land) {
  if (land.length < 6) return [];
  const margin = SHORE * 0.34;
  const low = [0, 1].map((axis) => Math.min(...land.map((disc) => disc[axis] - disc[2])) - margin * 2);
  const high = [0, 1].map((axis) => Math.max(...land.map((disc) => disc[axis] + disc[2])) + margin * 2);
  const cell = Math.max(high[0] - low[0], high[1] - low[1]) / CELLS;
  // 1: land, 2: sea. Land is taken a little too small, so that fine slits are found as well.
  const grid = new Uint8Array(CELLS * CELLS);
  const middle = (column, axis) => low[axis] + (column + 0.5) * cell;
  for (const [x, y, r] of land) {
    const reach = r + margin - cell * 0.25;
    const first = [x, y].map((v, axis) => Math.max(0, Math.floor((v - reach - low[axis]) / cell)));
    const last = [x, y].map((v, axis) => Math.min(CELLS - 1, Math.ceil((v + reach - low[axis]) / cell)));
    for (let i = first[0]; i <= last[0]; i++) {
      for (let j = first[1]; j <= last[1]; j++) if (Math.hypot(middle(i, 0) - x, middle(j, 1) - y) < reach) grid[j * CELLS + i] = 1;
    }
  }
  flood(grid);
  const found = [];
  grid.forEach((mark, at) => {
    if (!mark) found.push([middle(at % CELLS, 0), middle(Math.floor(at / CELLS), 1), cell * 2.2 - margin]);
  });
  return found;
}

function flood(grid) {
  const edge = [0];
  while (edge.length) {
    const at = edge.pop();
    if (grid[at]) continue;
    grid[at] = 2;
    const column = at % CELLS;
    if (column) edge.push(at - 1);
    if (column < CELLS - 1) edge.push(at + 1);
    if (at >= CELLS) edge.push(at - CELLS);
    if (at < CELLS * (CELLS - 1)) edge.push(at + CELLS);
  }
}
