// A served page asks for the assets of a tool when they come into sight or are selected; a page of its own has them all.

import type { AssetColumns, EdgeColumns } from "./payload";
import { M } from "./model";
import { redraw } from "./scene";
import { applyFilter, forgetHaystack, setAnswer, state } from "./state";

interface Answer { strings: string[]; assets: AssetColumns; edges: EdgeColumns; names: Record<string, string> }
const asked = new Map<number, Promise<void>>();
const MOST = 4;
const queue: number[] = [];
let running = 0;

const say = (text: string): void => void (document.getElementById("scan")!.textContent = text);
// The answer, or nothing and a word in the header why not.
async function get<T>(path: string): Promise<T | null> {
  try {
    const answer = await fetch(`${M.raw.feed}/${path}`, { cache: "no-store" });
    if (answer.ok) return (await answer.json()) as T;
    say(answer.status === 410 ? "a newer scan is there: reload the page" : `the server answers ${answer.status}: reload the page`);
  } catch {
    say("nothing answers: is siloscope serve still running?");
  }
  return null;
}

async function load(t: number): Promise<void> {
  const answer = await get<Answer>(`tools/${t}.json`);
  if (!answer) return void asked.delete(t);
  const strings = M.intern(answer.strings);
  M.takeAssets(answer.assets, strings);
  M.edges.add(answer.edges, strings);
  for (const [n, name] of Object.entries(answer.names)) M.mentioned.set(Number(n), name);
  forgetHaystack();
  redraw();
}

export function need(t: number): Promise<void> | null {
  if (!M.served || M.loaded[t]) return null;
  let promise = asked.get(t);
  if (!promise) asked.set(t, (promise = load(t)));
  return promise;
}
export function loadFor(n: number, then: () => void): void {
  const t = M.tool(n);
  if (t >= 0) void need(t)?.then(then);
}

// Tools whose assets are in sight, a few at a time.
export function wanted(tools: number[]): void {
  if (!M.served) return;
  queue.splice(0, queue.length, ...tools.filter((t) => !M.loaded[t] && !asked.has(t)));
  pump();
}
function pump(): void {
  while (running < MOST && queue.length) {
    const promise = need(queue.shift()!);
    if (!promise) continue;
    running++;
    void promise.then(() => {
      running--;
      pump();
    });
  }
}

let latest = 0;
// Asks the server which assets match the words; the page itself knows tools and what is loaded.
export async function ask(then: () => void): Promise<void> {
  if (!M.served) return;
  const mine = ++latest;
  const words = state.filter.text.trim();
  const found = words ? await get<{ nodes: number[]; names: string[] }>(`search.json?q=${encodeURIComponent(words)}`) : null;
  if (mine !== latest) return;
  found?.nodes.forEach((n, i) => M.mentioned.set(n, found.names[i]));
  setAnswer(found?.nodes ?? null);
  applyFilter();
  then();
}
