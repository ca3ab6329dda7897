/**
 * Blocks on a given chain that break one rule each, or none, with work and roots as they must be.
 *
 * @module
 */
import assert from "node:assert/strict";
import { concatBytes } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng } from "../../src/base/rng.ts";
import type { HeaderContext } from "../../src/consensus/header_context.ts";
import {
  commitmentIndex, commitmentScript, transactionsMerkleRoot, witnessCommitment, witnessMerkleRoot,
} from "../../src/consensus/merkle.ts";
import { solve } from "../../src/mining/solve.ts";
import { buildBlock } from "../../src/mining/template.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import { MONEY_MAX, type Sats } from "../../src/primitives/amount.ts";
import { Block } from "../../src/primitives/block.ts";
import { type BlockHash, type Txid, ZERO_HASH } from "../../src/primitives/hash.ts";
import { BlockHeader, type HeaderFields } from "../../src/primitives/header.ts";
import {
  NULL_OUT_POINT, type OutPoint, SEQUENCE_FINAL, Transaction, type TransactionFields,
} from "../../src/primitives/transaction.ts";
import { alteredBlock, ANYONE } from "../support/blocks.ts";

/** Where blocks are made, and of what. */
export interface Workshop {
  readonly previous: HeaderContext;
  readonly previousHash: BlockHash;
  /** The nodes' clock, in Unix seconds. */
  readonly now: number;
  /** Signed, each on its own; the second spends what the first made. */
  readonly payments: readonly { readonly transaction: Transaction; readonly fee: number }[];
  /** Anyone can spend it. */
  readonly free: { readonly outPoint: OutPoint; readonly value: number; readonly height: number };
  /** Of a coinbase that is too young. */
  readonly young: { readonly outPoint: OutPoint; readonly value: number };
}

type Breaker = (shop: Workshop, rng: Rng) => Block;

