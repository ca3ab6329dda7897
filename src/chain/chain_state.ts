import type { Bytes } from "../base/bytes.ts";
import { drawSalt } from "../base/salted_hash.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import { Activation } from "./activation.ts";
import { ActiveChain } from "./active_chain.ts";
import { BlockAcceptance } from "./block_acceptance.ts";
import { BlockFiles } from "./block_files.ts";
import { Candidates } from "./candidates.ts";
import { ChainControl } from "./chain_control.ts";
import { verificationProgress } from "./chain_log.ts";
import type { ChainParts } from "./chain_parts.ts";
import type {
  AddBlockOptions,
  AddOptions,
  BlockVerdict,
  ChainPorts,
  ChainSettings,
  FileRange,
  HeadersVerdict,
  RestoredChain,
} from "./chain_ports.ts";
import { type ChainTip, chainTips } from "./chain_tips.ts";
import { ChainCheck } from "./check_chain.ts";
import { checkLastBlocks } from "./check_last_blocks.ts";
import type { CoinChanges } from "./coin_changes.ts";
import { CoinsCache } from "./coins_cache.ts";
import { CoinsFlusher } from "./coins_flusher.ts";
import { CoinsReplay } from "./coins_replay.ts";
import { HeaderAcceptance } from "./header_acceptance.ts";
import { type BlockId, GENESIS, HeaderIndex } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { forkOfLocator, locatorFrom } from "./locator.ts";
import { Outbox } from "./outbox.ts";
import { PendingVerdicts } from "./pending_verdicts.ts";
import { Pruner } from "./pruner.ts";
import {
  ChainDataError, coinsFault, formatChange, type RestoredState, restoreState, tipChange,
} from "./restore.ts";
import { StoredBlocks } from "./stored_blocks.ts";
import { testBlock } from "./test_block.ts";
import { TipMover } from "./tip_mover.ts";

export type {
  AddBlockOptions,
  AddOptions,
  BlockVerdict,
  ChainEvent,
  ChainPorts,
  ChainSettings,
  FileRange,
  HeadersVerdict,
  PersistBatch,
  RestoredChain,
} from "./chain_ports.ts";
export type { ChainTip } from "./chain_tips.ts";

/** A block of more serialised bytes takes a turn of its own to check, to connect and to commit: 30 ms for a megabyte. */
const LONG_BLOCK_BYTES = 200_000;

/**
 * The chain with most work: headers, blocks, coins, and the steps from one tip to a better one.
 *
 * Connecting a block takes three short turns, so that none holds the loop: check and load the
 * coins; verify scripts (elsewhere); commit. `work()` takes the next turn. What everyone else
 * sees as the tip moves only at commit.
 */
export class ChainState {
  readonly params: ChainParams;
  readonly headers: HeaderIndex;
  readonly #parts: ChainParts;
  readonly #acceptance: BlockAcceptance;
  readonly #activation: Activation;
  readonly #flusher: CoinsFlusher;
  readonly #pruner: Pruner;
  readonly #control: ChainControl;
  /** The tip that everyone was told of before a crash, until we are there again. */
  #rollForwardTo: BlockId | undefined;
  #replay: CoinsReplay | undefined;
  #isInitialBlockDownload = true;
  /** Called once there is no better chain to go to. */
  #restWaiters: (() => void)[] = [];

