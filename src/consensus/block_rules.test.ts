import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { HeaderChain } from "../../test/support/header_chain.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { type Bytes, fromHex, NO_BYTES } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decodeWith } from "../codec/codec.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import type { Sats } from "../primitives/amount.ts";
import { Block, blockCodec } from "../primitives/block.ts";
import { displayHash, type Txid, ZERO_HASH } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { type Input, NULL_OUT_POINT, type Output, Transaction } from "../primitives/transaction.ts";
import { checkBlock, checkBlockBody, checkBlockInContext } from "./block_rules.ts";
import {
  blockMerkleRoot,
  commitmentScript,
  witnessCommitment,
  witnessMerkleRoot,
} from "./merkle.ts";

const TIP_TIME = 1_700_000_000;
const HEIGHT = 20;
const previous = new HeaderChain(Array.from({ length: HEIGHT }, (_, i) => {
  return { time: TIP_TIME - (HEIGHT - 1 - i), bits: 0x207fffff, version: 4 };
})).tip;

interface Parts {
  readonly coinbase?: Transaction;
  readonly others?: readonly Transaction[];
}

/** A block at height 20 of regtest with the merkle root of what it holds; not solved. */
function blockOf({ coinbase = coinbaseOf({}), others = [] }: Parts): Block {
  const transactions = [coinbase, ...others];
  const header = (merkleRoot: Bytes) => BlockHeader.of({
    version: 4, previous: REGTEST.genesis.hash, merkleRoot, time: TIP_TIME + 1, bits: 0x207fffff, nonce: 0,
  });
  return Block.of(header(blockMerkleRoot(Block.of(header(ZERO_HASH), transactions)).root), transactions);
}

interface CoinbaseParts {
  readonly scriptSig?: string;
  readonly commitment?: Bytes;
  readonly witness?: readonly Bytes[];
  readonly outputs?: readonly Output[];
  readonly locktime?: number;
}

function coinbaseOf(
  { scriptSig = "011400", commitment, witness = [], outputs = [], locktime = 0 }: CoinbaseParts,
): Transaction {
  const input: Input = { prevout: NULL_OUT_POINT, scriptSig: fromHex(scriptSig), sequence: 0, witness };
  const all = [output(0), ...outputs];
  if (commitment !== undefined) all.push({ value: 0 as Sats, script: commitmentScript(commitment) });
  return Transaction.of({ version: 2, inputs: [input], outputs: all, locktime });
}

function output(value: number, script: Bytes = fromHex("51")): Output {
  return { value: value as Sats, script };
}

function spend(
  byte: number,
  extra: { witness?: readonly Bytes[]; script?: Bytes; value?: number } = {},
): Transaction {
  const prevout = { txid: new Uint8Array(32).fill(byte) as Txid, index: 0 };
  const input: Input = { prevout, scriptSig: NO_BYTES, sequence: 0, witness: extra.witness ?? [] };
  return Transaction.of(
    { version: 2, inputs: [input], outputs: [output(extra.value ?? 1, extra.script)], locktime: 0 },
  );
}

function body(block: Block): string | undefined {
  return checkBlockBody(block)?.rule;
}

test("a block whose transactions are not those of its root is mutated, not bad", () => {
  const block = blockOf({ others: [spend(1)] });
  assert.equal(checkBlockBody(block), undefined);
  const swapped = Block.of(block.header, [block.transactions[0] as Transaction, spend(2)]);
  assert.deepEqual(
    checkBlockBody(swapped),
    { rule: "bad-txnmrklroot", detail: "hashMerkleRoot mismatch", mutated: true },
  );
});

test("a block that lists its last transaction twice has the same root, and is mutated", () => {
  const block = blockOf({ others: [spend(1), spend(2)] });
  const doubled = Block.of(block.header, [...block.transactions, block.transactions[2] as Transaction]);
  assert.deepEqual(
    checkBlockBody(doubled),
    { rule: "bad-txns-duplicate", detail: "duplicate transaction", mutated: true },
  );
});

