import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { ActiveChain } from "./active_chain.ts";
import type { ChainEvent } from "./chain_ports.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/**
 * Blocks on side chains whose senders are remembered. Each has shown the work of a block; a side chain that
 * is longer is nobody's accident, and of its first blocks the senders are forgotten.
 */
const ASIDE_MAX = 1_000;

interface Due {
  readonly source: number | undefined;
  /** End of the best chain that it was part of once it was linked; the block itself on a side chain. */
  goal: BlockId;
}

/**
 * Who waits to hear what became of a block that was added. At most one entry for each block stored.
 *
 * ```text
 *   expect             parents here             its goal reached, a rule broken, or nothing left to do
 *   ──────▶ waiting ────────────────▶ due ───────────────────────────────────────────────────────▶ told
 * ```
 *
 * Of a block that was left on a side chain it is not known yet whether it is good: it is told of once
 * more if it turns out bad when that chain grows.
 */
export class PendingVerdicts {
  readonly #headers: HeaderIndex;
  #active: ActiveChain;
  readonly #event: (event: ChainEvent) => void;
  /** Sources of blocks that wait for their parents. */
  readonly #waiting = new Map<BlockId, number | undefined>();
  readonly #due = new Map<BlockId, Due>();
  /** Sources of blocks on side chains, of which nothing bad was told. */
  readonly #aside = new Map<BlockId, number>();

  constructor(headers: HeaderIndex, active: ActiveChain, event: (event: ChainEvent) => void) {
    this.#headers = headers;
    this.#active = active;
    this.#event = event;
  }

  /** Another chain is the active one from now on. */
  follow(active: ActiveChain): void {
    this.#active = active;
  }

  /** Whether nobody waits but for blocks that are not here. */
  get isQuiet(): boolean {
    return this.#due.size === 0;
  }

  expect(id: BlockId, source: number | undefined): void {
    this.#waiting.set(id, source);
  }

  /** waiting → due */
  linked(id: BlockId, goal: BlockId): void {
    if (!this.#waiting.has(id)) return;
    this.#due.set(id, { source: this.#waiting.get(id), goal });
    this.#waiting.delete(id);
  }

  /** Where `id` came from; `undefined` when nobody waits for it. */
  sourceOf(id: BlockId): number | undefined {
    return this.#due.get(id)?.source ?? this.#waiting.get(id) ?? this.#aside.get(id);
  }

  /** It broke a rule, or builds on what did: tells whoever waits for it, if anyone does. */
  tellBad(id: BlockId, violation: RuleViolation): void {
    // What was to be reached by way of it never will be: its ancestors are judged on their own.
    for (const [each, due] of this.#due) if (due.goal === id) due.goal = each;
    if (this.#due.has(id) || this.#waiting.has(id) || this.#aside.has(id)) this.#tell(id, violation);
  }

  /** After a step to another tip: tells those who waited for it. */
  tipMoved(): void {
    for (const [id, { goal }] of this.#due) {
      if (this.#headers.compareWork(this.#active.tip, goal) >= 0) this.#tell(id, undefined);
    }
    for (const id of this.#aside.keys()) if (this.#active.has(id)) this.#aside.delete(id);
  }

  /** Nothing more will be done about those that are due: they stand on a side chain. */
  rest(): readonly BlockId[] {
    const told = [...this.#due.keys()];
    for (const id of told) this.#tell(id, undefined);
    return told;
  }

  #tell(id: BlockId, violation: RuleViolation | undefined): void {
    const source = this.sourceOf(id);
    this.#waiting.delete(id);
    this.#due.delete(id);
    this.#aside.delete(id);
    if (violation === undefined && source !== undefined && !this.#active.has(id)) this.#setAside(id, source);
    this.#event({ type: "block-checked", hash: this.#headers.hash(id), violation, source });
  }

  #setAside(id: BlockId, source: number): void {
    this.#aside.set(id, source);
    for (const oldest of this.#aside.keys()) {
      if (this.#aside.size <= ASIDE_MAX) return;
      this.#aside.delete(oldest);
    }
  }
}
