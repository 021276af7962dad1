// The plot of bench/verify.mjs: horizontal bars, as an SVG without anything from outside.

const themes = {
  light: { text: "#1f2328", faint: "#59636e", grid: "#d1d9e0", ours: "#0969da", others: "#9aa4ae" },
  dark: { text: "#f0f6fc", faint: "#9198a1", grid: "#3d444d", ours: "#4493f8", others: "#656c76" },
};
const width = 820;
const left = 250;
const right = 90;
const top = 58;
const step = 30;
const thickness = 20;
const lineRate = 13.3;

/** Bars of `{label, value, isOurs}`; values are million frames per second. `theme` is light or dark. */
export function plot(bars, theme) {
  const { text, faint, grid, ours, others } = themes[theme];
  const bottom = top + bars.length * step;
  const largest = Math.max(lineRate, ...bars.map(({ value }) => value));
  const scale = (width - left - right) / largest;
  const line = left + lineRate * scale;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 30}" width="${width}" height="${bottom + 30}" role="img" aria-label="Million frames verified per second on one core">`,
    `<g font-family="-apple-system,'Segoe UI',Helvetica,Arial,sans-serif" font-size="13" fill="${text}">`,
    `<text x="0" y="18" font-size="16" font-weight="600">Advertisements verified on one core, million per second</text>`,
    `<line x1="${left}" y1="${top - 4}" x2="${left}" y2="${bottom}" stroke="${grid}"/>`,
    `<line x1="${line}" y1="${top - 8}" x2="${line}" y2="${bottom}" stroke="${faint}" stroke-dasharray="4 3"/>`,
    `<text x="${line}" y="${top - 14}" text-anchor="middle" fill="${faint}">10 GbE line rate ${lineRate}</text>`,
  ];
  for (const [index, { label, value, isOurs }] of bars.entries()) {
    const y = top + index * step;
    const middle = y + thickness / 2 + 5;
    const weight = isOurs ? ` font-weight="600"` : "";
    const length = Math.max(1, value * scale);
    parts.push(
      `<text x="${left - 10}" y="${middle}" text-anchor="end"${weight}>${escaped(label)}</text>`,
      `<rect x="${left}" y="${y}" width="${length.toFixed(1)}" height="${thickness}" rx="2" fill="${isOurs ? ours : others}"/>`,
      `<text x="${(left + length + 8).toFixed(1)}" y="${middle}"${weight}>${value < 1 ? value.toFixed(2) : value.toFixed(1)}</text>`,
    );
  }
  parts.push(
    `<text x="0" y="${bottom + 20}" fill="${faint}">Valid 70-byte frames: headers, both checksums, HMAC-SHA1, comparison. Figures and machine: bench/RESULTS.md</text>`,
    "</g>",
    "</svg>",
  );
  return `${parts.join("\n")}\n`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}
