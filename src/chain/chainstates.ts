/**
 * The chainstates of a node: how there come to be two (see chainstate.ts), and one again.
 *
 * ```text
 *         a snapshot's coins are here      its block is reached          the same coins
 *   one ─────────────────────────────▶ two ────────────────▶ comparing ────────────────▶ one
 *                                       │ a block before it              │ other coins
 *                                       │ breaks a rule                  │
 *                                       └──────────▶ refuted ◀───────────┘
 * ```
 *
 * Everything on the way is on disk before it counts, in files beside the coins of the snapshot, so that a
 * start finds out where it was: of which block the snapshot is, that it was found good, or that it was
 * not. Whoever opens the data directory then puts one database in the place of the other
 * (io/snapshot_folder.ts). Source: Bitcoin Core, validation.cpp, ActivateSnapshot, MaybeValidateSnapshot.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { drawSalt } from "../base/salted_hash.ts";
import { type AssumeUtxo, findAssumeUtxo } from "../params/assume_utxo.ts";
import { type BlockHash, displayHash } from "../primitives/hash.ts";
import { ActiveChain } from "./active_chain.ts";
import { BackgroundGoal } from "./background_goal.ts";
import { Candidates } from "./candidates.ts";
import type { ChainParts, ChainstateParts } from "./chain_parts.ts";
import type { ChainEvent, ChainPorts } from "./chain_ports.ts";
import { Chainstate } from "./chainstate.ts";
import { CoinsCache } from "./coins_cache.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";
import { takeChangedPages } from "./index_pages.ts";
import { PendingVerdicts } from "./pending_verdicts.ts";
import { type CoinsPlace, type RestoredState, throwDamaged, tipChange } from "./restore.ts";
import {
  SNAPSHOT_BASE_FILE, SNAPSHOT_REFUTED_FILE, SNAPSHOT_VALIDATED_FILE,
} from "./snapshot/snapshot_files.ts";

/**
 * Of the coins' memory, while there are two: what has to catch up gets nearly all of it, as in Bitcoin
 * Core.
 */
const LARGE_SHARE = 0.95;

/** What both share. */
export type SharedParts =
  Omit<ChainParts, "role" | "store" | "active" | "candidates" | "coins" | "verdicts" | "tell">;

export interface ChainstatesHooks {
  /** The active one has moved to another tip. */
  moved(): void;
  /** Coins of either were written. */
  flushed(): void;
  /** Another one is active, or is no longer checked in the background. */
  changed(): void;
}

export type ChainPlaces = Pick<RestoredState, "coinsHead" | "replayFrom" | "background">;

export class Chainstates {
  readonly #shared: SharedParts;
  readonly #hooks: ChainstatesHooks;
  #parts: ChainParts;
  #active: Chainstate;
  #background: Chainstate | undefined;
  /** Of which block the snapshot was that the active one began with, since the start of the process. */
  #base: BlockId | undefined;
  #isComparing = false;
  #isRefuted = false;

