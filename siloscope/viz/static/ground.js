// The upper layers: tools, assets, what lies outside, and the links of what is selected.

const shownAlpha = (n) => (nodeShown[n] ? 1 : 0.16);

function involved() {
  const s = state.selected;
  if (s?.type === "finding") return new Set(findings[s.i].subjects);
  if (s?.type === "node") return new Set([s.n]);
  return new Set();
}

function drawTools(pen, seen) {
  const { dots } = detail();
  const specks = new Map();
  for (const island of seen) {
    for (const t of island.tools) {
      const r = T.r[t] * cam.k;
      if (!onScreen(T.x[t], T.y[t], r)) continue;
      if (r > SPECK) drawTool(pen, t, sx(T.x[t]), sy(T.y[t]), r, dots);
      else addSpeck(specks, t, r);
    }
  }
  for (const { discs, ...style } of specks.values()) pen.circles(discs, style);
}

// Tools too small for sectors are one disc in the colour of their mark; all of one colour at a stroke.
const SPECK = 4.5;
function addSpeck(specks, t, r) {
  const mark = toolMark(t);
  const strong = mark && mark.sign.family !== "retire";
  const fill = strong ? mix(signColour(mark.sign), theme().none, mark.own ? 0 : 1 - Math.max(0.35, mark.part)) : theme().none;
  const alpha = shownAlpha(nA + t);
  const key = `${fill} ${alpha}`;
  if (!specks.has(key)) specks.set(key, { discs: [], fill, alpha });
  specks.get(key).discs.push([sx(T.x[t]), sy(T.y[t]), r]);
}

function drawTool(pen, t, x, y, r, dots) {
  const th = theme();
  const alpha = shownAlpha(nA + t);
  const mark = toolMark(t);
  const ground = th[islands[T.island[t]].kind === "department" ? "land" : islands[T.island[t]].kind];
  if (mark?.sign.family === "retire") {
    pen.circles([[x, y, r]], { stroke: th.soft, width: 1.4, dash: [3, 3], alpha });
  } else {
    const own = mark?.own ? signColour(mark.sign) : th.none;
    pen.circles([[x, y, r]], { fill: mix(own, ground, 0.1 + (0.9 - th.tint) * dots), alpha });
    if (state.lens !== "plan") drawShares(pen, t, x, y, mark?.own ? r * 0.8 : r, alpha * (1 - dots));
    if (dots > 0.05) pen.circles([[x, y, r - 0.75]], { stroke: mark ? signColour(mark.sign) : th.faint, width: 1.5, alpha: alpha * dots });
  }
  if (foggedTools.has(t) && r > 6) {
    pen.circles([[x, y, r + Math.max(2, r * 0.06)]], { stroke: th.fog, width: 1.6, dash: [1.6, 3.4], alpha });
  }
  if (same(state.selected, { type: "node", n: nA + t })) pen.circles([[x, y, r + 3]], { stroke: th.select, width: 2.5 });
  else if (same(state.hovered, { type: "node", n: nA + t })) pen.circles([[x, y, r + 1.5]], { stroke: th.select, width: 1.5, alpha: 0.7 });
}

// The share of a tool's assets with findings, as sectors from twelve o'clock.
function drawShares(pen, t, x, y, r, alpha) {
  let start = -Math.PI / 2;
  if (alpha < 0.03 || !T.assets[t]) return;
  for (const [sign, count] of sharesOf(t)) {
    const end = start + (2 * Math.PI * count) / T.assets[t];
    pen.wedge(x, y, r, start, end, { fill: signColour(SIGNS[sign]), alpha });
    start = end;
  }
}

// Tools from this radius on (pixels) carry their name inside and their letter on the rim.
const NAME_RADIUS = 25;

// The letter of a mark on a coin of its colour; on small tools the tool itself is the coin.
function coinOf(t) {
  const { dots } = detail();
  const r = T.r[t] * cam.k;
  const mark = toolMark(t);
  if (!mark || !nodeShown[nA + t] || r < 5.5 || !onScreen(T.x[t], T.y[t], r)) return null;
  const badge = r > NAME_RADIUS || dots > 0.5;
  const size = badge ? 8.5 : mark.own ? Math.min(r, 15) : Math.min(r * 0.62, 11);
  const away = badge ? (r - 1) * Math.SQRT1_2 : 0;
  return size < 4.6 ? null : { x: sx(T.x[t]) + away, y: sy(T.y[t]) - away, size, badge, sign: mark.sign };
}

