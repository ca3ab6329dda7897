import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import { displayHash } from "../../primitives/hash.ts";
import { getHeadersCodec } from "./get_headers.ts";

/** As a bitcoind on regtest sent it. */
const GET_HEADERS = fromHex(
  "80110100 02 1e01ece0de0397148edecf3a436b3028a363a5c91e8b5333c3e6b1e0dc5e0c3b" +
    "06226e46111a0b59caaf126043eb5bbf28c34f3a5e332a1fc7b2b73cf188910f" +
    "0000000000000000000000000000000000000000000000000000000000000000",
);

test("getheaders is read field by field", () => {
  const { version, locator, stop } = decodeWith(getHeadersCodec, GET_HEADERS);
  assert.equal(version, 70016);
  assert.equal(
    displayHash(locator[1] ?? stop),
    "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
  );
  assert.equal(displayHash(stop), "00".repeat(32));
});

test("getheaders with 101 locator hashes is taken", () => {
  const value = decodeWith(getHeadersCodec, GET_HEADERS);
  const locator = Array.from({ length: 101 }, () => value.stop);
  assert.equal(
    decodeWith(getHeadersCodec, encodeWith(getHeadersCodec, { ...value, locator })).locator.length,
    101,
  );
});

test("getheaders with 102 locator hashes is refused before they are read", () => {
  assert.throws(() => decodeWith(getHeadersCodec, fromHex("80110100 66")), {
    name: "DecodeError",
    message: "Cannot decode at byte 4: locator is 102, the most allowed is 101",
  });
});

test("getheaders with a padded count is refused", () => {
  assert.throws(() => decodeWith(getHeadersCodec, fromHex("80110100 fd0100")), {
    fault: { kind: "not-minimal", value: 1n },
  });
});
