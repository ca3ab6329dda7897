import assert from "node:assert/strict";
import { test } from "node:test";
import "../../test/support/portable_curve.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { REGTEST } from "../params/regtest.ts";
import { encodeSecretKey, parseAddress } from "./addresses.ts";
import { inferDescriptor, parseDescriptor, parseDescriptors, withChecksum } from "./descriptor.ts";
import { descriptorChecksum } from "./descriptor_checksum.ts";

const { addresses } = REGTEST;
const G = "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const KEY = `02${G}`;
const LONG_KEY = `04${G}483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8`;
const HASH = "751e76e8199196d454941c45d1b3a323f1433bd6";
const ADDRESS = "bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080";

function scriptOf(text: string): string {
  const verdict = parseDescriptor(text, addresses);
  return verdict.ok ? toHex(verdict.script) : verdict.error;
}

test("the checksums of BIP380's and Bitcoin Core's examples come out", () => {
  assert.equal(descriptorChecksum("raw(deadbeef)"), "89f8spxm");
  assert.equal(
    withChecksum("addr(mkmZxiEcEd8ZqjQWVZuC6so5dFMKEFpN2j)"),
    "addr(mkmZxiEcEd8ZqjQWVZuC6so5dFMKEFpN2j)#02wpgw69",
  );
  assert.equal(descriptorChecksum("raw(é)"), undefined);
});

const SCRIPTS = [
  ["raw(51)", "51"],
  ["raw(51)#8lvh9jxk", "51"],
  [`addr(${ADDRESS})`, `0014${HASH}`],
  [`pk(${KEY})`, `21${KEY}ac`],
  [`pk(${LONG_KEY})`, `41${LONG_KEY}ac`],
  [`pkh(${KEY})`, `76a914${HASH}88ac`],
  [`wpkh(${KEY})`, `0014${HASH}`],
  [`combo(${KEY})`, `0014${HASH}`],
  [`sh(wpkh(${KEY}))`, "a914bcfeb728b584253d5f3f70bcb780e9ef218a68f487"],
  [`multi(1,${KEY},${LONG_KEY})`, `5121${KEY}41${LONG_KEY}52ae`],
  [`sortedmulti(1,${LONG_KEY},${KEY})`, `5121${KEY}41${LONG_KEY}52ae`],
  [`rawtr(${G})`, `5120${G}`],
  [`tr(${G})`, "5120da4710964f7852695de2da025290e24af6d8c281de5a0b902b7135fd9fd74d21"],
  [`tr(${KEY})`, "5120da4710964f7852695de2da025290e24af6d8c281de5a0b902b7135fd9fd74d21"],
] as const;

for (const [text, script] of SCRIPTS) {
  test(`${text} is a script`, () => assert.equal(scriptOf(text), script));
}

test("a private key stands for its public key", () => {
  const secret = encodeSecretKey(fromHex("00".repeat(31) + "01"), addresses);
  assert.equal(scriptOf(`wpkh(${secret})`), `0014${HASH}`);
});

test("what is nested is hashed with the hash of what it is nested in", () => {
  const inner = parseDescriptor(`multi(1,${KEY})`, addresses);
  assert.ok(inner.ok);
  assert.match(scriptOf(`sh(multi(1,${KEY}))`), /^a914.{40}87$/);
  assert.match(scriptOf(`wsh(multi(1,${KEY}))`), /^0020.{64}$/);
  assert.match(scriptOf(`sh(wsh(pkh(${KEY})))`), /^a914.{40}87$/);
});

