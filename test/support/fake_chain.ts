import { assert } from "../../src/base/assert.ts";
import { seededRng } from "../../src/base/rng.ts";
import { ActiveChain } from "../../src/chain/active_chain.ts";
import type {
  AddBlockOptions, BlockVerdict, ChainEvent, FileRange, HeadersVerdict,
} from "../../src/chain/chain_ports.ts";
import { type BlockId, GENESIS, HeaderIndex } from "../../src/chain/header_index.ts";
import { forkOfLocator, locatorFrom } from "../../src/chain/locator.ts";
import type { RuleViolation } from "../../src/consensus/rule_violation.ts";
import { meetsTarget } from "../../src/primitives/target.ts";
import type { ChainParams } from "../../src/params/chain_params.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { Block } from "../../src/primitives/block.ts";
import { type BlockHash, type HashKey, hashKey } from "../../src/primitives/hash.ts";
import { BlockHeader } from "../../src/primitives/header.ts";
import { NULL_OUT_POINT, Transaction } from "../../src/primitives/transaction.ts";

let minted = 0;

/** A block on `previous` with nothing but a coinbase, and another hash each time. */
export function mine(
  previous: BlockHeader, time = previous.time + 600, transactions: readonly Transaction[] = [],
): Block {
  const scriptSig = new Uint8Array(8);
  new DataView(scriptSig.buffer).setUint32(0, ++minted);
  const coinbase = Transaction.of({
    version: 2,
    inputs: [{ prevout: NULL_OUT_POINT, scriptSig, sequence: 0xffff_ffff, witness: [new Uint8Array(32)] }],
    outputs: [{ value: 0 as Sats, script: new Uint8Array(0) }],
    locktime: 0,
  });
  const { hash, bits } = previous;
  for (let nonce = 0; ; nonce++) {
    const fields = { version: 4, previous: hash, merkleRoot: coinbase.txid, time, bits, nonce };
    const header = BlockHeader.of(fields);
    const isGood = meetsTarget(header.hash, bits, REGTEST.work.limit);
    if (isGood) return Block.of(header, [coinbase, ...transactions]);
  }
}

/** `count` blocks, one on the other, the first on `previous`. */
export function mineChain(previous: BlockHeader, count: number, time?: number): Block[] {
  const blocks: Block[] = [];
  for (let i = 0; i < count; i++) {
    const parent: BlockHeader = blocks.at(-1)?.header ?? previous;
    blocks.push(mine(parent, time === undefined ? undefined : time + i));
  }
  return blocks;
}

/**
 * Stands in for `ChainState`: real header index and real active chain, but a block is as good as
 * the lists below say, and is connected when `settle` is called.
 */
export class FakeChain {
  readonly params: ChainParams = REGTEST;
  readonly headers = new HeaderIndex(seededRng(1));
  readonly active: ActiveChain;
  bestHeader: BlockId = GENESIS;
  isInitialBlockDownload = false;
  isLoadingBlocks = false;
  historicalRange: { readonly from: BlockId; readonly to: BlockId } | undefined;
  /** Blocks by hash that have other bytes than their header commits to. */
  readonly mutated = new Set<Block>();
  readonly invalid = new Map<HashKey, RuleViolation>();
  readonly invalidHeaders = new Map<HashKey, RuleViolation>();
  event: (event: ChainEvent) => void = () => {};
  readonly #blocks = new Map<BlockId, Block>();
  readonly #unchecked: { readonly id: BlockId; readonly source: number | undefined }[] = [];

  constructor() {
    this.#store(this.headers.add(REGTEST.genesis.header, undefined), REGTEST.genesis);
    this.headers.blocks.setConnected(GENESIS);
    this.active = new ActiveChain(this.headers, GENESIS);
  }

  get tip(): BlockId {
    return this.active.tip;
  }

  get tipHeader(): BlockHeader {
    return this.headers.header(this.tip);
  }

  isActive(id: BlockId): boolean {
    return this.active.has(id);
  }

  activeAt(height: number): BlockId | undefined {
    return this.active.at(height);
  }

  locator(id: BlockId): readonly BlockHash[] {
    return locatorFrom(this.headers, id);
  }

  findFork(locator: readonly BlockHash[]): BlockId {
    return forkOfLocator(this.headers, this.active, locator);
  }

  block(id: BlockId): Block | undefined {
    return this.#blocks.get(id);
  }

