/**
 * All that knows of peers, made and wired together.
 *
 * @module
 */
import { type Without, WITHOUT_NOTHING } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import type { Clock } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { FilterIndex } from "../chain/indexes/filter_index.ts";
import { ConnectionManager } from "../connections/connection_manager.ts";
import { Networks } from "../connections/networks.ts";
import type { Mempool } from "../mempool/mempool.ts";
import type { Connection } from "../peer/connection.ts";
import { loadAnchors } from "./anchor_peers.ts";
import { Conversations } from "./conversations.ts";
import { Dialing } from "./dialing.ts";
import type { NodeEffect } from "./effect.ts";
import type { NodeEventBody } from "./event.ts";
import type { EventSource } from "./event_source.ts";
import { InboundRecord } from "./inbound_record.ts";
import { introduce, isTipRecent } from "./introduce.ts";
import { KnownHosts } from "./known_hosts.ts";
import { LocalAddresses } from "./local_addresses.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";
import { OutboundWatch } from "./outbound_watch.ts";
import type { OutsideWork } from "./outside_work.ts";
import { Peering } from "./peering.ts";
import { PrivateBroadcast } from "./private_broadcast.ts";
import { Seeding } from "./seeding/seeding.ts";
import { TimeOffsets } from "./time_offsets.ts";
import { UploadTarget } from "./upload_target.ts";

/** The rest of the node, as far as peers concern it. */
export interface PeerPartsPorts {
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly filters: FilterIndex | undefined;
  readonly mempool: Mempool;
  readonly outside: Pick<OutsideWork, "load">;
  readonly events: EventSource;
  isShuttingDown(): boolean;
  effect(effect: NodeEffect): void;
  /** Of something that the operator should look at. */
  warn(text: string): void;
}

export class PeerParts {
  readonly inboundRecord: InboundRecord;
  /** How far others' clocks are from ours. */
  readonly timeOffsets: TimeOffsets;
  readonly hosts: KnownHosts;
  readonly networks: Networks;
  readonly manager: ConnectionManager;
  /** Where we are reached, as far as we know. */
  readonly localAddresses: LocalAddresses;
  /** What was sent today, against what may be. */
  readonly uploads: UploadTarget;
  /** `undefined` when transactions are sent to all our peers. */
  readonly privateBroadcast: PrivateBroadcast | undefined;
  readonly conversations: Conversations;
  readonly peering: Peering;
  readonly seeding: Seeding;
  readonly dialing: Dialing;
  readonly outboundWatch: OutboundWatch;
  readonly #options: NodeOptions;
  readonly #ports: PeerPartsPorts;
  readonly #logger: Logger;

  constructor(world: NodePorts, options: NodeOptions, ports: PeerPartsPorts) {
    const { clock, chain, effect, events } = ports;
    const event = (body: NodeEventBody): void => events.emit(body);
    const { rng, logger } = world;
    this.#options = options;
    this.#ports = ports;
    this.#logger = logger;
    const without = world.without ?? WITHOUT_NOTHING;
    this.inboundRecord = new InboundRecord(clock);
    this.timeOffsets = new TimeOffsets(logger, (text) => ports.warn(text));
    this.hosts = new KnownHosts(world, clock, options, { effect, event });
    this.networks = new Networks(options.networks);
    this.manager = this.#makeManager(world, without);
    const { networks, manager } = this;
    this.localAddresses = new LocalAddresses({
      rng, networks, added: (address) => manager.neverDial(address),
    }, options);
    this.uploads = new UploadTarget(clock, options.maxUploadBytes);
    this.privateBroadcast = options.privateBroadcast ? this.#makePrivateBroadcast(world) : undefined;
    this.conversations = this.#makeConversations(rng, without);
    this.peering = this.#makePeering(rng, without);
    const { conversations, peering } = this;
    this.seeding = this.#makeSeeding(rng, without);
    this.dialing = new Dialing({ logger, peering, manager, networks, effect, event });
    this.outboundWatch = new OutboundWatch({ clock, logger, chain, manager, peering, conversations });
  }

  /** Whether anybody is dialled. Whatever the block files hold need not be downloaded. */
  get isDialing(): boolean {
    return !this.#ports.isShuttingDown() && !this.#ports.chain.isLoadingBlocks;
  }