const ERRORS = [
  ["raw(5)", "Raw script is not hex"],
  ["raw(51)#8lvh9jxq", "Provided checksum '8lvh9jxq' does not match computed checksum '8lvh9jxk'"],
  ["raw(51)#8lvh9jx", "Expected 8 character checksum, not 7 characters"],
  ["raw(51)##", "Multiple '#' symbols"],
  ["raw(é)", "Invalid characters in payload"],
  ["addr(x)", "Address is not valid"],
  ["pk()", "pk(): No key provided"],
  ["pk( 02)", "pk(): Key ' 02' is invalid due to whitespace"],
  ["pk(02)", "pk(): Pubkey '02' is invalid"],
  [`pk(06${LONG_KEY.slice(2)})`, "pk(): Hybrid public keys are not allowed"],
  [`wpkh(${LONG_KEY})`, "wpkh(): Uncompressed keys are not allowed"],
  [`wsh(pk(${LONG_KEY}))`, "pk(): Uncompressed keys are not allowed"],
  ["pkh(xyz)", "pkh(): key 'xyz' is not valid"],
  [`tr(${"ff".repeat(32)})`, `tr(): Pubkey '${"ff".repeat(32)}' is invalid`],
  [`sh(sh(pk(${KEY})))`, "Can only have sh() at top level"],
  [`sh(${KEY})`, "A function is needed within P2SH"],
  [`wsh(wsh(pk(${KEY})))`, "Can only have wsh() at top level or inside sh()"],
  [`wsh(wpkh(${KEY}))`, "Can only have wpkh() at top level or inside sh()"],
  [`sh(addr(${ADDRESS}))`, "Can only have addr() at top level"],
  [
    `multi(2,${KEY})`,
    "Multisig threshold cannot be larger than the number of keys; threshold is 2 but only 1 keys specified",
  ],
  [`multi(0,${KEY})`, "Multisig threshold cannot be 0, must be at least 1"],
  [`multi(a,${KEY})`, "Multi threshold 'a' is not valid"],
  ["multi(1)", "Cannot have 0 keys in multisig; must have between 1 and 20 keys, inclusive"],
  [`multi(1${`,${KEY}`.repeat(4)})`, "Cannot have 4 pubkeys in bare multisig; only at most 3 pubkeys"],
  [ADDRESS, `'${ADDRESS}' is not a valid descriptor function`],
  ["foo(51)", "'foo(51)' is not a valid descriptor function"],
  ["", "'' is not a valid descriptor function"],
] as const;

for (const [text, error] of ERRORS) {
  test(`${JSON.stringify(text)} is refused: ${error}`, () => assert.equal(scriptOf(text), error));
}

const INFERRED = [
  [`21${KEY}ac`, `pk(${KEY})`],
  [`5121${KEY}51ae`, `multi(1,${KEY})`],
  [`5120${G}`, `rawtr(${G})`],
  [`5120${"ff".repeat(32)}`, "addr("],
  [`0014${HASH}`, `addr(${ADDRESS})`],
  ["51024e73", "addr(bcrt1pfeesnyr2tx)"],
  ["6a", "raw(6a)"],
  ["", "raw()"],
] as const;

for (const [script, start] of INFERRED) {
  test(`${script === "" ? "an empty script" : script} is described as ${start}, which is read back`, () => {
    const text = inferDescriptor(fromHex(script), addresses);
    assert.ok(text.startsWith(start), text);
    assert.equal(scriptOf(text), script);
  });
}

test("an address is no descriptor, but is an address", () => {
  assert.equal(parseAddress(ADDRESS, addresses).ok, true);
});

test("scripts are named by their keys, with where those came from", () => {
  const root = "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJR" +
    "JCTKvosUCJZL5B";
  const derived = "03e1c5b6e650966971d7e71ef2674f80222752740fc1dfd63bbbd220d2da9bd0fb";
  const names = (text: string, index: number): readonly string[] | undefined => {
    const verdict = parseDescriptors(text, REGTEST.addresses);
    assert.ok(verdict.ok);
    const [descriptor] = verdict.descriptors;
    assert.equal(descriptor.namesAt(index)?.length, descriptor.scriptsAt(index)?.length);
    return descriptor.namesAt(index);
  };
  // As rpc_scantxoutset.py of Bitcoin Core has them.
  const origin = "[0c5f9a1e/1/1/0]";
  assert.deepEqual(names(`combo(${root}/1/1/*)`, 0), [
    `pk(${origin}${derived})`, `pkh(${origin}${derived})`, `wpkh(${origin}${derived})`,
      `sh(wpkh(${origin}${derived}))`,
  ]);
  assert.deepEqual(names(`tr([abcdef88/2h]${root}/1/1/0)`, 7),
    [`tr([abcdef88/2h/1/1/0]${derived.slice(2)})`]);
  assert.deepEqual(names(`wsh(sortedmulti(1,${root}/1/1/0,${KEY}))`, 0)?.[0]?.includes("multi(1,["), true);
});
