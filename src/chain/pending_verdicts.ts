import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { ChainEvent } from "./chain_ports.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/** Who waits to hear what became of a block that was added. At most one entry for each block stored. */
export class PendingVerdicts {
  readonly #headers: HeaderIndex;
  readonly #event: (event: ChainEvent) => void;
  readonly #sources = new Map<BlockId, number | undefined>();

  constructor(headers: HeaderIndex, event: (event: ChainEvent) => void) {
    this.#headers = headers;
    this.#event = event;
  }

  get isEmpty(): boolean {
    return this.#sources.size === 0;
  }

  expect(id: BlockId, source: number | undefined): void {
    this.#sources.set(id, source);
  }

  /** Where `id` came from; `undefined` when nobody waits for it. */
  sourceOf(id: BlockId): number | undefined {
    return this.#sources.get(id);
  }

  /** Tells whoever waits for `id`, if anyone does. */
  tell(id: BlockId, violation: RuleViolation | undefined): void {
    if (!this.#sources.has(id)) return;
    const source = this.#sources.get(id);
    this.#sources.delete(id);
    this.#event({ type: "block-checked", hash: this.#headers.hash(id), violation, source });
  }

  /** Nothing more will be done about them now: they stand on a side chain, or wait for their parents. */
  tellAllGood(): readonly BlockId[] {
    const told = [...this.#sources.keys()];
    for (const id of told) this.tell(id, undefined);
    return told;
  }
}
