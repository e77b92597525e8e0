// Colours of sea and land by theme. Findings bring their own from the payload.

const THEMES = {
  light: {
    sea: "#cfdfea", deep: "#d9e7f0", shallow: "#e6f1f6", shore: "#b9b29f", land: "#fdfcf8", shared: "#f1f1ea", unassigned: "#f3f0f4",
    ink: "#16222e", soft: "#46586a", faint: "#8fa2b3", bridge: "#3b6b97", out: "#0b4f8a", into: "#a1480b", fog: "#5c7284",
    asset: "#5b6b7b", halo: "#e3eef5", none: raw.colours.light.none, tint: 0.16, select: "#0a0f14", keep: "#2c8c7c", migrate: "#7fa3d9",
  },
  dark: {
    sea: "#0c1722", deep: "#102030", shallow: "#16293a", shore: "#6f7d88", land: "#263544", shared: "#2c3a44", unassigned: "#332f40",
    ink: "#edf3f8", soft: "#b4c3d1", faint: "#6c8093", bridge: "#6fa3d4", out: "#7cc0ff", into: "#ffb27a", fog: "#90a5b8",
    asset: "#a9b8c6", halo: "#0f1d2a", none: raw.colours.dark.none, tint: 0.22, select: "#ffffff", keep: "#3f9c8b", migrate: "#7f9fd6",
  },
};

let themeName = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
const theme = () => THEMES[themeName];
const familyColour = (family) => raw.colours[themeName][family] ?? theme()[family] ?? theme().none;
const signColour = (sign) => familyColour(sign.family);

const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
const hex = (parts) => `#${parts.map((v) => Math.round(v).toString(16).padStart(2, "0")).join("")}`;
const mix = (a, b, share) => hex(rgb(a).map((v, i) => v + (rgb(b)[i] - v) * share));
function inkOn(colour) {
  const [r, g, b] = rgb(colour).map((v) => (v / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.22 ? "#111820" : "#ffffff";
}
