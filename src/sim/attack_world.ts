/**
 * A node under attack: the shipped core at one end, honest peers who follow a public chain, and room
 * for whoever means it ill, at as many addresses as it likes.
 *
 * @module
 */
import { below, type Rng, seededRng } from "../base/rng.ts";
import type { Without } from "../base/defences.ts";
import { addDuration, type Duration, type Instant, minutes, type UnixSeconds } from "../base/time.ts";
import { installPortableCurve } from "../crypto/install_portable.ts";
import type { NodeEvent } from "../node/event.ts";
import { defaultNodeOptions, type NodeOptions } from "../node/node_options.ts";
import type { NodePorts } from "../node/node_ports.ts";
import { REGTEST } from "../params/regtest.ts";
import type { Peer } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Message } from "../wire/message.ts";
import { Crowd, type CrowdOptions, repeat } from "./crowd.ts";
import { PublishedChain } from "./published_chain.ts";
import type { Script, ScriptedPeer } from "./scripted_peer.ts";
import type { VirtualHost } from "./virtual_host.ts";
import { VirtualNetwork } from "./virtual_network.ts";
import { hostAt, type LatencyRange, SIM_START, USUAL_LATENCY } from "./world_defaults.ts";

const VICTIM: NetworkAddress = hostAt(0, 1);
const BLOCK_INTERVAL_SECONDS = 600;
/** Blocks that are out when the world begins. */
const FIRST_BLOCKS = 6;

/** One chain for all worlds: it is the same for each. */
const usualChain = new PublishedChain({
  params: REGTEST,
  first: SIM_START - FIRST_BLOCKS * BLOCK_INTERVAL_SECONDS + 1,
  interval: BLOCK_INTERVAL_SECONDS,
});

export interface AttackWorldOptions {
  readonly seed: number;
  readonly chain?: PublishedChain;
  /** One way, in milliseconds. @default 10 to 150 */
  readonly latency?: LatencyRange;
}

/** How fast a peer is. */
export interface Line {
  /** What each block takes, one after the other; left out, no time at all. */
  readonly blockTime?: Duration;
}

export class AttackWorld {
  readonly network: VirtualNetwork;
  readonly chain: PublishedChain;
  readonly rng: Rng;
  /** What has happened on the node. */
  readonly events: NodeEvent[] = [];
  /** Until when a peer's line is taken up by blocks. */
  readonly #busyUntil = new WeakMap<ScriptedPeer, Instant>();

  constructor({ seed, chain = usualChain, latency = USUAL_LATENCY }: AttackWorldOptions) {
    installPortableCurve();
    this.chain = chain;
    this.rng = seededRng(seed ^ 0xa77ac);
    this.network = new VirtualNetwork({ seed, start: SIM_START, latency, isTraced: false });
    this.network.onEvent((_, event) => this.events.push(event));
  }

  /** The node under attack. It does not run before it is started. */
  victim(options: Partial<NodeOptions> = {}, without?: Without, ports: Partial<NodePorts> = {}): VirtualHost {
    return this.node(VICTIM, options, without, ports);
  }

  /** One more whole node. */
  node(
    address: NetworkAddress, options: Partial<NodeOptions> = {}, without?: Without,
    ports: Partial<NodePorts> = {},
  ): VirtualHost {
    const all: NodeOptions = {
      ...defaultNodeOptions(REGTEST),
      userAgent: "/tidings-sim/",
      advertise: [address],
      coinsCacheBytes: 1024 * 1024,
      v2Transport: false,
      ...options,
    };
    return this.network.addHost(address, all, { ...ports, ...(without === undefined ? {} : { without }) });
  }

  /** Peers that do what they should: they tell of blocks, and serve them. `options.script` comes on top. */
  honest(addresses: readonly NetworkAddress[], options: Partial<CrowdOptions> = {}, line: Line = {}): Crowd {
    const script = this.following(options.script, line);
    const crowd = Crowd.in(this.network, addresses, {
      params: REGTEST, chain: this.chain, ...options, script,
    });
    this.announceBlocks(crowd);
    return crowd;
  }

  /** Peers that do what `script` says, and nothing else. */
  attacker(
    addresses: readonly NetworkAddress[], script: Script, options: Partial<CrowdOptions> = {},
  ): Crowd {
    return Crowd.in(this.network, addresses, { params: REGTEST, chain: this.chain, script, ...options });
  }

  /** As long as `goesOn`, each ready peer of `crowd` tells of each block as it comes out. */
  announceBlocks(crowd: Crowd, goesOn: () => boolean = () => true): void {
    let told = this.height;
    repeat(this.network, minutes(1), () => {
      const { height } = this;
      if (height > told) for (const peer of crowd.ready) this.chain.announce(peer, this.now);
      told = height;
      return goesOn();
    });
  }

  /** Unix seconds. */
  get now(): UnixSeconds {
    return this.network.clock.unixTime();
  }

  /** Of the public chain. */
  get height(): number {
    return this.chain.heightAt(this.now);
  }

  run(length: Duration): void {
    this.network.runUntil(addDuration(this.network.clock.now(), length));
  }

  /** Runs in steps until `isDone`; returns how long that took, or `undefined` if it did not come to that. */
  runUntil(isDone: () => boolean, { step, most }: { readonly step: Duration; readonly most: Duration }):
    Duration | undefined {
    for (let took = 0; took <= most; took += step) {
      if (isDone()) return took as Duration;
      this.run(step);
    }
    return isDone() ? most : undefined;
  }

  /** Addresses in as many groups as there are addresses, from group `first` on. */
  scattered(first: number, count: number): readonly NetworkAddress[] {
    return Array.from({ length: count }, (_, i) => hostAt(first + i, 1 + below(this.rng, 60_000)));
  }

  /** A script that answers what is asked of the chain. */
  following(script: Script = {}, { blockTime }: Line = {}): Script {
    return {
      ...script,
      received: (peer, message) => {
        for (const answer of this.chain.answer(message, this.now)) {
          if (answer.type === "block" && blockTime !== undefined) this.#sendInTurn(peer, answer, blockTime);
          else peer.send(answer);
        }
        script.received?.(peer, message);
      },
    };
  }

  #sendInTurn(peer: ScriptedPeer, message: Message, takes: Duration): void {
    const now = this.network.clock.now();
    const at = addDuration(laterOf(this.#busyUntil.get(peer) ?? now, now), takes);
    this.#busyUntil.set(peer, at);
    this.network.after((at - now) as Duration, () => peer.send(message));
  }
}

function laterOf(a: Instant, b: Instant): Instant {
  return a > b ? a : b;
}

export function heightOf({ core: { chain } }: VirtualHost): number {
  return chain.headers.height(chain.tip);
}

export function readyPeers({ core }: VirtualHost): readonly Peer[] {
  return [...core.peers()].filter(({ isReady }) => isReady);
}

export function outboundPeers(host: VirtualHost): readonly Peer[] {
  return readyPeers(host).filter(({ isInbound }) => !isInbound);
}

