// Colours of sea and land by theme; those of findings come with the data, those of categories stand here.

import { M } from "./model";
import { state } from "./state";

const LIGHT = {
  sea: "#d3e2ec", deep: "#dce9f1", shallow: "#e9f3f6", shore: "#a8a08c", land: "#fdfbf5", shared: "#f3f2ec", unassigned: "#f4f1f5",
  ink: "#14202b", soft: "#405263", faint: "#93a4b3", bridge: "#376794", out: "#0b4f8a", into: "#a1480b", fog: "#5c7284", mist: "#ffffff",
  asset: "#5b6b7b", disc: "#d5dde5", rim: "#b4c1cd", halo: "#e4eef4", select: "#0a0f14", keep: "#2c8c7c", migrate: "#5b83c4", added: "#1a7f4b", gone: "#b3261e",
};
const DARK: typeof LIGHT = {
  sea: "#0b1620", deep: "#0f1e2c", shallow: "#152a3a", shore: "#64737f", land: "#223140", shared: "#283744", unassigned: "#2f2c3b",
  ink: "#eef4f9", soft: "#b7c6d3", faint: "#6c8093", bridge: "#6fa3d4", out: "#7cc0ff", into: "#ffb27a", fog: "#9db0c2", mist: "#3a4c5c",
  asset: "#a9b8c6", disc: "#3b4b5a", rim: "#55687a", halo: "#0d1b27", select: "#ffffff", keep: "#3f9c8b", migrate: "#7f9fd6", added: "#4fc488", gone: "#ff8a80",
};
// Categories: Okabe and Ito's eight, black left out for grey; steps: from light to dark along one scale.
const CATEGORIES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#f0e442", "#8a8f98"];
const STEPS = { light: ["#cfe5f2", "#8fc0dd", "#4b93c3", "#1f639b", "#08306b"], dark: ["#1e4d78", "#2f78b0", "#5ba3d0", "#9ccae6", "#e3f1fa"] };

export type Theme = typeof LIGHT;
export const theme = (): Theme => (state.theme === "dark" ? DARK : LIGHT);
export const familyColour = (family: string): string =>
  M.raw.colours[state.theme][family] ?? (theme() as unknown as Record<string, string>)[family] ?? theme().disc;

export interface Mark { letter: string; label: string; colour: string; hollow?: boolean }
export const signMark = (sign: number): Mark => {
  const [letter, label, family] = M.raw.signs[sign];
  return { letter, label, colour: familyColour(family) };
};
export const PLAN_MARKS = ["keep", "migrate", "retire", "tolerate"];
export const planMark = (d: number): Mark => ({
  letter: "KMRT"[d], label: PLAN_MARKS[d], hollow: d === 2,
  colour: d === 0 ? theme().keep : d === 1 ? theme().migrate : d === 2 ? theme().land : theme().faint,
});
export const changeMark = (change: number): Mark => ({
  letter: " +−~"[change], label: ["same", "new", "gone", "changed"][change], hollow: change === 2,
  colour: [theme().disc, theme().added, theme().land, theme().migrate][change],
});
// The mark of a category of the mode that is on.
export function modeMark(category: number): Mark {
  const mode = mode_();
  if (mode.key === "finding") return signMark(category);
  const { letter, label } = mode.legend[category];
  return { letter, label, colour: mode.scale ? STEPS[state.theme][category] : CATEGORIES[label === "other" ? 7 : category % 7] };
}
export const mode_ = () => M.modes.find((mode) => mode.key === state.mode) ?? M.modes[0];

const rgb = (hex: string): number[] => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
export const mix = (a: string, b: string, share: number): string =>
  `#${rgb(a).map((v, i) => Math.round(v + (rgb(b)[i] - v) * share).toString(16).padStart(2, "0")).join("")}`;
export function inkOn(colour: string): string {
  const [r, g, b] = rgb(colour).map((v) => (v / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.2 ? "#111820" : "#ffffff";
}
