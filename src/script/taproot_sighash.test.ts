import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithoutShared } from "../../test/support/paths.ts";
import "../../test/support/portable_curve.ts";
import { TAPROOT_WALLET } from "../../test/vectors/taproot_vectors.ts";
import { sharedCases } from "../../test/vectors/vector_files.ts";
import { failuresOf } from "../../test/vectors/vector_format.ts";
import { type Bytes, fromHex, toHex } from "../base/bytes.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { Transaction } from "../primitives/transaction.ts";
import { SighashContext } from "./sighash.ts";
import { isTaprootHashType, NO_CODE_SEPARATOR, taprootSighash } from "./taproot_sighash.ts";

const input = (index: number) => ({
  prevout: { txid: new Uint8Array(32).fill(index + 1) as Bytes as Txid, index },
  scriptSig: new Uint8Array(0),
  sequence: 0xffff_fffd,
  witness: [],
});
const output = (value: number) => ({ value: value as Sats, script: fromHex("51") });
const TRANSACTION = Transaction.of({
  version: 2,
  inputs: [input(0), input(1)],
  outputs: [output(5)],
  locktime: 9,
});
const CONTEXT = new SighashContext(TRANSACTION, [output(1), output(2)]);

test("only the seven hash types of BIP341 are known", () => {
  const known = Array.from({ length: 256 }, (_, i) => i).filter(isTaprootHashType);
  assert.deepEqual(known, [0, 1, 2, 3, 0x81, 0x82, 0x83]);
  assert.equal(taprootSighash(CONTEXT, 0, 0x80), undefined);
  assert.equal(taprootSighash(CONTEXT, 0, 0x04), undefined);
});

test("SINGLE for an input without an output of its index cannot be signed", () => {
  assert.notEqual(taprootSighash(CONTEXT, 0, 3), undefined);
  assert.equal(taprootSighash(CONTEXT, 1, 3), undefined);
  assert.equal(taprootSighash(CONTEXT, 1, 0x83), undefined);
});

test("hash type, input, annex, leaf and separator each give another hash", () => {
  const place = { leafHash: new Uint8Array(32), codeSeparatorPosition: NO_CODE_SEPARATOR };
  const hashes = [
    taprootSighash(CONTEXT, 0, 0),
    taprootSighash(CONTEXT, 0, 1),
    taprootSighash(CONTEXT, 1, 0),
    taprootSighash(CONTEXT, 0, 0x81),
    taprootSighash(CONTEXT, 0, 0, fromHex("50")),
    taprootSighash(CONTEXT, 0, 0, fromHex("5001")),
    taprootSighash(CONTEXT, 0, 0, undefined, place),
    taprootSighash(CONTEXT, 0, 0, undefined, { ...place, codeSeparatorPosition: 3 }),
    taprootSighash(CONTEXT, 0, 0, undefined, { ...place, leafHash: new Uint8Array(32).fill(1) }),
  ].map((hash) => toHex(hash as Bytes));
  assert.equal(new Set(hashes).size, hashes.length);
});

test("the amounts and scripts of all spent outputs are signed, unless the input stands alone", () => {
  const dearer = new SighashContext(TRANSACTION, [output(1), output(3)]);
  assert.notDeepEqual(taprootSighash(dearer, 0, 0), taprootSighash(CONTEXT, 0, 0));
  assert.deepEqual(taprootSighash(dearer, 0, 0x81), taprootSighash(CONTEXT, 0, 0x81));
});

test("BIP341's key path hashes, keys and signatures come out", { skip: skipWithoutShared }, () => {
  const cases = sharedCases(TAPROOT_WALLET, "core/bip341_wallet_vectors.json").slice(7);
  assert.equal(cases.length, 7);
  assert.deepEqual(failuresOf(cases), []);
});
