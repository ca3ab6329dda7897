/**
 * Rules that came into force and that we do not know: bits of the version that most blocks of a
 * window set, and that we would not (BIP9; Bitcoin Core: versionbits.cpp, WarningBitsConditionChecker).
 *
 * A bit that enough blocks of one window set is locked in, and active from the end of the next one on.
 *
 * @module
 */
import { defined } from "../base/assert.ts";
import { blockVersion, signalsDeployment } from "../consensus/deployments.ts";
import { retargetInterval } from "../consensus/next_work.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";

/** Bits that are left to deployments: BIP323 gives the others to miners. */
const BITS = 5;
const ALL_BITS = Array.from({ length: BITS }, (_, bit) => bit);

/** Share of a window's blocks that locks a rule in: on main, and elsewhere. */
const MAIN_THRESHOLD = 0.9;
const TEST_THRESHOLD = 0.75;

/** Bits, as the sets that a number's bits make. */
export interface UnknownRules {
  readonly lockedIn: number;
  readonly active: number;
}

const NOTHING: UnknownRules = { lockedIn: 0, active: 0 };

export class UnknownRulesWatch {
  readonly #headers: HeaderIndex;
  readonly #params: ChainParams;
  readonly #window: number;
  readonly #threshold: number;
  readonly #warningHeight: number;
  /** By the last block of a window: at most one entry for each. */
  readonly #known = new Map<BlockId, UnknownRules>();

  constructor(headers: HeaderIndex, params: ChainParams) {
    this.#headers = headers;
    this.#params = params;
    this.#window = retargetInterval(params.work);
    const share = params.name === "main" ? MAIN_THRESHOLD : TEST_THRESHOLD;
    // As Core rounds it: 1815 of 2016 on main.
    this.#threshold = Math.ceil(this.#window * share);
    this.#warningHeight = params.deployments.versionBits.warningHeight ?? 0;
  }

  /** What holds for the block after `tip`. */
  at(tip: BlockId): UnknownRules {
    const height = this.#headers.height(tip);
    const end = height + 1 - ((height + 1) % this.#window) - 1;
    return end < 0 ? NOTHING : this.#atWindowEnd(this.#ancestor(tip, end));
  }

  /** From the last window that is known, or that can hold signals, up to the one that ends with `last`. */
  #atWindowEnd(last: BlockId): UnknownRules {
    const ends: BlockId[] = [];
    let found: UnknownRules | undefined;
    for (let end: BlockId | undefined = last; end !== undefined && found === undefined;) {
      found = this.#known.get(end);
      if (found !== undefined) break;
      ends.push(end);
      end = this.#endBefore(end);
    }
    let rules = found ?? NOTHING;
    for (const end of ends.reverse()) {
      rules = this.#next(rules, end);
      this.#known.set(end, rules);
    }
    return rules;
  }

  /** The first window, in which nothing can be signalled yet, has none before it. */
  #endBefore(end: BlockId): BlockId | undefined {
    const height = this.#headers.height(end) - this.#window;
    return height >= Math.max(this.#window, this.#warningHeight) ? this.#ancestor(end, height) : undefined;
  }

  #next({ lockedIn, active }: UnknownRules, end: BlockId): UnknownRules {
    const now = active | lockedIn;
    const signalled = this.#signalled(end);
    return { lockedIn: signalled & ~now, active: now };
  }

  /** Bits that enough blocks of the window set, but for those that we would have set. */
  #signalled(end: BlockId): number {
    const headers = this.#headers;
    const first = headers.height(end) - this.#window + 1;
    if (first < this.#window) return 0;
    const counts = new Uint16Array(BITS);
    let id: BlockId | undefined = end;
    for (let n = 0; n < this.#window && id !== undefined; n++, id = headers.previous(id)) {
      if (headers.height(id) < this.#warningHeight) break;
      const version = headers.version(id);
      for (const bit of ALL_BITS) if (signalsDeployment(version, bit)) (counts[bit] as number)++;
    }
    const own = blockVersion(headers.context(this.#ancestor(end, first - 1)), this.#params);
    return ALL_BITS.reduce((set, bit) => {
      const isUnknown = (counts[bit] as number) >= this.#threshold && !signalsDeployment(own, bit);
      return isUnknown ? set | (1 << bit) : set;
    }, 0);
  }

  #ancestor(id: BlockId, height: number): BlockId {
    return defined(this.#headers.ancestor(id, height), "a chain has a block at every height up to its end");
  }
}

/** The bits of a set, lowest first. */
export function bitsOfSet(set: number): readonly number[] {
  return ALL_BITS.filter((bit) => ((set >>> bit) & 1) === 1);
}
