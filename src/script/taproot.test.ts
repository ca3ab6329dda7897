import assert from "node:assert/strict";
import { test } from "node:test";
import { skipWithoutShared } from "../../test/support/paths.ts";
import "../../test/support/portable_curve.ts";
import { TAPROOT_WALLET } from "../../test/vectors/taproot_vectors.ts";
import { sharedCases } from "../../test/vectors/vector_files.ts";
import { failuresOf } from "../../test/vectors/vector_format.ts";
import { type Bytes, fromHex, toHex } from "../base/bytes.ts";
import { MAIN } from "../params/main.ts";
import { addressOf } from "./addresses.ts";
import {
  CONTROL_BASE_BYTES,
  controlBlock,
  tapBranchHash,
  tapLeafHash,
  tapMerkleRoot,
  taprootOutputKey,
} from "./taproot.ts";
import { payToTaproot } from "./templates.ts";

const INTERNAL = fromHex("ee4fe085983462a184015d1f782d6a5f8b9c2b60130aff050ce221ecf3786592");
const LEAVES = [
  { script: fromHex("20387671353e273264c495656e27e39ba899ea8fee3bb69fb2a680e22093447d48ac"), version: 0xc0 },
  { script: fromHex("06424950333431"), version: 0xfa },
] as const;

test("one of BIP341's trees of two leaves gives its root, key, address and control blocks", () => {
  const [a, b] = LEAVES.map(({ script, version }) => tapLeafHash(script, version)) as [Bytes, Bytes];
  assert.equal(toHex(a), "8ad69ec7cf41c2a4001fd1f738bf1e505ce2277acdcaa63fe4765192497f47a7");
  const root = tapBranchHash(a, b);
  assert.equal(toHex(root), "6c2dc106ab816b73f9d07e3cd1ef2c8c1256f519748e0813e4edd2405d277bef");
  assert.deepEqual(tapBranchHash(b, a), root);
  const output = taprootOutputKey(INTERNAL, root);
  assert.ok(output !== undefined);
  assert.equal(
    addressOf(payToTaproot(output.key), MAIN.addresses),
    "bc1pwyjywgrd0ffr3tx8laflh6228dj98xkjj8rum0zfpd6h0e930h6saqxrrm",
  );
  const control = controlBlock(INTERNAL, output.parity, [b]);
  assert.equal(toHex(control), `c0${toHex(INTERNAL)}${toHex(b)}`);
  assert.deepEqual(tapMerkleRoot(control, a), root);
  assert.deepEqual(tapMerkleRoot(control.subarray(0, CONTROL_BASE_BYTES), a), a);
});

test("an internal key that is not on the curve has no output key", () => {
  assert.equal(taprootOutputKey(new Uint8Array(32).fill(0xff)), undefined);
});

test("BIP341's outputs and control blocks come out", { skip: skipWithoutShared }, () => {
  const cases = sharedCases(TAPROOT_WALLET, "core/bip341_wallet_vectors.json").slice(0, 7);
  assert.equal(cases.length, 7);
  assert.deepEqual(failuresOf(cases), []);
});
