// How tools and assets look in the view, colours and wave that are on: worked out once, until one of them changes.

import { M } from "./model";
import { state } from "./state";
import { changeMark, mode_, modeMark, planMark, signMark, theme, type Mark } from "./theme";

export interface Look {
  fill: string;
  // Drawn as an empty, dashed disc: it is gone.
  hollow: boolean;
  // What is said of the tool itself; its ring or its whole colour.
  mark: Mark | null;
  whole: boolean;
  // Shares of its assets, from twelve o'clock.
  shares: { mark: Mark; count: number }[];
}

let looks: (Look | null)[] = [];
export function forgetLooks(): void {
  looks = [];
}
export const lookOf = (t: number): Look => (looks[t] ??= make(t));

function make(t: number): Look {
  const blank: Look = { fill: theme().disc, hollow: false, mark: null, whole: false, shares: [] };
  if (state.view === "plan" && M.raw.plan) return { ...blank, ...planLook(t) };
  if (state.view === "changes") return { ...blank, ...changeLook(t) };
  const mode = state.view === "duplicates" ? M.modes[0] : mode_();
  if (mode.tools) {
    const mark = mode.tools[t] >= 0 ? modeMark(mode.tools[t]) : null;
    return { ...blank, mark, fill: mark?.colour ?? blank.fill, whole: Boolean(mark) };
  }
  const row = mode.shares?.[t] ?? [];
  const shares: Look["shares"] = [];
  for (let i = 0; i < row.length; i += 2) {
    if (signSeen(mode.key, row[i])) shares.push({ mark: mode.key === "finding" ? signMark(row[i]) : modeMark(row[i]), count: row[i + 1] });
  }
  const own = mode.key === "finding" && signSeen("finding", M.sign[M.nA + t]) ? signMark(M.sign[M.nA + t]) : null;
  return { ...blank, shares, mark: own };
}

// The view of duplicates leaves out what is not about doing the same thing twice.
const signSeen = (mode: string, sign: number): boolean =>
  sign >= 0 && (mode !== "finding" || state.view !== "duplicates" || "DO".includes(M.raw.signs[sign][0]));

export interface Standing { left: number; arrived: number; gone: boolean }
// How a tool stands after the wave that the slider shows.
export function standing(t: number): Standing {
  const plan = M.raw.plan!;
  const steps = plan.steps[t];
  let [left, arrived, last] = [0, 0, 0];
  for (let i = 0; i < steps.length; i += 3) {
    if (steps[i + 1]) last = Math.max(last, steps[i]);
    if (steps[i] > state.wave) continue;
    left += steps[i + 1];
    arrived += steps[i + 2];
  }
  const goes = plan.off[t] > 0 || plan.disposition[t] === 2 || (plan.disposition[t] === 1 && left >= M.raw.tools.assets[t]);
  return { left, arrived, gone: goes && state.wave > 0 && state.wave >= (plan.off[t] || Math.max(1, last)) };
}

function planLook(t: number): Partial<Look> {
  const d = M.raw.plan!.disposition[t];
  if (d < 0) return {};
  const mark = planMark(d);
  const { gone, left } = standing(t);
  if (gone) return { hollow: true, mark };
  // What stays is coloured as a whole; what goes shows by sectors how much of it has gone.
  if (d === 0 || d === 3) return { mark, whole: true, fill: mark.colour };
  return { mark, shares: left ? [{ mark: planMark(1), count: left }] : [] };
}

function changeLook(t: number): Partial<Look> {
  const own = M.change[M.nA + t];
  const counts = [0, 0, 0, 0];
  for (let n = M.first[t]; n < M.first[t + 1]; n++) counts[M.change[n]]++;
  const shares = [1, 2, 3].filter((c) => counts[c]).map((c) => ({ mark: changeMark(c), count: counts[c] }));
  return { mark: own ? changeMark(own) : null, hollow: own === 2, shares: own === 2 ? [] : shares };
}

// The mark of an asset, or nothing.
export function assetMark(n: number): Mark | null {
  if (state.view === "changes") return M.change[n] ? changeMark(M.change[n]) : null;
  if (state.view === "plan") return M.wave[n] && M.wave[n] <= state.wave && M.col.to[n] >= 0 ? planMark(1) : null;
  const mode = state.view === "duplicates" ? M.modes[0] : mode_();
  const category = M.category(mode, n);
  if (category < 0 || !signSeen(mode.key, category)) return null;
  return mode.key === "finding" ? signMark(category) : modeMark(category);
}
