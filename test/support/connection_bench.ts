import type { Selected, SelectRules } from "../../src/addrbook/book_queries.ts";
import type { KnownAddress } from "../../src/addrbook/address_record.ts";
import { NetGroups } from "../../src/addrbook/net_groups.ts";
import { type Defence, type Without, WITHOUT_NOTHING } from "../../src/base/defences.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { below, seededRng } from "../../src/base/rng.ts";
import { type Duration, type Instant, milliseconds } from "../../src/base/time.ts";
import type { Anchor } from "../../src/connections/anchors.ts";
import { ConnectionManager, type ConnectionSettings } from "../../src/connections/connection_manager.ts";
import type { Dial } from "../../src/connections/dial.ts";
import type { Admission } from "../../src/connections/inbound_door.ts";
import { DIRECT_NETWORKS, Networks } from "../../src/connections/networks.ts";
import type { Connection } from "../../src/peer/connection.ts";
import type { ConnectionType, Permission } from "../../src/peer/peer.ts";
import { formatAddress } from "../../src/primitives/host_text.ts";
import { addressKey, type NetworkAddress, type NetworkName } from "../../src/primitives/network_address.ts";
import { NODE_NETWORK, NODE_WITNESS } from "../../src/wire/services.ts";
import { address, PeerBench } from "./peer_bench.ts";

export const FULL = NODE_NETWORK | NODE_WITNESS;

/** A book as simple as can be: any entry, by chance. */
export class ListBook {
  readonly entries: KnownAddress[] = [];
  readonly attempts: { readonly address: string; readonly countsFailure: boolean }[] = [];
  readonly good = (): boolean => true;
  readonly resolveCollisions = (): void => {};
  readonly #rng = seededRng(3);
  readonly #triedAt = new Map<string, Instant>();
  collision: KnownAddress | undefined;
  draws = 0;

  size({ network }: { readonly network?: NetworkName | undefined } = {}): number {
    if (network === undefined) return this.entries.length;
    return this.entries.filter((each) => each.address.network === network).length;
  }

  put(text: string, services = FULL): void {
    this.entries.push({ address: address(text), services, time: 0 });
  }

  /** `count` addresses, each in a group of its own. */
  fill(count: number): void {
    for (let i = 0; i < count; i++) this.put(`${1 + (i % 9)}.${20 + i}.0.1:8333`);
  }

  select({ networks }: SelectRules = {}): Selected | undefined {
    this.draws += 1;
    const fitting = this.entries.filter(({ address: { network } }) => networks?.has(network) ?? true);
    const known = fitting[below(this.#rng, Math.max(1, fitting.length))];
    return known && this.#selected(known);
  }

  selectCollision(): Selected | undefined {
    return this.collision && this.#selected(this.collision);
  }

  attempted(attempted: NetworkAddress, at: Instant, countsFailure: boolean): void {
    this.attempts.push({ address: formatAddress(attempted), countsFailure });
    this.#triedAt.set(addressKey(attempted), at);
  }

  #selected(known: KnownAddress): Selected {
    return { ...known, triedAt: this.#triedAt.get(addressKey(known.address)) };
  }
}

export interface ConnectionBenchParts {
  readonly without?: readonly Defence[];
  readonly anchors?: readonly Anchor[];
  readonly networks?: readonly NetworkName[];
}

/** A connection manager, with connections whose sockets nobody opens. */
export class ConnectionBench {
  readonly peers = new PeerBench();
  readonly book = new ListBook();
  readonly tip = { isRecent: true };
  /** Hosts, with port 1. */
  readonly banned = new Set<string>();
  readonly discouraged = new Set<string>();
  readonly manager: ConnectionManager;
  readonly #gone = new Set<number>();

  constructor(changes: Partial<ConnectionSettings> = {}, parts: ConnectionBenchParts = {}) {
    const settings: ConnectionSettings = {
      connectOnly: undefined, addNodes: [], maxConnections: 125, inboundRelayPercent: 100,
      networkActive: true, v2Transport: false, localPeers: false, advertise: [], ...changes,
    };
    const reachable = new Set(parts.networks ?? DIRECT_NETWORKS.reachable);
    const without: Without = parts.without === undefined ? WITHOUT_NOTHING : new Set(parts.without);
    this.manager = new ConnectionManager({
      clock: this.peers.clock,
      rng: seededRng(1),
      logger: silentLogger,
      book: this.book,
      networks: new Networks({ ...DIRECT_NETWORKS, reachable }),
      netGroups: new NetGroups(undefined, settings.localPeers),
      bans: { isBanned: (host) => this.banned.has(formatAddress({ ...host, port: 1 })) },
      discouraged: { has: (host) => this.discouraged.has(formatAddress({ ...host, port: 1 })) },
      without,
      anchors: parts.anchors ?? [],
      peers: () => this.open,
      isTipRecent: () => this.tip.isRecent,
    }, settings);
  }

  /** One whose lasting places are all taken. */
  static full(
    changes: Partial<ConnectionSettings> = {}, parts: ConnectionBenchParts = {},
  ): { readonly bench: ConnectionBench; readonly connections: readonly Connection[] } {
    const bench = new ConnectionBench(changes, parts);
    bench.book.fill(60);
    return { bench, connections: bench.openAll(bench.manager.decide()) };
  }

  /** Connections that are not closed. */
  get open(): readonly Connection[] {
    return this.peers.connections.filter(({ id }) => !this.#gone.has(id));
  }

  openOne(dial: Dial): Connection {
    const connection = this.peers.open(dial.type, [], formatAddress(dial.address));
    this.manager.opened(connection, dial);
    return connection;
  }

  openAll(dials: readonly Dial[]): readonly Connection[] {
    return dials.map((dial) => this.openOne(dial));
  }

  comeIn(text: string, permissions: readonly Permission[] = []): Admission {
    const admission = this.manager.admit({ address: address(text), permissions: new Set(permissions) });
    if (admission.type === "refuse") return admission;
    for (const id of admission.evict) this.close(id);
    this.manager.opened(this.peers.open("inbound", permissions, text), undefined);
    return admission;
  }

  close(id: number): void {
    if (this.#gone.has(id)) return;
    this.#gone.add(id);
    this.peers.at(id).close();
    this.manager.closed(this.peers.at(id));
  }

  advance(length: Duration): void {
    this.peers.clock.advance(length);
  }

  /** Who is dialled in `length`, when every dial fails. */
  dialledIn(length: Duration): readonly Dial[] {
    const dials: Dial[] = [];
    for (const end = this.peers.clock.now() + length; this.peers.clock.now() < end;) {
      for (const dial of this.manager.decide()) {
        dials.push(dial);
        this.manager.failed(dial);
      }
      this.advance(milliseconds(500));
    }
    return dials;
  }
}

/** In alphabetical order. */
export function textsOf(dials: readonly Dial[]): readonly string[] {
  return dials.map((dial) => formatAddress(dial.address)).sort();
}

export function typesOf(dials: readonly { readonly type: ConnectionType }[]): readonly ConnectionType[] {
  return dials.map(({ type }) => type);
}
