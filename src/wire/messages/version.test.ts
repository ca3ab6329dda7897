import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex } from "../../base/bytes.ts";
import { decodeWith, encodeWith } from "../../codec/codec.ts";
import { DecodeError } from "../../codec/decode_error.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { versionCodec } from "./version.ts";

/** As a bitcoind on regtest sent it. */
const FROM_BITCOIND = fromHex(
  "81110100 4d0c000000000000 4a64036b00000000" +
    "0000000000000000 00000000000000000000000000000000 0000" +
    "4d0c000000000000 00000000000000000000000000000000 0000" +
    "fe7249d6ca196a03 11 2f5361746f7368693a33312e39392e302f 03000000 01",
);

/** The example of the protocol's documentation: version 60002, before there was `relay`. */
const WITHOUT_RELAY = fromHex(
  "62ea0000 0100000000000000 11b2d05000000000" +
    "0100000000000000 00000000000000000000ffff00000000 0000" +
    "0100000000000000 00000000000000000000ffff0a000001 208d" +
    "3b2eb35d8ce61765 0f 2f5361746f7368693a302e372e322f c03e0300",
);

test("a version of bitcoind is read field by field", () => {
  const { receiver, sender, ...rest } = decodeWith(versionCodec, FROM_BITCOIND);
  assert.deepEqual(rest, {
    version: 70017,
    services: 0xc4dn,
    time: 1795384394n,
    nonce: 0x036a19cad64972fen,
    userAgent: "/Satoshi:31.99.0/",
    startHeight: 3,
    relay: true,
  });
  assert.deepEqual([receiver.services, formatAddress(receiver.address)], [0n, "[::]:0"]);
  assert.deepEqual([sender.services, formatAddress(sender.address)], [0xc4dn, "[::]:0"]);
});

test("a version of bitcoind is written as it was", () => {
  assert.deepEqual(encodeWith(versionCodec, decodeWith(versionCodec, FROM_BITCOIND)), FROM_BITCOIND);
});

test("a version that ends before relay asks for transactions", () => {
  const value = decodeWith(versionCodec, WITHOUT_RELAY);
  assert.equal(value.version, 60002);
  assert.equal(formatAddress(value.sender.address), "10.0.0.1:8333");
  assert.equal(value.userAgent, "/Satoshi:0.7.2/");
  assert.equal(value.startHeight, 212672);
  assert.equal(value.relay, true);
});

test("a version may end after receiver, nonce, user agent or height, and nowhere else", () => {
  const ends: number[] = [];
  for (let length = 0; length < WITHOUT_RELAY.length; length++) {
    try {
      decodeWith(versionCodec, WITHOUT_RELAY.subarray(0, length));
      ends.push(length);
    } catch (error) {
      assert.ok(error instanceof DecodeError, `threw ${error}`);
    }
  }
  assert.deepEqual(ends, [46, 80, 96]);
});

test("what a short version does not say has the value from before it was added", () => {
  const { nonce, userAgent, startHeight, relay } = decodeWith(versionCodec, WITHOUT_RELAY.subarray(0, 46));
  assert.deepEqual(
    { nonce, userAgent, startHeight, relay },
    { nonce: 0n, userAgent: "", startHeight: -1, relay: true },
  );
});

test("a user agent of 257 bytes is refused before it is read", () => {
  const bytes = new Uint8Array(83);
  bytes.set([0xfd, 0x01, 0x01], 80);
  assert.throws(() => decodeWith(versionCodec, bytes), {
    message: "Cannot decode at byte 80: user agent is 257, the most allowed is 256",
  });
});

test("an address that the message cannot express is sent as none", () => {
  const value = decodeWith(versionCodec, FROM_BITCOIND);
  const onion: NetworkAddress = { network: "onion", bytes: new Uint8Array(32).fill(7), port: 8333 };
  const sent = decodeWith(
    versionCodec,
    encodeWith(versionCodec, { ...value, receiver: { services: 9n, address: onion } }),
  );
  assert.equal(formatAddress(sent.receiver.address), "[::]:8333");
});
