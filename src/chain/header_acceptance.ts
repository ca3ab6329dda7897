import type { Logger } from "../base/logger.ts";
import type { Clock } from "../base/time.ts";
import { checkHeaderInContext, checkProofOfWork } from "../consensus/header_rules.ts";
import { describeViolation, type RuleViolation, violation } from "../consensus/rule_violation.ts";
import { hash256Each } from "../crypto/crypto.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { type BlockHash, displayHash, HASH_BYTES } from "../primitives/hash.ts";
import { BlockHeader, HEADER_BYTES } from "../primitives/header.ts";
import { type BlockId, GENESIS, type HeaderIndex } from "./header_index.ts";

export type HeaderVerdict =
  | { readonly type: "known"; readonly id: BlockId }
  | { readonly type: "added"; readonly id: BlockId }
  | { readonly type: "unconnected" }
  | { readonly type: "invalid"; readonly violation: RuleViolation };

/** The same headers with their hashes known, all computed at once. */
export function hashHeaders(headers: readonly BlockHeader[]): readonly BlockHeader[] {
  const bytes = new Uint8Array(headers.length * HEADER_BYTES);
  headers.forEach((header, i) => bytes.set(header.bytes, i * HEADER_BYTES));
  const hashes = hash256Each(bytes, HEADER_BYTES);
  return headers.map(({ bytes: own }, i) => {
    return new BlockHeader(own, hashes.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES) as BlockHash);
  });
}

/** Adds headers to the index under all rules that hold for them (validation.cpp, AcceptBlockHeader). */
export class HeaderAcceptance {
  readonly #headers: HeaderIndex;
  readonly #params: ChainParams;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #best: BlockId = GENESIS;

  constructor(headers: HeaderIndex, params: ChainParams, clock: Clock, logger: Logger) {
    this.#headers = headers;
    this.#params = params;
    this.#clock = clock;
    this.#logger = logger;
    this.chooseBest();
  }

  /** The valid header with most work; of equals the first. */
  get best(): BlockId {
    return this.#best;
  }

  /** Looks at all headers again: after some were found invalid. */
  chooseBest(): void {
    this.#best = GENESIS;
    for (let row = 1; row < this.#headers.size; row++) this.#consider(row as BlockId);
  }

  /** `hasEnoughWork`: the chain it belongs to is worth remembering, whoever sent it. */
  accept(header: BlockHeader, hasEnoughWork: boolean): HeaderVerdict {
    const known = this.#headers.find(header.hash);
    if (known !== undefined) return this.#known(known);
    const fault = checkProofOfWork(header, this.#params);
    if (fault !== undefined) return this.#refuse(header, fault, "CheckBlockHeader");
    const previous = this.#headers.find(header.previous);
    if (previous === undefined) {
      this.#debug(() => `header ${shown(header)} has prev block not found: ${displayHash(header.previous)}`);
      return { type: "unconnected" };
    }
    if (this.#headers.isInvalid(previous)) {
      this.#debug(() => `header ${shown(header)} has prev block invalid: ${displayHash(header.previous)}`);
      return { type: "invalid", violation: violation("bad-prevblk") };
    }
    const now = this.#clock.unixTime();
    const found = checkHeaderInContext(header, this.#headers.context(previous), now, this.#params);
    if (found !== undefined) return this.#refuse(header, found, "ContextualCheckBlockHeader");
    return hasEnoughWork ? this.#add(header, previous) : this.#refuseLowWork(header);
  }

  #add(header: BlockHeader, previous: BlockId): HeaderVerdict {
    const id = this.#headers.add(header, previous);
    this.#consider(id);
    return { type: "added", id };
  }

  #known(id: BlockId): HeaderVerdict {
    if (!this.#headers.isInvalid(id)) return { type: "known", id };
    const hash = displayHash(this.#headers.hash(id));
    this.#debug(() => `AcceptBlockHeader: block ${hash} is marked invalid`);
    const found = violation("duplicate-invalid", `block ${hash} was previously marked invalid`);
    return { type: "invalid", violation: found };
  }

  #refuseLowWork(header: BlockHeader): HeaderVerdict {
    const what = `not adding new block header ${shown(header)}`;
    this.#debug(() => `AcceptBlockHeader: ${what}, missing anti-dos proof-of-work validation`);
    return { type: "invalid", violation: violation("too-little-chainwork") };
  }

  #refuse(header: BlockHeader, found: RuleViolation, check: string): HeaderVerdict {
    const why = describeViolation(found);
    this.#debug(() => `AcceptBlockHeader: Consensus::${check}: ${shown(header)}, ${why}`);
    return { type: "invalid", violation: found };
  }

  #consider(id: BlockId): void {
    if (!this.#headers.isInvalid(id) && this.#headers.compareWork(id, this.#best) > 0) this.#best = id;
  }

  #debug(text: () => string): void {
    this.#logger.debug("validation", text);
  }
}

function shown(header: BlockHeader): string {
  return displayHash(header.hash);
}