  #makeManager(world: NodePorts, without: Without): ConnectionManager {
    const { rng, logger } = world;
    const { clock, chain } = this.#ports;
    const { groups: netGroups, addresses: book, bans, discouraged } = this.hosts;
    return new ConnectionManager({
      clock, rng, logger, book, netGroups, bans, discouraged, without,
      networks: this.networks,
      anchors: loadAnchors(world, this.#options),
      peers: () => this.peering.all(),
      isTipRecent: () => isTipRecent(chain, clock),
    }, this.#options);
  }

  #makePrivateBroadcast({ rng, logger, clock: realClock }: NodePorts): PrivateBroadcast {
    const { clock, mempool } = this.#ports;
    return new PrivateBroadcast({
      clock, realClock, rng, logger,
      networks: this.networks,
      book: this.hosts.addresses,
      outbox: { disconnect: (peer, reason) => this.peering.disconnect(peer, reason) },
      isIdle: () => !this.manager.isNetworkActive || !this.isDialing,
      isOwn: (address) => this.localAddresses.has(address),
      dial: (address, wish, done) => this.dialing.attempt(address, "private-broadcast", wish, done),
      test: (transaction, done) => mempool.test(transaction, done),
    });
  }

  /** What the protocols send goes out through the peering, which asks them: each needs the other. */
  #makeConversations(rng: Rng, without: Without): Conversations {
    const { clock, chain, mempool, filters, events } = this.#ports;
    const { hosts, networks, localAddresses, privateBroadcast, uploads } = this;
    return new Conversations({
      clock, rng, without, chain, mempool, filters, networks, localAddresses, privateBroadcast, uploads,
      logger: this.#logger,
      options: this.#options,
      addresses: hosts.addresses,
      outbox: {
        send: (peer, message) => this.peering.send(peer, message),
        disconnect: (peer, reason) => this.peering.disconnect(peer, reason),
        misbehaving: (peer, what) => this.peering.misbehaving(peer, what),
        park: (peer) => this.peering.park(peer),
        unpark: (peer) => this.peering.unpark(peer),
        load: (range, done) => this.peering.load(range, done),
      },
      isShunned: (host) => hosts.isShunned(host),
      seenAs: ({ id }) => this.peering.get(id)?.seenAs,
      event: (body) => events.emit(body),
      transactionRejected: (transaction, violation, { id }) => {
        events.transactionRejected(transaction, violation, id);
      },
    });
  }

  #makePeering(rng: Rng, without: Without): Peering {
    const { clock, chain, events, outside, effect } = this.#ports;
    const options = this.#options;
    return new Peering({
      options, clock, rng, effect, without,
      logger: this.#logger,
      protocols: this.conversations,
      uploads: this.uploads,
      groupOf: (address) => this.hosts.groups.group(address),
      introduction: () => introduce(options, chain, clock, rng),
      event: (body) => events.emit(body),
      load: (range, done) => outside.load(range, done),
      selfFound: (address) => this.manager.neverDial(address),
      discourage: (host) => this.hosts.discouraged.add(host),
      met: (connection) => this.#met(connection),
      ready: (connection) => this.#ready(connection),
      closed: (connection) => this.#closed(connection),
    });
  }

  #makeSeeding(rng: Rng, without: Without): Seeding {
    const { clock, effect } = this.#ports;
    return new Seeding({
      clock, rng, effect,
      logger: this.#logger,
      options: this.#options,
      addresses: this.hosts.addresses,
      networks: this.networks,
      manager: this.manager,
      isSeedUnlimited: without.has("seed-limit"),
      countFullRelay: () => this.peering.countReady("outbound-full-relay"),
      fetchAddresses: (address) => this.dialing.fetchAddresses(address),
    });
  }

  #met(connection: Connection): void {
    if (!connection.isInbound) this.timeOffsets.add(connection.features.timeOffset);
    this.hosts.met(connection);
    this.privateBroadcast?.answered(connection);
  }

  #ready(connection: Connection): void {
    const { isInbound, seenAs } = connection;
    if (isInbound) this.inboundRecord.came(connection.network);
    if (isInbound && seenAs !== undefined) this.localAddresses.seen(seenAs);
    if (connection.type === "private-broadcast") this.privateBroadcast?.opened(connection);
    this.dialing.ready(connection);
  }

  #closed(connection: Connection): void {
    this.manager.closed(connection);
    this.hosts.left(connection);
    if (connection.type === "private-broadcast") this.privateBroadcast?.closed(connection);
    if (!this.#ports.isShuttingDown()) this.dialing.closed(connection);
  }
}
