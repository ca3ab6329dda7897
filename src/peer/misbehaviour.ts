/**
 * What a breach of protocol costs the peer.
 *
 * Log texts and exemptions are those of Bitcoin Core (net_processing.cpp, Misbehaving and
 * MaybeDiscourageAndDisconnect).
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import { isLoopback } from "../primitives/network_address.ts";
import type { Peer } from "./peer.ts";

/** `discourage`: drop it, and give the last place to whoever comes from its address. */
export type Punishment = "keep" | "disconnect" | "discourage";

/** Logs that `peer` did `what`, and says what to do. */
export function punish(peer: Peer, what: string, logger: Logger): Punishment {
  logger.debug("net", () => `Misbehaving: peer=${peer.id}: ${what}`);
  if (peer.permissions.has("noban")) {
    logger.warning(`Not punishing noban peer ${peer.id}!`);
    return "keep";
  }
  if (peer.type === "manual") {
    logger.warning(`Not punishing manually connected peer ${peer.id}!`);
    return "keep";
  }
  if (isLoopback(peer.address)) {
    // To discourage it would be to discourage all who connect by way of this machine.
    logger.debug("net", () => `Warning: disconnecting but not discouraging local peer ${peer.id}!`);
    return "disconnect";
  }
  logger.debug("net", () => `Disconnecting and discouraging peer ${peer.id}!`);
  return "discourage";
}
