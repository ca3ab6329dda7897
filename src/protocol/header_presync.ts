/**
 * Syncs the headers of one peer's chain that has not shown enough work to be remembered.
 *
 * ```text
 *             enough work              enough work again          all given out
 *   presync ──────────────▶ redownload ──────────────────▶ release ─────────────▶ over
 *      └────────────────────────┴── a fault, or no more headers ─────────────────▲
 * ```
 *
 * Headers are cheap to make while targets are easy, so that whoever could have us keep them could fill our
 * memory. In the first pass we only add up their work, and keep one bit for every so many: a hash of the
 * header under a secret key, at heights with a secret offset. Once the chain has enough work, it is asked for
 * again, and a header is kept only when enough bits above it turn out to be the same: to give us another
 * chain than the one that was worked for, each of them must be guessed.
 *
 * Source: Bitcoin Core, headerssync.h, where the reasons are given at length.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import { equalBytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { below, type Rng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { FUTURE_BLOCK_SECONDS_MAX } from "../consensus/limits.ts";
import { isPermittedChange } from "../consensus/next_work.ts";
import { randomSipKey, type SipKey, sipHashHalves } from "../crypto/siphash.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { PeerId } from "../peer/peer.ts";
import type { BlockHash } from "../primitives/hash.ts";
import type { BlockHeader } from "../primitives/header.ts";
import { blockWork } from "../primitives/target.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { claimedWork } from "./header_batch.ts";
import { HeaderBuffer } from "./header_buffer.ts";
import { HeaderCommitments } from "./header_commitments.ts";

/** Given out at once: to take them in is a turn's work. */
const RELEASED_MAX = HEADERS_COUNT_MAX;

/** A block must be later than the median of eleven before it: no chain is faster for long. */
const BLOCKS_PER_SECOND_MAX = 6;

export interface PresyncPorts {
  readonly rng: Rng;
  readonly logger: Logger;
}

/** The last block in our index that the peer's chain builds on. */
export interface PresyncStart {
  readonly hash: BlockHash;
  readonly height: number;
  readonly bits: number;
  readonly chainWork: bigint;
  readonly medianTimePast: number;
}

export interface PresyncGoal {
  readonly peer: PeerId;
  readonly start: PresyncStart;
  /** The chain must have so much work in all. */
  readonly minimumWork: bigint;
  readonly now: UnixSeconds;
}

export type PresyncStep =
  /** Ask for the headers after `next`. `ready` may be kept; they follow the ones that were before. */
  | { readonly type: "more"; readonly ready: readonly BlockHeader[] }
  /** As much as there is to be had: in the phase `release`, more by `release`. */
  | { readonly type: "over"; readonly ready: readonly BlockHeader[] }
  /** These headers are not of this sync, which is over: they may be an announcement. */
  | { readonly type: "failed" };

type Phase = "presync" | "redownload" | "release" | "over";

export class HeaderPresync {
  readonly #logger: Logger;
  readonly #params: ChainParams;
  readonly #goal: PresyncGoal;
  /** Which heights have a bit, and how it is made: a peer that knew could choose headers to fit. */
  readonly #offset: number;
  readonly #key: SipKey;
  /** No chain that is good today has more. */
  readonly #commitmentsMax: number;
  readonly #commitments: HeaderCommitments;
  readonly #halves = new Uint32Array(2);
  #phase: Phase = "presync";
  /** The last header of this pass. */
  #height: number;
  #last: BlockHash;
  #lastBits: number;
  #work: bigint;
  #lastTime = 0;
  /** Where the first pass is, or ended. */
  #presyncedHeight: number;
  /** In the second pass: headers that wait for bits above them. */
  #buffer: HeaderBuffer | undefined;
  /** The work of one block with the bits of the last: it changes every 2,016 blocks. */
  #unit: { readonly bits: number; readonly work: bigint };

