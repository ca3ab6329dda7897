import assert from "node:assert/strict";
import { test } from "node:test";
import type fc from "fast-check";
import { type FormatNature, obeysCodecLaws } from "../../test/contract/codec_laws.ts";
import { messageValues } from "../../test/support/arbitrary_messages.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import type { Codec } from "../codec/codec.ts";
import { DecodeError } from "../codec/decode_error.ts";
import {
  decodeMessage, encodeMessage, isMessageType, MESSAGE_TYPES, messageCodecs, type MessageType,
} from "./message.ts";

/** All but these have one spelling and one length. */
const NATURES: Partial<Record<MessageType, FormatNature>> = {
  version: { hasManySpellings: true, mayEndEarly: true, allowsTrailing: true },
  ping: { mayEndEarly: true },
  pong: { hasManySpellings: true, mayEndEarly: true, allowsTrailing: true },
  addrv2: { hasManySpellings: true },
};

for (const type of MESSAGE_TYPES) {
  const codec: Codec<unknown> = messageCodecs[type];
  const values: fc.Arbitrary<unknown> = messageValues[type];
  obeysCodecLaws(type, codec, values, NATURES[type]);
}

// What a bitcoind sent on regtest; those with rules of their own stand beside their codecs.
const FROM_BITCOIND: readonly (readonly [MessageType, string])[] = [
  ["verack", ""],
  ["sendcmpct", "00 0200000000000000"],
  ["feefilter", "6400000000000000"],
  ["ping", "39227e6660cbd7b8"],
  ["pong", "3412000000000000"],
  ["cfilter", "00 1e01ece0de0397148edecf3a436b3028a363a5c91e8b5333c3e6b1e0dc5e0c3b 04 01145050"],
  [
    "cfheaders",
    "00 1e01ece0de0397148edecf3a436b3028a363a5c91e8b5333c3e6b1e0dc5e0c3b" +
      "2b5adc66021d5c775f630efd91518cf6ce3e9f525bbf54d9f0d709451e305e48" +
      "01 9f500a4351b297ab9137858788c85caa6224559d099f378e3898895f62118005",
  ],
  ["cfcheckpt", "00 ceb159ecf5ca97dcaad291564dbd07b2bd01f9ab487d9147cfe73af46738d57d 00"],
  [
    "merkleblock",
    "0000002006226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f" +
      "f90344ddd9a16af4f07ed7af45a2e9aec7b443ae92f7bf6560bbaea78cb122b94a64036bffff7f2000000000" +
      "01000000 01 f90344ddd9a16af4f07ed7af45a2e9aec7b443ae92f7bf6560bbaea78cb122b9 01 01",
  ],
  [
    "blocktxn",
    "ceb159ecf5ca97dcaad291564dbd07b2bd01f9ab487d9147cfe73af46738d57d 01" +
      "02000000 0001 01 0000000000000000000000000000000000000000000000000000000000000000 ffffffff" +
      "02 5300 feffffff" +
      "02 00f2052a01000000 01 51 0000000000000000 26" +
      "6a24aa21a9ede2f61c3f71d1defd3fa999dfa36953755c690689799962b48bebd836974e8cf9" +
      "01 20 0000000000000000000000000000000000000000000000000000000000000000 02000000",
  ],
];

for (const [type, hex] of FROM_BITCOIND) {
  test(`${type} of a bitcoind is read, and written the same`, () => {
    const message = decodeMessage(type, fromHex(hex));
    assert.equal(message.type, type);
    assert.equal(toHex(encodeMessage(message)), toHex(fromHex(hex)));
  });
}

test("there are as many messages as Bitcoin Core 31 knows", () => {
  assert.equal(MESSAGE_TYPES.length, 36);
  for (const type of MESSAGE_TYPES) assert.ok(type.length <= 12, `${type} has no place in a header`);
});

test("only names of messages are types of messages", () => {
  assert.ok(isMessageType("version"));
  for (const name of ["Version", "alert", "", "constructor", "__proto__", "toString"]) {
    assert.equal(isMessageType(name), false, name);
  }
});

test("a message that should be empty is refused with a payload", () => {
  assert.throws(() => decodeMessage("verack", Uint8Array.of(0)), DecodeError);
});
