/**
 * A whole node, without its sockets, disks and clocks.
 *
 * How to drive it (io/driver.ts and sim/virtual_host.ts do, and test/support/core_world.ts for tests):
 * 1. call `step` once per input, and never from within a `step`;
 * 2. carry out the effects it returns, in order, before the next `step`; a `choked` for each socket that
 *    what was sent has filled comes before any other input: the others are taken to have sent all;
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
import type { Logger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import type { ChainEvent } from "../chain/chain_ports.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Indexes } from "../chain/indexes/indexes.ts";
import { PruneLocks } from "../chain/prune_locks.ts";
import type { ScriptsKnown } from "../chain/script_job.ts";
import type { ConnectionManager } from "../connections/connection_manager.ts";
import type { Networks } from "../connections/networks.ts";
import { Mempool, type MempoolEvent } from "../mempool/mempool.ts";
import type { Peer } from "../peer/peer.ts";
import type { Transaction } from "../primitives/transaction.ts";
import type { Orphan } from "../protocol/orphanage.ts";
import { type Answer, DONE, failed } from "./answer.ts";
import { BlockGenerator } from "./block_generator.ts";
import { BlockMaker } from "./block_maker.ts";
import { ChainChecker } from "./chain_checker.ts";
import { ChainCommands } from "./chain_commands.ts";
import { ChainTurns } from "./chain_turns.ts";
import { TipView } from "./chain_view.ts";
import { ChainWarnings } from "./chain_warnings.ts";
import type { Command } from "./command.ts";
import { Commands } from "./commands.ts";
import type { NodeEffect, NodeInput } from "./effect.ts";
import { EventSource } from "./event_source.ts";
import type { InboundRecord } from "./inbound_record.ts";
import { currentServices } from "./introduce.ts";
import type { LocalAddresses } from "./local_addresses.ts";
import { MiningCommands } from "./mining_commands.ts";
import { MockClock } from "./mock_clock.ts";
import { type ChainKeeping, openChain, openIndexes } from "./node_chain.ts";
import type { NodeOptions } from "./node_options.ts";
import type { NodePorts } from "./node_ports.ts";
import { OutsideWork } from "./outside_work.ts";
import type { PeerReport } from "./peer_report.ts";
import { PeerToPeer } from "./peer_to_peer.ts";
import type { ByteTotals } from "./peering.ts";
import type { PrivateBroadcast } from "./private_broadcast.ts";
import { SubmittedBlocks } from "./submitted_blocks.ts";
import { TransactionCommands } from "./transaction_commands.ts";
import type { UploadTarget } from "./upload_target.ts";

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
  readonly inboundRecord: InboundRecord;
  readonly #logger: Logger;
  readonly #events: EventSource;
  readonly #outside = new OutsideWork((effect) => this.#effect(effect));
  readonly #p2p: PeerToPeer;
  readonly #turns: ChainTurns;
  readonly #warnings: ChainWarnings;
  readonly #commands: Commands;
  readonly #blocks: SubmittedBlocks;
  readonly #generator: BlockGenerator;
  readonly #checker = new ChainChecker();
  /** Answered once nothing is under way. */
  #settling: Answer[] = [];
  /** What the next `step` returns: what comes of it, and before the first, of the making. */
  #effects: NodeEffect[] = [];
  #isStepping = false;
  #isShuttingDown = false;

  constructor(ports: NodePorts, options: NodeOptions) {
    this.options = options;
    this.#logger = ports.logger;
    this.clock = new MockClock(ports.clock, options.mockTime);
    this.#events = new EventSource(this.clock, (event) => this.#effect({ type: "event", event }));
    const keeping = this.#keepChain(ports);
    this.chain = openChain(ports, options, keeping);
    this.indexes = openIndexes(ports, this.chain, keeping);
    this.mempool = this.#makeMempool();
    this.#p2p = this.#makePeerToPeer(ports);
    const { hosts, networks, localAddresses, manager, privateBroadcast, uploads, inboundRecord } = this.#p2p.parts;
    this.netGroups = hosts.groups;
    this.addresses = hosts.addresses;
    this.bans = hosts.bans;
    this.discouraged = hosts.discouraged;
    this.networks = networks;
    this.localAddresses = localAddresses;
    this.manager = manager;
    this.privateBroadcast = privateBroadcast;
    this.uploads = uploads;
    this.inboundRecord = inboundRecord;
    this.#turns = new ChainTurns(this.chain, this.#p2p.messages);
    this.#warnings = new ChainWarnings(this.chain, (text) => this.#warn(text));
    this.#blocks = new SubmittedBlocks(this.chain);
    this.#generator = new BlockGenerator((block, checked) => this.#blocks.add(block, checked));
    this.maker = new BlockMaker(this.chain, this.mempool, this.clock, options.blockLimits);
    this.#commands = this.#makeCommands();
  }

  /** Open connections by id, ascending. */
  peers(): Iterable<Peer> {
    return this.#p2p.peers();
  }

  /** What the protocols know of a peer. */
  peerReport(peer: Peer): PeerReport {
    return this.#p2p.report(peer);
  }

  /** Transactions that wait for a parent. */
  get orphans(): Iterable<Orphan> {
    return this.#p2p.orphans;
  }

  /** Memory taken by chains of headers that have not shown their work. */
  get presyncBytes(): number {
    return this.#p2p.presyncBytes;
  }

  /** Bytes on all connections there were. */
  get byteTotals(): ByteTotals {
    return this.#p2p.byteTotals;
  }

  /** Seconds that the clocks of most peers that we dialled are ahead of ours; zero while there are few. */
  get timeOffset(): number {
    return this.#p2p.parts.timeOffsets.median;
  }

  /** What its operator should know. */
  get warnings(): readonly string[] {
    const { warning } = this.#p2p.parts.timeOffsets;
    return [...(warning === undefined ? [] : [warning]), ...this.#warnings.texts, ...this.indexes.faults];
  }

  /** What this node offers, as its `version` messages say. */
  get services(): bigint {
    return currentServices(this.options, this.chain);
  }

  step(input: NodeInput): readonly NodeEffect[] {
    assert(!this.#isStepping, "one input is taken at a time");
    this.#isStepping = true;
    // It only says what became of the step before, of which all is to be known before anything is sent.
    const isNews = input.type !== "choked";
    if (isNews) this.#p2p.flushed();
    this.#take(input);
    if (isNews) this.#settle(input.type === "woken");
    this.#isStepping = false;
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  wakeAt(): Instant | undefined {
    const isBusy = this.#turns.hasWork || this.#hasIndexWork || this.#p2p.isBusy;
    if (isBusy || this.#generator.hasWork || this.#checker.hasWork) return this.clock.now();
    return this.#p2p.wakeAt();
  }

  /** What is not indexed at the end is indexed after the next start. */
  get #hasIndexWork(): boolean {
    return !this.#isShuttingDown && this.indexes.hasWork;
  }

  #take(input: NodeInput): void {
    switch (input.type) {
      case "connected":
      case "dial-failed":
      case "received":
      case "choked":
      case "drained":
      case "closed":
      case "reached":
      case "proxy-found":
      case "resolved":
        return this.#p2p.take(input);
      case "verified":
      case "loaded":
      case "persisted":
      case "coins-hashed":
      case "coins-multiplied":
        return this.#outside.answered(input);
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
    this.#p2p.beginTurn(isWoken);
    this.#generator.work();
    this.#checker.work();
    this.#turns.run(isWoken);
    // Many inputs may come between two turns: these must not each bring a slice of it.
    if (isWoken && this.#hasIndexWork) this.indexes.work(this.#turns.hasWork);
    this.#p2p.endTurn(isWoken);
    this.#answerSettled();
  }

  #command(command: Command, answer: Answer): void {
    if (command.type === "settle") {
      this.#settling.push(answer);
    } else if (command.type === "shut-down") {
      this.#shutDown(answer);
    } else if (this.#isShuttingDown) {
      answer(failed({ code: "shutting-down" }));
    } else {
      this.#commands.carryOut(command, answer);
    }
  }

  /** Lets the peers go, and writes what is only in memory. */
  #shutDown(answer: Answer): void {
    this.#isShuttingDown = true;
    this.#p2p.shutDown();
    this.chain.flush(() => this.indexes.flush(() => answer(DONE)));
  }

  /** Answers those who wait for quiet, when there is quiet. */
  #answerSettled(): void {
    if (this.#settling.length === 0 || !this.chain.isIdle || this.#outside.isVerifying) return;
    if (!this.indexes.isIdle || this.#p2p.hasPasses) return;
    const settled = this.#settling;
    this.#settling = [];
    for (const answer of settled) answer(DONE);
  }

  #chainEvent(event: ChainEvent): void {
    this.#events.chain(event, this.chain);
    switch (event.type) {
      case "header-accepted":
      case "background-connected":
      case "background-disconnected":
        break;
      case "snapshot-activated":
      case "snapshot-validated":
        this.mempool.tipChanged();
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
        break;
      case "block-checked":
        this.#blocks.checked(event.hash, event.violation);
        if (event.violation !== undefined) this.#warnings.blockRejected();
        break;
    }
    this.#p2p.chainEvent(event);
  }

  #mempoolEvent(event: MempoolEvent): void {
    this.#events.mempool(event, this.#p2p.sourceOf(event.entry.transaction));
    this.#p2p.mempoolEvent(event);
  }

  /** Nobody needs to look at a block's transactions for a mempool that has none. */
  #areScriptsKnown(): ScriptsKnown | undefined {
    if (this.mempool.size === 0) return undefined;
    return (transaction, flags) => this.mempool.areScriptsKnown(transaction, flags);
  }

  #warn(text: string): void {
    this.#logger.warning(text.replace(/^Warning: /, ""));
    this.#events.emit({ type: "node:warning", data: { text } });
  }

  #keepChain(ports: NodePorts): ChainKeeping {
    return {
      clock: this.clock,
      realClock: ports.clock,
      outside: this.#outside,
      pruneLocks: new PruneLocks(ports.logger),
      areScriptsKnown: () => this.#areScriptsKnown(),
      fatal: (why) => this.#effect({ type: "fatal", why }),
      event: (event) => this.#chainEvent(event),
    };
  }

  #makeMempool(): Mempool {
    const { mempoolMaxBytes, minRelayFeeRate, acceptNonstandard, relayPolicy } = this.options;
    return new Mempool({
      clock: this.clock,
      logger: this.#logger,
      chain: new TipView(this.chain),
      verify: (payload, done) => this.#outside.verify(payload, done),
      event: (event) => this.#mempoolEvent(event),
    }, { maxBytes: mempoolMaxBytes, minRelayFeeRate, acceptNonstandard, policy: relayPolicy });
  }

  #makePeerToPeer(ports: NodePorts): PeerToPeer {
    return new PeerToPeer(ports, this.options, {
      clock: this.clock,
      chain: this.chain,
      filters: this.indexes.filters,
      mempool: this.mempool,
      outside: this.#outside,
      events: this.#events,
      effect: (effect) => this.#effect(effect),
      isShuttingDown: () => this.#isShuttingDown,
      warn: (text) => this.#warn(text),
    });
  }

  #makeCommands(): Commands {
    const { clock, chain, indexes, mempool, maker, privateBroadcast } = this;
    const p2p = this.#p2p;
    const announce = (transaction: Transaction): void => p2p.announce(transaction);
    return new Commands({
      clock,
      transactions: new TransactionCommands({ chain, mempool, privateBroadcast, announce }),
      chain: new ChainCommands({ chain, indexes, mempool, checker: this.#checker }),
      mining: new MiningCommands({ chain, maker, blocks: this.#blocks, generator: this.#generator }),
      peers: p2p.peerCommands,
      hosts: p2p.hostCommands,
    });
  }

  #effect(effect: NodeEffect): void {
    this.#effects.push(effect);
  }
}
