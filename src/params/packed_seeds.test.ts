import assert from "node:assert/strict";
import { test } from "node:test";
import { DecodeError } from "../codec/decode_error.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { isRoutable } from "../primitives/network_address.ts";
import { MAIN } from "./main.ts";
import { unpackSeeds } from "./packed_seeds.ts";
import { SIGNET, signetWith } from "./signet.ts";
import { TESTNET3 } from "./testnet3.ts";
import { TESTNET4 } from "./testnet4.ts";

test("public networks come with hundreds of addresses of every kind, each of which can be dialled", () => {
  for (const { packedSeeds, name } of [MAIN, SIGNET, TESTNET3, TESTNET4]) {
    const seeds = unpackSeeds(packedSeeds);
    assert.ok(seeds.length > 150, name);
    assert.equal(new Set(seeds.map(({ network }) => network)).size, 5, name);
    assert.ok(seeds.every((seed) => isRoutable(seed)), name);
    assert.equal(new Set(seeds.map(formatAddress)).size, seeds.length, name);
  }
  assert.equal(signetWith(Uint8Array.of(1)).packedSeeds, "");
});

test("a list of seeds is read address by address", () => {
  assert.deepEqual(unpackSeeds(""), []);
  const list = unpackSeeds("AQQBAgME\nIJ0BBAgICAgAUA==\n");
  assert.deepEqual(list.map(formatAddress), ["1.2.3.4:8349", "8.8.8.8:80"]);
  for (const text of ["AQQBAgM=", "AwQBAgMEIJ0=", "AQUBAgMEBSCd"]) {
    assert.throws(() => unpackSeeds(text), DecodeError, text);
  }
});
