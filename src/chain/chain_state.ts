import type { Bytes } from "../base/bytes.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import type { OutPoint } from "../primitives/transaction.ts";
import type { ActiveChain } from "./active_chain.ts";
import { BlockAcceptance } from "./block_acceptance.ts";
import { BlockFiles } from "./block_files.ts";
import { ChainControl } from "./chain_control.ts";
import { verificationProgress } from "./chain_log.ts";
import type { ChainParts } from "./chain_parts.ts";
import type {
  AddBlockOptions, AddOptions, BlockVerdict, ChainPorts, ChainSettings, FileRange, HeadersVerdict,
  RestoredChain,
} from "./chain_ports.ts";
import { type ChainTip, chainTips } from "./chain_tips.ts";
import { ChainCheck } from "./check_chain.ts";
import { type ChainstateReport, reportChainstates } from "./chainstate_report.ts";
import { type ChainPlaces, Chainstates, type SharedParts } from "./chainstates.ts";
import { HeaderAcceptance } from "./header_acceptance.ts";
import { type BlockId, GENESIS, HeaderIndex } from "./header_index.ts";
import { InitialDownload } from "./initial_download.ts";
import { forkOfLocator, locatorFrom } from "./locator.ts";
import { Outbox } from "./outbox.ts";
import { Pruner } from "./pruner.ts";
import { ChainDataError, type RestoredState, restoreState } from "./restore.ts";
import { checkHeads, connectAnew, putBack, writeGenesis } from "./start.ts";
import { StoredBlocks } from "./stored_blocks.ts";
import { testBlock } from "./test_block.ts";

export type {
  AddBlockOptions, AddOptions, BlockVerdict, ChainEvent, ChainPorts, ChainSettings, FileRange,
  HeadersVerdict, PersistBatch, RestoredChain,
} from "./chain_ports.ts";
export type { ChainTip } from "./chain_tips.ts";

/**
 * A block of more serialised bytes takes a turn of its own to check, to connect and to commit: 30 ms for a
 * megabyte.
 */
const LONG_BLOCK_BYTES = 200_000;

