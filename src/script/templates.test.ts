import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes, fromHex } from "../base/bytes.ts";
import { OP_CHECKMULTISIG, OP_CHECKSIG } from "./opcodes.ts";
import { buildScript } from "./script.ts";
import * as templates from "./templates.ts";

const { classifyScript } = templates;
const KEY = concatBytes(Uint8Array.of(2), new Uint8Array(32).fill(7));
const LONG_KEY = concatBytes(Uint8Array.of(4), new Uint8Array(64).fill(7));
const HASH20 = new Uint8Array(20).fill(9);
const HASH32 = new Uint8Array(32).fill(9);

const FORMS = [
  [templates.payToPublicKey(KEY), { type: "pubkey", key: KEY }],
  [templates.payToPublicKey(LONG_KEY), { type: "pubkey", key: LONG_KEY }],
  [templates.payToPublicKeyHash(HASH20), { type: "pubkeyhash", hash: HASH20 }],
  [templates.payToScriptHash(HASH20), { type: "scripthash", hash: HASH20 }],
  [templates.payToWitnessKeyHash(HASH20), { type: "witness_v0_keyhash", hash: HASH20 }],
  [templates.payToWitnessScriptHash(HASH32), { type: "witness_v0_scripthash", hash: HASH32 }],
  [templates.payToTaproot(HASH32), { type: "witness_v1_taproot", key: HASH32 }],
  [templates.ANCHOR_SCRIPT, { type: "anchor" }],
  [
    templates.multisigScript(2, [KEY, LONG_KEY, KEY]),
    { type: "multisig", required: 2, keys: [KEY, LONG_KEY, KEY] },
  ],
  [templates.nullDataScript(), { type: "nulldata" }],
  [templates.nullDataScript(HASH32, HASH20), { type: "nulldata" }],
  [
    templates.payToWitnessProgram({ version: 16, program: HASH20 }),
    { type: "witness_unknown", version: 16, program: HASH20 },
  ],
] as const;

for (const [script, form] of FORMS) {
  test(`a script built as ${form.type} of ${script.length} bytes is recognised, and no shorter or longer one is`, () => {
    assert.deepEqual(classifyScript(script), form);
    if (form.type === "nulldata") return;
    assert.notEqual(classifyScript(concatBytes(script, Uint8Array.of(OP_CHECKSIG))).type, form.type);
    assert.notEqual(classifyScript(script.subarray(0, -1)).type, form.type);
  });
}

test("multisig of 17 to 20 keys is recognised by its pushed count", () => {
  const keys = Array.from({ length: 17 }, () => KEY);
  assert.deepEqual(classifyScript(templates.multisigScript(1, keys)), {
    type: "multisig",
    required: 1,
    keys,
  });
});

const NONSTANDARD = {
  "an empty script": "",
  "a key of the wrong length for its first byte": `21 04${"07".repeat(32)} ac`,
  "version 0 with a program of 21 bytes": `00 15 ${"09".repeat(21)}`,
  "a witness program of one byte": "51 01 09",
  "a witness program of 41 bytes": `51 29 ${"09".repeat(41)}`,
  "OP_RETURN before something that is not a push": "6a ac",
  "OP_RETURN before a cut push": "6a 02 ff",
  "multisig that asks for no signature": `00 21 ${"02".repeat(33)} 51 ae`,
  "multisig that asks for more signatures than keys": `52 21 ${"02".repeat(33)} 51 ae`,
  "multisig with a wrong count of keys": `51 21 ${"02".repeat(33)} 52 ae`,
  "multisig whose count is not minimal": `0101 21 ${"02".repeat(33)} 51 ae`,
  "multisig whose last push is cut": `51 21 ${"02".repeat(30)} ae`,
  "a bare OP_CHECKMULTISIG": "ae",
} as const;

for (const [name, hex] of Object.entries(NONSTANDARD)) {
  test(`${name} is nonstandard`, () => {
    assert.deepEqual(classifyScript(fromHex(hex)), { type: "nonstandard" });
  });
}

test("any bytes are of some form", () => {
  const tail = fc.uint8Array({ maxLength: 80 });
  fc.assert(
    fc.property(tail, fc.boolean(), (bytes, multisig) => {
      const script = multisig ? concatBytes(bytes, Uint8Array.of(OP_CHECKMULTISIG)) : bytes;
      assert.equal(typeof classifyScript(script).type, "string");
    }),
  );
});

test("a key of three lengths is told by its first byte", () => {
  assert.equal(templates.isPublicKeySize(KEY), true);
  assert.equal(templates.isPublicKeySize(LONG_KEY), true);
  assert.equal(templates.isPublicKeySize(KEY.subarray(0, 32)), false);
  assert.equal(templates.isPublicKeySize(buildScript()), false);
});
