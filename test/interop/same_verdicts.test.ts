/**
 * Blocks and transactions that are good, and that are broken in many ways: Tidings and Bitcoin Core must
 * come to the same verdict, in the same words.
 *
 * `BITCOIND=/path/to/bitcoind npm test -- same_verdicts`
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { fromHex, toHex } from "../../src/base/bytes.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import type { LoneBlock } from "../../src/chain/lone_block.ts";
import { decodeWith } from "../../src/codec/codec.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { Sats } from "../../src/primitives/amount.ts";
import { type Block, blockCodec } from "../../src/primitives/block.ts";
import type { Coin } from "../../src/primitives/coin.ts";
import { displayHash } from "../../src/primitives/hash.ts";
import { type OutPoint, SEQUENCE_FINAL, Transaction } from "../../src/primitives/transaction.ts";
import { SCRIPT_KINDS, type ScriptKind } from "../../src/wallet/owned_script.ts";
import { MUTATIONS } from "../real_input/block_mutations.ts";
import { ANYONE } from "../support/blocks.ts";
import { testSeed, testSize } from "../support/environment.ts";
import { HeaderChain } from "../support/header_chain.ts";
import { mutate } from "../support/mutate.ts";
import { tempDir } from "../support/temp_dir.ts";
import { BREAKERS, type Workshop } from "./broken_blocks.ts";
import { Daemon, sameAnswer, skipWithoutBitcoind } from "./daemon.ts";
import { ChainMaker } from "./test_chain.ts";

installNodeCrypto();

const SEED = testSeed(325);
/** Times as many of everything. */
const EFFORT = testSize("TIDINGS_EFFORT", 1);
const root = tempDir();

let core: Daemon;
let ours: Daemon;
let maker: ChainMaker;
const blocks: Block[] = [REGTEST.genesis];

function both(what: string, method: string, ...params: readonly unknown[]): Promise<unknown> {
  return sameAnswer([core, ours], method, params, `seed ${SEED}: ${what}`);
}

/** Submits to both, and goes back to where it was. */
async function judge(what: string, hex: string): Promise<string> {
  const verdict = await both(what, "submitblock", hex);
  if (verdict === null) {
    await both(what, "invalidateblock", await both(what, "getbestblockhash"));
  }
  assert.equal(await both(what, "getbestblockhash"), displayHash(tip().hash));
  if (typeof verdict === "object" && verdict !== null) return "undecodable";
  return String(verdict);
}

function tip(): Block {
  return blocks.at(-1) ?? assert.fail();
}

function counted(title: string, verdicts: readonly string[]): void {
  const counts = new Map<string, number>();
  for (const each of verdicts) counts.set(each, (counts.get(each) ?? 0) + 1);
  const list = [...counts].sort(([, a], [, b]) => b - a).map(([verdict, count]) => `${count} ${verdict}`);
  console.log(`Seed ${SEED}: ${title}: ${list.join("; ")}`);
}

/** Two payments from coins of a kind, the second of what the first made; in no block yet. */
function payments(
  kind: ScriptKind, rng: Rng,
): { readonly list: Workshop["payments"]; readonly spent: readonly Coin[] } {
  const list: { transaction: Transaction; fee: number }[] = [];
  const spent: Coin[] = [];
  for (const spendsPending of [false, true]) {
    const outputs = [{ value: (200_000 + below(rng, 50_000)) as Sats, script: maker.wallet.script(kind) }];
    const payment =
      maker.wallet.pay({ outputs, feeRate: 2, rng, from: [kind], changeKind: kind, spendsPending });
    assert.ok(payment.ok, `no ${kind} coin`);
    list.push(payment);
    for (const { value, script, height, isCoinbase } of payment.spent) {
      spent.push({ value, script, isCoinbase, height: height ?? blocks.length });
    }
  }
  return { list, spent };
}

/** The later ones first: they spend what the others make. */
function release(list: Workshop["payments"]): void {
  for (const { transaction } of list.toReversed()) maker.wallet.release(transaction);
}

let free: OutPoint;
const FREE_VALUE = 50_000;

function workshop(list: Workshop["payments"]): Workshop {
  const [coinbase] = tip().transactions;
  assert.ok(coinbase?.outputs[0] !== undefined);
  return {
    previous: new HeaderChain(blocks.map(({ header }) => header)).tip,
    previousHash: tip().hash,
    now: Math.floor(Date.now() / 1000),
    payments: list,
    free: { outPoint: free, value: FREE_VALUE, height: blocks.length - 1 },
    young: { outPoint: { txid: coinbase.txid, index: 0 }, value: coinbase.outputs[0].value },
  };
}