  constructor(ports: PresyncPorts, params: ChainParams, goal: PresyncGoal) {
    const { rng, logger } = ports;
    const { start, now, peer, minimumWork } = goal;
    const { commitmentPeriod } = params.headersSync;
    this.#logger = logger;
    this.#params = params;
    this.#goal = goal;
    this.#offset = below(rng, commitmentPeriod);
    this.#key = randomSipKey(rng);
    const seconds = Math.max(0, now - start.medianTimePast + FUTURE_BLOCK_SECONDS_MAX);
    this.#commitmentsMax = Math.floor((BLOCKS_PER_SECOND_MAX * seconds) / commitmentPeriod);
    this.#commitments = new HeaderCommitments(this.#commitmentsMax);
    this.#height = start.height;
    this.#presyncedHeight = start.height;
    this.#last = start.hash;
    this.#lastBits = start.bits;
    this.#work = start.chainWork;
    this.#unit = { bits: start.bits, work: blockWork(start.bits) };
    this.#logger.debug("net", () => {
      const bounds = `max_commitments=${this.#commitmentsMax}, min_work=${workText(minimumWork)}`;
      return `Initial headers sync started with peer=${peer}: height=${this.#height}, ${bounds}`;
    });
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Height of the last header of the first pass: `presynced_headers` of getpeerinfo. */
  get presyncedHeight(): number {
    return this.#presyncedHeight;
  }

  /** Of the last header of the first pass, while it lasts: the second only repeats it. */
  get progress(): { readonly height: number; readonly time: number; readonly work: bigint } | undefined {
    if (this.#phase !== "presync") return undefined;
    return { height: this.#height, time: this.#lastTime, work: this.#work };
  }

  /** Headers after this one are to be asked for; before it in the locator of the block we started from. */
  get next(): BlockHash {
    return this.#last;
  }

  /** Memory taken by what is kept of the peer's chain. */
  get bytes(): number {
    return this.#commitments.bytes + (this.#buffer?.bytes ?? 0);
  }

  /**
   * Takes the next message of headers: each has the work that it claims, and is the child of the one before.
   * `isFull`: the peer may have more.
   */
  take(headers: readonly BlockHeader[], isFull: boolean): PresyncStep {
    const { peer } = this.#goal;
    const before = this.#phase;
    assert(before === "presync" || before === "redownload", "a sync that is over takes no more headers");
    const fault = before === "presync" ? this.#takeFirst(headers) : this.#takeAgain(headers);
    if (fault !== undefined) return this.#fail(fault);
    if (before === "presync" && this.#phase === "redownload") return { type: "more", ready: [] };
    if (before === "redownload" && this.#hasEnoughWork) {
      this.#phase = "release";
      const where = `releasing all at height=${this.#height} (redownload phase)`;
      this.#logger.debug("net", () => `Initial headers sync complete with peer=${peer}: ${where}`);
      return { type: "over", ready: this.release() };
    }
    const ready = this.#shiftAll(this.#params.headersSync.redownloadBuffer);
    if (isFull) return { type: "more", ready };
    const where = `incomplete headers message at height=${this.#height} (${before} phase)`;
    this.#logger.debug("net", () => `Initial headers sync aborted with peer=${peer}: ${where}`);
    this.#phase = "over";
    return { type: "over", ready };
  }

  /** release → over, with the last: the next headers to be kept. */
  release(): readonly BlockHeader[] {
    assert(this.#phase === "release" && this.#buffer !== undefined, "headers are given out at the end");
    const ready = this.#shiftAll(Math.max(0, this.#buffer.size - RELEASED_MAX));
    if (this.#buffer.size === 0) this.#phase = "over";
    return ready;
  }

  /** presync → redownload, when the work is there. Returns what is wrong with the headers. */
  #takeFirst(headers: readonly BlockHeader[]): string | undefined {
    if (!this.#follows(headers)) return `non-continuous headers at height=${this.#height} (presync phase)`;
    for (const header of headers) {
      const fault = this.#commit(header);
      if (fault !== undefined) return `${fault} at height=${this.#height + 1} (presync phase)`;
      this.#advance(header);
    }
    this.#presyncedHeight = this.#height;
    this.#work += claimedWork(headers);
    if (this.#hasEnoughWork) this.#startOver();
    return undefined;
  }

  #commit({ bits, hash }: BlockHeader): string | undefined {
    if (!this.#isPermitted(bits)) return "invalid difficulty transition";
    if (!this.#hasCommitment) return undefined;
    if (this.#commitments.size === this.#commitmentsMax) return "exceeded max commitments";
    this.#commitments.push(this.#bitOf(hash));
    return undefined;
  }

  #startOver(): void {
    const { peer, start } = this.#goal;
    this.#logger.debug("net", () => {
      return `Initial headers sync transition with peer=${peer}: reached sufficient work ` +
        `at height=${this.#presyncedHeight}, redownloading from height=${start.height}`;
    });
    this.#phase = "redownload";
    this.#height = start.height;
    this.#last = start.hash;
    this.#lastBits = start.bits;
    this.#work = start.chainWork;
    const { redownloadBuffer } = this.#params.headersSync;
    this.#buffer = new HeaderBuffer(start.hash, redownloadBuffer + HEADERS_COUNT_MAX);
  }

  #takeAgain(headers: readonly BlockHeader[]): string | undefined {
    assert(this.#buffer !== undefined, "the second pass has a buffer");
    if (!this.#follows(headers)) return this.#again("non-continuous headers");
    for (const header of headers) {
      const fault = this.#compare(header);
      if (fault !== undefined) return this.#again(fault);
      this.#buffer.push(header);
      this.#advance(header);
    }
    return undefined;
  }

  #again(fault: string): string {
    return `${fault} at height=${this.#height + 1} (redownload phase)`;
  }

  /** Once the work is there again, the bits are no longer looked at: the chain may have grown meanwhile. */
  #compare({ bits, hash }: BlockHeader): string | undefined {
    if (!this.#isPermitted(bits)) return "invalid difficulty transition";
    if (this.#unit.bits !== bits) this.#unit = { bits, work: blockWork(bits) };
    this.#work += this.#unit.work;
    if (this.#hasEnoughWork || !this.#hasCommitment) return undefined;
    const expected = this.#commitments.shift();
    if (expected === undefined) return "commitment overrun";
    return expected === this.#bitOf(hash) ? undefined : "commitment mismatch";
  }

  /** All but the last `waiting` that wait. */
  #shiftAll(waiting: number): readonly BlockHeader[] {
    const ready: BlockHeader[] = [];
    while (this.#buffer !== undefined && this.#buffer.size > waiting) ready.push(this.#buffer.shift());
    return ready;
  }

  #advance({ hash, bits, time }: BlockHeader): void {
    this.#height++;
    this.#last = hash;
    this.#lastBits = bits;
    this.#lastTime = time;
  }

  #fail(why: string): PresyncStep {
    this.#phase = "over";
    this.#logger.debug("net", () => `Initial headers sync aborted with peer=${this.#goal.peer}: ${why}`);
    return { type: "failed" };
  }

  get #hasEnoughWork(): boolean {
    return this.#work >= this.#goal.minimumWork;
  }

  /** Whether the next header has a bit. */
  get #hasCommitment(): boolean {
    return (this.#height + 1) % this.#params.headersSync.commitmentPeriod === this.#offset;
  }

  #bitOf(hash: BlockHash): number {
    sipHashHalves(this.#key, hash, this.#halves);
    return (this.#halves[0] as number) & 1;
  }

  #follows(headers: readonly BlockHeader[]): boolean {
    return equalBytes((headers[0] as BlockHeader).previous, this.#last);
  }

  /** Much work in few blocks is easier to have by luck than the same in many: no steps that no chain takes. */
  #isPermitted(bits: number): boolean {
    return isPermittedChange(this.#height + 1, this.#lastBits, bits, this.#params.work);
  }
}

function workText(work: bigint): string {
  return work.toString(16).padStart(64, "0");
}
