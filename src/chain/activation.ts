/**
 * The steps from the tip to a better one.
 *
 * ```text
 *   better chain known        scripts handed out, or none to check      good, and its bytes on disk
 *   ──────────────────▶ prepare ───────────────────────────────▶ pending ─────────────────────────▶ commit
 *                       one block a turn                            │ a rule is broken
 *                                                                   ▼
 *                                                              drop all that is pending, look again
 * ```
 *
 * Each step is prepared over the changes of those before it, so that the coins of block N + 1 are
 * loaded while the scripts of block N are checked. Nothing that others can see moves before
 * commit. The blocks of a reorganisation are committed together, once they reach more work than
 * the tip; only one too large to be held in memory, or away from blocks that an operator has
 * declared invalid, moves the tip in parts.
 *
 * @module
 */
import { type Bytes, NO_BYTES } from "../base/bytes.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { Block } from "../primitives/block.ts";
import type { ActiveChain } from "./active_chain.ts";
import { CoinChanges, type CoinLayer, type CoinSearch, PendingCoins } from "./coin_changes.ts";
import type { BlockConnecting, Connection } from "./connect_block.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/** Blocks prepared ahead of the one being verified: enough to keep both threads at work. */
const PIPELINE_BLOCKS_MAX = 4;

/** Blocks of an invalid chain that are taken back together, so that none of the turns is long. */
const WAY_BACK_BLOCKS_MAX = 64;

/** Serialised bytes of blocks pending at once; decoded they take a few times as much memory. */
const PENDING_BYTES_MAX = 32 * 1024 * 1024;

export interface ConnectStep {
  readonly type: "connect";
  readonly id: BlockId;
  readonly block: Block;
  readonly changes: CoinLayer;
  /** What undoes it. */
  readonly undo: Bytes;
  /** What has come of checking its scripts. */
  verdict: "pending" | "good" | RuleViolation;
}

export interface DisconnectStep {
  readonly type: "disconnect";
  readonly id: BlockId;
  readonly block: Block;
  readonly changes: CoinLayer;
}

export type ActivationStep = ConnectStep | DisconnectStep;

/** What the steps are made of, and what becomes of them. */
export interface ActivationPorts {
  /** The block's bytes, decoded; `undefined` when they are not here or damaged. */
  block(id: BlockId): Block | undefined;
  connect(id: BlockId, block: Block, coins: CoinSearch): BlockConnecting;
  /** `undefined` when what undoes the block is damaged. */
  disconnect(id: BlockId, block: Block, coins: CoinSearch): CoinLayer | undefined;
  /** `done` may be called at once, when there is nothing to check. */
  verify(
    id: BlockId,
    block: Block,
    connection: Connection,
    done: (violation: RuleViolation | undefined) => void,
  ): void;
  /** Whether its bytes are known to be on disk. */
  isWritten(id: BlockId): boolean;
  /** How long it is; zero while it is not here. */
  blockBytes(id: BlockId): number;
  /** Makes the steps, oldest first, what everyone sees. */
  commit(steps: readonly ActivationStep[]): void;
  broken(id: BlockId, violation: RuleViolation): void;
  /** A block needed to reach `end` is not here after all. */
  lost(id: BlockId): void;
  /** `id` cannot be disconnected, so `end` cannot be reached. */
  stuck(id: BlockId, end: BlockId): void;
}

export class Activation {
  readonly #ports: ActivationPorts;
  readonly #headers: HeaderIndex;
  readonly #active: ActiveChain;
  readonly #coins: PendingCoins;
  #steps: ActivationStep[] = [];
  /** What of the next block is prepared: a long one takes several turns. */
  #connecting: { readonly id: BlockId; readonly block: Block; readonly work: BlockConnecting } | undefined;

  constructor(ports: ActivationPorts, headers: HeaderIndex, active: ActiveChain, coins: CoinSearch) {
    this.#ports = ports;
    this.#headers = headers;
    this.#active = active;
    this.#coins = new PendingCoins(coins);
  }

  get isIdle(): boolean {
    return this.#steps.length === 0 && this.#connecting === undefined;
  }

  /** Takes one short turn towards `end`, a chain better than ours; false when it has to wait, or is done. */
  step(end: BlockId | undefined): boolean {
    return this.#settle(end) || this.#prepare(end);
  }

