import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { mutate } from "../../test/support/mutate.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import "../../test/support/portable_curve.ts";
import { fromHex } from "../base/bytes.ts";
import { seededRng } from "../base/rng.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decodeWith } from "../codec/codec.ts";
import { cryptoBackend, installCrypto } from "../crypto/crypto.ts";
import type { Secp256k1 } from "../crypto/secp256k1.ts";
import type { Sats } from "../primitives/amount.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash, type Txid } from "../primitives/hash.ts";
import { type Input, type Output, Transaction } from "../primitives/transaction.ts";
import { MANDATORY_VERIFY_FLAGS, STANDARD_VERIFY_FLAGS, VERIFY_P2SH } from "../script/flags.ts";
import { SignatureCache, signatureCacheMemory } from "../script/signature_cache.ts";
import { KEYS_OF_KIND, ownScript, SCRIPT_KINDS } from "../wallet/owned_script.ts";
import { signTransaction } from "../wallet/sign_transaction.ts";
import { testSecretKey } from "../wallet/test_keys.ts";
import { packSpentOutputs, readSpentOutput } from "./packed_outputs.ts";
import { openJob, verifyInputs } from "./verify_inputs.ts";
import type { VerifyJob } from "./verify_job.ts";

const anyOutput = fc.record(
  {
    value: fc.integer({ min: 0, max: 21e14 }).map((value) => value as Sats),
    script: fc.uint8Array({ maxLength: 300 }),
  },
  { noNullPrototype: true },
);

test("packed outputs are read back as they were", () => {
  fc.assert(
    fc.property(fc.array(anyOutput, { maxLength: 8 }), (outputs) => {
      const reader = new ByteReader(packSpentOutputs(outputs));
      assert.deepEqual(outputs.map(() => readSpentOutput(reader)), outputs);
      reader.end();
    }),
  );
});

function smallJob(): VerifyJob {
  const prevout = { txid: new Uint8Array(32).fill(1) as Txid, index: 0 };
  const input = { prevout, scriptSig: fromHex(""), sequence: 0, witness: [] };
  const output: Output = { value: 5 as Sats, script: fromHex("51") };
  const transaction = Transaction.of({ version: 2, inputs: [input], outputs: [output], locktime: 0 });
  const spentOutputs = packSpentOutputs([output]);
  return { kind: "transaction", bytes: transaction.bytes, spentOutputs, flags: 0, inputCount: 1 };
}

test("a job whose bytes or counts do not agree is refused, not thrown at", () => {
  const good = smallJob();
  assert.equal(verifyInputs(good, 0, 1), undefined);
  const broken: VerifyJob[] = [
    { ...good, bytes: good.bytes.subarray(1) },
    { ...good, kind: "block" },
    { ...good, spentOutputs: good.spentOutputs.subarray(0, 3) },
    { ...good, spentOutputs: new Uint8Array([...good.spentOutputs, 0]) },
    { ...good, inputCount: 2 },
  ];
  for (const job of broken) assert.equal(verifyInputs(job, 0, 1)?.rule, "verify-job-corrupt");
});

test("any bytes at all give a verdict", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(fc.constantFrom("block" as const, "transaction" as const), bytes, bytes, (kind, a, b) => {
      const found = openJob({ kind, bytes: a, spentOutputs: b, flags: 0, inputCount: 1 });
      assert.ok(!("rule" in found) || found.rule === "verify-job-corrupt");
    }),
  );
});

/** One input of each kind, all good. */
function signedJob(): VerifyJob {
  const outputs = SCRIPT_KINDS.map((kind) => {
    const { total } = KEYS_OF_KIND[kind];
    const keys = Array.from({ length: total }, (_, i) => testSecretKey("cache", `${kind}/${i}`));
    const owner = ownScript(kind, keys);
    return { value: 5 as Sats, script: owner.script, owner };
  });
  const inputs = outputs.map((_, index) => {
    const prevout = { txid: new Uint8Array(32).fill(1) as Txid, index };
    return { prevout, scriptSig: fromHex(""), sequence: 0, witness: [] };
  });
  const unsigned = { version: 2, inputs, outputs: outputs.slice(1), locktime: 0 };
  const { bytes } = signTransaction(unsigned, outputs, seededRng(5));
  const inputCount = outputs.length;
  const spentOutputs = packSpentOutputs(outputs);
  return { kind: "transaction", bytes, spentOutputs, flags: STANDARD_VERIFY_FLAGS, inputCount };
}

function newCache(): SignatureCache {
  return new SignatureCache({ memory: signatureCacheMemory(65_536), salt: new Uint8Array(32).fill(9) });
}

/** How many signatures were checked while `run` ran. */
function checksDuring(run: () => void): number {
  const before = cryptoBackend();
  const curve = before.secp256k1 as Secp256k1;
  let checks = 0;
  const count = (verdict: boolean): boolean => ++checks > 0 && verdict;
  installCrypto({
    ...before,
    secp256k1: {
      ...curve,
      verifyEcdsa: (...question) => count(curve.verifyEcdsa(...question)),
      verifySchnorr: (...question) => count(curve.verifySchnorr(...question)),
    },
  });
  run();
  installCrypto(before);
  return checks;
}

