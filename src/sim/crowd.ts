/**
 * Many addresses in one hand: all who dial one of them, or are dialled from one, meet a peer that
 * follows the crowd's script.
 *
 * @module
 */
import type { Duration } from "../base/time.ts";
import type { DialId, NodeInput } from "../node/effect.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { PeerId } from "../peer/peer.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../wire/services.ts";
import type { PublishedChain } from "./published_chain.ts";
import { type Script, ScriptedPeer, type Stage } from "./scripted_peer.ts";
import type { Endpoint, VirtualNetwork } from "./virtual_network.ts";

export interface CrowdOptions {
  readonly params: ChainParams;
  readonly script: Script;
  /** Of which it knows every block that is out, if it has one. */
  readonly chain?: PublishedChain | undefined;
  /** @default a full node's */
  readonly services?: bigint;
  /** One way, to anyone; left out, each pair draws one. */
  readonly latency?: Duration;
}

export class Crowd implements Endpoint {
  readonly index: number;
  readonly address: NetworkAddress;
  readonly latency: Duration | undefined;
  /** Open connections; the handshake may not be over. */
  readonly peers = new Map<PeerId, ScriptedPeer>();
  readonly #network: VirtualNetwork;
  readonly #addresses: ReadonlySet<string>;
  readonly #stage: Stage;
  readonly #dialled = new Map<DialId, NetworkAddress>();
  #nextPeer = 0;
  #nextDial = 0;

  private constructor(
    index: number, network: VirtualNetwork, addresses: readonly NetworkAddress[], options: CrowdOptions,
  ) {
    this.index = index;
    this.address = addresses[0] as NetworkAddress;
    this.latency = options.latency;
    this.#network = network;
    this.#addresses = new Set(addresses.map(addressKey));
    const { params: { magic }, script, chain, services = NODE_NETWORK | NODE_WITNESS } = options;
    this.#stage = {
      magic, script, services,
      now: () => network.clock.unixTime(),
      height: () => chain?.heightAt(network.clock.unixTime()) ?? 0,
      transmit: (peer, bytes) => network.transmit(this, peer, bytes),
      hangUp: (peer) => network.hangUp(this, peer),
    };
  }

  /** At all of `addresses`, of which there is one at least. */
  static in(
    network: VirtualNetwork, addresses: readonly NetworkAddress[], options: CrowdOptions,
  ): Crowd {
    const crowd = network.attach((index) => new Crowd(index, network, addresses, options));
    for (const address of addresses) network.listenAt(address, crowd);
    return crowd;
  }

  owns(address: NetworkAddress): boolean {
    return this.#addresses.has(addressKey(address));
  }

  get ready(): readonly ScriptedPeer[] {
    return [...this.peers.values()].filter(({ isReady }) => isReady);
  }

  /** Opens a connection to `to` that seems to come from `as`. */
  dial(to: NetworkAddress, as: NetworkAddress): void {
    const dial = this.#nextDial++ as DialId;
    this.#dialled.set(dial, as);
    this.#network.dial(this, dial, to, as);
  }

  newPeer(): PeerId {
    return this.#nextPeer++ as PeerId;
  }

  give(input: NodeInput): void {
    switch (input.type) {
      case "connected":
        return this.#connected(input);
      case "dial-failed":
        this.#dialled.delete(input.dial);
        return;
      case "received":
        return this.peers.get(input.peer)?.receive(input.bytes);
      case "closed": {
        const peer = this.peers.get(input.peer);
        if (peer === undefined) return;
        this.peers.delete(input.peer);
        peer.isOpen = false;
        return this.#stage.script.closed?.(peer);
      }
      default:
    }
  }

  #connected({ peer: id, dial, remote, local }: NodeInput & { readonly type: "connected" }): void {
    const as = dial === undefined ? local : this.#dialled.get(dial) ?? local;
    if (dial !== undefined) this.#dialled.delete(dial);
    const peer = new ScriptedPeer({ id, isInbound: dial === undefined, self: as, remote }, this.#stage);
    this.peers.set(id, peer);
    peer.opened();
  }
}

/** Calls `action` every `interval`, for as long as it returns true. */
export function repeat(network: VirtualNetwork, interval: Duration, action: () => boolean): void {
  network.after(interval, () => {
    if (action()) repeat(network, interval, action);
  });
}

