/**
 * Which peers are anchors, from one run to the next. Log texts are Bitcoin Core's.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import { toUnixSeconds } from "../base/time.ts";
import {
  type Anchor, ANCHORS_FILE, ANCHORS_MAX, decodeAnchors, encodeAnchors,
} from "../connections/anchors.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Peer } from "../peer/peer.ts";
import { isNamed } from "../primitives/network_address.ts";
import type { NodeEffect } from "./effect.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";

export function loadAnchors(
  { savedAnchors, logger }: NodePorts, { params, connectOnly }: NodeOptions,
): readonly Anchor[] {
  if (connectOnly !== undefined) return [];
  const anchors = savedAnchors === undefined ? [] : decodeAnchors(params.magic, savedAnchors);
  if (anchors.length > 0) logger.info(`Loaded ${anchors.length} addresses from "${ANCHORS_FILE}"`);
  logger.info(`${anchors.length} block-relay-only anchors will be tried for connections.`);
  return anchors;
}

/** Writes `anchors.dat`. */
export function saveAnchors(peers: Iterable<Peer>, { magic }: ChainParams, logger: Logger): NodeEffect {
  const anchors = [...peers]
    .filter(({ type, address }) => type === "block-relay-only" && !isNamed(address))
    .slice(0, ANCHORS_MAX)
    .map(({ address, features, stats }): Anchor => {
      return { address, services: features.services, time: toUnixSeconds(stats.connectedAt) };
    });
  const what = `${anchors.length} outbound block-relay-only peer addresses`;
  logger.info(`DumpAnchors: Flush ${what} to ${ANCHORS_FILE}`);
  return { type: "save", name: ANCHORS_FILE, bytes: encodeAnchors(magic, anchors) };
}
