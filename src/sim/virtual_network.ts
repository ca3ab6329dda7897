/**
 * Nodes, whatever plays one, and the links between them, on one virtual clock, from one seed.
 *
 * A link keeps the order of what is sent over it and delays each piece by the latency between its
 * two ends, which is drawn once, with a jitter drawn each time. While a link is cut nothing gets
 * through; what was sent is held, as a transport would send it again, and arrives after the cut.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { fraction, type Rng, seededRng } from "../base/rng.ts";
import {
  addDuration, type Duration, type Instant, milliseconds, seconds, type UnixSeconds,
} from "../base/time.ts";
import type { DialId, NodeInput } from "../node/effect.ts";
import type { NodeEvent } from "../node/event.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { NodePorts } from "../node/node_ports.ts";
import type { PeerId } from "../peer/peer.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import { EventQueue } from "./event_queue.ts";
import { SharedVerdicts } from "./shared_verdicts.ts";
import { Trace } from "./trace.ts";
import { VirtualClock } from "./virtual_clock.ts";
import { type HostWorld, inputBytes, VirtualHost } from "./virtual_host.ts";
import type { LatencyRange } from "./world_defaults.ts";

/** A dial that nobody answers is given up after this long, as by the driver on real sockets. */
const DIAL_TIMEOUT = seconds(5);

export interface VirtualNetworkOptions {
  readonly seed: number;
  readonly start: UnixSeconds;
  /** One way, in milliseconds: each pair of nodes draws one from this range. */
  readonly latency: LatencyRange;
  /** Delays one delivery more than its link would: to show that the trace sees it. */
  readonly moved?: { readonly delivery: number; readonly by: Duration } | undefined;
  readonly logger?: Logger;
  /** Whether a hash over all deliveries is kept; left out, it is. */
  readonly isTraced?: boolean;
}

/** What stands at one end of links: a whole node, or something that plays one or many. */
export interface Endpoint {
  /** Place in the network, from zero. */
  readonly index: number;
  readonly address: NetworkAddress;
  /** One way, to anyone; left out, each pair draws one. */
  readonly latency?: Duration | undefined;
  newPeer(): PeerId;
  give(input: NodeInput): void;
}

/** One end of a connection. */
interface End {
  readonly host: Endpoint;
  readonly peer: PeerId;
  /** Nothing that is sent to this end arrives before this, since order is kept. */
  arrivesFrom: Instant;
  isReading: boolean;
  isOpen: boolean;
  /** Its host was told that it is closed, and has no more to say about it. */
  isForgotten: boolean;
  /** Arrived, or held up by a cut, and not yet handed over. */
  readonly waiting: (() => void)[];
}

interface Link {
  readonly ends: readonly [End, End];
  readonly latency: Duration;
}

/** A dial that reaches somebody. */
interface Attempt {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly dial: DialId;
  readonly latency: Duration;
  readonly address: NetworkAddress;
  readonly as: NetworkAddress;
}

export class VirtualNetwork implements HostWorld {
  readonly clock: VirtualClock;
  readonly trace = new Trace();
  readonly verdicts = new SharedVerdicts();
  readonly hosts: VirtualHost[] = [];
  /** What a name leads to. */
  readonly names = new Map<string, readonly NetworkAddress[]>();
  readonly logger?: Logger;
  readonly #options: VirtualNetworkOptions;
  readonly #queue = new EventQueue();
  readonly #rng: Rng;
  readonly #byAddress = new Map<string, Endpoint>();
  readonly #links = new Map<string, Link>();
  readonly #latencies = new Map<string, Duration>();
  readonly #listeners: ((host: VirtualHost, event: NodeEvent) => void)[] = [];
  #endpoints = 0;
  #deliveries = 0;
  /** The side of a cut that each end is on; all are on one while nothing is cut. */
  #side: (host: Endpoint) => number = () => 0;

  constructor(options: VirtualNetworkOptions) {
    this.#options = options;
    this.#rng = seededRng(options.seed);
    this.clock = new VirtualClock(options.start);
    if (options.logger !== undefined) this.logger = options.logger;
  }

