// Text on the map: measured first, placed where nothing else is, never cut.

class Room {
  constructor() {
    this.boxes = [];
  }
  free(box) {
    return !this.boxes.some((b) => box[0] < b[2] && box[2] > b[0] && box[1] < b[3] && box[3] > b[1]);
  }
  leave(box) {
    if (box) this.boxes.splice(this.boxes.indexOf(box), 1);
  }
  take(box) {
    this.boxes.push(box);
  }
}
const boxAt = (x, y, width, height) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2];
const inside = (box) => box[0] >= 2 && box[2] <= screen_.width - 2 && box[1] >= 2 && box[3] <= screen_.height - 2;

function subline(island) {
  if (island.kind === "fog") return "nothing seen there";
  const parts = [plural(island.tools.length, "tool"), plural(island.assets, "asset")];
  if (island.cost) parts.push(`${money(island.cost)} a year`);
  return parts.join(" · ");
}

function islandNote(island) {
  const missing = stipples[island.i]?.missing ?? 0;
  const unseen = missing ? `not looked at: ${plural(missing, "slice")}` : "";
  if (island.apart && island.kind === "department" && departments.length > 1) {
    return { cut: true, note: missing ? "no bridge seen" : "cut off: no bridge", unseen };
  }
  return { cut: false, note: "", unseen };
}

// The lines above an island: name, numbers, and what is special about it.
function titleLines(island) {
  const th = theme();
  const scale = screen_.width > 1500 ? 1.12 : 1;
  const muted = island.kind !== "department";
  const lines = [{ string: fitText(island.title, 230, { size: 15, weight: 650 }), size: 15 * scale, weight: 650, fill: muted ? th.soft : th.ink, italic: muted }];
  const { cut, note, unseen } = islandNote(island);
  if (cut) lines.push({ string: note, size: 11.5 * scale, weight: 650, fill: themeName === "dark" ? "#d3a3ff" : familyColour("isolated"), coin: SIGNS.find((sign) => sign.letter === "I") });
  lines.push({ string: subline(island), size: 11.5 * scale, fill: th.soft });
  if (unseen) lines.push({ string: unseen, size: 11 * scale, italic: true, fill: th.soft });
  for (const line of lines) {
    line.width = widthOf(line.string, line) + (line.coin ? 16 : 0);
    line.height = line.size * 1.28;
  }
  return lines;
}

function landBoxes(island) {
  const near = (other) => Math.abs(sy(other.y) - sy(island.y)) < (other.r + island.r + 3 * SHORE + LABEL) * cam.k;
  return islands.filter((other) => other !== island && near(other)).flatMap((other) => coast(other, SHORE * 0.34).map(([x, y, r]) => ({ x, y, r })));
}
const clearOf = (box, discs) => !discs.some(({ x, y, r }) => {
  const dx = x - Math.min(box[2], Math.max(box[0], x));
  const dy = y - Math.min(box[3], Math.max(box[1], y));
  return dx * dx + dy * dy < r * r;
});

function drawTitles(pen, seen, room) {
  const order = [...seen].sort((a, b) => b.r - a.r || a.i - b.i);
  const pending = [];
  for (const island of order) {
    const lines = titleLines(island);
    const top = island.tools.length ? Math.min(...island.tools.map((t) => T.y[t] - T.r[t])) - SHORE * 0.34 : island.y - island.r;
    const bottom = island.tools.length ? Math.max(...island.tools.map((t) => T.y[t] + T.r[t])) + SHORE * 0.34 : island.y + island.r;
    pending.push({ island, lines, top: sy(top), bottom: sy(bottom), discs: landBoxes(island) });
  }
  // Names first for all, then the other lines: a number never takes the place of a name.
  for (const item of pending) placeTitle(item, room, 1);
  // Being cut off is what the map must say, so those go first.
  pending.sort((a, b) => b.island.apart - a.island.apart);
  for (const item of pending) placeTitle(item, room, item.lines.length);
  for (const item of pending) if (item.box) drawTitle(pen, item);
}

// A name alone may lie on land when there is no water left for it; the other lines may not.
function placeTitle(item, room, most) {
  if (tryTitle(item, room, most, false) || most > 1) return;
  tryTitle(item, room, 1, true);
}

