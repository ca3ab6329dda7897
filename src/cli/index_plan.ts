/**
 * Which indexes are kept, with Bitcoin Core's words for what cannot be (init.cpp,
 * AppInitParameterInteraction).
 *
 * @module
 */
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import { INDEX_TRAITS } from "../chain/indexes/index_kinds.ts";
import type { NodeOptions } from "../node/node_options.ts";
import { UsageError } from "./core_flags.ts";
import type { Settings } from "./settings.ts";

const FLAGS = ["txindex", "coinstatsindex", "txospenderindex"] as const satisfies readonly IndexKind[];

/** @throws {UsageError} when the settings contradict each other, or ask for what there is not */
export function planIndexes(
  settings: Settings, isPruned: boolean,
): Pick<NodeOptions, "indexes" | "peerBlockFilters"> {
  const indexes = new Set<IndexKind>(FLAGS.filter((name) => settings.flag(name)));
  if (hasFilterIndex(settings)) indexes.add("blockfilterindex");
  const peerBlockFilters = settings.flag("peerblockfilters");
  if (peerBlockFilters && !indexes.has("blockfilterindex")) {
    throw new UsageError("Cannot set -peerblockfilters without -blockfilterindex.");
  }
  for (const kind of indexes) {
    if (isPruned && !INDEX_TRAITS[kind].allowsPruning) {
      throw new UsageError(`Prune mode is incompatible with -${kind}.`);
    }
  }
  return { indexes, peerBlockFilters };
}

function hasFilterIndex(settings: Settings): boolean {
  const first = settings.text("blockfilterindex") ?? "0";
  if (first === "0") return false;
  if (first === "" || first === "1") return true;
  const unknown = settings.list("blockfilterindex").find((name) => name !== "basic");
  if (unknown !== undefined) throw new UsageError(`Unknown -blockfilterindex value ${unknown}.`);
  return true;
}