  addHost(address: NetworkAddress, options: NodeOptions, ports: Partial<NodePorts> = {}): VirtualHost {
    const rng = seededRng(this.#rng.u32());
    return this.attach((index) => {
      const host = new VirtualHost(index, address, options, { rng, ...ports }, this);
      this.hosts.push(host);
      return host;
    });
  }

  /** Gives what `make` returns a place, and lets it be reached at its address. */
  attach<T extends Endpoint>(make: (index: number) => T): T {
    const endpoint = make(this.#endpoints++);
    this.listenAt(endpoint.address, endpoint);
    return endpoint;
  }

  /** From now on whoever dials `address` reaches `endpoint`; `undefined`: nobody. */
  listenAt(address: NetworkAddress, endpoint: Endpoint | undefined): void {
    const key = addressKey(address);
    if (endpoint === undefined) this.#byAddress.delete(key);
    else this.#byAddress.set(key, endpoint);
  }

  onEvent(listener: (host: VirtualHost, event: NodeEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** Cuts every link between ends for which `side` differs. */
  cut(side: (host: Endpoint) => number): void {
    this.#side = side;
  }

  /** Everyone reaches everyone again; what was held up arrives. */
  heal(): void {
    this.#side = () => 0;
    for (const { ends } of this.#links.values()) for (const end of ends) this.#release(end);
  }

  /** Lets everything happen that happens up to `until`, which is where the clock then stands. */
  runUntil(until: Instant): void {
    while ((this.#queue.nextAt ?? Number.POSITIVE_INFINITY) <= until) {
      const next = this.#queue.take();
      assert(next !== undefined, "the queue has what it announced");
      this.clock.advanceTo(next.at);
      next.action();
    }
    this.clock.advanceTo(until);
  }

  after(delay: Duration, action: () => void): void {
    this.#queue.add(addDuration(this.clock.now(), delay), action);
  }

  delivered(host: VirtualHost, input: NodeInput): void {
    if (this.#options.isTraced === false) return;
    this.trace.add(this.clock.now(), host.index, input.type, inputBytes(input));
  }

  happened(host: VirtualHost, event: NodeEvent): void {
    for (const listener of this.#listeners) listener(host, event);
  }

  resolve(name: string): readonly NetworkAddress[] {
    return this.names.get(name) ?? [];
  }

  /** `as`: the address that the other end sees, when `from` has several. */
  dial(from: Endpoint, dial: DialId, address: NetworkAddress, as = from.address): void {
    const to = this.#byAddress.get(addressKey(address));
    if (to === undefined || this.#isCut(from, to)) {
      this.after(DIAL_TIMEOUT, () => from.give({ type: "dial-failed", dial, reason: "timed out" }));
      return;
    }
    const latency = this.#latencyBetween(from, to);
    // One way for the request; the other end opens first, and the answer takes another.
    this.after(latency, () => this.#open({ from, to, dial, latency, address, as }));
  }

  transmit(host: Endpoint, peer: PeerId, bytes: Bytes): void {
    const { end, latency } = this.#otherEnd(host, peer);
    this.#send(end, latency, () => {
      if (end.isOpen) end.host.give({ type: "received", peer: end.peer, bytes });
    });
  }

  hangUp(host: Endpoint, peer: PeerId): void {
    const { own, end, latency } = this.#otherEnd(host, peer);
    this.#close(own, "closed here");
    this.#send(end, latency, () => this.#close(end, "closed by the other end"));
  }

  setReading(host: Endpoint, peer: PeerId, isReading: boolean): void {
    const { own } = this.#otherEnd(host, peer);
    own.isReading = isReading;
    if (isReading) this.after(milliseconds(0), () => this.#release(own));
  }

  /** Ends all connections of `host`, which does not hear of it: it is gone. */
  drop(host: Endpoint): void {
    for (const { ends, latency } of new Set(this.#links.values())) {
      const [a, b] = ends;
      if (a.host !== host && b.host !== host) continue;
      const [own, other] = a.host === host ? [a, b] : [b, a];
      own.isOpen = false;
      own.isForgotten = true;
      this.#send(other, latency, () => this.#close(other, "closed by the other end"));
    }
  }

  #open({ from, to, dial, latency, address, as }: Attempt): void {
    const now = this.clock.now();
    const end = (host: Endpoint): End => {
      return {
        host, peer: host.newPeer(), arrivesFrom: now, isReading: true, isOpen: true, isForgotten: false,
        waiting: [],
      };
    };
    const accepting = end(to);
    const dialling = end(from);
    const link: Link = { ends: [dialling, accepting], latency };
    this.#links.set(endKey(accepting), link);
    this.#links.set(endKey(dialling), link);
    // Queued before anything that the accepting end sends in answer.
    this.#send(dialling, latency, () => {
      from.give({ type: "connected", peer: dialling.peer, dial, remote: address, local: as });
    });
    const remote = { ...as, port: 50_000 + (accepting.peer % 10_000) };
    to.give({ type: "connected", peer: accepting.peer, dial: undefined, remote, local: address });
  }

  /** Hands `delivery` to `end` when it has crossed the link, after all that was sent before it. */
  #send(end: End, latency: Duration, delivery: () => void): void {
    const jitter = (fraction(this.#rng) * latency * 0.1) as Duration;
    const { moved } = this.#options;
    const extra = moved?.delivery === this.#deliveries ? moved.by : 0;
    this.#deliveries += 1;
    const arrivesAt = (Math.max(end.arrivesFrom, this.clock.now() + latency + jitter) + extra) as Instant;
    end.arrivesFrom = arrivesAt;
    this.#queue.add(arrivesAt, () => {
      end.waiting.push(delivery);
      this.#release(end);
    });
  }

  /** Hands over what has arrived, unless the link is cut or its end does not read. */
  #release(end: End): void {
    const link = this.#links.get(endKey(end));
    if (link === undefined) return;
    const [a, b] = link.ends;
    while (end.waiting.length > 0 && end.isReading && !this.#isCut(a.host, b.host)) end.waiting.shift()?.();
  }

  #close(end: End, reason: string): void {
    if (!end.isOpen) return;
    end.isOpen = false;
    this.after(milliseconds(0), () => {
      if (!end.isForgotten) end.host.give({ type: "closed", peer: end.peer, reason });
      this.#forget(end);
    });
  }

  /** A link is kept until both its ends have done with it. */
  #forget(end: End): void {
    end.isForgotten = true;
    const link = this.#links.get(endKey(end));
    if (link?.ends.every(({ isForgotten }) => isForgotten) !== true) return;
    for (const each of link.ends) this.#links.delete(endKey(each));
  }

  #otherEnd(
    host: Endpoint, peer: PeerId,
  ): { readonly own: End; readonly end: End; readonly latency: Duration } {
    const link = this.#links.get(`${host.index}/${peer}`);
    assert(link !== undefined, `host ${host.index} has a peer ${peer}`);
    const [a, b] = link.ends;
    const own = a.host === host && a.peer === peer ? a : b;
    return { own, end: own === a ? b : a, latency: link.latency };
  }

  #isCut(a: Endpoint, b: Endpoint): boolean {
    return this.#side(a) !== this.#side(b);
  }

  #latencyBetween(a: Endpoint, b: Endpoint): Duration {
    const own = a.latency ?? b.latency;
    if (own !== undefined) return own;
    const key = a.index < b.index ? `${a.index}/${b.index}` : `${b.index}/${a.index}`;
    let latency = this.#latencies.get(key);
    if (latency === undefined) {
      const { least, most } = this.#options.latency;
      latency = milliseconds(least + fraction(this.#rng) * (most - least));
      this.#latencies.set(key, latency);
    }
    return latency;
  }
}

function endKey({ host, peer }: End): string {
  return `${host.index}/${peer}`;
}