const coinsOf = (seen) => seen.flatMap((island) => island.tools).map(coinOf).filter(Boolean);

function drawCoins(pen, coins) {
  for (const { x, y, size, sign, badge } of coins) drawCoin(pen, x, y, size, sign, badge);
}

function drawCoin(pen, x, y, r, sign, ring = false) {
  const th = theme();
  const hollow = sign.family === "retire";
  const fill = hollow ? th.land : signColour(sign);
  if (ring) pen.circles([[x, y, r + 1.6]], { fill: th.land });
  pen.circles([[x, y, r]], { fill, ...(hollow ? { stroke: th.soft, width: 1.2 } : {}) });
  pen.text(sign.letter, x, y + r * 0.05, { size: Math.min(13, r * 1.3), weight: 700, fill: hollow ? th.ink : inkOn(fill) });
}

function drawAssets(pen, seen) {
  const { dots, pixel } = detail();
  if (dots < 0.05) return;
  const radius = Math.min(9, pixel * 0.27);
  const chosen = involved();
  for (const island of seen) {
    for (const t of island.tools) {
      if (onScreen(T.x[t], T.y[t], T.r[t] * cam.k)) drawAssetsOf(pen, t, radius, dots, chosen);
    }
  }
}

function drawAssetsOf(pen, t, radius, dots, chosen) {
  const groups = new Map();
  const retire = state.lens === "plan" && raw.plan?.disposition[t] === 2;
  for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++) {
    if (!onScreen(nodeX[n], nodeY[n], radius * 2)) continue;
    const sign = markOf(n);
    const key = (sign + 1) * 64 + (A.families[A.kind[n]] === "other" ? 0 : FAMILY.indexOf(A.families[A.kind[n]])) * 2 + nodeShown[n];
    if (!groups.has(key)) groups.set(key, []);
    groups.get(key).push(n);
    if (chosen.has(n)) pen.circles([[sx(nodeX[n]), sy(nodeY[n]), radius + 4]], { stroke: theme().select, width: 2.2 });
  }
  for (const members of groups.values()) {
    const first = members[0];
    const sign = markOf(first);
    const fill = sign >= 0 ? signColour(SIGNS[sign]) : theme().asset;
    const style = { fill, alpha: dots * shownAlpha(first) * (retire ? 0.5 : 1) };
    drawShapes(pen, members, A.families[A.kind[first]], radius, style);
    if (sign >= 0 && radius > 5.5 && nodeShown[first]) {
      for (const n of members) {
        pen.text(SIGNS[sign].letter, sx(nodeX[n]), sy(nodeY[n]) + 0.5, { size: radius * 1.15, weight: 700, fill: inkOn(fill), alpha: dots });
      }
    }
  }
}
const FAMILY = ["other", "data", "model", "automation", "job"];

function drawShapes(pen, members, family, radius, style) {
  const outline = shapePoints(family, radius);
  const places = members.map((n) => [sx(nodeX[n]), sy(nodeY[n])]);
  if (!outline) pen.circles(places.map(([x, y]) => [x, y, radius]), style);
  else pen.polygons(places.map(([x, y]) => outline.map(([dx, dy]) => [x + dx, y + dy])), style);
}

