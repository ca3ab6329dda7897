/**
 * Our own addresses, and which of them a peer is told.
 *
 * Source: Bitcoin Core, net.cpp (AddLocal, GetLocal, GetLocalAddrForPeer).
 *
 * @module
 */
import { below, type Rng } from "../base/rng.ts";
import type { Networks } from "../connections/networks.ts";
import type { Peer } from "../peer/peer.ts";
import {
  hostKey, isRoutable, isUsable, type NetworkAddress, type NetworkHost, type NetworkName,
} from "../primitives/network_address.ts";
import { reachability } from "../primitives/reachability.ts";

/** How sure it is that others reach us there; every inbound peer that came by it adds one. */
export const LOCAL_SCORE = {
  /** An interface of this machine has it. */
  interface: 1,
  /** We listen on it. */
  bound: 2,
  /** A gateway passes connections on to us. */
  mapped: 3,
  /** The operator says so, or a service was made that leads here. */
  manual: 4,
} as const;

export interface LocalAddress {
  readonly address: NetworkAddress;
  readonly score: number;
}

export interface LocalAddressPorts {
  readonly rng: Rng;
  readonly networks: Pick<Networks, "isReachable" | "asReached">;
  /** One that was not known before. */
  added(address: NetworkAddress): void;
}

export interface LocalAddressSettings {
  readonly listen: boolean;
  /** Whether to find out about addresses by ourselves (`-discover`). */
  readonly discovers: boolean;
  /** That of peers who dial us, where nothing says otherwise. */
  readonly listenPort: number;
  readonly localPeers: boolean;
  /** Told to others whether we can reach such addresses or not (`-externalip`). */
  readonly advertise: readonly NetworkAddress[];
  readonly foundAddresses: readonly LocalAddress[];
}

/** Networks that hide where a node is: their addresses and others are not told to the same peers. */
const PRIVACY_NETWORKS: ReadonlySet<NetworkName | undefined> = new Set<NetworkName>(["onion", "i2p"]);

/** One in so many tellings has what the peer sees: more often while we are less sure ourselves. */
const SEEN_SHARE = 2;
const SEEN_SHARE_WHEN_SURE = 8;

export class LocalAddresses {
  readonly #ports: LocalAddressPorts;
  readonly #settings: LocalAddressSettings;
  /** By host; as many as the machine has, the operator names, and services lead to. */
  readonly #known = new Map<string, LocalAddress>();

  constructor(ports: LocalAddressPorts, settings: LocalAddressSettings) {
    this.#ports = ports;
    this.#settings = settings;
    for (const address of settings.advertise) this.#put(address, LOCAL_SCORE.manual);
    for (const { address, score } of settings.foundAddresses) this.add(address, score);
  }

  [Symbol.iterator](): Iterator<LocalAddress> {
    return this.#known.values();
  }

  has(address: NetworkAddress): boolean {
    return this.#known.get(hostKey(address))?.address.port === address.port;
  }

  /** False when it is none to be told of. */
  add(address: NetworkAddress, score: number): boolean {
    if (!this.#settings.discovers && score < LOCAL_SCORE.manual) return false;
    if (!this.#ports.networks.isReachable(this.#ports.networks.asReached(address))) return false;
    return this.#put(address, score);
  }

  remove(host: NetworkHost): void {
    this.#known.delete(hostKey(host));
  }

  /** A peer has come in by this address. */
  seen(host: NetworkHost): void {
    const known = this.#known.get(hostKey(host));
    if (known !== undefined) this.#known.set(hostKey(host), { ...known, score: known.score + 1 });
  }

  /**
   * What to tell `peer`, if anything; `seenAs` is where it says that it reached us. Chance has a part in
   * it.
   */
  toTell(
    peer: Pick<Peer, "address" | "network" | "isInbound">, seenAs: NetworkAddress | undefined,
  ): NetworkAddress | undefined {
    const best = this.#bestFor(peer);
    if (seenAs === undefined || !this.#isGood(seenAs, peer)) return best?.address;
    const share = (best?.score ?? 0) > LOCAL_SCORE.manual ? SEEN_SHARE_WHEN_SURE : SEEN_SHARE;
    if (best !== undefined && below(this.#ports.rng, share) !== 0) return best.address;
    // Whoever we dialled cannot see the port on which we listen.
    return peer.isInbound ? seenAs : { ...seenAs, port: best?.address.port ?? this.#settings.listenPort };
  }

  #put(given: NetworkAddress, score: number): boolean {
    const address = this.#ports.networks.asReached(given);
    if (!isUsable(address, this.#settings.localPeers)) return false;
    const key = hostKey(address);
    const known = this.#known.get(key);
    if (known === undefined) {
      this.#known.set(key, { address, score });
      this.#ports.added(address);
    } else if (score >= known.score) {
      this.#known.set(key, { address, score: score + 1 });
    }
    return true;
  }

  #bestFor(peer: Pick<Peer, "address" | "network">): LocalAddress | undefined {
    if (!this.#settings.listen) return undefined;
    let best: LocalAddress | undefined;
    let bestReach = -1;
    for (const local of this.#known.values()) {
      if (!mayTell(local.address, peer)) continue;
      const reach = reachability(local.address, peer.address);
      const isSurer = best === undefined || local.score > best.score;
      if (reach < bestReach || (reach === bestReach && !isSurer)) continue;
      best = local;
      bestReach = reach;
    }
    return best;
  }

  #isGood(seenAs: NetworkAddress, peer: Pick<Peer, "address" | "network">): boolean {
    return this.#settings.discovers && isRoutable(peer.address) && isRoutable(seenAs)
      && this.#ports.networks.isReachable(seenAs) && mayTell(seenAs, peer);
  }
}

/** Our place in a network that hides us must not be linked to another, in either direction. */
function mayTell({ network }: NetworkHost, peer: Pick<Peer, "network">): boolean {
  if (network === peer.network) return true;
  return !PRIVACY_NETWORKS.has(network) && !PRIVACY_NETWORKS.has(peer.network);
}
