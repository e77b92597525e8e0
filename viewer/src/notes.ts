// What people write on the map. It lives in the page until the page is saved again with it.

import { M, type Island } from "./model";

class Notes {
  private by = new Map<string, string>();
  dirty = false;
  private spots: { n: number; island: Island | null }[] | null = null;

  load(): void {
    const element = document.getElementById("notes");
    const rows = JSON.parse(element?.textContent || "{}") as Record<string, string>;
    this.by = new Map(Object.entries(rows).filter(([, text]) => typeof text === "string"));
    this.spots = null;
  }
  get size(): number {
    return this.by.size;
  }
  get(key: string): string {
    return this.by.get(key) ?? "";
  }
  set(key: string, text: string): void {
    if (text === this.get(key)) return;
    if (text) this.by.set(key, text);
    else this.by.delete(key);
    this.dirty = true;
    this.spots = null;
  }
  json(): string {
    return JSON.stringify(Object.fromEntries([...this.by].sort(([a], [b]) => (a < b ? -1 : 1))));
  }
  places(): { n: number; island: Island | null }[] {
    this.spots ??= [...this.by.keys()].map((key) => {
      const island = M.islands.find((each) => noteKey(each) === key) ?? null;
      return { n: island ? -1 : M.find(key), island };
    }).filter(({ n, island }) => n >= 0 || island);
    return this.spots;
  }
}
export const notes = new Notes();
export const noteKey = (thing: number | Island): string => (typeof thing === "number" ? M.id(thing) : `department:${thing.name}`);
