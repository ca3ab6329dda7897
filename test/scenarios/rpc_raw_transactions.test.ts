/** Making, signing, testing and proving transactions by JSON-RPC. Fixed values are Bitcoin Core 31.99's. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { RpcWorld } from "../support/rpc_world.ts";

const KEY = "cMahea7zqjxrtgAbB7LSGbcQUr1uX1ojuat9jZodMN87JcbXMTcA";
const PUBLIC = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798";
const TAPROOT = "bcrt1p9yfmy5h72durp7zrhlw9lf7jpwjgvwdg0jr0lqmmjtgg83266lqsekaqka";
const LEGACY = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
/** One block each; all can be signed with KEY. */
const OUTPUTS = [
  `pkh(${KEY})`, `wpkh(${KEY})`, `sh(wpkh(${KEY}))`, `pk(${KEY})`, `tr(${KEY})`, `rawtr(${KEY})`,
  `wsh(multi(1,${KEY}))`, `sh(wsh(pkh(${KEY})))`, `sh(multi(1,${KEY}))`,
];

interface Signed {
  readonly hex: string;
  readonly complete: boolean;
  readonly errors?: readonly { readonly error: string; readonly vout: number }[];
}

interface Tested {
  readonly txid: string;
  readonly allowed?: boolean;
  readonly vsize?: number;
  readonly "reject-reason"?: string;
  readonly "package-error"?: string;
}

let world: RpcWorld;
const coinbases: string[] = [];

before(async () => {
  world = await RpcWorld.open();
  await world.resultOf("setmocktime", 1_700_000_000);
  for (const output of OUTPUTS) await world.resultOf("generatetodescriptor", 1, output);
  await world.resultOf("generatetoaddress", 101, LEGACY);
  for (let height = 1; height <= OUTPUTS.length; height++) coinbases.push(await world.coinbase(height));
});
after(() => world.close());

/** The `prevtxs` of a script that the node cannot know, for the coinbase at `place`. */
async function previous(place: number, extra: Readonly<Record<string, string>>): Promise<object> {
  const txid = coinbases[place];
  const hash = await world.resultOf<string>("getblockhash", place + 1);
  const shown = await world.resultOf<{ vout: [{ scriptPubKey: { hex: string } }] }>("getrawtransaction",
    txid, 1, hash);
  return { txid, vout: 0, scriptPubKey: shown.vout[0].scriptPubKey.hex, amount: 50, ...extra };
}

async function spendAll(): Promise<string> {
  const inputs = coinbases.map((txid) => ({ txid, vout: 0 }));
  return world.resultOf<string>("createrawtransaction", inputs, [{ [TAPROOT]: 449.999 }]);
}

async function signAll(hashType?: string): Promise<Signed> {
  const multisig = `5121${PUBLIC}51ae`;
  const keyHash = "751e76e8199196d454941c45d1b3a323f1433bd6";
  const scripts = [
    await previous(2, { redeemScript: `0014${keyHash}` }),
    await previous(6, { witnessScript: multisig }),
    await previous(7, { witnessScript: `76a914${keyHash}88ac` }),
    await previous(8, { redeemScript: multisig }),
  ];
  const raw = await spendAll();
  return world.resultOf<Signed>("signrawtransactionwithkey", raw, [KEY], scripts, hashType);
}

describe("createrawtransaction", () => {
  it("gives the very bytes that Bitcoin Core gives", async () => {
    const inputs = [{ txid: "aa".repeat(32), vout: 1 }];
    assert.equal(await world.resultOf("createrawtransaction", inputs,
      [{ [LEGACY]: 0.01 }, { data: "0102" }], 7),
      `0200000001${"aa".repeat(32)}0100000000fdffffff0240420f00000000001976a914000000000000000000000000000000000000000088ac` +
        "0000000000000000046a02010207000000");
  });

  it("refuses what makes no transaction", async () => {
    const inputs = [{ txid: "aa".repeat(32), vout: 0 }];
    const refusals = [
      [[[{ txid: "aa".repeat(32) }], {}], [-8, "Invalid parameter, missing vout key"]],
      [[inputs, null], [-8, "Invalid parameter, output argument must be non-null"]],
      [[inputs, [{ [LEGACY]: 1 }, { [LEGACY]: 1 }]],
        [-8, `Invalid parameter, duplicated address: ${LEGACY}`]],
      [[inputs, { foo: 1 }], [-5, "Invalid Bitcoin address: foo"]],
      [[inputs, { data: "zz" }], [-8, "Data must be hexadecimal string (not 'zz')"]],
      [[inputs, {}, -1], [-8, "Invalid parameter, locktime out of range"]],
      [[inputs, {}, 0, true, 4], [-8, "Invalid parameter, version out of range(1~3)"]],
      [[[{ txid: "aa".repeat(32), vout: 0, sequence: 4294967295 }], {}, 0, true],
        [-8, "Invalid parameter combination: Sequence number(s) contradict replaceable option"]],
    ] as const;
    for (const [args, error] of refusals) {
      assert.deepEqual(await world.errorOf("createrawtransaction", ...args), error);
    }
  });
});

