import { fromLatin1 } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import { randomSipKey, type SipKey, sipHash64 } from "../crypto/siphash.ts";
import { servicesWanted } from "../peer/introduction.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import { isLoopback, type NetworkAddress } from "../primitives/network_address.ts";
import { type EvictionCandidate, selectEviction } from "./eviction.ts";

/** What is decided for a connection that has come in. */
export type Admission =
  /** `evict`: one to drop for it. */
  | { readonly type: "accept"; readonly evict: PeerId | undefined }
  | { readonly type: "refuse"; readonly reason: "full" | "loopback-only" };

export type ConnectedPeer = Peer & {
  /** It is on its way out: it takes no place, but its address is still in use. */
  readonly isClosing: boolean;
};

export interface InboundDoorPorts {
  readonly rng: Rng;
  readonly logger: Logger;
  isTipRecent(): boolean;
}

/** Lets in as many as there is room for, and then one more for one that deserves its place less. */
export class InboundDoor {
  readonly #ports: InboundDoorPorts;
  readonly #places: number;
  readonly #groupOf: (address: NetworkAddress) => string;
  /** Keys the groups, so that nobody can choose addresses of which the groups come last. */
  readonly #secret: SipKey;

  constructor(ports: InboundDoorPorts, places: number, groupOf: (address: NetworkAddress) => string) {
    this.#ports = ports;
    this.#places = places;
    this.#groupOf = groupOf;
    this.#secret = randomSipKey(ports.rng);
  }

  admit(peers: Iterable<ConnectedPeer>): Admission {
    const { logger } = this.#ports;
    const inbound = [...peers].filter(({ isInbound, isClosing }) => isInbound && !isClosing);
    if (inbound.length < this.#places) return { type: "accept", evict: undefined };
    const candidates = inbound.filter(({ permissions }) => !permissions.has("noban"));
    const evict = selectEviction(candidates.map((peer) => this.#candidate(peer)));
    if (evict === undefined) {
      logger.debug("net", () => "failed to find an eviction candidate - connection dropped (full)");
      return { type: "refuse", reason: "full" };
    }
    logger.debug("net", () => `selected inbound connection for eviction, disconnecting peer=${evict}`);
    return { type: "accept", evict };
  }

  #candidate({ id, stats, features, address }: Peer): EvictionCandidate {
    const wanted = servicesWanted(features.services, { isTipRecent: this.#ports.isTipRecent() });
    return {
      id,
      connectedAt: stats.connectedAt,
      minPing: stats.minPing,
      lastBlockAt: stats.lastBlockAt,
      lastTransactionAt: stats.lastTransactionAt,
      isFullNode: (features.services & wanted) === wanted,
      relay: features.relay,
      groupKey: sipHash64(this.#secret, fromLatin1(this.#groupOf(address))),
      isLocal: isLoopback(address),
      network: address.network,
    };
  }
}
