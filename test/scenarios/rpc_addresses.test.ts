/** Addresses, scripts and descriptors by JSON-RPC. Fixed values are Bitcoin Core 31.99's. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { withChecksum } from "../../src/script/descriptor.ts";
import { RpcWorld } from "../support/rpc_world.ts";

const KEY = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";
const P = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const Q = "02f9308a019258c31049344f85f89d5229b531c845836f99b08601f113bce036f9";
const LONG = "0479be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" +
  "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8";
const SECRET = "tprv8ZgxMBicQKsPd7Uf69XL1XwhmjHopUGep8GuEiJDZmbQz6o58LninorQAfcKZWARbtRtfnLcJ5MQ2AtHcQJCCRUcMRvmDUjyEmNUWwx8UbK";
const PUBLIC = "tpubD6NzVbkrYhZ4WaWSyoBvQwbpLkojyoTZPRsgXELWz3Popb3qkjcJyJUGLnL4qHHoQvao8ESaAstxYSnhyswJ76uZPStJRJCTKvosUCJZL5B";

let world: RpcWorld;
before(async () => void (world = await RpcWorld.open()));
after(() => world.close());

describe("validateaddress", () => {
  it("tells the forms apart", async () => {
    const form = async (address: string): Promise<unknown> => {
      const { isvalid, isscript, iswitness, witness_version } =
        await world.resultOf<Record<string, unknown>>("validateaddress", address);
      return [isvalid, isscript, iswitness, witness_version];
    };
    assert.deepEqual(await form("mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8"), [true, false, false, undefined]);
    assert.deepEqual(await form("2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc"), [true, true, false, undefined]);
    assert.deepEqual(await form("bcrt1p9yfmy5h72durp7zrhlw9lf7jpwjgvwdg0jr0lqmmjtgg83266lqsekaqka"),
      [true, true, true, 1]);
    assert.deepEqual(await form("bcrt1pfeesnyr2tx"), [true, true, true, undefined]);
  });

  it("says what is wrong with others", async () => {
    assert.deepEqual(await world.resultOf("validateaddress", "x"), {
      isvalid: false, error_locations: [],
      error: "Invalid checksum or length of Base58 address (P2PKH or P2SH)",
    });
  });
});

describe("decodescript", () => {
  it("shows a script, and the outputs that could commit to it", async () => {
    const shown = await world.resultOf<Record<string, unknown>>("decodescript", `5121${P}21${Q}52ae`);
    assert.equal(shown["asm"], `1 ${P} ${Q} 2 OP_CHECKMULTISIG`);
    assert.equal(shown["type"], "multisig");
    const segwit = shown["segwit"] as { desc: string; type: string };
    assert.deepEqual([segwit.desc, segwit.type],
      [withChecksum(`wsh(multi(1,${P},${Q}))`), "witness_v0_scripthash"]);
  });

  it("wraps nothing that could not be spent, and no uncompressed key in a witness", async () => {
    for (const script of ["6a", "7e", "4c", "ba", `5120${P.slice(2)}`, `a914${"11".repeat(20)}87`]) {
      assert.equal((await world.resultOf<object>("decodescript", script) as { p2sh?: string }).p2sh,
        undefined, script);
    }
    const long = await world.resultOf<Record<string, unknown>>("decodescript", `41${LONG}ac`);
    assert.ok(long["p2sh"] !== undefined && long["segwit"] === undefined);
    assert.deepEqual(await world.errorOf("decodescript", "xx"),
      [-8, "argument must be hexadecimal string (not 'xx')"]);
  });
});

describe("createmultisig", () => {
  it("makes all three kinds of address", async () => {
    const make = async (...args: unknown[]): Promise<string> =>
      (await world.resultOf<{ descriptor: string }>("createmultisig", 2, [P, Q], ...args)).descriptor;
    assert.equal(await make(), withChecksum(`sh(multi(2,${P},${Q}))`));
    assert.equal(await make("p2sh-segwit"), withChecksum(`sh(wsh(multi(2,${P},${Q})))`));
    assert.equal(await make("bech32"), withChecksum(`wsh(multi(2,${P},${Q}))`));
  });

  it("warns where an uncompressed key makes another kind, and refuses what cannot be", async () => {
    const { warnings } = await world.resultOf<{ warnings: string[] }>("createmultisig", 1, [LONG], "bech32");
    assert.equal(warnings.length, 1);
    const refusals = [
      [[0, [P]], "a multisignature address must require at least one key to redeem"],
      [[2, [P]], "not enough keys supplied (got 1 keys, but need at least 2 to redeem)"],
      [[16, Array(16).fill(P)], "redeemScript exceeds size limit: 547 > 520"],
      [[1, ["zz"]], 'Pubkey "zz" must be a hex string'],
      [[1, [P], "bech32m"], "createmultisig cannot create bech32m multisig addresses"],
      [[1, [P], "x"], "Unknown address type 'x'"],
    ] as const;
    for (const [args, message] of refusals) {
      assert.equal((await world.errorOf("createmultisig", ...args))[1], message);
    }
  });
});

describe("descriptors", () => {
  it("are spelt in the usual way, without secrets", async () => {
    const info = async (text: string) => world.resultOf<Record<string, unknown>>("getdescriptorinfo", text);
    assert.deepEqual(await info(`wpkh(${SECRET}/1h/*)`), {
      descriptor: withChecksum(`wpkh(${PUBLIC}/1h/*)`),
        checksum: withChecksum(`wpkh(${SECRET}/1h/*)`).slice(-8),
      isrange: true, issolvable: true, hasprivatekeys: true,
    });
    assert.equal((await info(`tr(${KEY})`))["descriptor"], withChecksum(`tr(${P.slice(2)})`));
    assert.equal((await info("raw(00FF)"))["issolvable"], false);
    const many = await info(`pkh([D34DB33F/44'/0h]${PUBLIC}/<0;1>/*)`);
    assert.deepEqual(many["multipath_expansion"],
      [0, 1].map((at) => withChecksum(`pkh([d34db33f/44h/0h]${PUBLIC}/${at}/*)`)));
  });

  it("give addresses, by number where they have many", async () => {
    const one = withChecksum(`wpkh(${PUBLIC}/1/1/0)`);
    assert.deepEqual(await world.resultOf("deriveaddresses", one),
      ["bcrt1qjqmxmkpmxt80xz4y3746zgt0q3u3ferr34acd5"]);
    const many = withChecksum(`wpkh(${SECRET}/1/1/*)`);
    assert.deepEqual(await world.resultOf("deriveaddresses", many, [1, 2]),
      ["bcrt1qhku5rq7jz8ulufe2y6fkcpnlvpsta7rq4442dy", "bcrt1qpgptk2gvshyl0s9lqshsmx932l9ccsv265tvaq"]);
    const combo = await world.resultOf<string[]>("deriveaddresses", withChecksum(`combo(${KEY})`));
    assert.equal(combo.length, 3);
  });

  it("are refused for what is wrong with them, or with the range", async () => {
    const refusals = [
      [["raw(51)"], [-5, "Missing checksum"]],
      [[withChecksum(`pk(${P})`)], [-5, "Descriptor does not have a corresponding address"]],
      [[withChecksum(`wpkh(${PUBLIC}/1h)`)], [-5, "Cannot derive script without private keys"]],
      [[withChecksum(`wpkh(${PUBLIC}/*)`)], [-8, "Range must be specified for a ranged descriptor"]],
      [[withChecksum(`wpkh(${P})`), 2], [-8, "Range should not be specified for an un-ranged descriptor"]],
      [[withChecksum(`wpkh(${PUBLIC}/*)`), [2, 1]], [-8,
        "Range specified as [begin,end] must not have begin after end"]],
      [[withChecksum(`wpkh(${PUBLIC}/*)`), [0, 1_000_000]], [-8, "Range is too large"]],
    ] as const;
    for (const [args, error] of refusals) {
      assert.deepEqual(await world.errorOf("deriveaddresses", ...args), error);
    }
    assert.deepEqual(await world.errorOf("getdescriptorinfo", `pkh(${PUBLIC}/<0;1>/<2;3>)`),
      [-5, "Multiple multipath key path specifiers found"]);
    assert.deepEqual(await world.errorOf("getdescriptorinfo", `pkh([d34db33/4]${PUBLIC})`),
      [-5, "pkh(): Fingerprint is not 4 bytes (7 characters instead of 8 characters)"]);
  });
});
