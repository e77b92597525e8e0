// Elements from data: text goes in as text, never as markup.

function el(tag, options = {}, children = []) {
  const node = document.createElement(tag);
  const { cls, text: string, on, data, ...attributes } = options;
  if (cls) node.className = cls;
  if (string !== undefined) node.textContent = string;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, value);
  }
  for (const [event, handler] of Object.entries(on ?? {})) node.addEventListener(event, handler);
  for (const [key, value] of Object.entries(data ?? {})) node.dataset[key] = value;
  node.append(...children.filter(Boolean));
  return node;
}

function coin(sign) {
  const node = el("span", { cls: "coin", text: sign.letter, "aria-hidden": "true" });
  const hollow = sign.family === "retire";
  node.style.background = hollow ? "transparent" : signColour(sign);
  node.style.color = hollow ? theme().ink : inkOn(signColour(sign));
  if (hollow) node.style.outline = `1.5px dashed ${theme().soft}`;
  return node;
}

// A name others gave: kept apart from its surroundings, so that its direction cannot reorder them.
const bdi = (string, cls = "") => el("bdi", { text: string, cls });

// Tools of one product differ by their instance.
function instanceOf(n) {
  const name = isTool(n) ? text(T.instance[n - nA]) : "";
  return name ? el("small", {}, [" ", bdi(name)]) : null;
}

function link(n, note = "") {
  const sign = isTool(n) ? toolMark(n - nA)?.sign : SIGNS[signOf[n]];
  return el("button", { cls: "link", type: "button", title: nodeId(n).slice(0, 300), on: { click: () => select({ type: "node", n }, true) } }, [
    sign ? coin(sign) : el("span", { cls: "dot", "aria-hidden": "true" }),
    el("span", { cls: "grow" }, [bdi(nodeName(n)), instanceOf(n)]),
    note ? el("span", { cls: "note", text: note }) : null,
  ]);
}

function islandLink(island, note = "") {
  return el("button", { cls: "link", type: "button", on: { click: () => select({ type: "island", i: island.i }, true) } }, [
    bdi(island.title, "grow"), note ? el("span", { cls: "note", text: note }) : null,
  ]);
}

function findingLink(i) {
  const finding = findings[i];
  return el("button", { cls: "link", type: "button", on: { click: () => select({ type: "finding", i }, true) } }, [
    coin(SIGNS[finding.sign]), bdi(text(finding.title), "grow"),
    finding.saving ? el("span", { cls: "note", text: `${money(finding.saving)} a year` }) : null,
  ]);
}

// A heading with a list under it; long lists grow by a button, so that all of it can be reached.
function listing(title, items, make, step = 40) {
  const list = el("ul", { cls: "plain" });
  const more = el("button", { cls: "more", type: "button" });
  let shown = 0;
  const grow = () => {
    const before = shown;
    for (const item of items.slice(shown, shown + step)) list.append(el("li", {}, [make(item)]));
    shown = Math.min(items.length, shown + step);
    more.hidden = shown >= items.length;
    more.textContent = `Show ${Math.min(step, items.length - shown)} more of ${(items.length - shown).toLocaleString("en")}`;
    if (before) list.children[before]?.querySelector("button")?.focus();
  };
  more.addEventListener("click", grow);
  grow();
  return el("section", {}, [el("h3", {}, [el("span", { text: title }), el("span", { cls: "count", text: items.length.toLocaleString("en") })]), list, more]);
}

function facts(rows) {
  const list = el("dl");
  for (const [name, value] of rows) {
    if (value === "" || value === null || value === undefined) continue;
    list.append(el("dt", { text: name }), el("dd", {}, [value instanceof Node ? value : bdi(String(value))]));
  }
  return list;
}