describe("signrawtransactionwithkey", () => {
  it("signs outputs of all usual forms, so that the mempool takes them", async () => {
    for (const hashType of [undefined, "ALL", "NONE|ANYONECANPAY", "SINGLE|ANYONECANPAY"]) {
      const { complete, errors, hex } = await signAll(hashType);
      // With SINGLE only the first input has an output to sign.
      if (hashType?.startsWith("SINGLE") === true) {
        assert.equal(errors?.length, OUTPUTS.length - 1);
        continue;
      }
      assert.deepEqual([complete, errors], [true, undefined]);
      const [tested] = await world.resultOf<[Tested]>("testmempoolaccept", [hex], 0);
      assert.equal(tested.allowed, true);
    }
  });

  it("says what is missing, input by input", async () => {
    const { complete, errors } =
      await world.resultOf<Signed>("signrawtransactionwithkey", await spendAll(), [KEY]);
    assert.equal(complete, false);
    assert.deepEqual(errors?.map(({ error }) => error), [
      "Unable to sign input, invalid stack size (possibly missing key)",
      "Witness program was passed an empty witness",
      "Unable to sign input, invalid stack size (possibly missing key)",
      "Unable to sign input, invalid stack size (possibly missing key)",
    ]);
  });

  it("refuses keys, outputs and hash types that are none, and amounts that it would need", async () => {
    const raw = await world.resultOf<string>("createrawtransaction",
      [{ txid: "aa".repeat(32), vout: 1 }], {});
    const refusals = [
      [["00", [KEY]], [-22, "TX decode failed. Make sure the tx has at least one input."]],
      [[raw, ["x"]], [-5, "Invalid private key"]],
      [[raw, [KEY], null, "FOO"], [-8, "'FOO' is not a valid sighash parameter."]],
      [[raw, [KEY], [{ txid: "aa".repeat(32), vout: 1 }]], [-3, "Missing scriptPubKey"]],
      [[raw, [KEY], [{ txid: "aa".repeat(32), vout: 1, scriptPubKey: `a914${"00".repeat(20)}87` }]],
        [-8, "Missing redeemScript/witnessScript"]],
      [[raw, [KEY], [{
        txid: "aa".repeat(32), vout: 1, scriptPubKey: "0014751e76e8199196d454941c45d1b3a323f1433bd6",
      }]], [-3, "Missing amount for CTxOut(nValue=21000000.00000000, " +
        "scriptPubKey=0014751e76e8199196d454941c45d1)"]],
    ] as const;
    for (const [args, error] of refusals) {
      assert.deepEqual(await world.errorOf("signrawtransactionwithkey", ...args), error);
    }
  });
});

describe("combinerawtransaction", () => {
  const OTHER = "cVpF924EspNh8KjYsfhgY96mmxvT6DgdWiTYMtMjuM74hJaU5psW";

  it("puts the signatures of two together, and refuses two transactions", async () => {
    const [{ key }, { key: otherKey }] = [await publicKey(KEY), await publicKey(OTHER)];
    const { redeemScript, descriptor } = await world.resultOf<{ redeemScript: string; descriptor: string }>(
      "createmultisig", 2, [key, otherKey], "bech32");
    const output = descriptor.split("#")[0];
    await world.resultOf("generatetodescriptor", 1, output);
    const height = await world.resultOf<number>("getblockcount");
    await world.resultOf("generatetoaddress", 100, LEGACY);
    const txid = await world.coinbase(height);
    const shown = await world.resultOf<{ vout: [{ value: number; scriptPubKey: { hex: string } }] }>(
      "getrawtransaction", txid, 1, await world.resultOf("getblockhash", height));
    const [{ value, scriptPubKey }] = shown.vout;
    const raw = await world.resultOf<string>("createrawtransaction", [{ txid, vout: 0 }],
      [{ [TAPROOT]: 24 }]);
    const known = [{ txid, vout: 0, scriptPubKey: scriptPubKey.hex, witnessScript: redeemScript,
      amount: value }];
    const sign = async (secret: string): Promise<Signed> =>
      world.resultOf<Signed>("signrawtransactionwithkey", raw, [secret], known);
    const [one, two] = [await sign(KEY), await sign(OTHER)];
    assert.deepEqual([one.complete, two.complete], [false, false]);
    const whole = await world.resultOf<string>("combinerawtransaction", [two.hex, one.hex]);
    const [tested] = await world.resultOf<[Tested]>("testmempoolaccept", [whole], 0);
    assert.equal(tested.allowed, true);
    const unlike = await world.resultOf<string>("createrawtransaction", [{ txid, vout: 0 }],
      [{ [TAPROOT]: 23 }]);
    assert.deepEqual(await world.errorOf("combinerawtransaction", [raw, unlike]),
      [-8, "Transaction number 2 not compatible with first transaction"]);
    assert.deepEqual(await world.errorOf("combinerawtransaction", []),
      [-22, "Missing transactions. At least two transactions required."]);
  });

  async function publicKey(secret: string): Promise<{ key: string }> {
    const { descriptor } = await world.resultOf<{ descriptor: string }>("getdescriptorinfo", `pk(${secret})`);
    return { key: descriptor.slice(3, 69) };
  }
});

