import { isIPv4 } from "node:net";
import type { LanPlan } from "../io/lan_discovery.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { UsageError } from "./core_flags.ts";
import type { Settings } from "./settings.ts";

/**
 * Where to look for nodes of the local network; `undefined` for nowhere.
 *
 * @throws {UsageError} on a public chain, where strangers nearby are no better than strangers
 */
export function planLan(settings: Settings, params: ChainParams): LanPlan | undefined {
  const value = settings.text("discoverlan");
  if (value === undefined || value === "0") return undefined;
  const match = /^lan(?::(.*))?$/.exec(value);
  const address = match?.[1];
  if (match === null || (address !== undefined && !isIPv4(address))) {
    throw new UsageError(`--discover ${value}: need lan, or lan: and our IPv4 address there`);
  }
  if (params.isPublic) {
    throw new UsageError(`--discover ${value}: on ${params.name} peers are not taken from the local network; ` +
      "it is for regtest and for networks of your own");
  }
  return address === undefined ? {} : { interface: address };
}
