import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as fc from "fast-check";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { fromHex } from "../base/bytes.ts";
import { ByteReader } from "../codec/byte_reader.ts";
import { decodeWith } from "../codec/codec.ts";
import type { Sats } from "../primitives/amount.ts";
import { type Block, blockCodec } from "../primitives/block.ts";
import { displayHash, type Txid } from "../primitives/hash.ts";
import { type Input, type Output, Transaction } from "../primitives/transaction.ts";
import { MANDATORY_VERIFY_FLAGS, VERIFY_P2SH } from "../script/flags.ts";
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
