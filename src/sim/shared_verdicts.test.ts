import assert from "node:assert/strict";
import { test } from "node:test";
import { packSpentOutputs } from "../consensus/packed_outputs.ts";
import { verifyInputs } from "../consensus/verify_inputs.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { Sats } from "../primitives/amount.ts";
import { NULL_OUT_POINT, Transaction } from "../primitives/transaction.ts";
import { SharedVerdicts } from "./shared_verdicts.ts";

/** A transaction that spends an output with `script`: OP_1 is satisfied by nothing at all, OP_0 never. */
function job(script: number): VerifyJob {
  const input = { prevout: { ...NULL_OUT_POINT, index: 0 }, scriptSig: new Uint8Array(), sequence: 0, witness: [] };
  const outputs = [{ value: 1 as Sats, script: new Uint8Array() }];
  const spent = { value: 1 as Sats, script: new Uint8Array([script]), height: 1, isCoinbase: false };
  return {
    kind: "transaction",
    bytes: Transaction.of({ version: 2, inputs: [input], outputs, locktime: 0 }).bytes,
    spentOutputs: packSpentOutputs([spent]),
    flags: 0,
    inputCount: 1,
  };
}

test("a shared verdict is the verdict, asked once or twice, and one job's is not another's", () => {
  const verdicts = new SharedVerdicts();
  for (const script of [0x51, 0x00, 0x51, 0x00]) {
    assert.deepEqual(verdicts.verify(job(script)), verifyInputs(job(script), 0, 1));
  }
  assert.equal(verdicts.verify(job(0x51)), undefined);
  assert.notEqual(verdicts.verify(job(0x00)), undefined);
});
