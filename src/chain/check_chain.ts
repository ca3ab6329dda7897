/**
 * Checks again what is on disk, from the tip back: blocks, what undoes them, and whether the coins are
 * those that the blocks leave (Bitcoin Core: validation.cpp, CVerifyDB).
 *
 * Level 0 reads the blocks; 1 checks each by itself; 2 reads what undoes them; 3 takes them back, in
 * memory, from the coins; 4 connects them to what is left, scripts included.
 *
 * @module
 */
import { equalBytes } from "../base/bytes.ts";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { describeViolation, type RuleViolation } from "../consensus/rule_violation.ts";
import type { Block } from "../primitives/block.ts";
import type { Coin } from "../primitives/coin.ts";
import { displayHash, hashKey } from "../primitives/hash.ts";
import type { OutPoint, Output } from "../primitives/transaction.ts";
import { isUnspendable } from "../script/script.ts";
import type { ChainParts } from "./chain_parts.ts";
import type { CoinChange, CoinsView } from "./coin_changes.ts";
import { connectBlock } from "./connect_block.ts";
import { forbidsOverwrite } from "./duplicate_coinbases.ts";
import { type BlockId, GENESIS } from "./header_index.ts";

/** Memory that one changed coin takes here, about. */
const CHANGE_BYTES = 300;

/** `bad` also when not all that was asked for could be checked. */
export type CheckStep = "more" | "good" | "bad";

export class ChainCheck {
  readonly #parts: ChainParts;
  readonly #level: number;
  readonly #depth: number;
  #start: BlockId;
  #at: BlockId;
  #isGoingUp = false;
  /** Blocks that were to be checked are pruned, or have not come yet. */
  #lacksBlocks = false;
  #coins: ChangedCoins;

  /** `depth` blocks from the tip back; zero for all. */
  constructor(parts: ChainParts, level: number, depth: number) {
    this.#parts = parts;
    this.#level = Math.max(0, Math.min(4, level));
    this.#depth = depth;
    this.#start = parts.active.tip;
    this.#at = this.#start;
    this.#coins = new ChangedCoins(parts.coins);
    const count = this.#start === GENESIS ? 0 : this.#count;
    parts.ports.logger.info(`Verifying last ${count} blocks at level ${this.#level}`);
  }