test("the first transaction is a coinbase, and no other", () => {
  assert.equal(body(blockOf({ coinbase: spend(1) })), "bad-cb-missing");
  assert.equal(body(blockOf({ others: [coinbaseOf({ scriptSig: "0115" })] })), "bad-cb-multiple");
});

test("without a coinbase, a 64-byte transaction makes the block a mutated one", () => {
  const sixtyFour = spend(1, { script: fromHex("51515151") });
  assert.equal(sixtyFour.baseSize, 64);
  const verdict = (coinbase: Transaction) => checkBlockBody(blockOf({ coinbase }));
  const missing = { rule: "bad-cb-missing", detail: "first tx is not coinbase" };
  assert.deepEqual(verdict(sixtyFour), { ...missing, mutated: true });
  assert.deepEqual(verdict(spend(1)), { ...missing, mutated: false });
});

test("a block is neither empty nor over a megabyte without witnesses", () => {
  const empty = Block.of(BlockHeader.of({ ...headerFields(), merkleRoot: ZERO_HASH }), []);
  assert.equal(body(empty), "bad-blk-length");
  const room = 1_000_000 - blockOf(
    { others: [spend(1, { script: new Uint8Array(100_000) })] },
  ).baseSize + 100_000;
  assert.equal(body(blockOf({ others: [spend(1, { script: new Uint8Array(room) })] })), undefined);
  assert.equal(body(blockOf({ others: [spend(1, { script: new Uint8Array(room + 1) })] })), "bad-blk-length");
});

function headerFields() {
  return {
    version: 4,
    previous: REGTEST.genesis.hash,
    merkleRoot: ZERO_HASH,
    time: TIP_TIME,
    bits: 0x207fffff,
    nonce: 0,
  };
}

test("a bad transaction is named in the detail", () => {
  const bad = spend(1, { value: -1 });
  assert.deepEqual(checkBlockBody(blockOf({ others: [bad] })), {
    rule: "bad-txns-vout-negative",
    detail: `Transaction check failed (tx hash ${displayHash(bad.txid)}) `,
    mutated: false,
  });
});

test("20,000 signature checks outside witnesses are the most there may be", () => {
  const checks = (count: number) => spend(1, { script: new Uint8Array(count).fill(0xac) });
  assert.equal(body(blockOf({ others: [checks(20_000)] })), undefined);
  assert.equal(body(blockOf({ others: [checks(20_001)] })), "bad-blk-sigops");
});

test("a block without its work done is refused before all else", () => {
  const block = blockOf({ coinbase: spend(1) });
  const tooHard = { ...REGTEST, work: { ...REGTEST.work, limit: 1n } };
  assert.equal(checkBlock(block, tooHard)?.rule, "high-hash");
});

function inContext(block: Block): string | undefined {
  return checkBlockInContext(block, previous, REGTEST)?.rule;
}

test("locktimes are held against the median time before the block, not its own", () => {
  assert.equal(
    inContext(blockOf({ coinbase: coinbaseOf({ locktime: previous.medianTimePast - 1 }) })),
    undefined,
  );
  assert.equal(
    inContext(blockOf({ coinbase: coinbaseOf({ locktime: previous.medianTimePast }) })),
    "bad-txns-nonfinal",
  );
  assert.equal(inContext(blockOf({ coinbase: coinbaseOf({ locktime: HEIGHT }) })), "bad-txns-nonfinal");
  const before = { ...REGTEST, deployments: { ...REGTEST.deployments, csvHeight: HEIGHT + 1 } };
  const late = blockOf({ coinbase: coinbaseOf({ locktime: TIP_TIME }) });
  assert.equal(checkBlockInContext(late, previous, before), undefined);
});