function tryTitle(item, room, most, loose) {
  room.leave(item.box);
  const { island, lines, top, bottom, discs } = item;
  const x = sx(island.x);
  const big = island.r * cam.k > screen_.height * 0.5;
  for (let count = most; count > 0; count--) {
    const part = lines.slice(0, count);
    const height = part.reduce((sum, line) => sum + line.height, 0);
    const width = Math.max(...part.map((line) => line.width)) + 8;
    const places = [[x, top - height / 2 - 5], [x, bottom + height / 2 + 5]];
    for (const slide of [0.25, -0.25, 0.5, -0.5]) places.push([x + slide * width, top - height / 2 - 2]);
    if (big) places.push([Math.min(Math.max(x, width / 2 + 10), screen_.width - screen_.inset - width / 2 - 10), height / 2 + 10]);
    for (const [px, py] of places) {
      const box = boxAt(px, py, width, height + 4);
      if (inside(box) && room.free(box) && (big || loose || clearOf(box, discs))) {
        room.take(box);
        Object.assign(item, { box, x: px, y: py - height / 2, shown: part });
        return true;
      }
    }
  }
  // Where it was placed before, if it was, stays taken.
  if (item.box) room.take(item.box);
  return Boolean(item.box);
}

function drawTitle(pen, { shown, x, y }) {
  let line = y;
  for (const part of shown) {
    const middle = line + part.height / 2;
    const shift = part.coin ? 8 : 0;
    pen.text(part.string, x + shift, middle, { ...part, halo: theme().halo, haloWidth: 4 });
    if (part.coin) drawCoin(pen, x - part.width / 2 + 6, middle, 6, part.coin);
    line += part.height;
  }
}

// A name broken into at most `most` lines that fit a disc; words too long are cut by an ellipsis.
function wrapInDisc(string, r, size, most = 3) {
  const style = { size, weight: 600 };
  const words = string.split(/[\s]+/);
  for (let count = 1; count <= Math.min(most, words.length); count++) {
    const lines = balance(words, count, style);
    const tall = (count * size * 1.15) / 2;
    const chord = 2 * Math.sqrt(Math.max(0, (r * 0.93) ** 2 - tall ** 2));
    if (lines.every((line) => widthOf(line, style) <= chord)) return lines;
  }
  return null;
}

function balance(words, count, style) {
  if (count === 1) return [words.join(" ")];
  let best = null;
  const cut = (start, left, lines) => {
    if (left === 1) {
      const all = [...lines, words.slice(start).join(" ")];
      const widest = Math.max(...all.map((line) => widthOf(line, style)));
      if (!best || widest < best.widest) best = { all, widest };
      return;
    }
    for (let end = start + 1; end <= words.length - left + 1; end++) cut(end, left - 1, [...lines, words.slice(start, end).join(" ")]);
  };
  cut(0, count, []);
  return best.all;
}

function nameLines(t, r) {
  const name = nodeName(nA + t).split(" ").slice(0, 8).join(" ");
  for (let size = Math.min(17, r * 0.34); size >= 7.5; size -= 0.75) {
    const lines = wrapInDisc(name, r, size);
    if (lines) return { lines, size };
  }
  const size = 8;
  return { lines: [fitText(name, r * 1.75, { size, weight: 600 })].filter(Boolean), size };
}

function drawToolNames(pen, seen, room) {
  const { dots } = detail();
  const tools = seen.flatMap((island) => island.tools).filter((t) => (T.r[t] * cam.k > NAME_RADIUS || (T.r[t] * cam.k > 16 && (dots > 0.45 || !toolMark(t)))) && onScreen(T.x[t], T.y[t], T.r[t] * cam.k));
  tools.sort((a, b) => T.r[b] - T.r[a] || a - b);
  for (const t of tools) {
    const [x, y, r] = [sx(T.x[t]), sy(T.y[t]), T.r[t] * cam.k];
    const alpha = shownAlpha(nA + t);
    if (dots > 0.45) nameAbove(pen, t, x, y, r, room, alpha);
    else nameInside(pen, t, x, y, r, alpha * (1 - dots * 0.3));
  }
}

function nameInside(pen, t, x, y, r, alpha) {
  const { lines, size } = nameLines(t, r);
  const mark = toolMark(t);
  const fill = mark?.own && mark.sign.family !== "retire" ? signColour(mark.sign) : null;
  const ink = fill ? inkOn(fill) : theme().ink;
  const halo = fill ?? (mark?.sign.family === "retire" ? theme().land : mix(theme().none, theme().land, 0.35));
  lines.forEach((line, i) => {
    const dy = (i - (lines.length - 1) / 2) * size * 1.15;
    pen.text(line, x, y + dy, { size, weight: 600, fill: ink, halo, haloWidth: 3, alpha });
  });
}

