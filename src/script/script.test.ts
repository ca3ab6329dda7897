import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { concatBytes, fromHex, toHex } from "../base/bytes.ts";
import { OP_CHECKSIG, OP_DUP, OP_RETURN } from "./opcodes.ts";
import {
  buildScript,
  isMinimalPush,
  isPushOnly,
  isUnspendable,
  isWellFormed,
  operations,
  pushBytes,
  pushNumber,
  ScriptCursor,
  smallNumber,
  smallNumberOpcode,
  TRUNCATED,
} from "./script.ts";

const anyBytes = fc.uint8Array({ maxLength: 300 });

test("operations give back what buildScript was given", () => {
  const part = fc.oneof(
    fc.integer({ min: 0x4f, max: 0xff }),
    fc.uint8Array({ minLength: 1, maxLength: 600 }),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const read = [...operations(buildScript(...parts))].map(({ opcode, data }) => data ?? opcode);
      assert.deepEqual(read, parts);
    }),
  );
});

test("operations of any bytes at all end, and cover every byte once", () => {
  fc.assert(
    fc.property(anyBytes, (script) => {
      const steps = [...operations(script)];
      const offsets = steps.map(({ offset }) => offset);
      assert.deepEqual(
        offsets,
        [...offsets].sort((a, b) => a - b),
      );
      if (script.length > 0) assert.equal(offsets[0], 0);
      const cut = steps.findIndex(({ opcode }) => opcode === TRUNCATED);
      if (cut >= 0) assert.equal(cut, steps.length - 1);
      else
        assert.equal(
          steps.reduce((size, step, i) => size + (offsets[i + 1] ?? script.length) - step.offset, 0),
          script.length,
        );
    }),
  );
});

for (const cut of ["01", "4b00", "4c", "4c02ff", "4d", "4d01", "4d0200ff", "4e000000", "4effffffff00"]) {
  test(`the push ${cut}, which runs past the end, is read as truncated and as the last step`, () => {
    const steps = [...operations(fromHex(`76${cut}`))];
    assert.deepEqual(
      steps.map(({ opcode }) => opcode),
      [OP_DUP, TRUNCATED],
    );
    assert.equal(steps[1]?.data, undefined);
  });
}

test("a cursor that has come to the end stays there", () => {
  const cursor = new ScriptCursor(Uint8Array.of(OP_DUP));
  assert.deepEqual([cursor.next(), cursor.next(), cursor.next()], [true, false, false]);
});

test("a push takes the shortest prefix that fits", () => {
  for (const [length, head] of [
    [0, "00"],
    [75, "4b"],
    [76, "4c4c"],
    [255, "4cff"],
    [256, "4d0001"],
    [65536, "4e00000100"],
  ] as const) {
    assert.equal(toHex(pushBytes(new Uint8Array(length)).slice(0, head.length / 2)), head);
  }
});

test("numbers are pushed as an opcode where there is one, and as minimal bytes otherwise", () => {
  const cases = [
    [0, "00"],
    [1, "51"],
    [16, "60"],
    [-1, "4f"],
    [17, "0111"],
    [128, "028000"],
    [-255, "02ff80"],
    [70000, "03701101"],
  ];
  for (const [value, hex] of cases) assert.equal(toHex(pushNumber(value as number)), hex);
});

test("small numbers and their opcodes belong together", () => {
  for (let value = 0; value <= 16; value++) assert.equal(smallNumber(smallNumberOpcode(value)), value);
  assert.equal(smallNumber(OP_DUP), undefined);
});

test("what pushBytes writes is minimal, but for the numbers that have an opcode", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
      const [step] = [...operations(pushBytes(data))];
      const hasOpcode = data.length === 1 && (data[0] === 0x81 || (data[0]! >= 1 && data[0]! <= 16));
      assert.equal(isMinimalPush(step!.opcode, data), !hasOpcode);
    }),
  );
  assert.equal(isMinimalPush(0x4c, new Uint8Array(75)), false);
  assert.equal(isMinimalPush(0x4d, new Uint8Array(255)), false);
  assert.equal(isMinimalPush(0x4e, new Uint8Array(65535)), false);
});

test("a script is push-only when it has nothing above OP_16 and no cut push", () => {
  assert.equal(isPushOnly(fromHex("00 51 60 50 4f 0101")), true);
  assert.equal(isPushOnly(fromHex("61")), false);
  assert.equal(isPushOnly(fromHex("02ff")), false);
  assert.equal(isPushOnly(fromHex("6a 01ff"), 1), true);
});

test("a script is well-formed unless something in it is unknown, cut off, or over 520 bytes long", () => {
  assert.equal(isWellFormed(concatBytes()), true);
  assert.equal(isWellFormed(fromHex("51b9")), true);
  assert.equal(isWellFormed(fromHex("51ba")), false, "no opcode of legacy scripts");
  assert.equal(isWellFormed(fromHex("0201")), false, "cut off");
  assert.equal(isWellFormed(buildScript(new Uint8Array(520))), true);
  assert.equal(isWellFormed(buildScript(new Uint8Array(521))), false);
});

test("an output is unspendable when it starts with OP_RETURN or is over 10,000 bytes", () => {
  assert.equal(isUnspendable(Uint8Array.of(OP_RETURN)), true);
  assert.equal(isUnspendable(buildScript(Uint8Array.of(1), OP_RETURN)), false);
  assert.equal(isUnspendable(new Uint8Array(10_000)), false);
  assert.equal(isUnspendable(new Uint8Array(10_001)), true);
  assert.equal(isUnspendable(concatBytes()), false);
  assert.equal(isUnspendable(Uint8Array.of(OP_CHECKSIG)), false);
});
