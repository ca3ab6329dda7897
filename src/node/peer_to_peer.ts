/**
 * The node's part in the network, towards the rest of it: news of sockets in, and the turns in which all
 * that knows of peers (peer_parts.ts) does its work.
 *
 * @module
 */
import { assert, unreachable } from "../base/assert.ts";
import type { Logger } from "../base/logger.ts";
import { earlier, type Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { MempoolEvent } from "../mempool/mempool.ts";
import type { Connection } from "../peer/connection.ts";
import type { Peer, PeerId } from "../peer/peer.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Orphan } from "../protocol/orphanage.ts";
import { saveAnchors } from "./anchor_peers.ts";
import type { MessageTurns } from "./chain_turns.ts";
import type { NodeInput } from "./effect.ts";
import { HostCommands } from "./host_commands.ts";
import { LOCAL_SCORE } from "./local_addresses.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";
import { PeerCommands } from "./peer_commands.ts";
import { PeerParts, type PeerPartsPorts } from "./peer_parts.ts";
import type { PeerReport } from "./peer_report.ts";
import type { ByteTotals } from "./peering.ts";

/** What sockets, proxies and resolvers tell. */
export type NetworkInput = Extract<NodeInput, {
  readonly type: "connected" | "dial-failed" | "received" | "choked" | "drained" | "closed"
    | "reached" | "proxy-found" | "resolved";
}>;

export class PeerToPeer {
  readonly parts: PeerParts;
  readonly peerCommands: PeerCommands;
  readonly hostCommands: HostCommands;
  readonly #options: NodeOptions;
  readonly #ports: PeerPartsPorts;
  readonly #logger: Logger;
  /** Something that concerns all peers has happened in this turn. */
  #concernsAll = false;

  constructor(world: NodePorts, options: NodeOptions, ports: PeerPartsPorts) {
    this.parts = new PeerParts(world, options, ports);
    this.#options = options;
    this.#ports = ports;
    this.#logger = world.logger;
    const { clock, chain: { headers } } = ports;
    const { hosts, networks, manager, dialing, peering, conversations } = this.parts;
    this.peerCommands = new PeerCommands({ headers, networks, manager, dialing, peering, conversations });
    this.hostCommands = new HostCommands({
      options, clock, hosts, networks, peering, event: (body) => ports.events.emit(body),
    });
  }

  /** Open connections by id, ascending. */
  peers(): Iterable<Connection> {
    return this.parts.peering.all();
  }

  /** What the protocols know of a peer. */
  report({ id }: Peer): PeerReport {
    const { peering, conversations, hosts } = this.parts;
    const connection = peering.get(id);
    assert(connection !== undefined, "a report is asked of an open connection");
    return { ...conversations.report(connection), asn: hosts.groups.asn(connection.address) };
  }

  /** Bytes on all connections there were. */
  get byteTotals(): ByteTotals {
    return this.parts.peering.byteTotals;
  }

  /** Transactions that wait for a parent. */
  get orphans(): Iterable<Orphan> {
    return this.parts.conversations.orphans;
  }

  /** Memory taken by chains of headers that have not shown their work. */
  get presyncBytes(): number {
    return this.parts.conversations.presyncBytes;
  }

  /** Who sent what the mempool is just looking at, if a peer did. */
  sourceOf(transaction: Transaction): PeerId | undefined {
    return this.parts.conversations.sourceOf(transaction);
  }

  /** Tells peers again of a transaction that is in the mempool. */
  announce(transaction: Transaction): void {
    this.parts.conversations.announce(transaction);
  }

  /** What peers have sent, to be taken when it is their turn. */
  get messages(): MessageTurns {
    return this.parts.peering;
  }

  /** Whether some peers are still to be told what concerns them all. */
  get hasPasses(): boolean {
    return this.parts.peering.hasPasses;
  }

  /** Whether a turn could be used at once. */
  get isBusy(): boolean {
    const { peering } = this.parts;
    return peering.hasWork || peering.hasPasses;
  }

  wakeAt(): Instant | undefined {
    const { peering, hosts, seeding, dialing, outboundWatch, privateBroadcast, isDialing } = this.parts;
    const peersAt = peering.wakeAt();
    if (this.#ports.isShuttingDown()) return peersAt;
    const wakeAt = earlier(peersAt, hosts.wakeAt());
    if (!isDialing) return wakeAt;
    const seedAt = earlier(seeding.wakeAt(), privateBroadcast?.wakeAt());
    const dialAt = earlier(dialing.wakeAt(), seedAt);
    return earlier(wakeAt, earlier(dialAt, outboundWatch.wakeAt()));
  }

  take(input: NetworkInput): void {
    const { dialing, peering, localAddresses, networks, seeding } = this.parts;
    switch (input.type) {
      case "connected":
        dialing.connected(input);
        // A dial may have been under way.
        if (this.#ports.isShuttingDown()) this.#dropAll();
        return;
      case "dial-failed":
        return dialing.failed(input);
      case "received":
        return peering.received(input.peer, input.bytes);
      case "choked":
        return peering.choked(input.peer);
      case "drained":
        return peering.drained(input.peer);
      case "closed":
        return peering.lost(input.peer, input.reason);
      case "reached":
        if (input.isReached) localAddresses.add(input.address, LOCAL_SCORE[input.by === "gateway" ? "mapped" : "manual"]);
        else localAddresses.remove(input.address);
        return;
      case "proxy-found":
        return networks.foundProxy(input.network, input.proxy);
      case "resolved":
        return seeding.resolved(input.host, input.addresses);
      default:
        return unreachable(input);
    }
  }

  /** What was sent in the step before has gone out, but to those of whom the driver said otherwise. */
  flushed(): void {
    this.parts.peering.flushed();
  }

  /** All that is due, but for messages. What takes long waits for a turn of its own (`isWoken`). */
  beginTurn(isWoken: boolean): void {
    const { peering, hosts, seeding, dialing, outboundWatch, privateBroadcast } = this.parts;
    peering.runTimers();
    peering.passSome(isWoken);
    if (isWoken) peering.exchangeKeys();
    hosts.work(isWoken);
    if (!this.parts.isDialing) return;
    outboundWatch.work();
    seeding.work();
    dialing.work();
    privateBroadcast?.work();
  }

  /** Tells peers what the turn has brought, and forgets those that left in it. */
  endTurn(isWoken: boolean): void {
    const { peering } = this.parts;
    if (this.#concernsAll) {
      this.#concernsAll = false;
      peering.passAll();
      peering.passSome(isWoken);
    }
    peering.forgetLeaving();
  }

  chainEvent(event: ChainEvent): void {
    const { outboundWatch, conversations } = this.parts;
    switch (event.type) {
      case "tip-changed":
        outboundWatch.tipChanged();
        this.#concernsAll = true;
        break;
      case "snapshot-activated":
      case "snapshot-validated":
        this.#concernsAll = true;
        break;
      default:
    }
    conversations.chainEvent(event);
  }

  mempoolEvent(event: MempoolEvent): void {
    this.parts.conversations.mempoolEvent(event);
  }

  /** Lets the peers go, and writes what is known of others. */
  shutDown(): void {
    const { manager, hosts } = this.parts;
    const { params } = this.#options;
    // As they are before the peers are let go.
    if (manager.choosesPeers) this.#ports.effect(saveAnchors(this.peers(), params, this.#logger));
    this.#dropAll();
    hosts.save();
  }

  #dropAll(): void {
    for (const peer of this.peers()) this.parts.peering.disconnect(peer, "shutting-down");
  }
}
