/**
 * A chain whose blocks come out at known times, the same for everyone who is shown it: what honest
 * scripted peers have and serve.
 *
 * @module
 */
import { assert, defined } from "../base/assert.ts";
import type { HeaderContext } from "../consensus/header_context.ts";
import { MEDIAN_TIME_SPAN } from "../consensus/limits.ts";
import { solve } from "../mining/solve.ts";
import { buildBlock } from "../mining/template.ts";
import type { ChainParams } from "../params/chain_params.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Block } from "../primitives/block.ts";
import { type HashKey, hashKey } from "../primitives/hash.ts";
import { HEADERS_COUNT_MAX } from "../wire/messages/headers.ts";
import { MSG_BLOCK, MSG_WITNESS_BLOCK } from "../wire/messages/inventory.ts";
import type { Message } from "../wire/message.ts";
import type { ScriptedPeer } from "./scripted_peer.ts";

/** OP_TRUE: what the blocks pay to. */
const ANYONE = Uint8Array.of(0x51);

export interface ChainSchedule {
  readonly params: ChainParams;
  /** Unix seconds at which block 1 comes out. */
  readonly first: number;
  /** Seconds between two blocks. */
  readonly interval: number;
  /** Blocks are mined up to here, and then no more. */
  readonly count?: number;
}

export class PublishedChain {
  readonly #schedule: ChainSchedule;
  readonly #blocks: Block[];
  readonly #heights = new Map<HashKey, number>();

  constructor(schedule: ChainSchedule) {
    this.#schedule = schedule;
    this.#blocks = [schedule.params.genesis];
    this.#heights.set(hashKey(schedule.params.genesis.hash), 0);
  }

  /** The height of the highest block that is out. */
  heightAt(unixTime: number): number {
    const { first, interval, count = Number.POSITIVE_INFINITY } = this.#schedule;
    return Math.max(0, Math.min(count, Math.floor((unixTime - first) / interval) + 1));
  }

  block(height: number): Block {
    while (this.#blocks.length <= height) this.#mine();
    return this.#blocks[height] as Block;
  }

  /** What an honest full node answers, at this time; `undefined` when that is nothing. */
  answer(message: Message, unixTime: number): readonly Message[] {
    if (message.type === "getheaders") return [this.#headersAfter(message.value.locator, unixTime)];
    if (message.type !== "getdata") return [];
    const blocks: Message[] = [];
    for (const { type, hash } of message.value.items) {
      const height = this.#heights.get(hashKey(hash));
      if ((type !== MSG_BLOCK && type !== MSG_WITNESS_BLOCK) || height === undefined) continue;
      if (height <= this.heightAt(unixTime)) {
        blocks.push({ type: "block", value: { block: this.block(height) } });
      }
    }
    return blocks;
  }

  /** Tells `peer` of the highest block that is out. */
  announce(peer: ScriptedPeer, unixTime: number): void {
    const { header } = this.block(this.heightAt(unixTime));
    peer.send({ type: "headers", value: { headers: [header] } });
  }

  #headersAfter(locator: readonly Uint8Array[], unixTime: number): Message {
    const known = locator.map((hash) => this.#heights.get(hashKey(hash as Block["hash"])));
    const from = known.find((height) => height !== undefined) ?? 0;
    const to = Math.min(this.heightAt(unixTime), from + HEADERS_COUNT_MAX);
    const headers: Block["header"][] = [];
    for (let height = from + 1; height <= to; height++) headers.push(this.block(height).header);
    return { type: "headers", value: { headers } };
  }

  #mine(): void {
    const { params, first, interval } = this.#schedule;
    const height = this.#blocks.length;
    const previous = this.#context(height - 1);
    const { hash } = this.#blocks[height - 1] as Block;
    const time = first + (height - 1) * interval;
    const request = { params, previous, previousHash: hash, script: ANYONE, time };
    const solved = defined(solve(buildBlock(request, [], 0 as Sats), 1_000_000), "the target is an easy one");
    assert(solved.block.header.time === time, "blocks come out in the order of their times");
    this.#blocks.push(solved.block);
    this.#heights.set(hashKey(solved.block.hash), height);
  }

  #context(height: number): HeaderContext {
    const { header: { time, bits, version } } = this.#blocks[height] as Block;
    const span = this.#blocks.slice(Math.max(0, height - MEDIAN_TIME_SPAN + 1), height + 1);
    const times = span.map(({ header }) => header.time).sort((a, b) => a - b);
    const medianTimePast = times[times.length >>> 1] as number;
    return { height, time, bits, version, medianTimePast, ancestor: (at) => this.#context(at) };
  }
}