  /** Length of the longest block that the next step towards `end` may be about. */
  stepBytes(end: BlockId | undefined): number {
    const oldest = this.#steps[0]?.block.bytes.length ?? 0;
    const at = this.#pendingTip();
    if (end === undefined || at === end) return oldest;
    const next = this.#headers.ancestor(end, this.#headers.height(at) + 1) ?? end;
    return Math.max(oldest, this.#ports.blockBytes(next));
  }

  /** Commits, or drops, what is ready. */
  #settle(end: BlockId | undefined): boolean {
    let ready = 0;
    for (const step of this.#steps) {
      if (step.type === "connect") {
        if (typeof step.verdict === "object") {
          this.#drop();
          this.#ports.broken(step.id, step.verdict);
          return true;
        }
        if (step.verdict === "pending" || !this.#ports.isWritten(step.id)) break;
      }
      ready++;
      const isBetter = this.#headers.compareWork(step.id, this.#active.tip) > 0;
      if (step.type === "connect" && (isBetter || step.id === end)) return this.#commit(ready);
    }
    // Our chain is invalid from there on: it is left, though nothing better is known.
    if (ready > 0 && ready === this.#steps.length && this.#pendingTip() === end) return this.#commit(ready);
    const isDue = this.#pendingBytes() >= PENDING_BYTES_MAX || this.#isLongWayBack(ready);
    return ready > 0 && isDue ? this.#commit(ready) : false;
  }

  /** An invalid chain is left in parts, since any block below is a better tip than what we have. */
  #isLongWayBack(ready: number): boolean {
    return ready >= WAY_BACK_BLOCKS_MAX && this.#headers.isInvalid(this.#active.tip);
  }

  #commit(count: number): boolean {
    const steps = this.#steps.slice(0, count);
    this.#steps = this.#steps.slice(count);
    this.#ports.commit(steps);
    this.#coins.settle(count);
    return true;
  }

  #prepare(end: BlockId | undefined): boolean {
    if (end === undefined) return this.#drop();
    const at = this.#pendingTip();
    if (at === end) return false;
    const last = this.#steps.at(-1);
    if (!this.#headers.descendsFrom(end, at)) {
      // What is pending leads elsewhere: a better chain has appeared.
      if (last?.type === "connect") return this.#drop();
      return this.#pendingBytes() < PENDING_BYTES_MAX && this.#prepareDisconnect(at, end);
    }
    if (!this.#hasRoom() || (last?.type === "connect" && typeof last.verdict === "object")) return false;
    const next = this.#headers.ancestor(end, this.#headers.height(at) + 1);
    return next !== undefined && this.#prepareConnect(next);
  }

  #hasRoom(): boolean {
    if (this.#pendingBytes() >= PENDING_BYTES_MAX) return false;
    // A reorganisation is prepared until it has more work than the tip, however many blocks that takes.
    const isReorganisation = this.#steps[0]?.type === "disconnect";
    return isReorganisation || this.#steps.length < PIPELINE_BLOCKS_MAX;
  }

  #prepareConnect(id: BlockId): boolean {
    const started = this.#connecting?.id === id ? this.#connecting : this.#startConnecting(id);
    if (started === undefined) return true;
    const { block, work } = started;
    const found = work.step();
    if (found === "more") return true;
    this.#connecting = undefined;
    if (found.type === "bad") {
      const changes = new CoinChanges(this.#coins);
      this.#push({ type: "connect", id, block, changes, undo: NO_BYTES, verdict: found.violation });
      return true;
    }
    const { changes, undo } = found.connection;
    const step: ConnectStep = { type: "connect", id, block, changes, undo, verdict: "pending" };
    this.#push(step);
    this.#ports.verify(id, block, found.connection, (violation) => {
      step.verdict = violation ?? "good";
    });
    return true;
  }

  #startConnecting(id: BlockId) {
    const block = this.#ports.block(id);
    if (block === undefined) {
      this.#drop();
      this.#ports.lost(id);
      return undefined;
    }
    this.#connecting = { id, block, work: this.#ports.connect(id, block, this.#coins) };
    return this.#connecting;
  }

  #prepareDisconnect(id: BlockId, end: BlockId): boolean {
    this.#connecting = undefined;
    const block = this.#ports.block(id);
    const changes = block === undefined ? undefined : this.#ports.disconnect(id, block, this.#coins);
    if (block === undefined || changes === undefined) {
      this.#drop();
      this.#ports.stuck(id, end);
      return true;
    }
    this.#push({ type: "disconnect", id, block, changes });
    return true;
  }

  #push(step: ActivationStep): void {
    this.#steps.push(step);
    this.#coins.push(step.changes);
  }

  /** Whether there was anything to drop. A verdict still under way finds nobody waiting for it. */
  #drop(): boolean {
    const had = !this.isIdle;
    this.#steps = [];
    this.#connecting = undefined;
    this.#coins.clear();
    return had;
  }

  #pendingTip(): BlockId {
    const last = this.#steps.at(-1);
    if (last === undefined) return this.#active.tip;
    return last.type === "connect" ? last.id : (this.#headers.previous(last.id) as BlockId);
  }

  #pendingBytes(): number {
    return this.#steps.reduce((total, { block }) => total + block.bytes.length, 0);
  }
}
