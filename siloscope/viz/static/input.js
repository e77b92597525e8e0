// Mouse, touch and keyboard: what is under a point, moving the map, and the keys.

// What lies under a point: the smallest thing first.
function hit(px, py) {
  const [x, y] = [mx(px), my(py)];
  const { dots, pixel } = detail();
  for (let o = 0; o < nO; o++) if (Math.hypot(sx(O.x[o]) - px, sy(O.y[o]) - py) < 9) return { type: "node", n: nA + nT + o };
  for (let t = 0; t < nT; t++) {
    if (Math.hypot(T.x[t] - x, T.y[t] - y) > Math.max(T.r[t], 5 / cam.k)) continue;
    if (dots > 0.4) {
      for (let n = firstAsset[t]; n < firstAsset[t + 1]; n++) {
        if (Math.hypot(nodeX[n] - x, nodeY[n] - y) < Math.min(0.45 * SPACING, Math.max(0.3 * pixel, 5) / cam.k)) return { type: "node", n };
      }
    }
    return { type: "node", n: nA + t };
  }
  for (const island of islands) {
    const coastal = island.kind === "fog" ? Math.hypot(island.x - x, island.y - y) < island.r : island.tools.some((t) => Math.hypot(T.x[t] - x, T.y[t] - y) < T.r[t] + SHORE * 0.34);
    if (coastal) return { type: "island", i: island.i };
  }
  return hitBridge(px, py);
}

function hitBridge(px, py) {
  let best = null;
  bridges().forEach((bridge, i) => {
    const curve = bridgeCurve(bridge);
    for (let step = 1; step < 48; step++) {
      const [x, y] = curveAt(curve, step / 48);
      const distance = Math.hypot(x - px, y - py) - bridgeWidth(bridge) / 2;
      if (distance < 6 && (!best || distance < best.distance)) best = { distance, i };
    }
  });
  return best && { type: "bridge", lens: state.lens, i: best.i };
}

function tipLines(found) {
  if (found.type === "bridge") {
    const row = raw.lenses[found.lens][found.i];
    return [`${islands[row[0]].title} – ${islands[row[1]].title}`, bridgeText(found.lens, row)];
  }
  if (found.type === "island") return [islands[found.i].title, subline(islands[found.i]), islandNote(islands[found.i]).unseen];
  const { n } = found;
  const kind = isAsset(n) ? A.kinds[A.kind[n]] : isTool(n) ? `${text(T.instance[n - nA])} · ${plural(T.assets[n - nA], "asset")}` : "mentioned, not scanned";
  const mark = isTool(n) ? toolMark(n - nA) : signOf[n] >= 0 ? { sign: SIGNS[signOf[n]], own: true } : null;
  const part = mark && !mark.own ? ` (${Math.max(1, Math.round(100 * mark.part))} % of its assets)` : "";
  return [nodeName(n), kind, mark ? `${mark.sign.letter}: ${mark.sign.label}${part}` : ""];
}

function hover(px, py) {
  const found = hit(px, py);
  if (!same(found, state.hovered)) {
    state.hovered = found;
    if (crowded && !settling) waiting = requestAnimationFrame(slide);
    else redraw();
  }
  canvas.style.cursor = found ? "pointer" : "grab";
  tip.hidden = !found;
  if (!found) return;
  tip.replaceChildren(...tipLines(found).filter(Boolean).map((line, i) => el("div", { cls: i ? "sub" : "name" }, [bdi(line.slice(0, 120))])));
  tip.style.left = `${Math.min(px + 14, screen_.width - tip.offsetWidth - 8)}px`;
  tip.style.top = `${py + 18 + tip.offsetHeight > screen_.height ? py - tip.offsetHeight - 10 : py + 18}px`;
}

const fingers = new Map();
let moved = 0;
function place(event) {
  const box = canvas.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
}

canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  fingers.set(event.pointerId, place(event));
  moved = fingers.size > 1 ? 99 : 0;
  cancelAnimationFrame(flight);
});
canvas.addEventListener("pointermove", (event) => {
  const now = place(event);
  const before = fingers.get(event.pointerId);
  if (!before) return hover(...now);
  tip.hidden = true;
  const others = [...fingers].filter(([id]) => id !== event.pointerId).map(([, point]) => point);
  if (others.length) {
    const [ox, oy] = others[0];
    const factor = Math.hypot(now[0] - ox, now[1] - oy) / (Math.hypot(before[0] - ox, before[1] - oy) || 1);
    zoomAt((now[0] + ox) / 2, (now[1] + oy) / 2, factor);
  }
  const share = others.length ? 0.5 : 1;
  cam.x -= ((now[0] - before[0]) * share) / cam.k;
  cam.y -= ((now[1] - before[1]) * share) / cam.k;
  moved += Math.hypot(now[0] - before[0], now[1] - before[1]);
  fingers.set(event.pointerId, now);
  return glide();
});
for (const type of ["pointerup", "pointercancel"]) {
  canvas.addEventListener(type, (event) => {
    if (type === "pointerup" && fingers.has(event.pointerId) && moved < 5) select(hit(...place(event)));
    fingers.delete(event.pointerId);
  });
}
canvas.addEventListener("pointerleave", () => {
  tip.hidden = true;
  if (!state.hovered) return;
  state.hovered = null;
  redraw();
});
canvas.addEventListener("dblclick", (event) => {
  const found = hit(...place(event));
  if (found?.type === "node" || found?.type === "island") select(found, true);
});
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoomAt(...place(event), Math.exp(-event.deltaY * (event.deltaMode === 1 ? 0.05 : 0.0016)));
  redraw();
}, { passive: false });

function zoomBy(factor) {
  flyTo({ x: cam.x, y: cam.y, k: cam.k * factor }, glide);
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    if (state.selected) select(null);
    else clearFilters();
    event.target.blur?.();
    return;
  }
  if (event.target === $("search") && event.key === "Enter") {
    const rows = [...$("list").children];
    chooseRow(rows.find((row) => row.dataset.node !== undefined && nodeMatchesText(Number(row.dataset.node))) ?? rows[0]);
    return;
  }
  if (event.target === $("search") && event.key === "ArrowDown") {
    event.preventDefault();
    showTab("list");
    $("list").firstElementChild?.focus();
    return;
  }
  if (typing) return;
  const pan = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (event.key === "/") $("search").focus();
  else if (event.key === "+" || event.key === "=") zoomBy(1.5);
  else if (event.key === "-") zoomBy(1 / 1.5);
  else if (event.key === "0") flyTo(fitted(), glide);
  else if (pan && (event.target === canvas || event.target === document.body)) {
    flyTo({ x: cam.x + (pan[0] * 90) / cam.k, y: cam.y + (pan[1] * 90) / cam.k, k: cam.k }, glide);
  } else return;
  event.preventDefault();
}

const nodeMatchesText = (n) => state.filter.text.trim().toLowerCase().split(/\s+/).every((word) => lower(n).includes(word));

function clearFilters() {
  for (const key of Object.keys(state.filter)) state.filter[key] = "";
  for (const key of ["search", "department", "capability", "sign", "coverage"]) $(key).value = "";
  applyFilter();
  refreshTab();
  changed();
}

function tabKeys(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  const tabs = [...document.querySelectorAll("[role=tab]")];
  const next = tabs[(tabs.indexOf(event.target) + step + tabs.length) % tabs.length];
  showTab(next.dataset.tab);
  next.focus();
}
