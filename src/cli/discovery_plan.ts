/** How other nodes are found, from settings. @module */
import type { Bytes } from "../base/bytes.ts";
import { BUCKET_KEY_BYTES } from "../addrbook/bucket_places.ts";
import type { DiscoveryOptions, SeedNode } from "../node/seeding/discovery_options.ts";
import { UsageError } from "./core_flags.ts";
import { readInteger } from "./read_setting.ts";
import type { Settings } from "./settings.ts";

const CHECK_RATIO_MAX = 1_000_000;

/** @throws {UsageError} */
export function planDiscovery(settings: Settings, seedNodes: readonly SeedNode[]): DiscoveryOptions {
  const usesDnsSeeds = settings.flag("dnsseed", true);
  const forcesDnsSeeds = settings.flag("forcednsseed");
  if (forcesDnsSeeds && !usesDnsSeeds) {
    throw new UsageError("Cannot set -forcednsseed to true when setting -dnsseed to false.");
  }
  return {
    usesDnsSeeds, forcesDnsSeeds, seedNodes,
    usesFixedSeeds: settings.flag("fixedseeds", true),
    bookCheckRatio: Math.min(CHECK_RATIO_MAX, Math.max(0, readInteger(settings, "checkaddrman", 0))),
    bookKey: settings.list("test").includes("addrman") ? testKey() : undefined,
  };
}

/** The one that Bitcoin Core's tests know the places of. */
function testKey(): Bytes {
  const key = new Uint8Array(BUCKET_KEY_BYTES);
  key[0] = 1;
  return key;
}

/**
 * The file of `-asmap`, as it is written; `undefined` for none.
 *
 * @throws {UsageError} when the map is asked for that Bitcoin Core can have inside it
 */
export function readAsmapFile(settings: Settings): string | undefined {
  if (settings.isNegated("asmap") || !settings.isSet("asmap")) return undefined;
  const text = settings.text("asmap") ?? "";
  if (text === "" || text === "1") throw new UsageError("Embedded asmap data not available");
  return text === "0" ? undefined : text;
}
