import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, fromHex } from "../base/bytes.ts";
import { hash160, sha256 } from "../crypto/crypto.ts";
import type { Sats } from "../primitives/amount.ts";
import { NULL_OUT_POINT, Transaction } from "../primitives/transaction.ts";
import { MANDATORY_VERIFY_FLAGS, VERIFY_NONE, VERIFY_P2SH } from "./flags.ts";
import { OP_CHECKMULTISIG, OP_CHECKSIG, OP_CHECKSIGVERIFY } from "./opcodes.ts";
import { buildScript } from "./script.ts";
import {
  countSigops,
  legacySigops,
  payToScriptHashSigops,
  transactionSigopCost,
  witnessSigops,
} from "./sigops.ts";
import * as templates from "./templates.ts";

const NO_SCRIPT = new Uint8Array(0);
const KEY = fromHex(`02${"07".repeat(32)}`);
const TWO_OF_THREE = templates.multisigScript(2, [KEY, KEY, KEY]);

test("each signature check counts one, and a multisig counts its keys or 20", () => {
  const script = buildScript(OP_CHECKSIG, OP_CHECKSIGVERIFY);
  assert.equal(countSigops(script, false), 2);
  assert.equal(countSigops(TWO_OF_THREE, true), 3);
  assert.equal(countSigops(TWO_OF_THREE, false), 20);
});

test("a multisig that does not follow OP_1 to OP_16 counts 20 even when counted accurately", () => {
  assert.equal(countSigops(Uint8Array.of(OP_CHECKMULTISIG), true), 20);
  assert.equal(countSigops(fromHex("0111 ae"), true), 20);
  assert.equal(countSigops(fromHex("00 ae"), true), 20);
});

test("what follows a cut push is not counted, what is pushed is not either", () => {
  assert.equal(countSigops(fromHex("ac 02ac"), true), 1);
  assert.equal(countSigops(fromHex("02acac"), true), 0);
});

function spending(script: Bytes, scriptSig: Bytes = NO_SCRIPT, witness: readonly Bytes[] = []) {
  const input = { prevout: NULL_OUT_POINT, scriptSig, sequence: 0, witness };
  const outputs = [{ value: 1 as Sats, script: buildScript(OP_CHECKSIG) }];
  return {
    input,
    transaction: Transaction.of({ version: 2, inputs: [input], outputs, locktime: 0 }),
    spent: { value: 1 as Sats, script },
  };
}

test("legacy counting sees scriptSigs and outputs, but not what is spent", () => {
  assert.equal(legacySigops(spending(TWO_OF_THREE, buildScript(OP_CHECKSIG)).transaction), 2);
});

test("the script behind a script hash is counted accurately, if the scriptSig only pushes", () => {
  const hashed = templates.payToScriptHash(hash160(TWO_OF_THREE));
  const good = spending(hashed, buildScript(TWO_OF_THREE));
  assert.equal(payToScriptHashSigops(good.transaction, [good.spent]), 3);
  const bad = spending(hashed, buildScript(0x61, TWO_OF_THREE));
  assert.equal(payToScriptHashSigops(bad.transaction, [bad.spent]), 0);
  const small = spending(hashed, buildScript(TWO_OF_THREE, 0x51));
  assert.equal(payToScriptHashSigops(small.transaction, [small.spent]), 0);
});

test("a version 0 key hash counts one and a script hash what its script holds, nested or not", () => {
  const byKey = templates.payToWitnessKeyHash(hash160(KEY));
  const byScript = templates.payToWitnessScriptHash(sha256(TWO_OF_THREE));
  const nested = templates.payToScriptHash(hash160(byScript));
  const witness = [NO_SCRIPT, TWO_OF_THREE];
  for (const [spend, expected] of [
    [spending(byKey), 1],
    [spending(byScript, NO_SCRIPT, witness), 3],
    [spending(byScript), 0],
    [spending(nested, buildScript(byScript), witness), 3],
    [spending(nested, buildScript(0x61, byScript), witness), 0],
    [spending(templates.payToTaproot(new Uint8Array(32)), NO_SCRIPT, witness), 0],
  ] as const) {
    assert.equal(witnessSigops(spend.input, spend.spent), expected);
  }
});

test("base checks cost four and witness checks one, as far as the flags know them", () => {
  const byScript = templates.payToWitnessScriptHash(sha256(TWO_OF_THREE));
  const nested = spending(templates.payToScriptHash(hash160(byScript)), buildScript(byScript), [
    TWO_OF_THREE,
  ]);
  assert.equal(transactionSigopCost(nested.transaction, [nested.spent], MANDATORY_VERIFY_FLAGS), 4 + 3);
  assert.equal(transactionSigopCost(nested.transaction, [nested.spent], VERIFY_P2SH), 4);
  assert.equal(transactionSigopCost(nested.transaction, [], MANDATORY_VERIFY_FLAGS), 4);
  const hashed = spending(templates.payToScriptHash(hash160(TWO_OF_THREE)), buildScript(TWO_OF_THREE));
  assert.equal(transactionSigopCost(hashed.transaction, [hashed.spent], VERIFY_P2SH), 16);
  assert.equal(transactionSigopCost(hashed.transaction, [hashed.spent], VERIFY_NONE), 4);
});
