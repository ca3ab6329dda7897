/**
 * All indexes of one node. They come after the chain, and nobody waits for them but those who ask.
 *
 * @module
 */
import type { Logger } from "../../base/logger.ts";
import type { Clock } from "../../base/time.ts";
import type { ChainParams } from "../../params/chain_params.ts";
import type { FileReader } from "../../store/file_store.ts";
import type { KeyValueReader } from "../../store/key_value_store.ts";
import type { ChainEvent } from "../chain_ports.ts";
import type { PruneLocks } from "../prune_locks.ts";
import { CoinStatisticsIndex, type MultiplyCoins } from "./coin_statistics_index.ts";
import { FilterIndex } from "./filter_index.ts";
import { IndexBlocks, type IndexedChain } from "./index_blocks.ts";
import { IndexKeeper, type IndexWrite } from "./index_keeper.ts";
import { INDEX_KINDS, INDEX_TRAITS, type IndexKind } from "./index_kinds.ts";
import type { Indexer } from "./indexer.ts";
import { SpenderIndex } from "./spender_index.ts";
import { TransactionIndex } from "./transaction_index.ts";

/** Microseconds of work in one turn: while blocks are being connected, and otherwise. */
const TURN_WHEN_BUSY = 2_000;
const TURN_WHEN_FREE = 8_000;
/** What a piece costs besides what it says. */
const PIECE_OVERHEAD = 10;

/** The stores of those that are kept. */
export type IndexStores = Readonly<Partial<Record<IndexKind, KeyValueReader>>>;

export interface IndexesPorts {
  readonly chain: IndexedChain & { readonly params: ChainParams };
  readonly pruneLocks: PruneLocks;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly files: FileReader;
  readonly stores: IndexStores;
  /** `muhashFactor`, made elsewhere. */
  multiplyCoins: MultiplyCoins;
  /** Writes are made in the order given; `done` follows in a later turn. */
  persist(kind: IndexKind, write: IndexWrite, done: () => void): void;
}

export interface IndexSummary {
  readonly kind: IndexKind;
  readonly title: string;
  /** It has come as far as the chain, and has kept up since. */
  readonly isSynced: boolean;
  /** Of the last block in it; zero when there is none. */
  readonly height: number;
}

export class Indexes {
  readonly transactions: TransactionIndex | undefined;
  readonly coinStatistics: CoinStatisticsIndex | undefined;
  readonly spenders: SpenderIndex | undefined;
  readonly filters: FilterIndex | undefined;
  readonly #logger: Logger;
  readonly #blocks: IndexBlocks;
  readonly #keepers: readonly IndexKeeper[];

  /**
   * @throws {ChainDataError} when a store, or what is left of the blocks, is of no use: it says what to do
   */
  constructor(ports: IndexesPorts) {
    const { chain, files, stores } = ports;
    this.#logger = ports.logger;
    this.#blocks = new IndexBlocks(chain);
    const { txindex, coinstatsindex, txospenderindex, blockfilterindex } = stores;
    this.transactions = txindex && new TransactionIndex(txindex);
    this.coinStatistics = coinstatsindex && new CoinStatisticsIndex(
      coinstatsindex, chain.params, ports.multiplyCoins,
    );
    this.spenders = txospenderindex && new SpenderIndex(txospenderindex);
    this.filters = blockfilterindex && new FilterIndex(blockfilterindex, files);
    // In the order in which Bitcoin Core starts them: of several that cannot, the first is named.
    const indexers = [this.transactions, this.spenders, this.filters, this.coinStatistics];
    this.#keepers = indexers.flatMap((indexer) => indexer === undefined ? [] : [this.#keep(indexer, ports)]);
  }

  /** In the order in which they are listed. */
  get summaries(): readonly IndexSummary[] {
    return INDEX_KINDS.flatMap((kind) => {
      const keeper = this.#keepers.find(({ indexer }) => indexer.kind === kind);
      if (keeper === undefined) return [];
      const { isSynced, height = 0, traits: { title } } = keeper;
      return [{ kind, title, isSynced, height }];
    });
  }

  /** Which have stopped, and why, for their operator. */
  get faults(): readonly string[] {
    return this.#keepers.flatMap(({ fault, traits: { title } }) =>
      fault === undefined ? [] : [`${title} has stopped: ${fault}`]);
  }

  /** Whether `work` has something to do now. */
  get hasWork(): boolean {
    return this.#keepers.some(({ hasWork }) => hasWork);
  }

  /** Whether all that the chain has is in all of them, and written. */
  get isIdle(): boolean {
    return this.#keepers.every(({ isIdle }) => isIdle);
  }

  /** Lets them have the block as it is: read again from disk it would have to be decoded again. */
  blockConnected(event: Extract<ChainEvent, { readonly type: "block-connected" }>): void {
    if (this.#keepers.some(({ isSynced }) => isSynced)) this.#blocks.keep(event.id, event.block, event.spent);
  }

  /** A short turn. `isBusy`: others wait, too. */
  work(isBusy: boolean): void {
    let left = isBusy ? TURN_WHEN_BUSY : TURN_WHEN_FREE;
    while (left > 0) {
      const took = this.#step();
      if (took === undefined) return;
      left -= took + PIECE_OVERHEAD;
    }
  }

  /** Writes what is done so far, so that no power cut takes it back. */
  flush(done: () => void): void {
    let waiting = this.#keepers.length;
    if (waiting === 0) return done();
    for (const keeper of this.#keepers) keeper.flush(() => void (--waiting === 0 && done()));
  }

  /**
   * Whether the index has all that the chain has, once it does; false while it is being built, or when it has
   * stopped (Bitcoin Core: BlockUntilSyncedToCurrentChain).
   */
  whenCurrent(kind: IndexKind, done: (isCurrent: boolean) => void): void {
    const keeper = this.#keepers.find(({ indexer }) => indexer.kind === kind);
    if (keeper === undefined || !keeper.isSynced) return done(false);
    if (keeper.isIdle) return done(true);
    this.#logger.info(`${keeper.traits.title} is catching up on block notifications`);
    keeper.whenIdle(() => done(keeper.fault === undefined));
  }

  /** One piece: of the index that is furthest behind, so that a block is read once for all. */
  #step(): number | undefined {
    for (const keeper of this.#keepers.toSorted((a, b) => a.position - b.position)) {
      const took = keeper.step();
      if (took !== undefined) return took;
    }
    return undefined;
  }

  #keep(indexer: Indexer, ports: IndexesPorts): IndexKeeper {
    const { chain, clock, logger, pruneLocks, stores } = ports;
    const { kind } = indexer;
    const { title } = INDEX_TRAITS[kind];
    return new IndexKeeper(indexer, {
      chain, clock, logger,
      blocks: this.#blocks,
      store: stores[kind] as KeyValueReader,
      persist: (write, done) => ports.persist(kind, write, done),
      reached: (height) => pruneLocks.set(title, height),
    });
  }
}