test("signatures of a transaction are checked once, and those of a block only looked up", () => {
  const job = signedJob();
  const block: VerifyJob = { ...job, kind: "transactions" };
  const cache = newCache();
  const verify = (each: VerifyJob): void => {
    assert.equal(verifyInputs(each, 0, each.inputCount, cache), undefined);
  };
  const all = checksDuring(() => verify(block));
  assert.ok(all >= job.inputCount);
  assert.equal(checksDuring(() => verify(block)), all);
  assert.equal(checksDuring(() => verify(job)), all);
  // Of a multisig only the pairs that belong together are kept.
  const again = checksDuring(() => verify(job));
  assert.ok(again < 3, `${again} were checked again`);
  assert.equal(checksDuring(() => verify(block)), again);
});

test("whatever is changed, a job ends with a cache of signatures as it does without", () => {
  const job = signedJob();
  const cache = newCache();
  assert.equal(verifyInputs(job, 0, job.inputCount, cache), undefined);
  const rng = seededRng(77);
  let refused = 0;
  for (let number = 0; number < 24; number++) {
    const part = number % 3 === 0 ? "spentOutputs" : "bytes";
    const bent: VerifyJob = { ...job, [part]: mutate(rng, job[part]) };
    const plain = verifyInputs(bent, 0, job.inputCount);
    if (plain !== undefined) refused++;
    assert.deepEqual(verifyInputs(bent, 0, job.inputCount, cache), plain, `case ${number}`);
  }
  assert.ok(refused > 10);
});

const REAL_BLOCKS = [
  { name: "mainnet-300025", flags: VERIFY_P2SH },
  { name: "mainnet-866342", flags: MANDATORY_VERIFY_FLAGS },
  { name: "testnet3-1087400", flags: MANDATORY_VERIFY_FLAGS },
] as const;

/** Inputs of each block that are checked: enough to see that the counting is right, and quick. */
const SAMPLE = 16;

for (const { name, flags } of REAL_BLOCKS) {
  test(`${name} spends what it says, at both ends`, { skip: skipWithoutShared }, () => {
    const block = decodeWith(blockCodec, readFileSync(sharedPath("blocks", `${name}.block`)));
    const outputs = spentOutputs(readFileSync(sharedPath("blocks", `${name}.spent`)));
    const job = openJob(blockJob(block, outputs, flags));
    assert.ok(!("rule" in job));
    assert.equal(job.verify(0, SAMPLE), undefined);
    assert.equal(job.verify(outputs.length - SAMPLE, outputs.length), undefined);
  });
}

test("transactions of a block are checked one after the other, and a fault is the block's", () => {
  const { bytes, spentOutputs: outputs } = smallJob();
  const twice = (each: Uint8Array) => new Uint8Array([...each, ...each]);
  const job: VerifyJob = {
    kind: "transactions", bytes: twice(bytes), spentOutputs: twice(outputs), flags: 0, inputCount: 2,
  };
  assert.equal(verifyInputs(job, 0, 2), undefined);
  assert.equal(verifyInputs({ ...job, bytes: bytes.subarray(0, 0) }, 0, 2)?.rule, "verify-job-corrupt");
  const unspendable = packSpentOutputs([{ value: 5 as Sats, script: fromHex("6a") }]);
  const broken = new Uint8Array([...outputs, ...unspendable]);
  assert.equal(verifyInputs({ ...job, spentOutputs: broken }, 0, 1), undefined);
  const found = verifyInputs({ ...job, spentOutputs: broken }, 1, 2);
  assert.match(found?.rule ?? "", /^block-script-verify-flag-failed/);
});

test("a spend of another output is refused, in words that name it", { skip: skipWithoutShared }, () => {
  const block = decodeWith(blockCodec, readFileSync(sharedPath("blocks", "testnet3-1087400.block")));
  const outputs = spentOutputs(readFileSync(sharedPath("blocks", "testnet3-1087400.spent")));
  const last = outputs.length - 1;
  outputs[last] = { value: 1 as Sats, script: fromHex("00") };
  const job = blockJob(block, outputs, 0);
  const reason = "Script evaluated without error but finished with a false/empty top stack element";
  const found = verifyInputs(job, last, last + 1);
  assert.equal(found?.rule, `block-script-verify-flag-failed (${reason})`);
  const spender = block.transactions.at(-1);
  assert.ok(spender !== undefined && found !== undefined);
  const { prevout } = spender.inputs.at(-1) as Input;
  const ids = `${displayHash(spender.txid)} (wtxid ${displayHash(spender.wtxid)})`;
  const place = `input ${spender.inputs.length - 1} of ${ids}`;
  assert.equal(found.detail, `${place}, spending ${displayHash(prevout.txid)}:${prevout.index}`);
  assert.equal(verifyInputs({ ...job, inputCount: outputs.length + 1 }, 0, 1)?.rule, "verify-job-corrupt");
});

function blockJob(block: Block, outputs: readonly Output[], flags: number): VerifyJob {
  const spent = packSpentOutputs(outputs);
  return { kind: "block", bytes: block.bytes, spentOutputs: spent, flags, inputCount: outputs.length };
}

function spentOutputs(bytes: Uint8Array): Output[] {
  const reader = new ByteReader(bytes);
  const outputs: Output[] = [];
  while (reader.remaining > 0) {
    const value = reader.i64AsNumber() as Sats;
    reader.skip(5);
    outputs.push({ value, script: reader.varBytes("script") });
  }
  return outputs;
}
