import assert from "node:assert/strict";
import { test } from "node:test";
import { schnorr, secp256k1 } from "@noble/curves/secp256k1.js";
import * as oracle from "@scure/btc-signer";
import "../../test/support/portable_curve.ts";
import type { Bytes } from "../base/bytes.ts";
import { seededRng } from "../base/rng.ts";
import { decodeWith } from "../codec/codec.ts";
import { REGTEST } from "../params/regtest.ts";
import type { Sats } from "../primitives/amount.ts";
import { Block } from "../primitives/block.ts";
import { displayHash } from "../primitives/hash.ts";
import { BlockHeader } from "../primitives/header.ts";
import { NULL_OUT_POINT, SEQUENCE_FINAL, Transaction, transactionCodec } from "../primitives/transaction.ts";
import { STANDARD_VERIFY_FLAGS } from "../script/flags.ts";
import { verifyInput } from "../script/interpreter/verify_input.ts";
import { SighashContext } from "../script/sighash.ts";
import { classifyScript } from "../script/templates.ts";
import { pushNumber } from "../script/script.ts";
import { SCRIPT_KINDS, type ScriptKind } from "./owned_script.ts";
import { type Payment, Wallet } from "./wallet.ts";

const COIN = 100_000_000;
const ELSEWHERE = Uint8Array.of(0x51);

/** A chain that only this wallet looks at, so nothing of it but the transactions counts. */
class Chain {
  readonly wallet = new Wallet({ seed: "wallet test", params: REGTEST });
  readonly blocks: Block[] = [];

  mine(script: Bytes, transactions: readonly Transaction[] = []): void {
    const height = this.blocks.length + 1;
    const coinbase = Transaction.of({
      version: 2,
      inputs: [
        { prevout: NULL_OUT_POINT, scriptSig: pushNumber(height), sequence: SEQUENCE_FINAL, witness: [] },
      ],
      outputs: [{ value: (50 * COIN) as Sats, script }],
      locktime: 0,
    });
    const header = BlockHeader.of({
      ...REGTEST.genesis.header,
      version: 4,
      previous: REGTEST.genesis.hash,
      merkleRoot: coinbase.txid,
      time: 1,
      bits: 1,
      nonce: height,
    });
    const block = Block.of(header, [coinbase, ...transactions]);
    this.blocks.push(block);
    this.wallet.blockConnected(block, height);
  }

  mineMany(count: number, script: Bytes = ELSEWHERE): void {
    for (let i = 0; i < count; i++) this.mine(script);
  }

  undo(): void {
    const height = this.blocks.length;
    this.wallet.blockDisconnected(this.blocks.pop() as Block, height);
  }

  /** 100 blocks on one coin of each of `kinds`: all are mature. */
  static withCoins(...kinds: readonly ScriptKind[]): Chain {
    const chain = new Chain();
    for (const kind of kinds) chain.mine(chain.wallet.script(kind));
    chain.mineMany(100);
    return chain;
  }

  pay(value: number, more: Partial<Parameters<Wallet["pay"]>[0]> = {}): Extract<Payment, { ok: true }> {
    const payment = this.wallet.pay({
      outputs: [{ value: value as Sats, script: ELSEWHERE }],
      feeRate: 2,
      rng: seededRng(1),
      ...more,
    });
    assert.ok(payment.ok, JSON.stringify(payment));
    return payment;
  }
}

test("the wallet has one script of each kind, and the seed decides which", () => {
  const { wallet } = new Chain();
  assert.deepEqual(
    wallet.scripts.map(({ kind }) => kind),
    SCRIPT_KINDS,
  );
  const types = wallet.scripts.map(({ script }) => classifyScript(script).type);
  assert.deepEqual(types, [
    "pubkeyhash",
    "witness_v0_keyhash",
    "scripthash",
    "witness_v0_scripthash",
    "witness_v1_taproot",
  ]);
  assert.deepEqual(new Wallet({ seed: "wallet test", params: REGTEST }).scripts, wallet.scripts);
  assert.notDeepEqual(new Wallet({ seed: "another", params: REGTEST }).script("p2tr"), wallet.script("p2tr"));
  assert.match(wallet.address("p2tr"), /^bcrt1p/);
});