  constructor(shared: SharedParts, { background, ...place }: ChainPlaces, hooks: ChainstatesHooks) {
    this.#shared = shared;
    this.#hooks = hooks;
    const active = new ActiveChain(shared.headers, place.coinsHead);
    this.#parts = {
      ...shared,
      role: "active",
      store: background === undefined ? "chainstate" : "snapshot",
      active,
      candidates: new Candidates(shared.headers, active),
      coins: this.#openCoins(background === undefined ? "chainstate" : "snapshot", place),
      verdicts: new PendingVerdicts(shared.headers, active, (event) => shared.ports.event(event)),
      tell: (event) => shared.ports.event(event),
    };
    this.#active = this.#make(this.#parts, place.replayFrom);
    if (background === undefined) return;
    const { base } = background;
    this.#assume(base);
    const chain = new ActiveChain(shared.headers, background.coinsHead);
    const coins = this.#openCoins("chainstate", background);
    this.#background = this.#make(this.#inBackground(base, chain, coins), background.replayFrom);
  }

  /** Of the active one. */
  get parts(): ChainParts {
    return this.#parts;
  }

  get active(): Chainstate {
    return this.#active;
  }

  /** The one that checks what the active one took on trust, while there is one. */
  get background(): Chainstate | undefined {
    return this.#background;
  }

  /** Of which block the snapshot was that the active one began with; found good or not. */
  get base(): BlockId | undefined {
    return this.#base;
  }

  /** Whether nothing is left to connect, write or compare. */
  get isIdle(): boolean {
    return this.#active.isIdle && (this.#background?.isIdle ?? true) && !this.#isComparing;
  }

  /** Takes one short turn of the background, if there is one; true when the next can be taken at once. */
  workInBackground(): boolean {
    const background = this.#background;
    if (background === undefined || this.#isComparing || this.#isRefuted) return false;
    const turn = background.work();
    if (turn === "at-rest" && background.tip === this.#base) this.#compare(background, this.#base);
    return turn === "more";
  }

  /** Writes what is only in memory; `done` when a restart would find it all. */
  flush(done: () => void): void {
    const background = this.#background;
    if (background === undefined) this.#active.flush(done);
    else background.flush(() => this.#active.flush(done));
  }

  /** Shares out the memory for coins: whoever has to catch up needs most of it. */
  balance(isInitialBlockDownload: boolean): void {
    const total = this.#shared.settings.coinsCacheBytes;
    const share = isInitialBlockDownload ? LARGE_SHARE : 1 - LARGE_SHARE;
    this.#active.setBudget(this.#background === undefined ? total : total * share);
    this.#background?.setBudget(total * (1 - share));
  }

  /**
   * Once it is known what stands in which file: blocks up to the base and those above are pruned at
   * different times.
   */
  separateFiles(): void {
    const { files, headers } = this.#shared;
    const apart = this.#background === undefined ? undefined : this.#base;
    files.separateAbove(apart === undefined ? undefined : headers.height(apart));
  }

  /** Whether it lies on the way of the background, base included. */
  isHistorical(id: BlockId): boolean {
    const { headers } = this.#shared;
    return this.#background !== undefined && this.#base !== undefined && headers.descendsFrom(this.#base, id);
  }

  /**
   * Why coins as of the block with `hash` cannot become the active ones; `undefined` if they can.
   * In the words of Bitcoin Core.
   */
  refusal(hash: BlockHash): string | undefined {
    const { acceptance, headers, settings } = this.#shared;
    const shown = displayHash(hash);
    if (this.#base !== undefined) return "Can't activate a snapshot-based chainstate more than once";
    if (findAssumeUtxo(settings.params, hash) === undefined) {
      const heights = settings.params.assumeUtxo.map(({ height }) => height).join(", ");
      return `assumeutxo block hash in snapshot metadata not recognized (hash: ${shown}). ` +
        `The following snapshot heights are available: ${heights}`;
    }
    const id = headers.find(hash);
    if (id === undefined) {
      return `The base block header (${shown}) must appear in the headers chain. Make sure all headers are ` +
        "syncing, and call loadtxoutset again";
    }
    if (headers.isInvalid(id)) return `The base block header (${shown}) is part of an invalid chain`;
    if (headers.descendsFrom(acceptance.best, id)) return undefined;
    return "A forked headers-chain with more work than the chain with the snapshot base block header " +
      "exists. Please proceed to sync without AssumeUtxo.";
  }

  /** Whether they would bring us nearer to the best chain. */
  hasMoreWork(hash: BlockHash): boolean {
    const { headers } = this.#shared;
    const id = headers.find(hash);
    return id !== undefined && headers.compareWork(id, this.#active.tip) > 0;
  }

  /**
   * Coins as of the block with `hash`, which nothing speaks against, are in the snapshot's database: they
   * are the active ones from now on, and those of before go on in the background. `done` when a restart
   * would find it so.
   */
  activate(hash: BlockHash, done: () => void): void {
    const { headers, outbox, ports } = this.#shared;
    const base = defined(headers.find(hash), "nothing speaks against the snapshot");
    const { active: before, candidates, coins, verdicts } = this.#parts;
    const active = new ActiveChain(headers, base);
    const place = { coinsHead: base, replayFrom: undefined };
    this.#background = this.#active;
    this.#background.become(this.#inBackground(base, before, coins));
    this.#parts = { ...this.#parts, store: "snapshot", active, coins: this.#openCoins("snapshot", place) };
    this.#active = this.#make(this.#parts, undefined);
    this.#assume(base);
    this.separateFiles();
    candidates.follow(active);
    verdicts.follow(active);
    const files = [{ name: SNAPSHOT_BASE_FILE, offset: 0, bytes: hash }];
    outbox.send({ files, index: [...takeChangedPages(headers), tipChange(hash)], sync: true }, done);
    ports.logger.info(`[snapshot] successfully activated snapshot ${displayHash(hash)}`);
    this.#hooks.changed();
    ports.event({ type: "snapshot-activated", base });
  }

  #make(parts: ChainstateParts, replayFrom: BlockId | undefined): Chainstate {
    const made: Chainstate = new Chainstate(parts, {
      moved: () => {
        if (made === this.#active) this.#hooks.moved();
        else made.flushIfDue();
      },
      flushed: () => this.#hooks.flushed(),
    }, replayFrom);
    return made;
  }

  #inBackground(base: BlockId, active: ActiveChain, coins: CoinsCache): ChainstateParts {
    const { headers } = this.#shared;
    const { candidates } = this.#parts;
    const refute = (id: BlockId): void => {
      this.#refute(`block ${displayHash(headers.hash(id))} breaks a rule`);
    };
    return {
      ...this.#parts,
      role: "background",
      store: "chainstate",
      active,
      coins,
      candidates: new BackgroundGoal(headers, active, base, candidates, refute),
      tell: (event) => tellAsBackground(this.#shared.ports, event),
    };
  }

  #openCoins(store: ChainstateParts["store"], { coinsHead, replayFrom }: CoinsPlace): CoinsCache {
    const { headers, ports } = this.#shared;
    const reader = store === "chainstate" ? ports.coins : ports.snapshotCoins;
    const folder = store === "chainstate" ? "chainstate" : "chainstate_snapshot";
    return new CoinsCache(
      defined(reader, "a snapshot needs a place for its coins"),
      drawSalt(ports.rng),
      headers.hash(replayFrom ?? coinsHead),
      ({ txid, index }) =>
        throwDamaged(`Coin ${displayHash(txid)}:${index} in the coin database (${folder})`),
      this.#shared.settings.coinsBatchBytes,
    );
  }

  #assume(base: BlockId): void {
    this.#base = base;
    this.#parts.candidates.assume(base, this.#expected(base).transactionCount);
  }

  #expected(base: BlockId): AssumeUtxo {
    const { headers, settings } = this.#shared;
    const found = findAssumeUtxo(settings.params, headers.hash(base));
    return defined(found, "the base is one that the network names");
  }

  #compare(background: Chainstate, base: BlockId): void {
    const { headers, ports } = this.#shared;
    this.#isComparing = true;
    background.flush(() => {
      ports.logger.info("[snapshot] computing UTXO stats for background chainstate to validate snapshot - " +
        "this could take a few minutes");
      ports.hashCoins?.((found) => {
        this.#isComparing = false;
        const { coinsHash } = this.#expected(base);
        if (found === coinsHash) return this.#validated(base);
        ports.logger.warning(`[snapshot] hash mismatch: actual=${found ?? "unknown"}, expected=${coinsHash}`);
        const shown = displayHash(headers.hash(base));
        if (found !== undefined) return this.#refute(`the coins as of block ${shown} are others`);
        this.#isRefuted = true;
        ports.fatal?.("The coins in chainstate cannot be read, to compare them with those of the snapshot");
      });
    });
  }

  #validated(base: BlockId): void {
    const { headers, outbox, ports } = this.#shared;
    const shown = displayHash(headers.hash(base));
    ports.logger.info(`[snapshot] snapshot beginning at ${shown} has been fully validated`);
    outbox.send({ files: [mark(SNAPSHOT_VALIDATED_FILE)], sync: true });
    this.#background = undefined;
    this.#parts.candidates.confirm();
    this.separateFiles();
    this.#hooks.changed();
    ports.event({ type: "snapshot-validated", base });
  }

  /** What was connected on top of it counts for nothing; the next start goes on without it. */
  #refute(why: string): void {
    if (this.#isRefuted) return;
    this.#isRefuted = true;
    const { headers, outbox, ports } = this.#shared;
    const validated = defined(this.#background, "a snapshot is refuted in the background").tip;
    const base = defined(this.#base, "there is a snapshot");
    const from = headers.height(this.#active.tip);
    forgetConnected(headers, base);
    const index = [...takeChangedPages(headers), tipChange(headers.hash(validated))];
    const to = headers.height(validated);
    const text = `The snapshot of coins that was loaded is not what the blocks say: ${why}. The hardware ` +
      "is at fault, or a program that was changed. Nothing that was built on the snapshot is used any " +
      `more: the height goes back from ${from} to ${to}, and the next start goes on from there. The coins ` +
      "are kept in chainstate_snapshot_INVALID";
    ports.logger.error(`[snapshot] !!! ${text}`);
    // As one batch, of which files come first: a start that finds the index alone would go on with coins as
    // of a block that may be invalid by now.
    outbox.send({ files: [mark(SNAPSHOT_REFUTED_FILE)], index, sync: true }, () => ports.fatal?.(text));
  }
}

/** A file that says something by being there. */
function mark(name: string) {
  return { name, offset: 0, bytes: Uint8Array.of(1) };
}

/** Their scripts were checked against coins that were wrong. */
function forgetConnected(headers: HeaderIndex, base: BlockId): void {
  for (let row = base + 1; row < headers.size; row++) {
    const id = row as BlockId;
    if (headers.blocks.wasConnected(id) && headers.descendsFrom(id, base)) headers.blocks.setUnconnected(id);
  }
}

/** What happens in the background is told as such; that its tip moves is no news. */
function tellAsBackground(ports: ChainPorts, event: ChainEvent): void {
  if (event.type === "block-connected") {
    ports.event({ type: "background-connected", id: event.id, block: event.block });
  } else if (event.type === "block-disconnected") {
    ports.event({ ...event, type: "background-disconnected" });
  }
}