suite("verdicts of bitcoind's", { skip: skipWithoutBitcoind }, () => {
  before(async () => {
    [core, ours] = await Promise.all([
      Daemon.start("bitcoind", join(root, "core"), "-connect=0"),
      Daemon.start("tidingsd", join(root, "ours"), "-connect=0"),
    ]);
    const rng = seededRng(SEED);
    maker = new ChainMaker(core, "same verdicts", rng);
    await maker.grow(115);
    const outputs = [{ value: FREE_VALUE as Sats, script: ANYONE }];
    const payment = maker.wallet.pay({ outputs, feeRate: 2, rng });
    assert.ok(payment.ok);
    free = { txid: payment.transaction.txid,
      index: payment.transaction.outputs.findIndex(({ value }) => value === FREE_VALUE) };
    await core.call("generateblock", maker.wallet.address("p2tr"), [toHex(payment.transaction.bytes)]);
    await maker.follow();
    for (let height = 1; height <= maker.wallet.height; height++) {
      const hex = await core.call<string>("getblock", await core.call("getblockhash", height), 0);
      assert.equal(await ours.call("submitblock", hex), null);
      blocks.push(decodeWith(blockCodec, fromHex(hex)));
    }
  });
  after(() => Promise.all([core?.kill(), ours?.kill()]));

  // First, while nothing waits in the mempools: blocks that are taken back leave their payments there.
  test("a transaction that was changed by chance is admitted, or refused in the same words", async () => {
    const rng = seededRng(SEED + 3);
    const verdicts: string[] = [];
    for (let round = 0; round < 300 * EFFORT; round++) {
      const kind = SCRIPT_KINDS[below(rng, SCRIPT_KINDS.length)] ?? "p2tr";
      const { list } = payments(kind, rng);
      const [{ transaction } = assert.fail()] = list;
      const [what, hex] = changedTransaction(rng, transaction);
      const verdict = await both(`round ${round}: ${what}: ${hex}`, "testmempoolaccept", [hex]);
      const [{ allowed, "reject-reason": reason }] =
        (Array.isArray(verdict) ? verdict : [{ allowed: false, "reject-reason": "undecodable" }]) as
        [{ allowed: boolean; "reject-reason"?: string }];
      verdicts.push(allowed ? "allowed" : (reason ?? ""));
      release(list);
    }
    counted("transactions changed by chance", verdicts);
  });

  test("a block that breaks a rule is refused for the same one, and a good one is taken", async () => {
    const rng = seededRng(SEED + 1);
    const verdicts: string[] = [];
    for (let round = 0; round < 2 * EFFORT; round++) {
      const shop = workshop(payments(SCRIPT_KINDS[round % SCRIPT_KINDS.length] ?? "p2tr", rng).list);
      for (const [name, breaker] of Object.entries(BREAKERS)) {
        const block = breaker(shop, rng);
        verdicts.push(await judge(`a block with ${name}`, toHex(block.bytes)));
        // What was judged once is known.
        if (below(rng, 4) === 0) await both(`${name}, again`, "submitblock", toHex(block.bytes));
      }
      release(shop.payments);
    }
    counted("blocks made to break a rule", verdicts);
  });

  test("a block that was changed by chance is judged alike", async () => {
    const rng = seededRng(SEED + 2);
    const verdicts: string[] = [];
    for (let round = 0; round < 120 * EFFORT; round++) {
      const kind = SCRIPT_KINDS[below(rng, SCRIPT_KINDS.length)] ?? "p2tr";
      const { list, spent } = payments(kind, rng);
      const shop = workshop(list);
      const block = BREAKERS["nothing"]?.(shop, rng) ?? assert.fail();
      const original: LoneBlock = { block, spent, height: blocks.length, params: REGTEST, now: shop.now };
      const changed = changedBlock(rng, original);
      if (changed !== undefined) verdicts.push(await judge(`round ${round}: ${changed.what}`, changed.hex));
      release(list);
    }
    counted("blocks changed by chance", verdicts);
  });
});

/** In its bytes, or with work and roots mended; `undefined` for what is no block any more. */
function changedBlock(rng: Rng, original: LoneBlock): { what: string; hex: string } | undefined {
  if (below(rng, 3) === 0) {
    const hex = toHex(mutate(rng, original.block.bytes));
    return { what: `bytes ${hex}`, hex };
  }
  const mutation = MUTATIONS[below(rng, MUTATIONS.length)] ?? assert.fail();
  const { what, lone } = mutation(rng, original);
  return lone === undefined ? undefined : { what, hex: toHex(lone.block.bytes) };
}

function changedTransaction(rng: Rng, transaction: Transaction): readonly [what: string, hex: string] {
  const { version, inputs, outputs, locktime } = transaction;
  const fields = { version, inputs, outputs, locktime };
  const written =
    (change: Partial<typeof fields>): string => toHex(Transaction.of({ ...fields, ...change }).bytes);
  const [input] = inputs;
  const [output] = outputs;
  assert.ok(input !== undefined && output !== undefined);
  const number = [0, 1, 2, 3, 4, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff][below(rng, 8)] as number;
  switch (below(rng, 9)) {
    case 0:
      return ["nothing", written({})];
    case 1:
      return ["version", written({ version: number })];
    case 2:
      return ["locktime", written({ locktime: below(rng, 2) === 0 ? number : 100 + below(rng, 40) })];
    case 3:
      return ["sequence", written({ inputs: [{ ...input,
        sequence: below(rng, 2) === 0 ? number : below(rng, 200) }, ...inputs.slice(1)] })];
    case 4:
      return ["value", written({ outputs: [{ ...output, value: (output.value + number - 4) as Sats },
        ...outputs.slice(1)] })];
    case 5:
      return ["input twice", written({ inputs: [...inputs, { ...input, sequence: SEQUENCE_FINAL }] })];
    case 6:
      return ["output left out", written({ outputs: outputs.slice(1) })];
    case 7:
      return ["witness left out", written({ inputs: inputs.map((each) => ({ ...each, witness: [] })) })];
    default:
      return ["bytes", toHex(mutate(rng, transaction.bytes))];
  }
}
