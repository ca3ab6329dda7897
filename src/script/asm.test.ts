import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../base/bytes.ts";
import { opcodeName, scriptToAsm } from "./asm.ts";

// Text as Bitcoin Core 31 shows it in `decodescript` and `decoderawtransaction`.
const SIGNATURE =
  "304402207174775824bec6c2700023309a168231ec80b82c6069282f5133e6f11cbb0444" +
  "02206bf05aa78d8d0cc2d1c6ca6c1f5ab5a6b0b0cbb4fd7f6b5e4a4f1e9d4f4c9d1a";

const CASES = [
  ["", ""],
  ["00 51 60 4f", "0 1 16 -1"],
  ["76a914" + "09".repeat(20) + "88ac", `OP_DUP OP_HASH160 ${"09".repeat(20)} OP_EQUALVERIFY OP_CHECKSIG`],
  ["04ffff001d 0104", "486604799 4"],
  ["02ff80 0180", "-255 0"],
  ["05 0102030405", "0102030405"],
  [
    "b1 b2 b3 ba bb ff 50 62",
    "OP_CHECKLOCKTIMEVERIFY OP_CHECKSEQUENCEVERIFY OP_NOP4 OP_CHECKSIGADD OP_UNKNOWN OP_INVALIDOPCODE OP_RESERVED OP_VER",
  ],
  ["76 4c", "OP_DUP [error]"],
  ["6a 02ff", "OP_RETURN [error]"],
] as const;

for (const [hex, text] of CASES) {
  test(`${hex === "" ? "no script" : hex} reads ${JSON.stringify(text)}`, () => {
    assert.equal(scriptToAsm(fromHex(hex)), text);
  });
}

test("the hash type is shown by name only in a scriptSig", () => {
  const script = fromHex(`47${SIGNATURE}01`);
  assert.equal(scriptToAsm(script, true), `${SIGNATURE}[ALL]`);
  assert.equal(scriptToAsm(script), `${SIGNATURE}01`);
  assert.equal(scriptToAsm(fromHex(`47${SIGNATURE}83`), true), `${SIGNATURE}[SINGLE|ANYONECANPAY]`);
});

test("what is not quite a signature, or has an unknown hash type, is shown whole", () => {
  assert.equal(scriptToAsm(fromHex(`47${SIGNATURE}04`), true), `${SIGNATURE}04`);
  const bent = `31${SIGNATURE.slice(2)}01`;
  assert.equal(scriptToAsm(fromHex(`47${bent}`), true), bent);
});

test("every opcode has a name", () => {
  for (let opcode = 0x4c; opcode <= 0xba; opcode++)
    assert.notEqual(opcodeName(opcode), "OP_UNKNOWN", String(opcode));
});
