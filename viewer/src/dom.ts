// Elements from data: text goes in as text, never as markup.

import { select } from "./app";
import { lookOf } from "./look";
import { M, money, type Island } from "./model";
import { signMark, theme, inkOn, type Mark } from "./theme";

type Child = Node | string | null | undefined | false;
interface Options { cls?: string; text?: string; on?: Record<string, (event: never) => void>; [attribute: string]: unknown }

export const $ = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

export function el<K extends keyof HTMLElementTagNameMap>(tag: K, options: Options = {}, children: Child[] = []): HTMLElementTagNameMap[K] {
  const node = document.createElement(tag);
  const { cls, text, on, ...attributes } = options;
  if (cls) node.className = cls;
  if (text !== undefined) node.textContent = text;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== undefined && value !== null) node.setAttribute(key, String(value));
  }
  for (const [event, handler] of Object.entries(on ?? {})) node.addEventListener(event, handler as EventListener);
  node.append(...children.filter((child): child is Node | string => Boolean(child)));
  return node;
}
export const button = (text: string, click: () => void, options: Options = {}): HTMLButtonElement =>
  el("button", { type: "button", text, on: { click }, ...options });

export function coin(mark: Mark): HTMLElement {
  const node = el("span", { cls: "coin", text: mark.letter, "aria-hidden": "true" });
  node.style.background = mark.hollow ? "transparent" : mark.colour;
  node.style.color = mark.hollow ? theme().ink : inkOn(mark.colour);
  if (mark.hollow) node.style.outline = `1.5px dashed ${theme().soft}`;
  return node;
}
const dot = (): HTMLElement => el("span", { cls: "dot", "aria-hidden": "true" });
// A name others gave: kept apart from its surroundings, so that its direction cannot reorder them.
export const bdi = (text: string, cls = ""): HTMLElement => el("bdi", { text, cls });

export function markOf(n: number): Mark | null {
  if (M.isTool(n)) return lookOf(n - M.nA).mark;
  return M.sign[n] >= 0 ? signMark(M.sign[n]) : null;
}

export function link(n: number, note = ""): HTMLElement {
  const mark = markOf(n);
  const instance = M.isTool(n) ? M.instance(n - M.nA) : "";
  return el("button", { cls: "link", type: "button", title: M.id(n).slice(0, 300), on: { click: () => select({ type: "node", n }, true) } }, [
    mark ? coin(mark) : dot(),
    el("span", { cls: "grow" }, [bdi(M.name(n)), instance && el("small", {}, [" ", bdi(instance)])]),
    note && el("span", { cls: "note", text: note }),
  ]);
}
export const islandLink = (island: Island, note = ""): HTMLElement =>
  el("button", { cls: "link", type: "button", on: { click: () => select({ type: "island", i: island.i }, true) } }, [
    bdi(island.title, "grow"), note && el("span", { cls: "note", text: note }),
  ]);
export function findingLink(i: number): HTMLElement {
  const finding = M.raw.findings[i];
  return el("button", { cls: "link", type: "button", on: { click: () => select({ type: "finding", i }, true) } }, [
    coin(signMark(finding.sign)), bdi(M.text(finding.title), "grow"), finding.saving ? el("span", { cls: "note", text: `${money(finding.saving)} a year` }) : null,
  ]);
}

// A heading with a list under it; long lists grow by a button, so that all of it can be reached.
export function listing<T>(title: string, items: T[], make: (item: T) => HTMLElement, step = 30): HTMLElement {
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
  return el("section", {}, [el("h3", {}, [bdi(title), el("span", { cls: "count", text: items.length.toLocaleString("en") })]), list, more]);
}

export function facts(rows: [string, string | number | Node | null | undefined][]): HTMLElement {
  const list = el("dl");
  for (const [name, value] of rows) {
    if (value === "" || value === null || value === undefined) continue;
    list.append(el("dt", { text: name }), el("dd", {}, [value instanceof Node ? value : bdi(String(value))]));
  }
  return list;
}
