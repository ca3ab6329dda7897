import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concatBytes, fromHex, toHex } from "../base/bytes.ts";
import { randomBytes, seededRng } from "../base/rng.ts";
import type { Sats } from "../primitives/amount.ts";
import type { Txid } from "../primitives/hash.ts";
import { Transaction } from "../primitives/transaction.ts";
import { OP_CHECKSIG } from "../script/opcodes.ts";
import { buildScript } from "../script/script.ts";
import { payToPublicKey, payToPublicKeyHash } from "../script/templates.ts";
import { BloomFilter, murmurHash3 } from "./bloom_filter.ts";

const UPDATE_NONE = 0;
const UPDATE_ALL = 1;
const UPDATE_KEYS_ONLY = 2;

const rng = seededRng(37);
const KEY = concatBytes(Uint8Array.of(2), randomBytes(rng, 32));
const KEY_HASH = randomBytes(rng, 20);
const SIGNATURE = randomBytes(rng, 71);

/** Large enough that nothing matches by chance. */
function filter(flags: number, ...elements: readonly Bytes[]): BloomFilter {
  const made = new BloomFilter({ data: new Uint8Array(1_000), hashFunctions: 10, tweak: 7, flags });
  for (const element of elements) made.add(element);
  return made;
}

function transaction(
  { spends = randomBytes(rng, 32) as Txid, scripts = [] }: { spends?: Txid; scripts?: readonly Bytes[] } = {},
): Transaction {
  const outputs = [payToPublicKeyHash(randomBytes(rng, 20)), ...scripts].map((script) => {
    return { value: 1_000 as Sats, script };
  });
  const scriptSig = buildScript(SIGNATURE, randomBytes(rng, 33));
  const inputs = [{ prevout: { txid: spends, index: 1 }, scriptSig, sequence: 0, witness: [] }];
  return Transaction.of({ version: 2, inputs, outputs, locktime: 0 });
}

test("the bits of an element are those of Bitcoin Core's bloom_tests, with a tweak and without", () => {
  const elements = ["99108ad8ed9bb6274d3980bab5a85c048f0950c8", "b5a2c786d9ef4658287ced5914b37a1b4aa32eee",
    "b9300670b4c5366e95b2699e8b18bc75e5f729c5"].map(fromHex);
  for (const [tweak, data] of [[0, "614e9b"], [2_147_483_649, "ce4299"]] as const) {
    const loaded = new BloomFilter({ data: fromHex(data), hashFunctions: 5, tweak, flags: UPDATE_ALL });
    assert.ok(elements.every((element) => loaded.has(element)));
    assert.equal(loaded.has(fromHex("19108ad8ed9bb6274d3980bab5a85c048f0950c8")), false);
  }
});

test("hashes are MurmurHash3's, whatever is left over of the last word", () => {
  const published = [
    [0x00000000, "00000000", ""], [0x6a396f08, "fba4c795", ""], [0x81f16f39, "ffffffff", ""],
    [0x514e28b7, "00000000", "00"], [0xea3f0b17, "fba4c795", "00"], [0xfd6cf10d, "00000000", "ff"],
    [0x16c6b7ab, "00000000", "0011"], [0x8eb51c3d, "00000000", "001122"], [0xb4471bf8, "00000000", "00112233"],
    [0xe2301fa8, "00000000", "0011223344"], [0xfc2e4a15, "00000000", "001122334455"],
  ] as const;
  for (const [hash, seed, data] of published) {
    assert.equal(murmurHash3(Number(`0x${seed}`), fromHex(data)), hash, `${seed} ${data}`);
  }
});

test("a transaction concerns who watches its id, what it spends, or anything pushed in it", () => {
  const parent = transaction();
  const watched = transaction({ spends: parent.txid, scripts: [payToPublicKeyHash(KEY_HASH)] });
  const prevout = concatBytes(parent.txid, Uint8Array.of(1, 0, 0, 0));
  for (const element of [watched.txid, prevout, SIGNATURE, KEY_HASH]) {
    assert.ok(filter(UPDATE_NONE, element).matches(watched), toHex(element));
  }
  const other = concatBytes(parent.txid, Uint8Array.of(0, 0, 0, 0));
  assert.equal(filter(UPDATE_NONE, other, randomBytes(rng, 20)).matches(watched), false);
});

test("an output that matches is added, so that who spends it matches, as the flags say", () => {
  const cases = [
    [UPDATE_NONE, payToPublicKey(KEY), false], [UPDATE_ALL, payToPublicKey(KEY), true],
    [UPDATE_KEYS_ONLY, payToPublicKey(KEY), true], [UPDATE_NONE, payToPublicKeyHash(KEY_HASH), false],
    [UPDATE_ALL, payToPublicKeyHash(KEY_HASH), true], [UPDATE_KEYS_ONLY, payToPublicKeyHash(KEY_HASH), false],
  ] as const;
  for (const [flags, script, isAdded] of cases) {
    const loaded = filter(flags, KEY, KEY_HASH);
    const paying = transaction({ scripts: [script] });
    assert.ok(loaded.matches(paying));
    assert.equal(loaded.matches(transaction({ spends: paying.txid })), isAdded, `${flags} ${toHex(script)}`);
  }
});

test("a filter of no bytes has everything and takes everything (CVE-2013-5700), one of no functions too", () => {
  for (const [data, hashFunctions] of [[new Uint8Array(0), 50], [new Uint8Array(9), 0]] as const) {
    const loaded = new BloomFilter({ data, hashFunctions, tweak: 0, flags: UPDATE_ALL });
    loaded.add(KEY);
    assert.ok(loaded.has(KEY_HASH) && loaded.matches(transaction()));
  }
});

test("a push that is cut off, and what is not pushed, match nothing", () => {
  const loaded = filter(UPDATE_NONE, Uint8Array.of(OP_CHECKSIG), KEY);
  const cut = concatBytes(Uint8Array.of(0x4c, KEY.length + 1), KEY);
  assert.equal(loaded.matches(transaction({ scripts: [Uint8Array.of(OP_CHECKSIG), cut] })), false);
});
