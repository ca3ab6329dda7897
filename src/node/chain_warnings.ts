import type { ChainState } from "../chain/chain_state.ts";
import { bitsOfSet, UnknownRulesWatch } from "../chain/unknown_rules.ts";
import { blockWork } from "../primitives/target.ts";

/** An invalid chain with the work of so many blocks more than ours is no accident. */
const INVALID_LEAD_BLOCKS = 6n;

const INVALID_CHAIN = "Warning: Found invalid chain more than 6 blocks longer than our best chain. " +
  "This could be due to database corruption or consensus incompatibility with peers.";

/** What the chain gives its operator to worry about, in Bitcoin Core's words (validation.cpp). */
export class ChainWarnings {
  readonly #chain: ChainState;
  readonly #rules: UnknownRulesWatch;
  readonly #raised: (text: string) => void;
  /** Bits of unknown rules that are in force. */
  #activeBits: readonly number[] = [];
  #hasInvalidChain = false;

  /** `raised` is called once for each new warning. */
  constructor(chain: ChainState, raised: (text: string) => void) {
    this.#chain = chain;
    this.#rules = new UnknownRulesWatch(chain.headers, chain.params);
    this.#raised = raised;
  }

  get texts(): readonly string[] {
    return [...this.#activeBits.map(ruleText), ...(this.#hasInvalidChain ? [INVALID_CHAIN] : [])];
  }

  tipChanged(): void {
    if (this.#chain.isInitialBlockDownload) return;
    const active = bitsOfSet(this.#rules.at(this.#chain.tip).active);
    for (const bit of active) if (!this.#activeBits.includes(bit)) this.#raised(ruleText(bit));
    this.#activeBits = active;
    if (this.#hasInvalidChain) this.blockRejected();
  }

  /** Also when the better chain that it was part of may have been left behind. */
  blockRejected(): void {
    const before = this.#hasInvalidChain;
    this.#hasInvalidChain = this.#leadsInvalidChain();
    if (this.#hasInvalidChain && !before) this.#raised(INVALID_CHAIN);
  }

  #leadsInvalidChain(): boolean {
    const { headers, tip } = this.#chain;
    const enough = headers.chainWork(tip) + INVALID_LEAD_BLOCKS * blockWork(headers.bits(tip));
    return this.#chain.tips().some(({ id, status }) =>
      status === "invalid" && headers.chainWork(id) > enough);
  }
}

function ruleText(bit: number): string {
  return `Unknown new rules activated (versionbit ${bit})`;
}
