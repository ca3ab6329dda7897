import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toHex } from "../base/bytes.ts";
import { seededRng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { compactTarget } from "../primitives/target.ts";
import { parseChainFile } from "./chain_file.ts";
import { hasGenesisWork } from "./genesis_work.ts";
import { makeChainFile } from "./make_chain_file.ts";
import { NETWORKS } from "./networks.ts";

const OPTIONS = { time: 1_700_000_000 as UnixSeconds };

function made(name = "lab", options: Parameters<typeof makeChainFile>[1] = OPTIONS, seed = 1) {
  const chain = makeChainFile(name, options, seededRng(seed));
  if (!chain.ok) assert.fail(chain.errors.join("; "));
  return chain;
}

type Json = Record<string, unknown>;

/** The errors of a good file in which the field at `path` is `value` instead, or missing. */
function errorsWith(path: string, value: unknown): readonly string[] {
  const file = JSON.parse(made().text) as Json;
  const names = path.split(".");
  const last = names.pop() as string;
  const place = names.reduce<Json>((object, name) => object[name] as Json, file);
  if (value === undefined) delete place[last];
  else place[last] = value;
  const verdict = parseChainFile(JSON.stringify(file));
  return verdict.ok ? [] : verdict.errors;
}

test("a made chain file is read back as the network that was made", () => {
  const { text, params } = made();
  assert.deepEqual(parseChainFile(text), { ok: true, params });
  assert.deepEqual([params.name, params.folder, params.isPublic], ["lab", "lab", false]);
  assert.equal(params.deployments.segwitHeight, 1);
  assert.equal(params.work.targetTimespan, 2016 * 60);
});

test("the genesis block of a made chain has its proof of work", () => {
  const { params } = made("hard", { ...OPTIONS, limit: 1n << 247n });
  assert.equal(hasGenesisWork(params.genesis), true);
  assert.ok(toHex(params.genesis.hash).endsWith("00"));
});

test("options come through, and two seeds give two networks", () => {
  const options = {
    ...OPTIONS,
    message: "hi",
    targetSpacing: 5,
    coinbaseMaturity: 3,
    seeds: ["a.example:1234"],
  };
  const { params } = made("lab", options);
  assert.deepEqual(
    [params.work.targetSpacing, params.money.coinbaseMaturity, params.fixedSeeds],
    [5, 3, ["a.example:1234"]],
  );
  assert.match(toHex(params.genesis.bytes), /026869/);
  assert.notDeepEqual(made("lab", options, 2).params.magic, params.magic);
});

test("a bad name is refused when a chain is made", () => {
  const chain = makeChainFile("Lab!", OPTIONS, seededRng(1));
  assert.deepEqual(chain, {
    ok: false,
    errors: ['name is "Lab!", need 1 to 31 of a-z, 0-9 and -, a letter first'],
  });
});

const ERRORS = [
  ["name", "main", 'name is "main", which another network or folder has'],
  ["name", "blocks", 'name is "blocks", which another network or folder has'],
  ["name", undefined, "name is missing, need 1 to 31 of a-z, 0-9 and -, a letter first"],
  ["magic", "F9BEB4D9", "magic is F9BEB4D9, which another network has"],
  ["magic", "0b110907", "magic is 0b110907, which another network has"],
  ["magic", "f9be", 'magic is "f9be", need 4 bytes as 8 hex digits'],
  ["magic", "zzzzzzzz", 'magic is "zzzzzzzz", need 4 bytes as 8 hex digits'],
  ["port", 8333, "port is 8333, which another network has"],
  ["rpcPort", 8332, "rpcPort is 8332, which another network has"],
  ["port", 0, "port is 0, need a whole number from 1 to 65535"],
  ["port", "1", 'port is "1", need a whole number from 1 to 65535'],
  ["port", 1.5, "port is 1.5, need a whole number from 1 to 65535"],
  ["genesis", undefined, "genesis is missing, need an object"],
  ["genesis.time", -1, "genesis.time is -1, need a whole number from 1 to 4294967295"],
  ["genesis.bits", "00000000", "genesis.bits is 00000000, need a target above zero and not above work.limit"],
  ["genesis.bits", "2100ffff", "genesis.bits is 2100ffff, need a target above zero and not above work.limit"],
  ["genesis.message", "", 'genesis.message is "", need 1 to 91 printable ASCII characters'],
  ["genesis.message", "é", 'genesis.message is "é", need 1 to 91 printable ASCII characters'],
  [
    "genesis.outputScript",
    "5",
    'genesis.outputScript is "5", need a script as hex digits, at most 10,000 bytes',
  ],
  ["work.targetTimespan", 61, "work.targetTimespan is 61, need a multiple of work.targetSpacing (60)"],
  ["work.noRetargeting", 1, "work.noRetargeting is 1, need true or false"],
  [
    "money.subsidyHalvingInterval",
    210_001,
    "money.initialSubsidy and subsidyHalvingInterval make 2100010000000000 satoshi in all, need at most 2100000000000000",
  ],
  ["addresses.scriptHash", 111, "addresses.scriptHash is 111, need another than addresses.publicKeyHash"],
  ["addresses.bech32", "B1", 'addresses.bech32 is "B1", need 1 to 20 lower-case letters'],
  ["seeds", ["nowhere"], 'seeds.0 is "nowhere", need "host:port"'],
  ["seeds", 3, 'seeds is 3, need a list of "host:port"'],
  ["deployments", { bip9: 1 }, "deployments.bip9 is no field of a chain file"],
  ["colour", "red", "colour is no field of a chain file"],
] as const;

for (const [path, value, error] of ERRORS) {
  test(`${path} of ${JSON.stringify(value)} is refused: ${error}`, () => {
    assert.ok(errorsWith(path, value).includes(error), JSON.stringify(errorsWith(path, value)));
  });
}

test("a wrong nonce is refused", () => {
  const { params, text } = made();
  const file = JSON.parse(text) as { genesis: { nonce: number } };
  for (let nonce = 0; nonce < 20; nonce++) {
    if (nonce === params.genesis.header.nonce) continue;
    const verdict = parseChainFile(JSON.stringify({ ...file, genesis: { ...file.genesis, nonce } }));
    if (verdict.ok) continue;
    assert.deepEqual(verdict.errors, [
      `genesis.nonce is ${nonce}, which does not give the block its proof of work`,
    ]);
    return;
  }
  assert.fail("half of all nonces give no work");
});

test("several faults are told at once", () => {
  const verdict = parseChainFile('{"name": 1, "port": "x"}');
  assert.ok(!verdict.ok && verdict.errors.length >= 7, JSON.stringify(verdict));
});

test("what is not JSON, or no object, is refused in one line", () => {
  const broken = parseChainFile("{");
  assert.ok(!broken.ok && broken.errors.length === 1 && broken.errors[0]?.startsWith("not JSON: "));
  assert.deepEqual(parseChainFile("[]"), { ok: false, errors: ["the file is [], need an object"] });
});

test("any JSON at all is answered with a verdict", () => {
  fc.assert(
    fc.property(fc.json(), (text) => assert.equal(parseChainFile(text).ok, false)),
    { numRuns: 200 },
  );
});

test("each network's genesis block has the work of its easiest target", () => {
  for (const { work, genesis } of NETWORKS) {
    assert.equal(compactTarget(work.limit), genesis.header.bits);
    assert.equal(hasGenesisWork(genesis), true);
  }
});
