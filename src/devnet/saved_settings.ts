/**
 * What a kept devnet must be started with again: it stands beside the nodes' folders.
 *
 * @module
 */
import { promises as fs } from "node:fs";
import { join } from "node:path";
import { configError, TidingsError } from "../api/errors.ts";
import { errorCode } from "../io/errno.ts";
import type { NodeRole, PlannedNode } from "./topology.ts";

const FILE = "devnet.json";
const FORMAT = 1;

export interface SavedSettings {
  /** The wallet's keys follow from it. */
  readonly seed: number;
  readonly nodes: readonly PlannedNode[];
}

/** `undefined` in a folder where no devnet was. */
export async function loadSettings(folder: string): Promise<SavedSettings | undefined> {
  const path = join(folder, FILE);
  let text: string;
  try {
    text = await fs.readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const saved = parse(text);
  if (saved === undefined) {
    throw new TidingsError(
      "STORE_UNUSABLE", `Cannot read ${path}: it is no settings file of a devnet`,
      { path, reason: "damaged" },
    );
  }
  if (saved.format > FORMAT) {
    const message =
      `Cannot use ${folder}: written by a newer tidings: format ${saved.format}, this one reads ${FORMAT}`;
    throw new TidingsError("STORE_UNUSABLE", message, { path, reason: "newer-format" });
  }
  return saved;
}

function parse(text: string): (SavedSettings & { readonly format: number }) | undefined {
  try {
    const value = JSON.parse(text) as { format?: unknown; seed?: unknown; nodes?: unknown } | null;
    if (typeof value?.format !== "number") return undefined;
    if (value.format <= FORMAT && (typeof value.seed !== "number" || !Array.isArray(value.nodes))) {
      return undefined;
    }
    return value as SavedSettings & { format: number };
  } catch {
    return undefined;
  }
}

export async function saveSettings(folder: string, { seed, nodes }: SavedSettings): Promise<void> {
  const text = JSON.stringify({ format: FORMAT, seed, nodes }, undefined, 2);
  const path = join(folder, FILE);
  await fs.writeFile(`${path}.tmp`, `${text}\n`, { mode: 0o600 });
  await fs.rename(`${path}.tmp`, path);
}

/** @throws {TidingsError} CONFIG when another seed is asked for than the one that its keys came from */
export function checkSeed(folder: string, saved: SavedSettings, seed: number | undefined): number {
  if (seed === undefined || seed === saved.seed) return saved.seed;
  throw configError("seed", seed, `${saved.seed}, from which ${folder} was made, or another state folder`);
}

/** As a record, for `planNodes`. */
export function savedNodes({ nodes }: SavedSettings): Readonly<Record<string, NodeRole>> {
  return Object.fromEntries(nodes.map(({ name, role }) => [name, role]));
}
