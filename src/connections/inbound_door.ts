/**
 * Who may come in, and who goes for them. Asked for every connection that comes, so that what it
 * refuses must cost next to nothing; only when all places are taken does it look at all peers.
 *
 * Order of the conditions and log texts are Bitcoin Core's (net.cpp, CreateNodeFromAcceptedSocket).
 *
 * @module
 */
import type { BanList } from "../addrbook/ban_list.ts";
import type { Discouraged } from "../addrbook/discouraged.ts";
import type { NetGroups } from "../addrbook/net_groups.ts";
import { fromLatin1 } from "../base/bytes.ts";
import type { Without } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { below, type Rng } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import { randomSipKey, type SipKey, sipHash64 } from "../crypto/siphash.ts";
import { servicesWanted } from "../peer/introduction.ts";
import type { Peer, PeerId, Permission } from "../peer/peer.ts";
import { isLoopback, type NetworkAddress } from "../primitives/network_address.ts";
import { type EvictionCandidate, selectEviction } from "./eviction.ts";
import { type GateRefusal, HandshakeGate } from "./handshake_gate.ts";

/** Why a connection that has come in may not stay. */
export type Refusal =
  | "not accepting new connections" | "banned" | "discouraged" | "full" | GateRefusal;

/** What is decided for a connection that has come in. */
export type Admission =
  /** `evict`: those to drop for it. */
  | { readonly type: "accept"; readonly evict: readonly PeerId[] }
  | { readonly type: "refuse"; readonly reason: Refusal };

/** A connection that has come in, before it is a peer. */
export interface Arrival {
  readonly address: NetworkAddress;
  readonly permissions: ReadonlySet<Permission>;
}

export type ConnectedPeer = Peer & {
  /** It is on its way out: it takes no place, but its address is still in use. */
  readonly isClosing: boolean;
};

export interface InboundDoorPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly netGroups: Pick<NetGroups, "group">;
  readonly bans: Pick<BanList, "isBanned">;
  readonly discouraged: Pick<Discouraged, "has">;
  readonly without: Without;
  peers(): Iterable<ConnectedPeer>;
  isTipRecent(): boolean;
}

export interface InboundPlaces {
  readonly all: number;
  /** For those that want transactions; the rest is for peers that come for blocks alone. */
  readonly relaying: number;
  /** For handshakes that are under way. */
  readonly pending: number;
}

/** What of a candidate never changes: looked up once, since there may be a thousand. */
interface InboundFacts {
  readonly groupKey: number;
  readonly isDiscouraged: boolean;
  isRelaying: boolean;
}

export class InboundDoor {
  readonly #ports: InboundDoorPorts;
  readonly #places: InboundPlaces;
  readonly #gate: HandshakeGate;
  readonly #facts = new Map<PeerId, InboundFacts>();
  #relayingCount = 0;
  /** Keys the groups, so that nobody can choose addresses of which the groups come last. */
  readonly #secret: SipKey;

  constructor(ports: InboundDoorPorts, places: InboundPlaces) {
    this.#ports = ports;
    this.#places = places;
    this.#gate = new HandshakeGate(ports.clock, ports.netGroups, places.pending);
    this.#secret = randomSipKey(ports.rng);
  }

  admit(arrival: Arrival): Admission {
    const reason = this.#refusal(arrival);
    if (reason !== undefined) return { type: "refuse", reason };
    const pending = this.#isGated(arrival) ? this.#gate.mustGoFor(arrival.address) : undefined;
    if (pending !== undefined) {
      this.#ports.logger.debug("net", () => `too many handshakes under way, disconnecting peer=${pending}`);
      return { type: "accept", evict: [pending] };
    }
    return this.#facts.size < this.#places.all ? { type: "accept", evict: [] } : this.#admitForAnother();
  }

  /** One that was admitted is among the peers. */
  opened({ id, address, permissions }: Peer): void {
    const { netGroups, discouraged } = this.#ports;
    this.#facts.set(id, {
      // What fits a number: candidates are compared often.
      groupKey: Number(sipHash64(this.#secret, fromLatin1(netGroups.group(address))) >> 11n),
      isDiscouraged: discouraged.has(address),
      isRelaying: false,
    });
    if (!permissions.has("noban")) this.#gate.began(id, address);
  }

  /** Its handshake is complete. Returns who has to go since too many want transactions: maybe itself. */
  ready({ id, features, permissions }: Peer): PeerId | undefined {
    const facts = this.#facts.get(id);
    this.#gate.ended(id);
    if (facts === undefined || !features.relay) return undefined;
    facts.isRelaying = true;
    this.#relayingCount += 1;
    if (this.#relayingCount <= this.#places.relaying) return undefined;
    const evict = this.#selectEviction((peer) => this.#facts.get(peer.id)?.isRelaying === true);
    return evict ?? (permissions.has("noban") ? undefined : id);
  }

  closed({ id }: Peer): void {
    this.#gate.ended(id);
    if (this.#facts.get(id)?.isRelaying === true) this.#relayingCount -= 1;
    this.#facts.delete(id);
  }

  #isGated({ permissions }: Arrival): boolean {
    return !permissions.has("noban") && !this.#ports.without.has("handshake-limits");
  }

  #refusal(arrival: Arrival): Refusal | undefined {
    const { address, permissions } = arrival;
    const { bans, discouraged } = this.#ports;
    if (permissions.has("noban")) return undefined;
    if (bans.isBanned(address)) return "banned";
    const isAlmostFull = this.#facts.size + 1 >= this.#places.all;
    if (isAlmostFull && discouraged.has(address)) return "discouraged";
    return this.#isGated(arrival) ? this.#gate.refusal(address) : undefined;
  }

  /** All places are taken. */
  #admitForAnother(): Admission {
    const { logger } = this.#ports;
    const id = this.#selectEviction(() => true);
    if (id === undefined) {
      logger.debug("net", () => "failed to find an eviction candidate - connection dropped (full)");
      return { type: "refuse", reason: "full" };
    }
    logger.debug("net", () => `selected inbound connection for eviction, disconnecting peer=${id}`);
    return { type: "accept", evict: [id] };
  }

  #selectEviction(mayGo: (peer: Peer) => boolean): PeerId | undefined {
    const candidates: EvictionCandidate[] = [];
    for (const peer of this.#ports.peers()) {
      if (!peer.isInbound || peer.isClosing || peer.permissions.has("noban") || !mayGo(peer)) continue;
      const facts = this.#facts.get(peer.id);
      if (facts !== undefined) candidates.push(this.#candidate(peer, facts));
    }
    const { rng, without } = this.#ports;
    if (!without.has("eviction-protection") || candidates.length === 0) return selectEviction(candidates);
    return candidates[below(rng, candidates.length)]?.id;
  }

  #candidate(peer: Peer, { groupKey, isDiscouraged }: InboundFacts): EvictionCandidate {
    const { id, stats, features, address, network } = peer;
    const wanted = servicesWanted(features.services, { isTipRecent: this.#ports.isTipRecent() });
    return {
      id, network, groupKey, isDiscouraged,
      connectedAt: stats.connectedAt,
      minPing: stats.minPing,
      lastBlockAt: stats.lastBlockAt,
      lastTransactionAt: stats.lastTransactionAt,
      isFullNode: (features.services & wanted) === wanted,
      relay: features.relay,
      isLocal: isLoopback(address),
    };
  }
}
