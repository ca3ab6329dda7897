/**
 * The result of the study as a table and as a picture.
 *
 * @module
 */
import { ATTACKERS, type EclipseResult, SETTINGS } from "./settings.ts";

/** Between these lines of docs/eclipse.md stands what the study wrote. */
export const TABLE_START = "<!-- table: npm run eclipse -->";
export const TABLE_END = "<!-- end of table -->";

const ATTACKER_NAMES = Object.keys(ATTACKERS);

interface Cell {
  readonly eclipsed: number;
  readonly outbound: number;
}

function cellOf({ rows }: EclipseResult, attacker: string, setting: string): Cell {
  const row = rows.find((each) => each.attacker === attacker && each.setting === setting);
  return { eclipsed: row?.eclipsedPercent ?? 0, outbound: row?.outboundPercent ?? 0 };
}

/** In Markdown. */
export function eclipseTable(result: EclipseResult): string {
  const heads = ATTACKER_NAMES.flatMap((name) => [`${name}: eclipsed`, `${name}: outbound`]);
  const lines = SETTINGS.map(({ name }) => {
    const cells = ATTACKER_NAMES.flatMap((attacker) => {
      const { eclipsed, outbound } = cellOf(result, attacker, name);
      return [`${eclipsed} %`, `${outbound} %`];
    });
    return `| ${[name, ...cells].join(" | ")} |`;
  });
  return [
    `| defences (${result.seeds} seeds) | ${heads.join(" | ")} |`,
    `| --- |${" ---: |".repeat(heads.length)}`,
    ...lines,
    "",
    `Made with version ${result.version}; the sources that decide it had the hash ${result.sources}.`,
  ].join("\n");
}

/** `text` with the table between its marks. */
export function withTable(text: string, result: EclipseResult): string {
  const start = text.indexOf(TABLE_START);
  const end = text.indexOf(TABLE_END);
  if (start === -1 || end < start) throw new Error(`Cannot find the place of the table: ${TABLE_START}`);
  return `${text.slice(0, start)}${TABLE_START}\n${eclipseTable(result)}\n${text.slice(end)}`;
}

const ROW_HEIGHT = 22;
const BAR_HEIGHT = 12;
const LABEL_WIDTH = 250;
const PANEL_WIDTH = 230;
const PANEL_GAP = 60;
const TOP = 74;
const ECLIPSED = "#b3261e";
const OUTBOUND = "#e8b4b0";

export function eclipsePicture(result: EclipseResult): string {
  const width = LABEL_WIDTH + ATTACKER_NAMES.length * (PANEL_WIDTH + PANEL_GAP);
  const height = TOP + SETTINGS.length * ROW_HEIGHT + 40;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}"`
      + ` height="${height}" font-family="sans-serif" font-size="12" fill="#222">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    text(16, 24, `Nodes eclipsed on restart, in percent (${result.seeds} seeds)`, `font-size="15"`),
    ...SETTINGS.map(({ name }, row) => text(16, rowY(row) + 10, name)),
    ...ATTACKER_NAMES.flatMap((name, panel) => panelParts(result, name, panel)),
    legend(height),
    "</svg>",
  ];
  return `${parts.join("\n")}\n`;
}

function panelParts(result: EclipseResult, attacker: string, panel: number): readonly string[] {
  const x = LABEL_WIDTH + panel * (PANEL_WIDTH + PANEL_GAP);
  const bottom = rowY(SETTINGS.length);
  const parts = [text(x, 52, attacker, `font-weight="bold"`)];
  for (const percent of [0, 50, 100]) {
    const at = x + (percent / 100) * PANEL_WIDTH;
    parts.push(`<path d="M${at} ${TOP - 8}V${bottom}" stroke="#ddd"/>`);
    parts.push(text(at, TOP - 12, `${percent}`, `text-anchor="middle" fill="#777" font-size="10"`));
  }
  for (const [row, { name }] of SETTINGS.entries()) {
    const { eclipsed, outbound } = cellOf(result, attacker, name);
    parts.push(bar(x, rowY(row), outbound, OUTBOUND), bar(x, rowY(row), eclipsed, ECLIPSED));
    parts.push(text(x + PANEL_WIDTH + 6, rowY(row) + 10, `${eclipsed}`, `fill="${ECLIPSED}"`));
  }
  return parts;
}

function legend(height: number): string {
  const y = height - 26;
  return [
    bar(16, y, 6, ECLIPSED), text(36, y + 10, "every outbound connection is the attacker's"),
    bar(LABEL_WIDTH + 60, y, 6, OUTBOUND),
    text(LABEL_WIDTH + 80, y + 10, "mean share of outbound connections that are"),
  ].join("\n");
}

function rowY(row: number): number {
  return TOP + row * ROW_HEIGHT;
}

function bar(x: number, y: number, percent: number, fill: string): string {
  const width = Math.round((percent / 100) * PANEL_WIDTH * 10) / 10;
  return `<rect x="${x}" y="${y}" width="${width}" height="${BAR_HEIGHT}" fill="${fill}"/>`;
}

function text(x: number, y: number, content: string, more = ""): string {
  return `<text x="${x}" y="${y}"${more === "" ? "" : ` ${more}`}>${content}</text>`;
}