export const BREAKERS: Readonly<Record<string, Breaker>> = {
  nothing: (shop, rng) => made(shop, rng, {}),
  "no payments": (shop, rng) => made(shop, rng, { transactions: [] }),
  "reward less": (shop, rng) => made(shop, rng, { extra: -1 - below(rng, 1000) }),
  "reward more": (shop, rng) => made(shop, rng, { extra: 1 + below(rng, 1000) }),
  "a payment twice": (shop, rng) => {
    const all = shop.payments.map(({ transaction }) => transaction);
    return made(shop, rng, { transactions: [...all, all[0] as Transaction] });
  },
  "child before parent": (shop, rng) => {
    const all = shop.payments.map(({ transaction }) => transaction);
    return made(shop, rng, { transactions: all.toReversed() });
  },
  "child without parent": (shop, rng) => made(shop, rng, { transactions: [last(shop)] }),
  "time of the median": (shop, rng) => altered(made(shop, rng, {}), { time: shop.previous.medianTimePast }),
  "time after the median": (shop, rng) => altered(made(shop, rng, {}),
    { time: shop.previous.medianTimePast + 1 }),
  "time too late": (shop, rng) => altered(made(shop, rng, {}),
    { time: shop.now + 7200 + 600 + below(rng, 100) }),
  "an old version": (shop, rng) => altered(made(shop, rng, {}),
    { version: [1, 2, 3, -1, 0][below(rng, 5)] as number }),
  "another version": (shop, rng) => altered(made(shop, rng, {}), { version: 4 + below(rng, 0x7fff_0000) }),
  "other bits": (shop, rng) => altered(made(shop, rng, {}), { bits: 0x207f_fffe }),
  "easier bits": (shop, rng) => unworked(made(shop, rng, {}), 0x2100_ffff),
  "negative bits": (shop, rng) => unworked(made(shop, rng, {}), 0x20ff_ffff),
  "unknown parent": (shop, rng) => altered(made(shop, rng, {}),
    { previous: randomBytes(rng, 32) as BlockHash }),
  "no work": (shop, rng) => withoutWork(made(shop, rng, {})),
  "another root": (shop, rng) => altered(made(shop, rng, {}), { merkleRoot: randomBytes(rng, 32) }),
  "another height": (shop, rng) => {
    const height = shop.previous.height + [-1, 1, 7][below(rng, 3)]!;
    return made({ ...shop, previous: { ...contextOf(shop.previous), height } }, rng, {});
  },
  "transactions swapped": (shop, rng) => {
    const block = made(shop, rng, {});
    const [coinbase, ...others] = block.transactions;
    return Block.of(block.header, [coinbase as Transaction, ...others.toReversed()]);
  },
  "the end twice": (shop, rng) => {
    const block = made(shop, rng, {});
    return Block.of(block.header, [...block.transactions,
      last({ payments: block.transactions.map((transaction) => ({ transaction })) })]);
  },
  "no transactions": (shop, rng) => Block.of(made(shop, rng, {}).header, []),
  "an empty root and no transactions": (shop, rng) => alteredBlock(made(shop, rng, {}),
    { merkleRoot: ZERO_HASH }, []),
  "two coinbases": (shop, rng) => {
    const block = made(shop, rng, {});
    return mended(block, [...block.transactions, coinbaseWith(block, { locktime: 1 })]);
  },
  "no coinbase": (shop, rng) => {
    const transactions = shop.payments.map(({ transaction }) => transaction);
    return alteredBlock(made(shop, rng, {}), { merkleRoot: transactionsMerkleRoot(transactions) },
      transactions);
  },
  "no coinbase, and 64 bytes": (shop, rng) => {
    const free = spending(shop, { outputs: [{ value: 1 as Sats, script: randomBytes(rng, 4) }] });
    assert.equal(free.bytes.length, 64);
    return alteredBlock(made(shop, rng, {}), { merkleRoot: transactionsMerkleRoot([free]) }, [free]);
  },
  "a short coinbase": (shop, rng) => coinbaseScript(made(shop, rng, {}), 1),
  "a long coinbase": (shop, rng) => coinbaseScript(made(shop, rng, {}), 101),
  "a full coinbase": (shop, rng) => coinbaseScript(made(shop, rng, {}), 100),
  "witnesses lost": (shop, rng) => {
    const block = made(shop, rng, {});
    return Block.of(block.header, block.transactions.map((each) => witnessed(each, () => [])));
  },
  "a payment's witness lost": (shop, rng) => {
    const block = made(shop, rng, {});
    return Block.of(block.header,
      block.transactions.map((each, at) => (at === 1 ? witnessed(each, () => []) : each)));
  },
  "another reserved value": (shop, rng) => reserved(made(shop, rng, {}), [randomBytes(rng, 32)]),
  "a short reserved value": (shop, rng) => reserved(made(shop, rng, {}), [randomBytes(rng, 31)]),
  "two reserved values": (shop, rng) => reserved(made(shop, rng, {}), [ZERO_HASH, ZERO_HASH]),
  "no commitment": (shop, rng) => {
    const block = made(shop, rng, {});
    const outputs = (block.transactions[0] as Transaction).outputs.slice(0, 1);
    return rooted(block, [coinbaseWith(block, { outputs }), ...block.transactions.slice(1)]);
  },
  "a wrong signature": (shop, rng) => {
    const block = made(shop, rng, {});
    const [coinbase, first, ...others] = block.transactions as [Transaction, Transaction, ...Transaction[]];
    const bent = spoiled(first, rng);
    // What spends it names another transaction when the signature stands in the base.
    return mended(block, [coinbase, bent, ...(bent.hasWitness ? others : [])]);
  },
  "a locktime not reached": (shop, rng) => free(shop, rng,
    { locktime: shop.previous.height + 1 + below(rng, 3) }, 0),
  "a locktime reached": (shop, rng) => free(shop, rng, { locktime: shop.previous.height }, 0),
  "a locktime of a time": (shop, rng) => free(shop, rng,
    { locktime: shop.previous.medianTimePast - 1 + below(rng, 3) }, 0),
  "a relative locktime": (shop, rng) => {
    const age = shop.previous.height + 1 - shop.free.height;
    return free(shop, rng, { version: 1 + below(rng, 3) }, age - 1 + below(rng, 3));
  },
  "a relative locktime of a time": (shop, rng) => free(shop, rng, {}, 0x0040_0000 + below(rng, 4)),
  "a coinbase too young": (shop, rng) => {
    const { outPoint, value } = shop.young;
    return made(shop, rng,
      { transactions: [spending({ ...shop, free: { outPoint, value, height: 0 } }, {})] });
  },
  "a coin that is not there": (shop, rng) => {
    const prevout = { txid: randomBytes(rng, 32) as Txid, index: 0 };
    const inputs = [{ prevout, scriptSig: new Uint8Array(0), sequence: 0, witness: [] }];
    return free(shop, rng, { inputs });
  },
  "a coin spent twice by one": (shop, rng) => {
    const [input] = spending(shop, {}).inputs;
    assert.ok(input !== undefined);
    return free(shop, rng, { inputs: [input, input] });
  },
  "a null coin beside another": (shop, rng) => {
    const [input] = spending(shop, {}).inputs;
    assert.ok(input !== undefined);
    return free(shop, rng, { inputs: [input, { ...input, prevout: NULL_OUT_POINT }] });
  },
  "outputs above inputs": (shop, rng) => free(shop, rng, { outputs: [output(shop.free.value + 1)] }),
  "a negative output": (shop, rng) => free(shop, rng, { outputs: [output(-1)] }),
  "an output too large": (shop, rng) => free(shop, rng, { outputs: [output(MONEY_MAX + 1)] }),
  "outputs too large together": (shop, rng) => free(shop, rng, { outputs: [output(MONEY_MAX), output(1)] }),
  "no outputs": (shop, rng) => free(shop, rng, { outputs: [] }),
  "most signature operations": (shop, rng) => sigops(shop, rng, 20_000 - 1),
  "too many signature operations": (shop, rng) => sigops(shop, rng, 20_001),
  "too long": (shop, rng) => free(shop, rng, { outputs: [output(1, new Uint8Array(1_000_000).fill(0x6a))] }),
  "too heavy": (shop, rng) => {
    const [input] = spending(shop, {}).inputs;
    assert.ok(input !== undefined);
    return free(shop, rng, { inputs: [{ ...input, witness: [new Uint8Array(3_999_900)] }] });
  },
};