test("the coinbase begins with the height", () => {
  assert.equal(inContext(blockOf({ coinbase: coinbaseOf({ scriptSig: "0113ff" }) })), "bad-cb-height");
  assert.equal(inContext(blockOf({ coinbase: coinbaseOf({ scriptSig: "020014" }) })), "bad-cb-height");
  const before = { ...REGTEST, deployments: { ...REGTEST.deployments, bip34Height: HEIGHT + 1 } };
  assert.equal(
    checkBlockInContext(blockOf({ coinbase: coinbaseOf({ scriptSig: "0113ff" }) }), previous, before),
    undefined,
  );
});

const RESERVED = new Uint8Array(32).fill(7);
const witnessed = spend(1, { witness: [Uint8Array.of(1)] });

function committed(coinbase: CoinbaseParts): Block {
  const root = witnessMerkleRoot(blockOf({ others: [witnessed] }));
  const commitment = witnessCommitment(root, RESERVED);
  return blockOf(
    { coinbase: coinbaseOf({ commitment, witness: [RESERVED], ...coinbase }), others: [witnessed] },
  );
}

test("witnesses are those that the coinbase commits to, under a reserved value of 32 bytes", () => {
  assert.equal(inContext(committed({})), undefined);
  const faults = [
    [committed({ witness: [] }), "bad-witness-nonce-size"],
    [committed({ witness: [RESERVED, RESERVED] }), "bad-witness-nonce-size"],
    [committed({ witness: [new Uint8Array(31)] }), "bad-witness-nonce-size"],
    [committed({ witness: [new Uint8Array(32)] }), "bad-witness-merkle-match"],
    [blockOf({ others: [witnessed] }), "unexpected-witness"],
  ] as const;
  for (const [block, expected] of faults) {
    const found = checkBlockInContext(block, previous, REGTEST);
    assert.deepEqual([found?.rule, found?.mutated], [expected, true]);
  }
});

test("of several commitments the last counts; before segwit none does", () => {
  const old = { value: 0 as Sats, script: commitmentScript(new Uint8Array(32)) };
  assert.equal(inContext(committed({ outputs: [old] })), undefined);
  const before = { ...REGTEST, deployments: { ...REGTEST.deployments, segwitHeight: HEIGHT + 1 } };
  assert.equal(checkBlockInContext(committed({}), previous, before)?.rule, "unexpected-witness");
});

test("a block weighs no more than 4,000,000", () => {
  const heavy = (bytes: number) => {
    const transaction = spend(1, { witness: [new Uint8Array(bytes)] });
    const commitment = witnessCommitment(witnessMerkleRoot(blockOf({ others: [transaction] })), RESERVED);
    return blockOf({ coinbase: coinbaseOf({ commitment, witness: [RESERVED] }), others: [transaction] });
  };
  const room = 4_000_000 - heavy(3_000_000).weight + 3_000_000;
  assert.equal(inContext(heavy(room)), undefined);
  assert.equal(inContext(heavy(room + 1)), "bad-blk-weight");
});

test("mainnet blocks 1 to 255 pass on top of each other", { skip: skipWithoutShared }, () => {
  const reader = new ByteReader(readFileSync(sharedPath("blocks", "mainnet-1-255.blk")));
  const chain = new HeaderChain([MAIN.genesis.header]);
  while (reader.remaining > 0) {
    reader.skip(4);
    const block = decodeWith(blockCodec, reader.bytes(reader.u32()));
    assert.equal(checkBlock(block, MAIN), undefined);
    assert.equal(checkBlockInContext(block, chain.tip, MAIN), undefined);
    chain.add(block.header);
  }
  assert.equal(chain.tip.height, 255);
});

test("mainnet block 866342 keeps every rule that needs no coins", { skip: skipWithoutShared }, () => {
  const block = decodeWith(blockCodec, readFileSync(sharedPath("blocks", "mainnet-866342.block")));
  assert.equal(checkBlock(block, MAIN), undefined);
  const before = { height: 866_341, time: 0, bits: 0, version: 0, medianTimePast: block.header.time - 3600 };
  assert.equal(
    checkBlockInContext(block, { ...before, ancestor: () => assert.fail("not asked") }, MAIN),
    undefined,
  );
});
