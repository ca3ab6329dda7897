import assert from "node:assert/strict";
import { test } from "node:test";
import "../../test/support/portable_curve.ts";
import { defined } from "../base/assert.ts";
import { fromHex } from "../base/bytes.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { ExtendedKey, HARDENED } from "./extended_key.ts";

const params = MAIN.addresses;

/** BIP32, test vector 1: each path, and what it comes to. */
const VECTOR_1 = [
  [[], "xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8"],
  [[HARDENED], "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw"],
  [[HARDENED, 1], "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ"],
  [[HARDENED, 1, HARDENED + 2, 2, 1_000_000_000], "xpub6H1LXWLaKsWFhvm6RVpEL9P4KfRZSW7abD2ttkWP3SSQvnyA8FSVqNTEcYFgJS2UaFcxupHiYkro49S8yGasTvXEYBVPamhGW6cFJodrTHy"],
] as const;

const master = defined(ExtendedKey.fromSeed(fromHex("000102030405060708090a0b0c0d0e0f")), "a seed has a key");

for (const [path, text] of VECTOR_1) {
  test(`BIP32 derives the key at [${path.join(", ")}]`, () => {
    let key: ExtendedKey | undefined = master;
    for (const number of path) key = key?.child(number);
    assert.equal(key?.publicText(params), text);
    assert.equal(ExtendedKey.parse(text, params)?.publicText(params), text);
  });
}

test("without the secret the same keys follow, but for hardened ones", () => {
  const known = defined(ExtendedKey.parse(master.publicText(params), params), "it was just written");
  assert.equal(known.secretKey, undefined);
  assert.equal(known.child(HARDENED), undefined);
  let [secret, open]: (ExtendedKey | undefined)[] = [master, known];
  for (let number = 0; number < 20; number++) {
    [secret, open] = [secret?.child(number), open?.child(number)];
    assert.equal(open?.publicText(params), secret?.publicText(params));
  }
});

test("a text of another network, or with a slip, is none", () => {
  const text = defined(master.secretText(params), "the master has its secret");
  assert.ok(text.startsWith("xprv"));
  assert.equal(ExtendedKey.parse(text, params)?.secretText(params), text);
  assert.equal(ExtendedKey.parse(text, REGTEST.addresses), undefined);
  assert.equal(ExtendedKey.parse(text.replace(/.$/, "1"), params), undefined);
  assert.equal(ExtendedKey.parse("", params), undefined);
});