function last({ payments }: { readonly payments: readonly { readonly transaction: Transaction }[] }): Transaction {
  return payments.at(-1)?.transaction ?? assert.fail();
}

interface Parts {
  readonly transactions?: readonly Transaction[];
  /** Claimed above subsidy and fees. */
  readonly extra?: number;
}

/** No two are alike: the coinbase pays to another script each time. */
function made(
  { payments, previous, previousHash, now }: Workshop, rng: Rng, { transactions, extra = 0 }: Parts,
): Block {
  const all = transactions ?? payments.map(({ transaction }) => transaction);
  const known = new Map(payments.map(({ transaction, fee }) => [transaction, fee]));
  const fees = all.reduce((sum, each) => sum + (known.get(each) ?? 0), 0);
  const script = concatBytes(Uint8Array.of(0x20), randomBytes(rng, 32), Uint8Array.of(0x75, 0x51));
  const request = { params: REGTEST, previous, previousHash, script, time: now };
  return altered(buildBlock(request, all, (fees + extra) as Sats), {});
}

function altered(block: Block, header: Partial<HeaderFields>): Block {
  return alteredBlock(block, header);
}

function headerOf({ header }: Block, change: Partial<HeaderFields>): BlockHeader {
  const { version, previous, merkleRoot, time, bits, nonce } = header;
  return BlockHeader.of({ version, previous, merkleRoot, time, bits, nonce, ...change });
}

function unworked(block: Block, bits: number): Block {
  return Block.of(headerOf(block, { bits }), block.transactions);
}