test("a coinbase is spendable when the next block is the hundredth after it, and not before", () => {
  const chain = new Chain();
  chain.mine(chain.wallet.script("p2wpkh"));
  chain.mineMany(98);
  assert.deepEqual([chain.wallet.spendable().length, chain.wallet.balance()], [0, 50 * COIN]);
  chain.mineMany(1);
  assert.equal(chain.wallet.spendable().length, 1);
});

for (const kind of SCRIPT_KINDS) {
  test(`a payment from ${kind} is signed so that an independent program agrees, at the fee rate asked for`, () => {
    const chain = Chain.withCoins(kind, "p2tr");
    for (let seed = 1; seed <= 3; seed++) {
      const rng = seededRng(seed);
      const payment = chain.pay(49.5 * COIN, { rng, feeRate: 7, from: [kind] });
      assertSigned(payment);
      const rate = payment.fee / payment.transaction.vsize;
      assert.ok(rate >= 7 && rate < 7.2, `${rate} sat/vB with seed ${seed}`);
      assert.deepEqual(decodeWith(transactionCodec, payment.transaction.bytes).wtxid, payment.transaction.wtxid);
      chain.wallet.release(payment.transaction);
    }
  });
}

test("a payment that spends one coin of each kind is signed throughout, with change to the kind asked for", () => {
  const chain = Chain.withCoins(...SCRIPT_KINDS);
  const payment = chain.pay(249 * COIN, { changeKind: "p2tr" });
  assert.equal(payment.spent.length, 5);
  assertSigned(payment);
  const change = payment.transaction.outputs.find(({ script }) => script !== ELSEWHERE);
  assert.deepEqual(change?.script, chain.wallet.script("p2tr"));
  assert.equal(payment.transaction.outputs.length, 2);
});

test("change that would be dust goes to the fee", () => {
  const chain = Chain.withCoins("p2wpkh");
  const payment = chain.pay(50 * COIN - 700);
  assert.equal(payment.transaction.outputs.length, 1);
  assert.equal(payment.fee, 700);
});

test("a payment beyond the coins says how much is missing, and reserves nothing", () => {
  const chain = Chain.withCoins("p2wpkh");
  const payment = chain.wallet.pay({
    outputs: [{ value: (50 * COIN) as Sats, script: ELSEWHERE }],
    feeRate: 1,
    rng: seededRng(1),
  });
  assert.equal(payment.ok, false);
  assert.ok(!payment.ok && payment.missing > 80 && payment.missing < 200, JSON.stringify(payment));
  assert.equal(chain.wallet.spendable().length, 1);
});

test("two payments never spend the same coin, until one is released", () => {
  const chain = Chain.withCoins("p2wpkh");
  const { transaction } = chain.pay(COIN);
  const second = chain.wallet.pay({
    outputs: [{ value: COIN as Sats, script: ELSEWHERE }],
    feeRate: 1,
    rng: seededRng(2),
  });
  assert.equal(second.ok, false);
  chain.wallet.release(transaction);
  chain.pay(COIN);
});

test("change in no block yet is spent only when asked for", () => {
  const chain = Chain.withCoins("p2wpkh");
  const first = chain.pay(COIN);
  assert.equal(chain.wallet.spendable().length, 0);
  const second = chain.pay(COIN, { spendsPending: true });
  assert.deepEqual(second.spent[0]?.outPoint.txid, first.transaction.txid);
  assertSigned(second);
});

test("a block with a payment moves the change into the balance, and its undoing moves it back", () => {
  const chain = Chain.withCoins("p2wpkh");
  const { transaction, fee } = chain.pay(COIN);
  chain.mine(ELSEWHERE, [transaction]);
  assert.equal(chain.wallet.balance(), 49 * COIN - fee);
  assert.deepEqual(
    chain.wallet.spendable().map(({ outPoint }) => outPoint.txid),
    [transaction.txid],
  );
  chain.undo();
  assert.equal(chain.wallet.balance(), 50 * COIN);
  assert.equal(chain.wallet.spendable().length, 0, "the payment is likely waiting for a block again");
  chain.mine(ELSEWHERE, [transaction]);
  assert.equal(chain.wallet.balance(), 49 * COIN - fee);
});

test("a chain of payments in one block is undone as one", () => {
  const chain = Chain.withCoins("p2wpkh");
  const first = chain.pay(COIN);
  const second = chain.pay(COIN, { spendsPending: true });
  chain.mine(ELSEWHERE, [first.transaction, second.transaction]);
  assert.equal(chain.wallet.balance(), 48 * COIN - first.fee - second.fee);
  chain.undo();
  assert.equal(chain.wallet.balance(), 50 * COIN);
});

