/**
 * A whole node, without its sockets, disks and clocks.
 *
 * How to drive it (io/driver.ts and sim/virtual_host.ts are the two that do):
 * 1. call `step` once per input, and never from within a `step`;
 * 2. carry out the effects it returns, in order, before the next `step`;
 * 3. then sleep until `wakeAt()`, or until the next input, whichever comes first, and `step` a
 *    `woken`; a `wakeAt()` that is already past means 'call again after letting I/O run'; while
 *    the mock clock is set, sleep at most 100 ms;
 * 4. queries are plain reads of the public fields, between two steps.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { BanList } from "../addrbook/ban_list.ts";
import type { Discouraged } from "../addrbook/discouraged.ts";
import type { NetGroups } from "../addrbook/net_groups.ts";
import { assert, unreachable } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import { WITHOUT_NOTHING } from "../base/defences.ts";
import type { Logger } from "../base/logger.ts";
import { earlier, type Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Indexes } from "../chain/indexes/indexes.ts";
import { PruneLocks } from "../chain/prune_locks.ts";
import type { ScriptsKnown } from "../chain/script_job.ts";
import { ConnectionManager } from "../connections/connection_manager.ts";
import { Networks } from "../connections/networks.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import { Mempool, type MempoolEvent } from "../mempool/mempool.ts";
import type { Peer } from "../peer/peer.ts";
import type { Orphan } from "../protocol/orphanage.ts";
import { loadAnchors, saveAnchors } from "./anchor_peers.ts";
import { BlockGenerator } from "./block_generator.ts";
import { BlockMaker } from "./block_maker.ts";
import { ChainChecker } from "./chain_checker.ts";
import { TipView } from "./chain_view.ts";
import { ChainWarnings } from "./chain_warnings.ts";
import { type Answer, DONE, failed } from "./answer.ts";
import { BlockDesk } from "./block_desk.ts";
import { CommandDesk } from "./command_desk.ts";
import { Conversations } from "./conversations.ts";
import { Dialing } from "./dialing.ts";
import type { Command } from "./command.ts";
import type { NodeEffect, NodeInput } from "./effect.ts";
import { EventSource } from "./event_source.ts";
import { currentServices, introduce, isTipRecent } from "./introduce.ts";
import { HostDesk } from "./host_desk.ts";
import { KnownHosts } from "./known_hosts.ts";
import { LOCAL_SCORE, LocalAddresses } from "./local_addresses.ts";
import { MockClock } from "./mock_clock.ts";
import { type ChainKeeping, openChain, openIndexes } from "./node_chain.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";
import { PrivateBroadcast } from "./private_broadcast.ts";
import type { PeerReport } from "./peer_report.ts";
import { type ByteTotals, Peering } from "./peering.ts";
import { OutboundWatch } from "./outbound_watch.ts";
import { PendingWork } from "./pending_work.ts";
import { Seeding } from "./seeding.ts";
import { UploadTarget } from "./upload_target.ts";

export class NodeCore {
  readonly options: NodeOptions;
  /** With `setmocktime` laid over it. */
  readonly clock: MockClock;
  readonly chain: ChainState;
  /** Kept beside the chain. */
  readonly indexes: Indexes;
  readonly mempool: Mempool;
  readonly netGroups: NetGroups;
  readonly addresses: AddressBook;
  readonly bans: BanList;
  readonly discouraged: Discouraged;
  readonly networks: Networks;
  /** Where we are reached, as far as we know. */
  readonly localAddresses: LocalAddresses;
  readonly manager: ConnectionManager;
  /** `undefined` when transactions are sent to all our peers. */
  readonly privateBroadcast: PrivateBroadcast | undefined;
  readonly maker: BlockMaker;
  /** What was sent today, against what may be. */
  readonly uploads: UploadTarget;
  readonly #hosts: KnownHosts;
  readonly #warnings: ChainWarnings;
  readonly #peering: Peering;
  readonly #dialing: Dialing;
  readonly #outboundWatch: OutboundWatch;
  readonly #logger: Logger;
  readonly #seeding: Seeding;
  readonly #conversations: Conversations;
  readonly #desk: CommandDesk;
  readonly #blocks: BlockDesk;
  readonly #generator: BlockGenerator;
  readonly #checker = new ChainChecker();
  readonly #events: EventSource;
  readonly #verifying = new PendingWork<RuleViolation | undefined>();
  readonly #loading = new PendingWork<Bytes | undefined>();
  readonly #persisting = new PendingWork<void>();
  readonly #hashing = new PendingWork<string | undefined>();
  readonly #multiplying = new PendingWork<Bytes>();
  /** Answered once nothing is under way. */
  #settling: Answer[] = [];
  /** What the next `step` returns: what comes of it, and before the first, of the making. */
  #effects: NodeEffect[] = [];
  #isStepping = false;
  #isShuttingDown = false;
  /** Something that concerns all peers has happened in this turn. */
  #concernsAll = false;
  #hasChainWork = true;
  #isChainsTurn = true;

  constructor(ports: NodePorts, options: NodeOptions) {
    const { rng, logger } = ports;
    this.options = options;
    this.#logger = logger;
    const clock = new MockClock(ports.clock, options.mockTime);
    this.clock = clock;
    this.#events = new EventSource(clock, (event) => this.#effect({ type: "event", event }));
    const verify = this.#verify.bind(this);
    const keeping: ChainKeeping = {
      clock, verify,
      realClock: ports.clock,
      pruneLocks: new PruneLocks(logger),
      areScriptsKnown: () => this.#areScriptsKnown(),
      hashCoins: (done) => this.#effect({ type: "hash-coins", request: this.#hashing.add(done) }),
      multiplyCoins: (change, done) => {
        this.#effect({ type: "multiply-coins", request: this.#multiplying.add(done), change });
      },
      fatal: (why) => this.#effect({ type: "fatal", why }),
      persist: (writes, done) => {
        this.#effect({ type: "persist", batch: this.#persisting.add(done), writes });
      },
      event: (event) => this.#chainEvent(event),
    };
    this.chain = openChain(ports, options, keeping);
    const chain = this.chain;
    this.indexes = openIndexes(ports, chain, keeping);
    this.mempool = new Mempool({
      clock, logger, verify,
      chain: new TipView(chain),
      event: (event) => this.#mempoolEvent(event),
    }, {
      maxBytes: options.mempoolMaxBytes,
      minRelayFeeRate: options.minRelayFeeRate,
      acceptNonstandard: options.acceptNonstandard,
      policy: options.relayPolicy,
    });
    const hosts = new KnownHosts(ports, clock, options, (effect) => this.#effect(effect));
    this.#hosts = hosts;
    this.netGroups = hosts.groups;
    this.addresses = hosts.addresses;
    this.bans = hosts.bans;
    this.discouraged = hosts.discouraged;
    this.networks = new Networks(options.networks);
    this.manager = new ConnectionManager({
      clock, rng, logger,
      book: this.addresses,
      networks: this.networks,
      netGroups: this.netGroups,
      bans: this.bans,
      discouraged: this.discouraged,
      without: ports.without ?? WITHOUT_NOTHING,
      anchors: loadAnchors(ports, options),
      peers: () => this.#peering.all(),
      isTipRecent: () => isTipRecent(chain, clock),
    }, options);
    this.localAddresses = new LocalAddresses({
      rng, networks: this.networks, added: (address) => this.manager.neverDial(address),
    }, options);
    this.uploads = new UploadTarget(clock, options.maxUploadBytes);
    this.privateBroadcast = options.privateBroadcast ? this.#openPrivateBroadcast(ports) : undefined;
    // Each needs the other: what the protocols send goes out through the peering, which asks them.
    this.#conversations = new Conversations({
      clock, rng, logger, options, chain,
      filters: this.indexes.filters,
      mempool: this.mempool,
      addresses: this.addresses,
      outbox: {
        send: (peer, message) => this.#peering.send(peer, message),
        disconnect: (peer, reason) => this.#peering.disconnect(peer, reason),
        misbehaving: (peer, what) => this.#peering.misbehaving(peer, what),
        park: (peer) => this.#peering.park(peer),
        unpark: (peer) => this.#peering.unpark(peer),
        load: (range, done) => this.#peering.load(range, done),
      },
      isShunned: (host) => hosts.isShunned(host),
      networks: this.networks,
      localAddresses: this.localAddresses,
      privateBroadcast: this.privateBroadcast,
      seenAs: ({ id }) => this.#peering.get(id)?.seenAs,
      event: (body) => this.#events.emit(body),
      without: ports.without ?? WITHOUT_NOTHING,
      uploads: this.uploads,
      transactionRejected: (transaction, violation, { id }) => {
        this.#events.transactionRejected(transaction, violation, id);
      },
    });
    this.#peering = new Peering({
      options, clock, rng, logger,
      protocols: this.#conversations,
      uploads: this.uploads,
      introduction: () => introduce(options, chain, clock, rng),
      effect: (effect) => this.#effect(effect),
      event: (body) => this.#events.emit(body),
      load: (range, done) => this.#effect({ type: "load", request: this.#loading.add(done), range }),
      selfFound: (address) => this.manager.neverDial(address),
      discourage: (host) => this.discouraged.add(host),
      ready: (connection) => {
        const { isInbound, seenAs } = connection;
        if (isInbound && seenAs !== undefined) this.localAddresses.seen(seenAs);
        this.#dialing.ready(connection);
      },
      met: (connection) => {
        this.#hosts.met(connection);
        this.privateBroadcast?.answered(connection);
      },
      closed: (connection) => {
        this.manager.closed(connection);
        this.#hosts.left(connection);
        if (connection.type === "private-broadcast") this.privateBroadcast?.closed(connection);
        if (!this.#isShuttingDown) this.#dialing.closed(connection);
      },
    });
    this.#seeding = new Seeding({
      options, clock, rng, logger,
      addresses: this.addresses,
      networks: this.networks,
      manager: this.manager,
      isSeedUnlimited: ports.without?.has("seed-limit") ?? false,
      countFullRelay: () => this.#peering.countReady("outbound-full-relay"),
      fetchAddresses: (address) => this.#dialing.fetchAddresses(address),
      effect: (effect) => this.#effect(effect),
    });
    this.#dialing = new Dialing({
      logger,
      peering: this.#peering,
      manager: this.manager,
      networks: this.networks,
      effect: (effect) => this.#effect(effect),
    });
    this.#outboundWatch = new OutboundWatch({
      clock, logger, chain,
      manager: this.manager,
      peering: this.#peering,
      conversations: this.#conversations,
    });
    this.#warnings = new ChainWarnings(chain, (text) => {
      logger.warning(text.replace(/^Warning: /, ""));
      this.#events.emit({ type: "node:warning", data: { text } });
    });
    this.#blocks = new BlockDesk(chain);
    this.#generator = new BlockGenerator((block, checked) => this.#blocks.add(block, checked));
    this.maker = new BlockMaker(chain, this.mempool, clock, options.blockLimits);
    this.#desk = new CommandDesk({
      options, clock, chain,
      mempool: this.mempool,
      addresses: this.addresses,
      manager: this.manager,
      networks: this.networks,
      privateBroadcast: this.privateBroadcast,
      hosts: new HostDesk({ clock, hosts, networks: this.networks, peering: this.#peering }),
      dialing: this.#dialing,
      peering: this.#peering,
      conversations: this.#conversations,
      blocks: this.#blocks,
      generator: this.#generator,
      indexes: this.indexes,
      maker: this.maker,
      checker: this.#checker,
    });
  }

  /** Open connections by id, ascending. */
  peers(): Iterable<Peer> {
    return this.#peering.all();
  }

  /** What the protocols know of a peer. */
  peerReport(peer: Peer): PeerReport {
    const connection = this.#peering.get(peer.id);
    assert(connection !== undefined, "a report is asked of an open connection");
    return { ...this.#conversations.report(connection), asn: this.netGroups.asn(connection.address) };
  }

  /** Transactions that wait for a parent. */
  get orphans(): Iterable<Orphan> {
    return this.#conversations.orphans;
  }

  /** Memory taken by chains of headers that have not shown their work. */
  get presyncBytes(): number {
    return this.#conversations.presyncBytes;
  }

  /** Bytes on all connections there were. */
  get byteTotals(): ByteTotals {
    return this.#peering.byteTotals;
  }

  /** What its operator should know. */
  get warnings(): readonly string[] {
    return [...this.#warnings.texts, ...this.indexes.faults];
  }

  /** What this node offers, as its `version` messages say. */
  get services(): bigint {
    return currentServices(this.options, this.chain);
  }

  step(input: NodeInput): readonly NodeEffect[] {
    assert(!this.#isStepping, "one input is taken at a time");
    this.#isStepping = true;
    this.#take(input);
    this.#settle(input.type === "woken");
    this.#isStepping = false;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  wakeAt(): Instant | undefined {
    const { hasWork, hasPasses, hasExchanges } = this.#peering;
    const isBusy = this.#hasChainWork || this.#hasIndexWork || hasWork || hasPasses || hasExchanges;
    if (isBusy || this.#generator.hasWork || this.#checker.hasWork) {
      return this.clock.now();
    }
    if (this.#isShuttingDown) return this.#peering.wakeAt();
    const wakeAt = earlier(this.#peering.wakeAt(), this.#hosts.wakeAt());
    if (!this.#isDialing) return wakeAt;
    const seedAt = earlier(this.#seeding.wakeAt(), this.privateBroadcast?.wakeAt());
    const dialAt = earlier(this.#dialing.wakeAt(), seedAt);
    return earlier(wakeAt, earlier(dialAt, this.#outboundWatch.wakeAt()));
  }

  /** What is not indexed at the end is indexed after the next start. */
  get #hasIndexWork(): boolean {
    return !this.#isShuttingDown && this.indexes.hasWork;
  }

  /** Whatever the block files hold need not be downloaded. */
  get #isDialing(): boolean {
    return !this.#isShuttingDown && !this.chain.isLoadingBlocks;
  }

  #take(input: NodeInput): void {
    switch (input.type) {
      case "connected":
        this.#dialing.connected(input);
        // A dial may have been under way.
        if (this.#isShuttingDown) this.#dropAll();
        return;
      case "dial-failed":
        return this.#dialing.failed(input);
      case "received":
        return this.#peering.received(input.peer, input.bytes);
      case "choked":
        return this.#peering.choked(input.peer);
      case "drained":
        return this.#peering.drained(input.peer);
      case "closed":
        return this.#peering.lost(input.peer, input.reason);
      case "reached":
        if (input.isReached) this.localAddresses.add(input.address, LOCAL_SCORE.manual);
        else this.localAddresses.remove(input.address);
        return;
      case "proxy-found":
        return this.networks.foundProxy(input.network, input.proxy);
      case "resolved":
        return this.#seeding.resolved(input.host, input.addresses);
      case "verified":
        return this.#verifying.answered(input.job, input.violation);
      case "loaded":
        return this.#loading.answered(input.request, input.bytes);
      case "persisted":
        return this.#persisting.answered(input.batch, undefined);
      case "coins-hashed":
        return this.#hashing.answered(input.request, input.hash);
      case "coins-multiplied":
        return this.#multiplying.answered(input.request, input.factor);
      case "command":
        return this.#command(input.command, (result) => {
          this.#effect({ type: "answer", id: input.id, result });
        });
      case "woken":
        return;
      default:
        return unreachable(input);
    }
  }

  /**
   * Everything that can be done now, as far as one turn of the loop reaches. What takes long waits
   * for a turn of its own (`isWoken`), since many inputs may come between two of them.
   */
  #settle(isWoken: boolean): void {
    this.#peering.runTimers();
    this.#peering.passSome(isWoken);
    if (isWoken) this.#peering.exchangeKeys();
    this.#hosts.work(isWoken);
    if (this.#isDialing) {
      this.#outboundWatch.work();
      this.#seeding.work();
      this.#dialing.work();
      this.privateBroadcast?.work();
    }
    this.#generator.work();
    this.#checker.work();
    if (!this.#workLong(isWoken)) {
      this.#hasChainWork = this.chain.work();
      this.#peering.work();
      // What the messages brought may be connected at once.
      if (!this.#hasChainWork) this.#hasChainWork = this.chain.isWorkLong || this.chain.work();
    }
    // Many inputs may come between two turns: these must not each bring a slice of it.
    if (isWoken && this.#hasIndexWork) this.indexes.work(this.#hasChainWork);
    if (this.#concernsAll) {
      this.#concernsAll = false;
      this.#peering.passAll();
      this.#peering.passSome(isWoken);
    }
    this.#peering.forgetLeaving();
    this.#answerSettled();
  }

  /** Whether a long turn of the chain is due, taken now or left for later. Messages have every other one. */
  #workLong(isWoken: boolean): boolean {
    if (!this.chain.isWorkLong) return false;
    if (isWoken && (this.#isChainsTurn || !this.#peering.hasWork)) {
      this.#isChainsTurn = false;
      this.#hasChainWork = this.chain.work();
    } else if (isWoken) {
      this.#isChainsTurn = true;
      this.#peering.work();
    } else {
      this.#hasChainWork = true;
    }
    return true;
  }

  #command(command: Command, answer: Answer): void {
    if (command.type === "settle") {
      this.#settling.push(answer);
    } else if (command.type === "shut-down") {
      this.#shutDown(answer);
    } else if (this.#isShuttingDown) {
      answer(failed({ code: "shutting-down" }));
    } else {
      this.#desk.carryOut(command, answer);
    }
  }

  /** Lets the peers go, and writes what is only in memory. */
  #shutDown(answer: Answer): void {
    this.#isShuttingDown = true;
    // As they are before the peers are let go.
    if (this.manager.choosesPeers) this.#effect(saveAnchors(this.peers(), this.options.params, this.#logger));
    this.#dropAll();
    this.#hosts.save();
    this.chain.flush(() => this.indexes.flush(() => answer(DONE)));
  }

  #dropAll(): void {
    for (const peer of this.#peering.all()) this.#peering.disconnect(peer, "shutting-down");
  }

  /** Answers those who wait for quiet, when there is quiet. */
  #answerSettled(): void {
    if (this.#settling.length === 0 || !this.chain.isIdle || this.#verifying.size > 0) return;
    if (!this.indexes.isIdle || this.#peering.hasPasses) return;
    const settled = this.#settling;
    this.#settling = [];
    for (const answer of settled) answer(DONE);
  }

  /** Nobody needs to look at a block's transactions for a mempool that has none. */
  #areScriptsKnown(): ScriptsKnown | undefined {
    if (this.mempool.size === 0) return undefined;
    return (transaction, flags) => this.mempool.areScriptsKnown(transaction, flags);
  }

  #verify(payload: VerifyJob, done: (violation: RuleViolation | undefined) => void): void {
    this.#effect({ type: "verify", job: this.#verifying.add(done), payload });
  }

  #chainEvent(event: ChainEvent): void {
    this.#events.chain(event, this.chain);
    switch (event.type) {
      case "header-accepted":
      case "background-disconnected":
        return;
      case "background-connected":
        break;
      case "snapshot-activated":
      case "snapshot-validated":
        this.mempool.tipChanged();
        this.#concernsAll = true;
        break;
      case "block-connected":
        this.mempool.blockConnected(event.block);
        this.indexes.blockConnected(event);
        break;
      case "block-disconnected":
        this.mempool.blockDisconnected(event.block);
        break;
      case "tip-changed":
        this.mempool.tipChanged();
        this.#warnings.tipChanged();
        this.#outboundWatch.tipChanged();
        this.#concernsAll = true;
        break;
      case "block-checked":
        this.#blocks.checked(event.hash, event.violation);
        if (event.violation !== undefined) this.#warnings.blockRejected();
        break;
    }
    this.#conversations.chainEvent(event);
  }

  #openPrivateBroadcast({ rng, logger, clock: realClock }: NodePorts): PrivateBroadcast {
    const { clock, networks } = this;
    return new PrivateBroadcast({
      clock, realClock, rng, logger, networks,
      book: this.addresses,
      outbox: {
        send: (peer, message) => this.#peering.send(peer, message),
        disconnect: (peer, reason) => this.#peering.disconnect(peer, reason),
      },
      isIdle: () => !this.manager.isNetworkActive || !this.#isDialing,
      isOwn: (address) => this.localAddresses.has(address),
      dial: (address, wish, done) => this.#dialing.attempt(address, "private-broadcast", wish, done),
      test: (transaction, done) => this.mempool.test(transaction, done),
    });
  }

  #mempoolEvent(event: MempoolEvent): void {
    this.#events.mempool(event, this.#conversations.sourceOf(event.entry.transaction));
    this.#conversations.mempoolEvent(event);
  }

  #effect(effect: NodeEffect): void {
    this.#effects.push(effect);
  }
}