  /**
   * Does one block's worth; `done` is called at once, or in a later turn. Another tip makes it begin again.
   */
  step(done: (step: CheckStep) => void): void {
    const { active, headers } = this.#parts;
    if (active.tip !== this.#start && this.#level >= 3) this.#restart();
    if (this.#isGoingUp) return this.#up(done);
    const isLow = headers.height(this.#start) - headers.height(this.#at) >= this.#count;
    if (this.#at === GENESIS || isLow) return done(this.#turnRound());
    if (headers.hasBlock(this.#at)) return done(this.#down());
    this.#lacksBlocks = true;
    this.#parts.ports.logger.info(`Block verification stopping at height ${headers.height(this.#at)} (no ` +
      "data). This could be due to pruning or use of an assumeutxo snapshot.");
    done(this.#turnRound());
  }

  get #count(): number {
    const height = this.#parts.headers.height(this.#start);
    return this.#depth <= 0 || this.#depth > height ? height : this.#depth;
  }

  #restart(): void {
    this.#start = this.#parts.active.tip;
    this.#at = this.#start;
    this.#isGoingUp = false;
    this.#lacksBlocks = false;
    this.#coins = new ChangedCoins(this.#parts.coins);
  }

  #down(): CheckStep {
    const { blocks, headers, settings } = this.#parts;
    const id = this.#at;
    // Reading checks the block by itself.
    const block = blocks.block(id);
    if (block === undefined) return this.#bad("ReadBlock failed", id);
    const undo = this.#level >= 2 && headers.blocks.hasUndo(id) ? blocks.undo(id) : [];
    if (undo === undefined) return this.#bad("found bad undo data", id);
    if (this.#level >= 3) {
      if (!this.#coins.takeBack(block, undo, headers.height(id))) {
        return this.#bad("irrecoverable inconsistency in block data", id);
      }
      if (this.#coins.size * CHANGE_BYTES > settings.coinsCacheBytes) {
        this.#parts.ports.logger.warning(
          "Skipped verification of level >=3 (insufficient database cache size). " +
            "Consider increasing -dbcache.");
        return "bad";
      }
    }
    this.#at = headers.previous(id) ?? GENESIS;
    return "more";
  }

  #turnRound(): CheckStep {
    if (this.#level < 4) return this.#good();
    this.#isGoingUp = true;
    return "more";
  }

  #up(done: (step: CheckStep) => void): void {
    const { active, blocks, headers, ports, settings: { params } } = this.#parts;
    const id = active.at(headers.height(this.#at) + 1);
    if (id === undefined) return done(this.#good());
    const block = blocks.block(id);
    if (block === undefined) return done(this.#bad("ReadBlock failed", id));
    const verdict = connectBlock(block, {
      params,
      previous: headers.context(this.#at),
      coins: this.#coins,
      forbidsOverwrite: forbidsOverwrite(headers, id, params),
    });
    const finish = (violation: RuleViolation | undefined): void => {
      if (violation === undefined) return done("more");
      done(this.#bad("found unconnectable block", id, describeViolation(violation)));
    };
    if (verdict.type === "bad") return finish(verdict.violation);
    const { changes, spent, flags } = verdict.connection;
    this.#coins.apply(changes.changes());
    this.#at = id;
    if (spent.length === 0) return finish(undefined);
    const spentOutputs = packSpentOutputs(spent);
    const { bytes } = block;
    ports.verify({ kind: "block", bytes, spentOutputs, flags, inputCount: spent.length }, finish);
  }

  #good(): CheckStep {
    const { headers, ports } = this.#parts;
    const lowest = this.#isGoingUp ? this.#count : headers.height(this.#start) - headers.height(this.#at);
    ports.logger.info(`Verification: checked last ${lowest} blocks at level ${this.#level}`);
    return this.#lacksBlocks ? "bad" : "good";
  }

  #bad(what: string, id: BlockId, why = ""): CheckStep {
    const { headers, ports } = this.#parts;
    const place = `at ${headers.height(id)}, hash=${displayHash(headers.hash(id))}`;
    ports.logger.error(`Verification error: ${what} ${place}${why === "" ? "" : ` (${why})`}`);
    return "bad";
  }
}

/** Coins as they were before the blocks that have been taken back. */
class ChangedCoins implements CoinsView {
  readonly #base: CoinsView;
  readonly #changes = new Map<string, Coin | undefined>();

  constructor(base: CoinsView) {
    this.#base = base;
  }

  get size(): number {
    return this.#changes.size;
  }

  get(outPoint: OutPoint): Coin | undefined {
    const key = keyOf(outPoint);
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(outPoint);
  }

  apply(changes: Iterable<CoinChange>): void {
    for (const { outPoint, coin } of changes) this.#changes.set(keyOf(outPoint), coin);
  }

  /** Undoes `block`; false when the coins are not those that it left. */
  takeBack(block: Block, spent: readonly Coin[], height: number): boolean {
    let left = spent.length;
    for (const { txid, outputs, inputs, isCoinbase } of block.transactions.toReversed()) {
      for (const [index, output] of outputs.entries()) {
        if (isUnspendable(output.script)) continue;
        const coin = this.get({ txid, index });
        if (coin === undefined || !isCoinOf(coin, output, height, isCoinbase)) return false;
        this.#changes.set(keyOf({ txid, index }), undefined);
      }
      if (isCoinbase) continue;
      for (const { prevout } of inputs.toReversed()) {
        const coin = spent[--left];
        if (coin === undefined || this.get(prevout) !== undefined) return false;
        this.#changes.set(keyOf(prevout), coin);
      }
    }
    return left === 0;
  }
}

function isCoinOf(coin: Coin, { value, script }: Output, height: number, isCoinbase: boolean): boolean {
  return coin.value === value && coin.height === height && coin.isCoinbase === isCoinbase &&
    equalBytes(coin.script, script);
}

function keyOf({ txid, index }: OutPoint): string {
  return `${hashKey(txid)}${index}`;
}
