import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithoutShared } from "../../test/support/paths.ts";
import { SIGNATURE_HASHES } from "../../test/vectors/signature_hash_vectors.ts";
import { sharedCases } from "../../test/vectors/vector_files.ts";
import { failuresOf } from "../../test/vectors/vector_format.ts";
import { concatBytes, fromHex } from "../base/bytes.ts";
import { randomBytes, seededRng } from "../base/rng.ts";
import { decodeWith } from "../codec/codec.ts";
import { hash256 } from "../crypto/crypto.ts";
import type { Sats } from "../primitives/amount.ts";
import { displayHash, type Txid } from "../primitives/hash.ts";
import { Transaction, transactionCodec } from "../primitives/transaction.ts";
import { legacySighash } from "./legacy_sighash.ts";
import { SighashContext } from "./sighash.ts";

type Row = readonly [transaction: string, script: string, index: number, hashType: number, expected: string];

// Five of Bitcoin Core's published hashes, one for each kind of hash type; the scripts have OP_CODESEPARATORs.
const ROWS: Readonly<Record<string, Row>> = {
  ALL: [
    "720d4693025ca3d347360e219e9bc746ef8f7bc88e8795162e5e2f0b0fc99dc17116fc937100000000046353520045cb1fd79824a100d30b6946eab9b219daea2b0cdca6c86367c0c36af98f19ac64f3575002000000008a1c881003ed16f3050000000008536a63630000abac45e0e704000000000151f6551a05000000000963536565515363abab00000000",
    "6553ab6a6a510000ab",
    1,
    1249091393,
    "a575fa4f59a8e90cd07de012c78fe8f981183bb170b9c50fcc292b8c164cbc3b",
  ],
  NONE: [
    "d5c1b16f0248c60a3ddccf7ebd1b3f260360bbdf2230577d1c236891a1993725e262e1b6cb000000000363636affffffff0a32362cfe68d25b243a015fc9aa172ea9c6b087c9e231474bb01824fd6bd8bc0300000005ab52ab516affffffff0420d9a70200000000045152656a45765d0000000000055252536a5277bad100000000000252ab3f3f3803000000000463acac5200000000",
    "52636a52ab65",
    1,
    1305123906,
    "978dc178ecd03d403b048213d904653979d11c51730381c96c4208e3ea24243a",
  ],
  SINGLE: [
    "5c45d09801bb4d8e7679d857b86b97697472d514f8b76d862460e7421e8617b15a2df217c6010000000863acacab6565006affffffff01156dbc03000000000952ac63516551ac6aac00000000",
    "6aabac",
    0,
    1310125891,
    "270445ab77258ced2e5e22a6d0d8c36ac7c30fff9beefa4b3e981867b03fa0ad",
  ],
  "ALL|ANYONECANPAY": [
    "4ddaa680026ec4d8060640304b86823f1ac760c260cef81d85bd847952863d629a3002b54b0200000008526365636a656aab65457861fc6c24bdc760c8b2e906b6656edaf9ed22b5f50e1fb29ec076ceadd9e8ebcb6b000000000152ffffffff033ff04f00000000000551526a00657a1d900300000000002153af040000000003006a6300000000",
    "ab526a53acabab",
    0,
    1055317633,
    "7f21b62267ed52462e371a917eb3542569a4049b9dfca2de3c75872b39510b26",
  ],
  "SINGLE|ANYONECANPAY": [
    "009046a1023f266d0113556d604931374d7932b4d6a7952d08fbd9c9b87cbd83f4f4c178b4030000000452ac526346e73b438c4516c60edd5488023131f07acb5f9ea1540b3e84de92f4e3c432289781ea4900000000046500655357dfd6da02baef910100000000026a007d101703000000000800516500abacac5100000000",
    "6aab6553ac",
    0,
    -802456605,
    "f8757fbb4448ca34e0cd41b997685b37238d331e70316659a9cc9087d116169d",
  ],
};

for (const [name, row] of Object.entries(ROWS)) {
  test(`a published hash of type ${name} comes out`, () => assertHash(row));
}

test("SINGLE for an input without an output of its index signs the number one", () => {
  const [transaction, script] = ROWS["ALL"] as Row;
  const lone = contextOf(transaction);
  const hash = legacySighash(lone, lone.transaction.outputs.length, fromHex(script), 3);
  assert.equal(displayHash(hash), "1".padStart(64, "0"));
});

test("ALL signs the transaction with no script but the one that is executed, however many inputs it has", () => {
  const rng = seededRng(19);
  const code = fromHex("76a9");
  for (let count = 1; count <= 12; count++) {
    const inputs = Array.from({ length: count }, (_, index) => {
      const prevout = { txid: randomBytes(rng, 32) as Txid, index };
      return { prevout, scriptSig: randomBytes(rng, 300 * (index % 2)), sequence: index, witness: [] };
    });
    const outputs = [{ value: 7 as Sats, script: randomBytes(rng, 300) }];
    const fields = { version: 2, inputs, outputs, locktime: 9 };
    const context = new SighashContext(Transaction.of(fields), []);
    for (let index = 0; index < count; index++) {
      const blank = inputs.map((input, i) => ({ ...input, scriptSig: i === index ? code : fromHex("") }));
      const signed = concatBytes(Transaction.of({ ...fields, inputs: blank }).bytes, fromHex("01000000"));
      assert.deepEqual(legacySighash(context, index, code, 1), hash256(signed), `input ${index} of ${count}`);
    }
  }
});

test("every published hash comes out", { skip: skipWithoutShared }, () => {
  const cases = sharedCases(SIGNATURE_HASHES, "core/sighash.json");
  assert.equal(cases.length, 500);
  assert.deepEqual(failuresOf(cases), []);
});

function assertHash([transaction, script, index, hashType, expected]: Row): void {
  const hash = legacySighash(contextOf(transaction), index, fromHex(script), hashType);
  assert.equal(displayHash(hash), expected);
}

function contextOf(hex: string): SighashContext {
  return new SighashContext(decodeWith(transactionCodec, fromHex(hex)), []);
}