describe("testmempoolaccept", () => {
  it("judges one, and says why not", async () => {
    const { hex } = await signAll();
    const raw = await spendAll();
    const [bad] = await world.resultOf<[Tested]>("testmempoolaccept", [raw]);
    assert.deepEqual([bad.allowed, bad["reject-reason"]], [false, "bad-txns-nonstandard-inputs"]);
    const [dear] = await world.resultOf<[Tested]>("testmempoolaccept", [hex], 0.00000001);
    assert.deepEqual([dear.allowed, dear["reject-reason"]], [false, "max-fee-exceeded"]);
    const missing = await world.resultOf<string>("createrawtransaction", [{ txid: "aa".repeat(32), vout: 1 }],
      [{ [TAPROOT]: 1 }]);
    const [gone] = await world.resultOf<[Tested]>("testmempoolaccept", [missing]);
    assert.deepEqual([gone.allowed, gone["reject-reason"]], [false, "missing-inputs"]);
    assert.deepEqual(await world.resultOf("getrawmempool"), []);
  });

  it("judges several, until one fails", async () => {
    const { hex } = await signAll();
    const twice = await world.resultOf<Tested[]>("testmempoolaccept", [hex, hex]);
    assert.deepEqual(twice.map((each) => each["package-error"]),
      ["package-contains-duplicates", "package-contains-duplicates"]);
    const missing = await world.resultOf<string>("createrawtransaction", [{ txid: "aa".repeat(32), vout: 1 }],
      [{ [TAPROOT]: 1 }]);
    const mixed = await world.resultOf<Tested[]>("testmempoolaccept", [hex, missing]);
    assert.deepEqual(mixed.map(({ allowed }) => allowed), [undefined, false]);
    assert.deepEqual(await world.errorOf("testmempoolaccept", []),
      [-8, "Array must contain between 1 and 25 transactions."]);
  });
});

describe("in the mempool and in a block", () => {
  it("families and spenders are found, and in a block proofs of both", async () => {
    const { hex } = await signAll();
    const parent = await world.resultOf<string>("sendrawtransaction", hex, 0);
    const outPoint = { vout: 0, txid: coinbases[0] };
    assert.deepEqual(await world.resultOf("gettxspendingprevout", [outPoint, { txid: parent, vout: 0 }]),
      [{ ...outPoint, spendingtxid: parent }, { txid: parent, vout: 0 }]);
    assert.deepEqual(await world.errorOf("gettxspendingprevout", [{ txid: parent, vout: 0 }],
      { mempool_only: false }),
      [-1, "Mempool lacks a relevant spend, and txospenderindex is unavailable."]);
    assert.deepEqual(await world.resultOf("getmempoolancestors", parent), []);
    assert.deepEqual(await world.resultOf("getmempooldescendants", parent, true), {});
    assert.deepEqual(await world.errorOf("getmempoolancestors", "00".repeat(32)),
      [-5, "Transaction not in mempool"]);
    assert.deepEqual(await world.resultOf("getorphantxs", 2), []);
    assert.deepEqual(await world.errorOf("getorphantxs", 3), [-8, "Invalid verbosity value 3"]);
    const [again] = await world.resultOf<[Tested]>("testmempoolaccept", [hex], 0);
    assert.equal(again["reject-reason"], "txn-already-in-mempool");

    const [block] = await world.resultOf<[string]>("generatetoaddress", 1, LEGACY);
    const proof = await world.resultOf<string>("gettxoutproof", [parent]);
    assert.equal(await world.resultOf("gettxoutproof", [parent], block), proof);
    assert.deepEqual(await world.resultOf("verifytxoutproof", proof), [parent]);
    assert.deepEqual(await world.resultOf("verifytxoutproof", `${proof}00`), [parent]);
    assert.deepEqual(await world.errorOf("gettxoutproof", ["00".repeat(32)], block),
      [-5, "Not all transactions found in specified or retrieved block"]);
    assert.deepEqual(await world.errorOf("gettxoutproof", [parent, parent]),
      [-8, `Invalid parameter, duplicated txid: ${parent}`]);
    assert.equal((await world.errorOf("verifytxoutproof", "00"))[0], -1);
  });
});