function nameAbove(pen, t, x, y, r, room, alpha) {
  const style = { size: 12.5, weight: 650 };
  const name = fitText(nodeName(nA + t), Math.max(90, r * 2), style);
  const width = widthOf(name, style);
  for (const py of [y - r - 9, y + r + 9]) {
    const box = boxAt(x, py, width + 6, 15);
    if (!inside(box) || !room.free(box)) continue;
    room.take(box);
    pen.text(name, x, py, { ...style, fill: theme().ink, halo: theme().land, haloWidth: 4, alpha });
    return;
  }
}

function drawAssetNames(pen, seen, room) {
  const { pixel } = detail();
  if (pixel < 36) return;
  const size = pixel > 70 ? 11.5 : 10.5;
  const radius = Math.min(9, pixel * 0.27);
  const symbols = [];
  for (const t of seen.flatMap((island) => island.tools)) {
    if (!onScreen(T.x[t], T.y[t], T.r[t] * cam.k)) continue;
    for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++) if (nodeShown[n] && onScreen(nodeX[n], nodeY[n], 40)) symbols.push(n);
  }
  for (const n of symbols) room.take(boxAt(sx(nodeX[n]), sy(nodeY[n]), radius * 1.5, radius * 1.5));
  // What carries a finding is named before what does not.
  symbols.sort((a, b) => (signOf[b] >= 0) - (signOf[a] >= 0) || a - b);
  for (const n of symbols) {
    const name = fitText(nodeName(n), pixel * 2.3, { size });
    const width = widthOf(name, { size }) + 4;
    for (const side of [1, -1]) {
      const y = sy(nodeY[n]) + side * (radius + size * 0.75);
      const box = boxAt(sx(nodeX[n]), y, width, size * 1.1);
      if (!inside(box) || !room.free(box)) continue;
      room.take(box);
      pen.text(name, sx(nodeX[n]), y, { size, fill: theme().ink, halo: theme().land, haloWidth: 3 });
      break;
    }
  }
}

function drawBridgeNumbers(pen, room) {
  bridges().forEach((bridge, i) => {
    const s = state.selected;
    const mine = { type: "bridge", lens: state.lens, i };
    const near = same(s, mine) || same(state.hovered, mine) || (s?.type === "island" && (s.i === bridge[0] || s.i === bridge[1]));
    if (!near) return;
    const [x, y] = curveAt(bridgeCurve(bridge), 0.5);
    const label = (bridge[2] + bridge[3]).toLocaleString("en");
    const width = widthOf(label, { size: 12, weight: 700 }) + 14;
    const box = boxAt(x, y, width, 20);
    if (!room.free(box)) return;
    room.take(box);
    const r = 10;
    pen.polygons([[[x - width / 2 + r, y - r], [x + width / 2 - r, y - r], [x + width / 2, y], [x + width / 2 - r, y + r], [x - width / 2 + r, y + r], [x - width / 2, y]]], { fill: lensColour() });
    pen.text(label, x, y + 0.5, { size: 12, weight: 700, fill: inkOn(lensColour()) });
  });
}

function drawOutsideNames(pen, room) {
  const s = state.selected;
  const linked = new Set(s?.type === "node" ? selectionLinks().map(({ node }) => node) : s?.type === "finding" ? findings[s.i].subjects : []);
  for (let o = 0; o < nO; o++) {
    const n = nA + nT + o;
    const wanted = linked.has(n) || same(s, { type: "node", n }) || detail().dots > 0.6;
    if (!wanted || !onScreen(O.x[o], O.y[o], 10)) continue;
    const name = fitText(O.name[o], 170, { size: 11 });
    const box = boxAt(sx(O.x[o]), sy(O.y[o]) + 15, widthOf(name, { size: 11 }) + 4, 13);
    if (!inside(box) || !room.free(box)) continue;
    room.take(box);
    pen.text(name, sx(O.x[o]), sy(O.y[o]) + 15, { size: 11, italic: true, fill: theme().soft, halo: theme().halo });
  }
}
