/**
 * For what the next outbound connection is. Order and conditions are Bitcoin Core's (net.cpp,
 * ThreadOpenConnections):
 *
 * 1. *anchors*: block-relay peers of the last run, so that a restart is no chance for an attacker;
 * 2. full-relay, then block-relay peers, until there are as many as there should be;
 * 3. one full-relay peer more while no block comes;
 * 4. from time to time a block-relay peer more, a *feeler*, or a peer on a network that we have none on.
 *
 * Those of 3 and 4 take one place that is kept for them: one at a time.
 *
 * @module
 */
import type { ConnectionType } from "../peer/peer.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import { type ConnectionLimits, type CountOf, FULL_RELAY_MAX, hasAutomaticRoom } from "./limits.ts";

/** What happens at random times, so that nobody can foresee it. */
export type OutboundTimer = "extra-block-relay" | "feeler" | "network-peer";

export type OutboundSlot =
  | { readonly purpose: "anchor" | "block-relay" | "full-relay" | "extra-full-relay" }
  | { readonly purpose: "extra-block-relay" | "feeler" }
  | { readonly purpose: "network-peer"; readonly network: NetworkName };

export interface SlotFacts {
  readonly limits: ConnectionLimits;
  readonly count: CountOf;
  readonly hasAnchors: boolean;
  /** The tip is stale: a peer that knows better may be found. */
  readonly wantsExtraFullRelay: boolean;
  isDue(timer: OutboundTimer): boolean;
  /** A network that we could reach and have no lasting peer on. */
  missingNetwork(): NetworkName | undefined;
}

export function chooseSlot(facts: SlotFacts): OutboundSlot | undefined {
  const { limits, count, hasAnchors } = facts;
  if (!hasAutomaticRoom(count, limits)) return undefined;
  const lacksBlockRelay = count("block-relay-only") < limits.blockRelay;
  if (hasAnchors && lacksBlockRelay) return { purpose: "anchor" };
  if (count("outbound-full-relay") < limits.fullRelay) return { purpose: "full-relay" };
  if (lacksBlockRelay) return { purpose: "block-relay" };
  if (facts.wantsExtraFullRelay) return { purpose: "extra-full-relay" };
  if (facts.isDue("extra-block-relay")) return { purpose: "extra-block-relay" };
  if (facts.isDue("feeler")) return { purpose: "feeler" };
  const network = maySpareOne(facts) && facts.isDue("network-peer") ? facts.missingNetwork() : undefined;
  return network === undefined ? undefined : { purpose: "network-peer", network };
}

/** The extra peer pushes another out, which is only safe while there are all that there should be. */
function maySpareOne({ limits, count }: SlotFacts): boolean {
  return limits.fullRelay === FULL_RELAY_MAX && count("outbound-full-relay") === limits.fullRelay;
}

export function typeOfSlot({ purpose }: OutboundSlot): ConnectionType {
  switch (purpose) {
    case "anchor":
    case "block-relay":
    case "extra-block-relay":
      return "block-relay-only";
    case "full-relay":
    case "extra-full-relay":
    case "network-peer":
      return "outbound-full-relay";
    case "feeler":
      return "feeler";
  }
}