test("a payment that no block takes is given up after 20 blocks", () => {
  const chain = Chain.withCoins("p2wpkh");
  chain.pay(COIN);
  chain.mineMany(19);
  assert.equal(chain.wallet.spendable(true).length, 0 + 1, "the change alone");
  chain.mineMany(1);
  assert.deepEqual(
    chain.wallet.spendable(true).map(({ value }) => value),
    [50 * COIN],
  );
});

test("a payment is replaceable unless told otherwise", () => {
  const chain = Chain.withCoins("p2wpkh", "p2wpkh");
  assert.equal(chain.pay(COIN).transaction.inputs[0]?.sequence, 0xffff_fffd);
  assert.equal(chain.pay(COIN, { replaceable: false }).transaction.inputs[0]?.sequence, 0xffff_fffe);
});

test("an added script is watched from then on", () => {
  const chain = new Chain();
  const added = chain.wallet.addScript("p2wsh-multisig");
  assert.notDeepEqual(added.script, chain.wallet.script("p2wsh-multisig"));
  chain.mine(added.script);
  assert.equal(chain.wallet.balance(), 50 * COIN);
});

/** Whether every signature holds for the hash that btc-signer computes for it, and our own rules agree. */
function assertSigned({ transaction, spent }: Extract<Payment, { ok: true }>): void {
  const context = new SighashContext(transaction, spent);
  for (const index of spent.keys()) {
    assert.equal(verifyInput(context, index, STANDARD_VERIFY_FLAGS), undefined);
  }
  const theirs = oracle.Transaction.fromRaw(transaction.bytes, {
    allowUnknownOutputs: true,
    allowUnknownInputs: true,
    disableScriptCheck: true,
  });
  assert.equal(theirs.id, displayHash(transaction.txid));
  const scripts = spent.map(({ script }) => script);
  const amounts = spent.map(({ value }) => BigInt(value));
  for (const [index, { owner, value }] of spent.entries()) {
    const { scriptSig } = transaction.inputs[index]!;
    const witness = transaction.inputs[index]!.witness.slice();
    const verify = (signature: Bytes | undefined, key: Bytes | undefined, hash: Bytes): void => {
      assert.equal(signature?.at(-1), 1, "signed with hash type ALL");
      const isValid = secp256k1.verify(signature!.subarray(0, -1), hash, key!, {
        prehash: false,
        format: "der",
        lowS: true,
      });
      assert.ok(isValid, `input ${index}, ${owner.kind}`);
    };
    const segwitHash = (code: Bytes): Bytes => theirs.preimageWitnessV0(index, code, 1, BigInt(value));
    const keyHashCode = (): Bytes => oracle.p2pkh(owner.publicKeys[0]!).script;
    switch (owner.kind) {
      case "p2pkh": {
        const legacy = theirs as unknown as {
          preimageLegacy(index: number, script: Bytes, hashType: number): Bytes;
        };
        const [signature, key] = oracle.Script.decode(scriptSig) as Bytes[];
        verify(signature, key, legacy.preimageLegacy(index, owner.script, 1));
        break;
      }
      case "p2sh-p2wpkh":
        assert.deepEqual(oracle.Script.decode(scriptSig), [oracle.p2wpkh(owner.publicKeys[0]!).script]);
        verify(witness[0], witness[1], segwitHash(keyHashCode()));
        break;
      case "p2wpkh":
        assert.equal(scriptSig.length, 0);
        verify(witness[0], witness[1], segwitHash(keyHashCode()));
        break;
      case "p2wsh-multisig":
        assert.deepEqual(witness[3], oracle.p2ms(2, [...owner.publicKeys]).script);
        assert.deepEqual(owner.script, oracle.p2wsh(oracle.p2ms(2, [...owner.publicKeys])).script);
        verify(witness[1], owner.publicKeys[0], segwitHash(witness[3]!));
        verify(witness[2], owner.publicKeys[1], segwitHash(witness[3]!));
        break;
      case "p2tr":
        assert.ok(
          schnorr.verify(
            witness[0]!,
            theirs.preimageWitnessV1(index, scripts, 0, amounts),
            owner.script.subarray(2),
          ),
        );
        break;
    }
  }
}
