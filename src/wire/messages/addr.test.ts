import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../../base/assert.ts";
import { concatBytes, fromHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { addrCodec } from "./addr.ts";

const ENTRY = fromHex("e215104d 0100000000000000 00000000000000000000ffff0a000001 208d");

test("an addr entry is read field by field", () => {
  const [entry] = decodeWith(addrCodec, concatBytes(fromHex("01"), ENTRY)).addresses;
  assert.equal(entry?.time, 1292899810);
  assert.equal(entry?.services, 1n);
  assert.equal(entry === undefined ? "" : formatAddress(entry.address), "10.0.0.1:8333");
});

test("addresses do not hold the message that brought them in memory", () => {
  const bytes = concatBytes(fromHex("01"), ENTRY);
  const [entry] = decodeWith(addrCodec, bytes).addresses;
  assert.notEqual(entry?.address.bytes.buffer, bytes.buffer);
});

test("addr with 1,001 addresses is refused before they are read", () => {
  assert.throws(() => decodeWith(addrCodec, fromHex("fde903")), {
    fault: { kind: "over-limit", field: "addresses", value: 1001n, max: 1000 },
  });
});

test("to send an address that addr cannot express is our own fault", () => {
  const address: NetworkAddress = { network: "onion", bytes: new Uint8Array(32), port: 1 };
  assert.throws(
    () => encodeWith(addrCodec, { addresses: [{ time: 0, services: 0n, address }] }),
    InvariantError,
  );
});