/** A start that finds nothing. */
const AT_GENESIS: ChainPlaces = { coinsHead: GENESIS, replayFrom: undefined, background: undefined };

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
  readonly #states: Chainstates;
  // Made again when another chainstate becomes the active one.
  #acceptance: BlockAcceptance;
  #pruner: Pruner;
  #control: ChainControl;
  /** The tip that everyone was told of before a crash, until we are there again. */
  #rollForwardTo: BlockId | undefined;
  readonly #initialDownload = new InitialDownload();
  /** Blocks come from files: no peer is asked for them, and none is pruned. */
  #isLoadingBlocks: boolean;
  /** Called once there is no better chain to go to. */
  #restWaiters: (() => void)[] = [];

  /** @throws {ChainDataError} when what was found on disk cannot be used: it says what to do */
  constructor(ports: ChainPorts, settings: ChainSettings, restored: RestoredChain) {
    const found = restoreState(restored, ports, settings.params, ports.rng);
    if (found !== undefined && "what" in found) {
      ports.logger.error(found.what);
      throw new ChainDataError(found);
    }
    this.#isLoadingBlocks = restored.isLoadingBlocks ?? false;
    this.params = settings.params;
    this.headers = found?.headers ?? new HeaderIndex(ports.rng);
    if (found === undefined) this.headers.add(this.params.genesis.header, undefined);
    this.#states = new Chainstates(this.#shared(ports, settings), found ?? AT_GENESIS, {
      moved: () => this.#tipMoved(),
      flushed: () => this.#pruner.flushed(),
      changed: () => this.#statesChanged(),
    });
    if (found !== undefined) this.#resume(found);
    if (restored.isReindexing === true) this.#parts.files.reserve(restored.blockFiles ?? []);
    if (found === undefined) writeGenesis(this.#parts);
    if (restored.connectsAnew === true) connectAnew(this.#parts, restored.isReindexing === true);
    this.#acceptance = this.#makeAcceptance();
    this.#pruner = this.#makePruner();
    this.#control = new ChainControl(this.#parts);
    this.#leaveInitialBlockDownload();
    this.#states.balance(this.isInitialBlockDownload);
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
    return this.#initialDownload.isUnderWay;
  }

  /** Blocks come from files at first; `blocksLoaded` ends it. */
  get isLoadingBlocks(): boolean {
    return this.#isLoadingBlocks;
  }

  /** All blocks that the files hold have been added. */
  blocksLoaded(): void {
    this.#isLoadingBlocks = false;
    this.#leaveInitialBlockDownload();
    this.#pruner.tipMoved();
  }

  /** After a crash: blocks connected before are being connected again, and the tip is not there yet. */
  get isRollingForward(): boolean {
    return this.#states.active.isReplaying || this.#rollForwardTo !== undefined;
  }

  /** How much of the chain is verified, from 0 to 1. */
  get verificationProgress(): number {
    return this.#progressOf(this.tip);
  }

  /** Height of the lowest block of which bytes are still kept. */
  get prunedBelow(): number {
    return this.#pruner.prunedBelow;
  }

  /** Bytes of all block and undo files. */
  get sizeOnDisk(): number {
    return this.#parts.files.size;
  }

  /**
   * The blocks that were all connected one after the other, from genesis on: the active chain, but while a
   * snapshot of coins is being checked, that of the background.
   */
  get validatedChain(): Pick<ActiveChain, "tip" | "height" | "at" | "has" | "forkWith"> {
    return (this.#states.background ?? this.#states.active).parts.active;
  }

  /** Of which block the snapshot was that the coins came from, if they did since the start of the process. */
  get snapshotBase(): BlockId | undefined {
    return this.#states.base;
  }

  /** The blocks that are still to be connected in the background: those above `from`, up to `to`. */
  get historicalRange(): { readonly from: BlockId; readonly to: BlockId } | undefined {
    const { background, base } = this.#states;
    if (background === undefined || base === undefined) return undefined;
    return { from: background.parts.active.forkWith(base), to: base };
  }

  /** By work, the active one last. */
  get chainstates(): readonly ChainstateReport[] {
    return reportChainstates(this.#states, (tip) => this.#progressOf(tip));
  }

  /** The database that the active coins are in. */
  get coinsStore(): "chainstate" | "snapshot" {
    return this.#parts.store;
  }

  /**
   * Why coins as of the block with `hash` cannot become the active ones, in Bitcoin Core's words;
   * `undefined` if they can.
   */
  snapshotRefusal(hash: BlockHash): string | undefined {
    return this.#states.refusal(hash);
  }

  /** Whether such coins would bring us nearer to the best chain. */
  isSnapshotAhead(hash: BlockHash): boolean {
    return this.#states.hasMoreWork(hash);
  }

  /**
   * Coins as of the block with `hash`, which nothing speaks against, are in their database whole: they are
   * the active ones from now on. `done` when a restart would find it so.
   */
  activateSnapshot(hash: BlockHash, done: () => void): void {
    this.#states.activate(hash, done);
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
    const turn = this.#states.active.work();
    if (turn === "at-rest") this.#rest();
    // What is left of the time goes to the background.
    return turn === "more" || this.#states.workInBackground();
  }

  /** Whether the next turn of `work` may take so long that nothing else should be done along with it. */
  get isWorkLong(): boolean {
    const { active, background } = this.#states;
    return Math.max(active.stepBytes(), background?.stepBytes() ?? 0) > LONG_BLOCK_BYTES;
  }

  /**
   * Takes a block and all that builds on it for invalid, whatever the rules say, and leaves them, however
   * deep they lie. Like its counterparts below, `done` when the best chain that is left is connected.
   */
  invalidate(id: BlockId, done: () => void): void {
    if (this.#states.isHistorical(id)) {
      this.#parts.ports.logger.warning(`[snapshot] Block ${displayHash(this.headers.hash(id))} is taken for ` +
        "invalid, on which the coins that were loaded rest: these stay in use, and are not checked any " +
        "further until it is reconsidered");
    }
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
    this.#states.flush(done);
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
    const { outbox, verdicts } = this.#parts;
    return this.#states.isIdle && outbox.isEmpty && verdicts.isQuiet;
  }

  /** Those of the active chainstate. */
  get #parts(): ChainParts {
    return this.#states.parts;
  }

  #shared(ports: ChainPorts, settings: ChainSettings): SharedParts {
    const { headers, params } = this;
    const { logger } = ports;
    const files = new BlockFiles(ports.files, logger, params.magic, settings.blockFileBytes);
    return {
      ports,
      settings,
      headers,
      acceptance: new HeaderAcceptance(headers, params, ports.clock, logger),
      files,
      blocks: new StoredBlocks(headers, files, params, logger),
      outbox: new Outbox((batch, done) => ports.persist(batch, done)),
    };
  }

  #progressOf(tip: BlockId): number {
    const now = this.#parts.ports.clock.unixTime();
    return verificationProgress(this.headers, tip, this.bestHeader, now, this.params);
  }

  #makeAcceptance(): BlockAcceptance {
    return new BlockAcceptance(this.#parts, {
      isInitialBlockDownload: () => this.isInitialBlockDownload,
      isHistorical: (id) => this.#states.isHistorical(id),
    });
  }

  #makePruner(): Pruner {
    const { background, base } = this.#states;
    const history = background === undefined || base === undefined ? undefined
      : { ...background.parts, baseHeight: this.headers.height(base) };
    return new Pruner(this.#parts, history, () => this.#states.flush(() => {}));
  }

  /** Another chainstate is the active one, or it is no longer checked in the background. */
  #statesChanged(): void {
    this.#acceptance = this.#makeAcceptance();
    this.#pruner = this.#makePruner();
    this.#control = new ChainControl(this.#parts);
    this.#leaveInitialBlockDownload();
    this.#states.balance(this.isInitialBlockDownload);
  }

  /** Puts everything where it was. */
  #resume(found: RestoredState): void {
    putBack(this.#parts, found);
    const { coinsHead, tip } = found;
    const isBehind = this.headers.compareWork(tip, coinsHead) > 0 && !this.headers.isInvalid(tip);
    if (isBehind) this.#rollForwardTo = tip;
    this.#states.separateFiles();
    checkHeads(this.#parts, found);
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
    this.#states.active.flushIfDue();
    if (!this.#isLoadingBlocks) this.#pruner.tipMoved();
  }

  #leaveInitialBlockDownload(): void {
    if (!this.#isLoadingBlocks && this.#initialDownload.endsAt(this.#parts)) this.#states.balance(false);
  }
}