function withoutWork(block: Block): Block {
  for (let nonce = 0; ; nonce++) {
    const changed = Block.of(headerOf(block, { nonce }), block.transactions);
    if (solve(changed, 1, nonce) === undefined) return changed;
  }
}

function contextOf(previous: HeaderContext): HeaderContext {
  const { time, bits, version, medianTimePast } = previous;
  const ancestor = (height: number) => previous.ancestor(Math.min(height, previous.height));
  return { height: previous.height, time, bits, version, medianTimePast, ancestor };
}

function coinbaseWith(block: Block, change: Partial<TransactionFields>): Transaction {
  const { version, inputs, outputs, locktime } = block.transactions[0] as Transaction;
  return Transaction.of({ version, inputs, outputs, locktime, ...change });
}

function coinbaseScript(block: Block, length: number): Block {
  const [input] = (block.transactions[0] as Transaction).inputs;
  assert.ok(input !== undefined);
  const scriptSig = new Uint8Array(length);
  scriptSig.set(input.scriptSig.subarray(0, length));
  return rooted(block,
    [coinbaseWith(block, { inputs: [{ ...input, scriptSig }] }), ...block.transactions.slice(1)]);
}

function reserved(block: Block, witness: readonly Uint8Array[]): Block {
  return Block.of(block.header,
    [witnessed(block.transactions[0] as Transaction, () => witness), ...block.transactions.slice(1)]);
}

function witnessed(
  { version, inputs, outputs, locktime }: Transaction, witness: () => readonly Uint8Array[],
): Transaction {
  return Transaction.of({ version, outputs, locktime,
    inputs: inputs.map((input) => ({ ...input, witness: witness() })) });
}

/** With the root that these transactions have. */
function rooted(block: Block, transactions: readonly Transaction[]): Block {
  return alteredBlock(block, { merkleRoot: transactionsMerkleRoot(transactions) }, transactions);
}

/** With their commitment as well. */
function mended(block: Block, transactions: readonly Transaction[]): Block {
  const index = commitmentIndex(block);
  const commitment = witnessCommitment(witnessMerkleRoot(Block.of(block.header, transactions)), ZERO_HASH);
  const outputs = (transactions[0] as Transaction).outputs.map((each, at) =>
    at === index ? { ...each, script: commitmentScript(commitment) } : each);
  return rooted(block, [coinbaseWith(block, { outputs }), ...transactions.slice(1)]);
}

/** One bit of a signature turned over. */
function spoiled({ version, inputs, outputs, locktime }: Transaction, rng: Rng): Transaction {
  const [first, ...others] = inputs;
  assert.ok(first !== undefined);
  const bend = (bytes: Uint8Array,
    at: number): Uint8Array => bytes.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const at = 12 + below(rng, 16);
  const item = first.witness.slice().findIndex((each) => each.length >= 64);
  const witness = first.witness.slice().map((each, i) => (i === item ? bend(each, at) : each));
  const input = item < 0 ? { ...first, scriptSig: bend(first.scriptSig, at) } : { ...first, witness };
  return Transaction.of({ version, outputs, locktime, inputs: [input, ...others] });
}

function output(value: number, script: Uint8Array = ANYONE) {
  return { value: value as Sats, script };
}

/** Spends what anyone can spend, all of it as a fee but one satoshi. */
function spending(
  { free: { outPoint } }: Workshop, change: Partial<TransactionFields>, sequence = SEQUENCE_FINAL,
): Transaction {
  const inputs = [{ prevout: outPoint, scriptSig: new Uint8Array(0), sequence, witness: [] }];
  return Transaction.of({ version: 2, inputs, outputs: [output(1)], locktime: 0, ...change });
}

function free(
  shop: Workshop, rng: Rng, change: Partial<TransactionFields>, sequence = SEQUENCE_FINAL,
): Block {
  return made(shop, rng, { transactions: [spending(shop, change, sequence)] });
}

function sigops(shop: Workshop, rng: Rng, count: number): Block {
  return free(shop, rng, { outputs: [output(1, new Uint8Array(count).fill(0xac))] });
}
