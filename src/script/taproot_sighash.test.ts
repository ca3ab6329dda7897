import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { type Bytes, fromHex, toHex } from "../base/bytes.ts";
import { decodeWith } from "../codec/codec.ts";
import { curve } from "../crypto/crypto.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { Transaction, transactionCodec } from "../primitives/transaction.ts";
import { SighashContext } from "./sighash.ts";
import { tapTweakHash } from "./taproot.ts";
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

interface Spending {
  readonly given: {
    readonly txinIndex: number;
    readonly internalPrivkey: string;
    readonly merkleRoot: string | null;
    readonly hashType: number;
  };
  readonly intermediary: { readonly tweakedPrivkey: string; readonly sigHash: string };
  readonly expected: { readonly witness: readonly [string] };
}

interface Vector {
  readonly given: {
    readonly rawUnsignedTx: string;
    readonly utxosSpent: readonly { readonly scriptPubKey: string; readonly amountSats: number }[];
  };
  readonly inputSpending: readonly Spending[];
}

test("BIP341's key path hashes, keys and signatures come out", { skip: skipWithoutShared }, () => {
  const file = JSON.parse(readFileSync(sharedPath("vectors/core/bip341_wallet_vectors.json"), "utf8")) as {
    keyPathSpending: Vector[];
  };
  for (const { given, inputSpending } of file.keyPathSpending) {
    const spent = given.utxosSpent.map(({ scriptPubKey, amountSats }) => ({
      script: fromHex(scriptPubKey),
      value: amountSats as Sats,
    }));
    const context = new SighashContext(decodeWith(transactionCodec, fromHex(given.rawUnsignedTx)), spent);
    assert.equal(inputSpending.length, 7);
    for (const each of inputSpending) assertSpending(context, each);
  }
});

function assertSpending(context: SighashContext, { given, intermediary, expected }: Spending): void {
  const hash = taprootSighash(context, given.txinIndex, given.hashType) as Bytes;
  assert.equal(toHex(hash), intermediary.sigHash);
  const secret = fromHex(given.internalPrivkey);
  const root = given.merkleRoot === null ? undefined : fromHex(given.merkleRoot);
  const tweaked = curve().tweakSecretKey(
    secret,
    tapTweakHash(curve().publicKey(secret).subarray(1), root),
  ) as Bytes;
  assert.equal(toHex(tweaked), intermediary.tweakedPrivkey);
  const signature = toHex(curve().signSchnorr(hash, tweaked, new Uint8Array(32)));
  assert.equal(signature, expected.witness[0].slice(0, 128));
}