  /** @throws {ChainDataError} when what was found on disk cannot be used: it says what to do */
  constructor(ports: ChainPorts, settings: ChainSettings, restored: RestoredChain) {
    const found = restoreState(restored, ports.coins, settings.params, ports.rng);
    if (found !== undefined && "what" in found) throw new ChainDataError(found);
    this.params = settings.params;
    this.headers = found?.headers ?? new HeaderIndex(ports.rng);
    if (found === undefined) this.headers.add(this.params.genesis.header, undefined);
    const coinsHead = found?.coinsHead ?? GENESIS;
    this.#parts = this.#assemble(ports, settings, coinsHead, found?.replayFrom ?? coinsHead);
    const { coins } = this.#parts;
    this.#acceptance = new BlockAcceptance(this.#parts, () => this.#isInitialBlockDownload);
    this.#flusher = new CoinsFlusher(this.#flusherPorts(), coins, settings.coinsCacheBytes);
    if (found === undefined) this.#writeGenesis();
    else this.#resume(found);
    this.#pruner = new Pruner(this.#parts, () => this.#flusher.flush(() => {}));
    this.#control = new ChainControl(this.#parts);
    const mover = new TipMover(this.#parts, () => this.#tipMoved());
    this.#activation = new Activation(mover, this.headers, this.#parts.active, coins);
    this.#leaveInitialBlockDownload();
  }

  get tip(): BlockId {
    return this.#parts.active.tip;
  }

  /** The valid header with most work, whether its block is here or not. */
  get bestHeader(): BlockId {
    return this.#parts.acceptance.best;
  }

  /** Latches to false once the tip is recent and has the minimum work. */
  get isInitialBlockDownload(): boolean {
    return this.#isInitialBlockDownload;
  }

  /** After a crash: blocks connected before are being connected again, and the tip is not there yet. */
  get isRollingForward(): boolean {
    return this.#replay !== undefined || this.#rollForwardTo !== undefined;
  }

  /** How much of the chain is verified, from 0 to 1. */
  get verificationProgress(): number {
    const now = this.#parts.ports.clock.unixTime();
    return verificationProgress(this.headers, this.tip, this.bestHeader, now, this.params);
  }

  /** Height of the lowest block of which bytes are still kept. */
  get prunedBelow(): number {
    return this.#pruner.prunedBelow;
  }

  /** Bytes of all block and undo files. */
  get sizeOnDisk(): number {
    return this.#parts.files.size;
  }

  /** Bytes of memory that changed coins take, and how many they are. */
  get coinsCache(): { readonly bytes: number; readonly size: number } {
    return this.#parts.coins;
  }

  activeAt(height: number): BlockId | undefined {
    return this.#parts.active.at(height);
  }

  isActive(id: BlockId): boolean {
    return this.#parts.active.has(id);
  }

  /** Hashes from `id` back to genesis, ever further apart: how we tell a peer what we have. */
  locator(id: BlockId): readonly BlockHash[] {
    return locatorFrom(this.headers, id);
  }

  /** The first block of `locator` that is on our active chain, or genesis. */
  findFork(locator: readonly BlockHash[]): BlockId {
    return forkOfLocator(this.headers, this.#parts.active, locator);
  }

  /** Sorted by height, highest first. */
  tips(): readonly ChainTip[] {
    return chainTips(this.headers, this.#parts.active);
  }

  /** Unspent and confirmed, as of the tip. */
  coin(outPoint: OutPoint): Coin | undefined {
    return this.#parts.coins.get(outPoint);
  }

  /** Where its bytes are; `undefined` when they are not on disk, or not yet. */
  blockRange(id: BlockId): FileRange | undefined {
    return this.#parts.blocks.range(id);
  }

  /** Its bytes, read at once. To serve many peers, load `blockRange` instead. */
  readBlock(id: BlockId): Bytes | undefined {
    return this.#parts.blocks.read(id);
  }

  /**
   * The coins that it spent, in the order of its inputs; `undefined` when it was never connected, or
   * what undoes it is pruned or damaged (which is logged).
   */
  readUndo(id: BlockId): readonly Coin[] | undefined {
    return this.#parts.blocks.undo(id);
  }

  addHeaders(headers: readonly BlockHeader[], { hasEnoughWork = true }: AddOptions = {}): HeadersVerdict {
    return this.#acceptance.addHeaders(headers, hasEnoughWork);
  }

  /** A block that is good is stored at once, and connected by `work`. */
  addBlock(block: Block, options: AddBlockOptions): BlockVerdict {
    return this.#acceptance.addBlock(block, options);
  }

  /** A check of the last `depth` blocks (zero for all), to be taken step by step. */
  check(level: number, depth: number): ChainCheck {
    return new ChainCheck(this.#parts, level, depth);
  }

  /** Whether `block`, but for its work, could follow the tip; `done` may be called in a later turn. */
  testBlock(block: Block, done: (violation: RuleViolation | undefined) => void): void {
    testBlock(this.#parts, block, done);
  }

  /** Takes one short turn of connecting. True when the next can be taken at once. */
  work(): boolean {
    if (this.#replay !== undefined) return this.#stepReplay(this.#replay);
    if (this.#flusher.isBehind) return false;
    const best = this.#parts.candidates.best();
    if (this.#activation.step(best)) return true;
    if (best === undefined) this.#rest();
    return false;
  }

  /** Whether the next turn of `work` may take so long that nothing else should be done along with it. */
  get isWorkLong(): boolean {
    return this.#activation.stepBytes(this.#parts.candidates.best()) > LONG_BLOCK_BYTES;
  }

  /**
   * Takes a block and all that builds on it for invalid, whatever the rules say, and leaves them, however
   * deep they lie. Like its counterparts below, `done` when the best chain that is left is connected.
   */
  invalidate(id: BlockId, done: () => void): void {
    this.#control.invalidate(id);
    this.#restWaiters.push(done);
  }

  /** Forgets that a block, what it builds on and what builds on it were found, or declared, invalid. */
  reconsider(id: BlockId, done: () => void): void {
    this.#control.reconsider(id);
    this.#restWaiters.push(done);
  }

  /** Takes a block for the first one seen among those with as much work, until there is a chain with more. */
  prefer(id: BlockId, done: () => void): void {
    this.#control.prefer(id);
    this.#restWaiters.push(done);
  }

  /** Writes what is only in memory; `done` when a restart would find it all. */
  flush(done: () => void): void {
    if (this.#replay === undefined) this.#flusher.flush(done);
    else this.#parts.outbox.send({}, done); // Half-mended coins are mended again at the next start.
  }

  /**
   * Removes block files at `height` and below, as far as whole files do, and never one of the last
   * 288 blocks. Returns the height of the last block that goes, or -1.
   */
  pruneTo(height: number): number {
    return this.#pruner.pruneTo(height);
  }

  /** Whether nothing is left to connect or write: for tests and a clean stop. */
  get isIdle(): boolean {
    const { candidates, outbox, verdicts } = this.#parts;
    return this.#replay === undefined && this.#activation.isIdle && candidates.best() === undefined &&
      this.#flusher.isIdle && outbox.isEmpty && verdicts.isQuiet;
  }

  /** `durable`: the head that a flush of the coins starts from. */
  #assemble(ports: ChainPorts, settings: ChainSettings, tip: BlockId, durable: BlockId): ChainParts {
    const { headers, params } = this;
    const { logger } = ports;
    const active = new ActiveChain(headers, tip);
    const files = new BlockFiles(ports.files, logger, params.magic, settings.blockFileBytes);
    return {
      ports,
      settings,
      headers,
      acceptance: new HeaderAcceptance(headers, params, ports.clock, logger),
      active,
      candidates: new Candidates(headers, active),
      files,
      blocks: new StoredBlocks(headers, files, params, logger),
      coins: new CoinsCache(ports.coins, drawSalt(ports.rng), headers.hash(durable), ({ txid, index }) =>
        logger.error(`Coin ${displayHash(txid)}:${index} in the coin database (chainstate) is damaged`)),
      verdicts: new PendingVerdicts(headers, active, (event) => ports.event(event)),
      outbox: new Outbox((batch, done) => ports.persist(batch, done)),
    };
  }

  #flusherPorts() {
    const { outbox, ports } = this.#parts;
    return {
      clock: ports.clock,
      begin: () => {
        const head = this.headers.hash(this.tip);
        const index = [...takeChangedPages(this.headers), tipChange(head)];
        return { head, parts: { index } };
      },
      send: (parts: Parameters<Outbox["send"]>[0], done: () => void) => outbox.send(parts, done),
      flushed: () => {
        ports.logger.debug("coindb", () => `Coins are written as of height ${this.headers.height(this.tip)}`);
        this.#pruner.flushed();
      },
    };
  }

  #writeGenesis(): void {
    const { blocks, candidates, outbox } = this.#parts;
    const files = blocks.store(GENESIS, this.params.genesis);
    candidates.received(GENESIS);
    this.headers.blocks.setConnected(GENESIS);
    const hash = this.params.genesis.hash;
    const index = [formatChange(), ...takeChangedPages(this.headers), tipChange(hash)];
    outbox.send({ files, index }, () => blocks.written(GENESIS, files));
    blocks.forget(GENESIS);
  }

  /** Puts everything where it was. */
  #resume({ coinsHead, replayFrom, tip, lost }: RestoredState): void {
    const { blocks, candidates, coins, files, outbox, ports } = this.#parts;
    for (let row = 0; row < this.headers.size; row++) {
      const [block, undo] = [this.headers.blocks.position(row), this.headers.blocks.undoPosition(row)];
      if (block !== undefined) files.restoreBlock(block, this.headers.height(row as BlockId));
      if (undo !== undefined) files.restoreUndo(undo);
    }
    candidates.restore(tip);
    if (lost > 0) {
      ports.logger.warning(`${lost} blocks did not reach the disk before the last stop: they are downloaded again`);
    }
    const index = takeChangedPages(this.headers);
    if (index.length > 0) outbox.send({ index });
    const isBehind = this.headers.compareWork(tip, coinsHead) > 0 && !this.headers.isInvalid(tip);
    if (isBehind) this.#rollForwardTo = tip;
    const fault = checkLastBlocks(this.headers, blocks, coinsHead, this.params);
    if (fault !== undefined) throw new ChainDataError(fault);
    if (replayFrom === undefined) return;
    ports.logger.info("Replaying blocks");
    const replayPorts = {
      block: (id: BlockId) => blocks.block(id),
      undo: (id: BlockId) => blocks.undo(id),
      apply(changes: CoinChanges) {
        for (const { outPoint, coin } of changes.changes()) {
          if (coin === undefined) coins.spend(outPoint);
          else coins.add(outPoint, coin, true);
        }
      },
    };
    this.#replay = new CoinsReplay(this.headers, coins, replayPorts, replayFrom, coinsHead);
  }

  #stepReplay(replay: CoinsReplay): boolean {
    const step = replay.step();
    if (step === "more") return true;
    this.#replay = undefined;
    if (step === "done") {
      this.#flusher.flush(() => {});
      return true;
    }
    const hash = displayHash(this.headers.hash(step.missing));
    throw new ChainDataError(coinsFault(`block ${hash}, or what undoes it, is needed to mend it and cannot be read`));
  }

  /** There is no better chain to go to. */
  #rest(): void {
    this.#rollForwardTo = undefined;
    for (const id of this.#parts.verdicts.rest()) this.#parts.blocks.forget(id);
    const waiters = this.#restWaiters;
    this.#restWaiters = [];
    for (const done of waiters) done();
  }

  #tipMoved(): void {
    this.#leaveInitialBlockDownload();
    if (this.#rollForwardTo !== undefined && this.headers.compareWork(this.tip, this.#rollForwardTo) >= 0) {
      this.#rollForwardTo = undefined;
    }
    this.#flusher.flushIfDue();
    this.#pruner.tipMoved();
  }

  #leaveInitialBlockDownload(): void {
    if (!this.#isInitialBlockDownload) return;
    const { ports, settings } = this.#parts;
    if (this.headers.chainWork(this.tip) < settings.minimumChainWork) return;
    if (this.headers.time(this.tip) < ports.clock.unixTime() - settings.maxTipAge) return;
    ports.logger.info("Leaving InitialBlockDownload (latching to false)");
    this.#isInitialBlockDownload = false;
  }
}
