import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import { DecodeError } from "../../codec/decode_error.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import { addrV2Codec } from "./addr_v2.ts";

/** Entries that differ in network and address only. */
function addrV2(...addresses: readonly string[]): Uint8Array {
  const entries = addresses.map((address) => `61bc6649 fd4804 ${address} 208d`);
  return fromHex(`${addresses.length.toString(16).padStart(2, "0")}${entries.join("")}`);
}

function read(...addresses: readonly string[]): readonly string[] {
  return decodeWith(addrV2Codec, addrV2(...addresses)).addresses.map(({ address }) => formatAddress(address));
}

const ONION_KEY = "79bcc625184b05194975c28b66b66b0469f7f6556fb1ac3189a79b40dda32f1f";

test("addresses of all five networks are read", () => {
  assert.deepEqual(
    read(
      "01 04 01020304",
      "02 10 1a1b2a2b3a3b4a4b5a5b6a6b7a7b8a8b",
      `04 20 ${ONION_KEY}`,
      "05 20 a2894dabaec08c0051a481a6dac88b64f98232ae42d4b6fd2fa81952dfe36a87",
      "06 10 fc000001000200030004000500060007",
    ),
    [
      "1.2.3.4:8333",
      "[1a1b:2a2b:3a3b:4a4b:5a5b:6a6b:7a7b:8a8b]:8333",
      "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333",
      "ukeu3k5oycgaauneqgtnvselmt4yemvoilkln7jpvamvfx7dnkdq.b32.i2p:8333",
      "[fc00:1:2:3:4:5:6:7]:8333",
    ],
  );
});

test("time and services are read, services as a CompactSize", () => {
  const { addresses } = decodeWith(addrV2Codec, addrV2("01 04 01020304"));
  assert.deepEqual([addresses[0]?.time, addresses[0]?.services], [0x4966bc61, 0x448n]);
});

const IGNORED: readonly (readonly [string, string])[] = [
  ["a network nobody knows", "aa 01 00"],
  ["a network nobody knows, with 512 bytes", `aa fd0002 ${"ab".repeat(512)}`],
  ["a network nobody knows, without bytes", "99 00"],
  ["Tor's old form", "03 0a f1f2f3f4f5f6f7f8f9fa"],
  ["IPv4 in IPv6", "02 10 00000000000000000000ffff01020304"],
  ["Tor's old form in IPv6", "02 10 fd87d87eeb430102030405060708090a"],
  ["a name in IPv6", "02 10 fd6b88c087240102030405060708090a"],
  ["CJDNS without its prefix", "06 10 aa000001000200030004000500060007"],
];

for (const [what, address] of IGNORED) {
  test(`${what} is stepped over, and the next entry read`, () => {
    assert.deepEqual(read(address, "01 04 09090909"), ["9.9.9.9:8333"]);
  });
}

for (const [network, address] of [
  ["ipv4", "01 05 0102030405"],
  ["ipv6", "02 04 01020304"],
  ["onion", `04 1f ${ONION_KEY.slice(2)}`],
  ["i2p", "05 03 aabbcc"],
  ["cjdns", "06 11 fc00000100020003000400050006000700"],
] as const) {
  test(`an ${network} address of the wrong length spoils the message`, () => {
    assert.throws(
      () => read(address),
      (error) => error instanceof DecodeError && error.fault.kind === "malformed",
    );
  });
}

test("an address of 513 bytes is refused, whatever its network", () => {
  assert.throws(() => read(`01 fd0102 ${"ab".repeat(513)}`), {
    fault: { kind: "over-limit", field: "address length", value: 513n, max: 512 },
  });
});

test("an empty addrv2 is truncated, one without addresses is not", () => {
  assert.throws(
    () => decodeWith(addrV2Codec, fromHex("")),
    { fault: { kind: "truncated", needed: 1, remaining: 0 } },
  );
  assert.deepEqual(decodeWith(addrV2Codec, fromHex("00")), { addresses: [] });
});

test("what is read of one network is written the same", () => {
  const bytes = addrV2("01 04 01020304", `04 20 ${ONION_KEY}`);
  assert.deepEqual(encodeWith(addrV2Codec, decodeWith(addrV2Codec, bytes)), bytes);
});
