import assert from "node:assert/strict";
import { test } from "node:test";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { SEQUENCE_FINAL, Transaction } from "../primitives/transaction.ts";
import { checkSequenceLocks, isFinal, sequenceLocks } from "./locktime.ts";

function made(locktime: number, sequences: readonly number[], version = 2): Transaction {
  const inputs = sequences.map((sequence, index) => {
    return {
      prevout: { txid: new Uint8Array(32) as Txid, index },
      scriptSig: new Uint8Array(0),
      sequence,
      witness: [],
    };
  });
  return Transaction.of(
    { version, inputs, outputs: [{ value: 1 as Sats, script: new Uint8Array(1) }], locktime },
  );
}

test("a locktime below 500,000,000 is a height that must have passed", () => {
  assert.equal(isFinal(made(0, [0]), 0, 0), true);
  assert.equal(isFinal(made(100, [0]), 100, 4e9), false);
  assert.equal(isFinal(made(100, [0]), 101, 0), true);
  assert.equal(isFinal(made(499_999_999, [0]), 100, 4e9), false);
});

test("from 500,000,000 on it is a time that must have passed", () => {
  assert.equal(isFinal(made(500_000_000, [0]), 4e9, 500_000_000), false);
  assert.equal(isFinal(made(500_000_000, [0]), 0, 500_000_001), true);
});

test("a locktime counts while any input is not final", () => {
  assert.equal(isFinal(made(100, [SEQUENCE_FINAL, SEQUENCE_FINAL]), 1, 1), true);
  assert.equal(isFinal(made(100, [SEQUENCE_FINAL, SEQUENCE_FINAL - 1]), 1, 1), false);
});

const medianTimePastAt = (height: number): number => 1_000_000 + height * 600;

test("a relative height counts from the coin's block", () => {
  const locks = sequenceLocks(made(0, [10, 3]), [100, 105], medianTimePastAt);
  assert.deepEqual(locks, { height: 109, time: -1 });
  assert.equal(checkSequenceLocks(made(0, [10]), [100], 109, 0, medianTimePastAt), false);
  assert.equal(checkSequenceLocks(made(0, [10]), [100], 110, 0, medianTimePastAt), true);
});

test("a relative time counts in 512 seconds from the median time before the coin's block", () => {
  const transaction = made(0, [0x0040_0002]);
  const ripe = medianTimePastAt(99) + 2 * 512;
  assert.equal(sequenceLocks(transaction, [100], medianTimePastAt).time, ripe - 1);
  assert.equal(checkSequenceLocks(transaction, [100], 101, ripe - 1, medianTimePastAt), false);
  assert.equal(checkSequenceLocks(transaction, [100], 101, ripe, medianTimePastAt), true);
  assert.equal(sequenceLocks(transaction, [0], medianTimePastAt).time, medianTimePastAt(0) + 1023);
});

test("only the low 16 bits count, the top bit switches it off, and version 1 knows none of it", () => {
  assert.equal(sequenceLocks(made(0, [0x0001_0005]), [100], medianTimePastAt).height, 104);
  assert.deepEqual(sequenceLocks(made(0, [0x8000_0005]), [100], medianTimePastAt), { height: -1, time: -1 });
  assert.deepEqual(sequenceLocks(made(0, [5], 1), [100], medianTimePastAt), { height: -1, time: -1 });
  // Versions are unsigned: what was once read as negative is a large one.
  assert.equal(sequenceLocks(made(0, [5], 0xffff_ffff), [100], medianTimePastAt).height, 104);
});
