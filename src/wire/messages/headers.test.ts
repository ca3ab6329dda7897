import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import { displayHash } from "../../primitives/hash.ts";
import { headersCodec } from "./headers.ts";

/** The first blocks of a regtest chain, as a bitcoind sent them. */
const HEADERS = fromHex(
  "02" +
    "0000002006226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f" +
    "f90344ddd9a16af4f07ed7af45a2e9aec7b443ae92f7bf6560bbaea78cb122b94a64036bffff7f2000000000 00" +
    "000000201e01ece0de0397148edecf3a436b3028a363a5c91e8b5333c3e6b1e0dc5e0c3b" +
    "22ea6542f9b592e9cc0b8d6e02eeac9212efd6eda177ed157d9321680975d6784b64036bffff7f2000000000 00",
);

test("headers of a bitcoind are read, hash to a chain, and are written the same", () => {
  const value = decodeWith(headersCodec, HEADERS);
  const [first, second] = value.headers;
  assert.equal(
    displayHash(first?.previous ?? fromHex("")),
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
  );
  assert.deepEqual(second?.previous, first?.hash);
  assert.deepEqual(encodeWith(headersCodec, value), HEADERS);
});

test("a header that is followed by transactions is refused", () => {
  const bytes = HEADERS.slice();
  bytes[81] = 1;
  assert.throws(() => decodeWith(headersCodec, bytes), {
    message: "Cannot decode at byte 81: transaction count is 1, not 0",
  });
});

test("2,001 headers are refused before they are read", () => {
  assert.throws(() => decodeWith(headersCodec, fromHex("fdd107")), {
    fault: { kind: "over-limit", field: "headers", value: 2001n, max: 2000 },
  });
});