  blockRange(id: BlockId): FileRange | undefined {
    const block = this.#blocks.get(id);
    return block === undefined ? undefined : { name: `${id}`, offset: 0, length: block.bytes.length };
  }

  addHeaders(headers: readonly BlockHeader[]): HeadersVerdict {
    let last: BlockId | undefined;
    let added = 0;
    for (const [at, header] of headers.entries()) {
      const violation = this.invalidHeaders.get(hashKey(header.hash)) ?? this.#checkWork(header);
      if (violation !== undefined) return { type: "invalid", violation, at };
      last = this.headers.find(header.hash);
      if (last !== undefined) continue;
      const parent = this.headers.find(header.previous);
      if (parent === undefined) return { type: "unconnected" };
      last = this.headers.add(header, parent);
      added++;
      if (this.headers.compareWork(last, this.bestHeader) > 0) this.bestHeader = last;
    }
    assert(last !== undefined, "headers were given");
    return { type: "accepted", last, added };
  }

  addBlock(block: Block, { source, requested, hasEnoughWork = true }: AddBlockOptions): BlockVerdict {
    const isNew = this.headers.find(block.hash) === undefined;
    if (this.mutated.has(block)) {
      return { type: "invalid", violation: { rule: "bad-txnmrklroot", detail: "" }, mutated: true };
    }
    if (isNew && !hasEnoughWork && this.headers.find(block.header.previous) !== undefined) {
      return { type: "invalid", violation: { rule: "too-little-chainwork", detail: "" }, mutated: false };
    }
    const verdict = this.addHeaders([block.header]);
    if (verdict.type === "invalid") return { type: "invalid", violation: verdict.violation, mutated: false };
    if (verdict.type === "unconnected") return verdict;
    const id = verdict.last;
    if (this.headers.hasBlock(id)) return { type: "duplicate", id };
    if (!requested && this.headers.compareWork(id, this.tip) <= 0) return { type: "ignored", id };
    this.#store(id, block);
    this.#unchecked.push({ id, source });
    return { type: "accepted", id, unlocks: this.#hasAllUpTo(id) ? 1 : 0 };
  }

  /** Connects what can be connected, and says so. */
  settle(): void {
    // A parent's id is smaller than its children's.
    const waiting = this.#unchecked.splice(0).sort((a, b) => a.id - b.id);
    for (const each of waiting) if (!this.#check(each)) this.#unchecked.push(each);
  }

  /** Adds and connects `blocks` at once, as if they had always been there. */
  have(blocks: readonly Block[]): void {
    for (const block of blocks) this.addBlock(block, { requested: true });
    this.settle();
  }

  /** Whether no block between the connected ones and `id` is missing. */
  #hasAllUpTo(id: BlockId): boolean {
    let walk: BlockId | undefined = id;
    while (walk !== undefined && this.headers.validity(walk) !== "connected") {
      if (!this.headers.hasBlock(walk)) return false;
      walk = this.headers.previous(walk);
    }
    return true;
  }

  #check({ id, source }: { readonly id: BlockId; readonly source: number | undefined }): boolean {
    const parent = this.headers.previous(id);
    if (parent === undefined || this.headers.validity(parent) !== "connected") return false;
    const hash = this.headers.hash(id);
    const violation = this.invalid.get(hashKey(hash));
    if (violation === undefined) this.#connect(id);
    this.event({ type: "block-checked", hash, violation, source });
    return true;
  }

  #connect(id: BlockId): void {
    this.headers.blocks.setConnected(id);
    if (this.headers.compareWork(id, this.tip) <= 0) return;
    const from = this.tip;
    const fork = this.active.forkWith(id);
    this.active.reset(id);
    this.event({ type: "block-connected", id, block: this.#blocks.get(id) as Block, spent: [],
      source: undefined });
    this.event({ type: "tip-changed", from, to: id, fork });
  }

  #store(id: BlockId, block: Block): void {
    this.#blocks.set(id, block);
    const position = { file: 0, offset: 0, length: block.bytes.length };
    this.headers.blocks.setStored(id, position, block.transactions.length);
  }

  #checkWork({ hash, bits }: BlockHeader): RuleViolation | undefined {
    if (meetsTarget(hash, bits, REGTEST.work.limit)) return undefined;
    return { rule: "high-hash", detail: "proof of work failed" };
  }
}
