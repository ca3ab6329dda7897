import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithoutShared } from "../../test/support/paths.ts";
import { INVALID_ADDRESSES, VALID_ADDRESSES } from "../../test/vectors/address_vectors.ts";
import { sharedCases } from "../../test/vectors/vector_files.ts";
import { failuresOf } from "../../test/vectors/vector_format.ts";
import { fromHex } from "../base/bytes.ts";
import { MAIN } from "../params/main.ts";
import { addressOf, encodeSecretKey, parseAddress, parseSecretKey } from "./addresses.ts";

const { addresses } = MAIN;

const KNOWN = [
  ["76a914751e76e8199196d454941c45d1b3a323f1433bd688ac", "1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH"],
  ["a914bcfeb728b584253d5f3f70bcb780e9ef218a68f487", "3JvL6Ymt8MVWiCNHC7oWU6nLeHNJKLZGLN"],
  ["0014751e76e8199196d454941c45d1b3a323f1433bd6", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"],
  [
    "00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262",
    "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
  ],
  [
    "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
  ],
  ["51024e73", "bc1pfeessrawgf"],
  ["5210751e76e8199196d454941c45d1b3a323", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"],
] as const;

for (const [script, address] of KNOWN) {
  test(`${address} and its script belong together`, () => {
    assert.equal(addressOf(fromHex(script), addresses), address);
    assert.deepEqual(parseAddress(address, addresses), { ok: true, script: fromHex(script) });
  });
}

test("scripts without an address have none", () => {
  for (const script of ["", "6a", `21${"02".repeat(33)}ac`, "0015" + "09".repeat(21)]) {
    assert.equal(addressOf(fromHex(script), addresses), undefined);
  }
});

// Texts of Bitcoin Core's test/functional/rpc_validateaddress.py and rpc_invalid_address_message.py.
const REFUSED = [
  [
    "tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty",
    "Invalid or unsupported Segwit (Bech32) or Base58 encoding.",
  ],
  ["BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2", "Version 1+ witness address must use Bech32m checksum"],
  ["BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P", "Invalid Bech32 v0 address program size (16 bytes), per BIP141"],
  ["BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3t4", "Invalid character or mixed case"],
  ["bc1gmk9yu", "Empty Bech32 data section"],
  [
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd",
    "Version 1+ witness address must use Bech32m checksum",
  ],
  ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh", "Version 0 witness address must use Bech32 checksum"],
  ["bc1pw5dgrnzv", "Invalid Bech32 address program size (1 byte)"],
  ["bcrt1qq", "Invalid separator position"],
  ["bc", "Missing separator"],
  [`bc1${"q".repeat(90)}`, "Bech32 string too long"],
  ["bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8b3t4", "Invalid Base 32 character"],
  ["17VZNX1SN5NtKa8UQFxwQbFeFc3iqRYhe", "Invalid checksum or length of Base58 address (P2PKH or P2SH)"],
  ["mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn", "Invalid or unsupported Base58-encoded address."],
  ["asfah14i8fajz0123f", "Invalid or unsupported Segwit (Bech32) or Base58 encoding."],
] as const;

for (const [address, error] of REFUSED) {
  test(`${address} is refused: ${error}`, () => {
    const verdict = parseAddress(address, addresses);
    assert.equal(verdict.ok ? "accepted" : verdict.error, error);
  });
}

test("a secret key is read back as it was written", () => {
  const key = new Uint8Array(32).fill(5);
  assert.deepEqual(parseSecretKey(encodeSecretKey(key, addresses), addresses), { key, compressed: true });
  assert.equal(parseSecretKey("1BgGZ9tcN4rm9KBzDn7KprQz87SZ26SAMH", addresses), undefined);
});

test("every published address and key is read, and written back", { skip: skipWithoutShared }, () => {
  const cases = sharedCases(VALID_ADDRESSES, "core/key_io_valid.json");
  assert.ok(cases.length > 50, `${cases.length} rows`);
  assert.deepEqual(failuresOf(cases), []);
});

test("no published invalid address is read as an address or key of any network",
  { skip: skipWithoutShared }, () => {
  const cases = sharedCases(INVALID_ADDRESSES, "core/key_io_invalid.json");
  assert.ok(cases.length > 50, `${cases.length} rows`);
  assert.deepEqual(failuresOf(cases), []);
});