// What others mention and nobody scanned: hollow diamonds in the shallows.
function drawOutside(pen) {
  const th = theme();
  const r = Math.min(8, Math.max(3, SPACING * cam.k * 0.5));
  for (let o = 0; o < nO; o++) {
    const n = nA + nT + o;
    if (!onScreen(O.x[o], O.y[o], r * 2)) continue;
    const [x, y] = [sx(O.x[o]), sy(O.y[o])];
    const sign = markOf(n);
    const outline = shapePoints("automation", r).map(([dx, dy]) => [x + dx, y + dy]);
    pen.polygons([outline], { fill: sign >= 0 ? signColour(SIGNS[sign]) : th.land, stroke: sign >= 0 ? th.land : th.soft, width: 1.3, alpha: shownAlpha(n) });
    if (sign >= 0 && r >= 5.5) pen.text(SIGNS[sign].letter, x, y + 0.5, { size: r * 1.15, weight: 700, fill: inkOn(signColour(SIGNS[sign])) });
    if (involved().has(n) || same(state.hovered, { type: "node", n })) pen.circles([[x, y, r + 4]], { stroke: th.select, width: 2 });
  }
}

// Links of the selection, one curve for each other end: assets when they are visible, else their tools.
function selectionLinks() {
  const s = state.selected;
  if (s?.type !== "node") return [];
  const fine = detail().dots > 0.5 && isAsset(s.n);
  const end = (n) => (isAsset(n) && !fine ? nA + toolOf[n] : n);
  const { dependsOn, neededBy } = relations(s.n);
  const links = new Map();
  for (const [list, way] of [[dependsOn, 1], [neededBy, -1]]) {
    for (const { node } of list) {
      const key = `${way}:${end(node)}`;
      if (end(node) !== end(s.n)) links.set(key, { node: end(node), way, count: (links.get(key)?.count ?? 0) + 1 });
    }
  }
  return [...links.values()];
}

function drawLinks(pen) {
  const s = state.selected;
  if (s?.type === "finding") return drawTies(pen, findings[s.i]);
  if (s?.type !== "node") return undefined;
  const start = isAsset(s.n) && detail().dots < 0.5 ? nA + toolOf[s.n] : s.n;
  for (const { node, way, count } of selectionLinks()) {
    const [a, b] = way > 0 ? [start, node] : [node, start];
    drawArc(pen, a, b, { stroke: way > 0 ? theme().out : theme().into, width: Math.min(5, 1.3 + 0.6 * Math.sqrt(count)), alpha: 0.85 }, true);
  }
  return undefined;
}

const radiusOf = (n) =>
  (isTool(n) ? T.r[n - nA] * cam.k : isAsset(n) ? Math.min(9, SPACING * cam.k * 0.27) : 6) + 2;

function drawArc(pen, a, b, style, arrow) {
  const [x0, y0, x1, y1] = [sx(nodeX[a]), sy(nodeY[a]), sx(nodeX[b]), sy(nodeY[b])];
  const length = Math.hypot(x1 - x0, y1 - y0) || 1;
  const bend = 0.16 * length;
  const [cx, cy] = [(x0 + x1) / 2 - ((y1 - y0) / length) * bend, (y0 + y1) / 2 + ((x1 - x0) / length) * bend];
  const near = (x, y, r) => {
    const d = Math.hypot(cx - x, cy - y) || 1;
    return [x + ((cx - x) / d) * r, y + ((cy - y) / d) * r];
  };
  const p = near(x0, y0, radiusOf(a));
  const q = near(x1, y1, radiusOf(b) + (arrow ? 4 : 0));
  pen.curve(...p, cx, cy, ...q, { ...style, stroke: theme().halo, width: style.width + 2.5, dash: [], alpha: 0.6 });
  pen.curve(...p, cx, cy, ...q, style);
  if (arrow) pen.polygons([head([cx, cy], q, 7 + style.width)], { fill: style.stroke, alpha: style.alpha });
}

// The subjects of a finding, tied to the first of them, which for duplicates is the one to keep.
function drawTies(pen, finding) {
  const stroke = familyColour(SIGNS[finding.sign].family);
  const end = (n) => (isAsset(n) && detail().dots < 0.3 ? nA + toolOf[n] : n);
  const ends = [...new Set(finding.subjects.map(end))];
  for (const n of ends.slice(1)) drawArc(pen, ends[0], n, { stroke, width: 2.4, dash: [6, 4], alpha: 0.95 }, false);
  for (const n of ends) pen.circles([[sx(nodeX[n]), sy(nodeY[n]), radiusOf(n) + 2]], { stroke: theme().select, width: 2.2 });
}
