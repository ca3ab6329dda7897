/** What an operator adds to fees, blocks asked of one peer, and methods that went elsewhere, by JSON-RPC. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { RpcWorld } from "../support/rpc_world.ts";

const ADDRESS = "mfWxJ45yp2SFn7UciZyNpvDKrzbhyfKrY8";
const TXID = "1d1d4e24ed99057e84c3f80fd8fbec79ed9e1acee37da269356ecea000000000";

let world: RpcWorld;
before(async () => {
  world = await RpcWorld.open();
  await world.resultOf("generatetoaddress", 2, ADDRESS);
});
after(() => world.close());

test("what is added to a fee waits for its transaction, and is gone once it is taken back", async () => {
  assert.equal(await world.resultOf("prioritisetransaction", TXID, null, 1_000), true);
  assert.equal(await world.resultOf("prioritisetransaction", TXID, 0, 500), true);
  assert.deepEqual(await world.resultOf("getprioritisedtransactions"), {
    [TXID]: { fee_delta: 1_500, in_mempool: false },
  });
  assert.equal(await world.resultOf("prioritisetransaction", TXID, 0, -1_500), true);
  assert.deepEqual(await world.resultOf("getprioritisedtransactions"), {});
});

test("priorities of long ago are refused", async () => {
  assert.deepEqual(await world.errorOf("prioritisetransaction", TXID, 1, 0),
    [-8, "Priority is no longer supported, dummy argument to prioritisetransaction must be 0."]);
  assert.equal((await world.errorOf("prioritisetransaction", TXID, 0))[0], -1);
});

test("a block is asked of a peer only when its header is known, it is not here, and the peer is",
  async () => {
  const ask = (hash: string, peer: number) => world.errorOf("getblockfrompeer", hash, peer);
  const { bestblockhash } = await world.resultOf<{ bestblockhash: string }>("getblockchaininfo");
  assert.deepEqual(await ask("00".repeat(32), 0), [-1, "Block header missing"]);
  assert.deepEqual(await ask(bestblockhash, 0), [-1, "Block already downloaded"]);
  const { hex, hash } =
    await world.resultOf<{ hex: string; hash: string }>("generateblock", ADDRESS, [], false);
  await world.resultOf("submitheader", hex);
  assert.deepEqual(await ask(hash, 0), [-1, "Peer does not exist"]);
});

test("blocks that several callers ask for at once are made one on another", async () => {
  const before = await world.resultOf<number>("getblockcount");
  const made = await Promise.all(Array.from({ length: 5 }, () => {
    return world.resultOf<{ hash: string }>("generateblock", ADDRESS, []);
  }));
  assert.equal(new Set(made.map(({ hash }) => hash)).size, 5);
  assert.equal(await world.resultOf("getblockcount"), before + 5);
});

test("blocks are not made for a descriptor of many scripts, or of one that takes a private key", async () => {
  const key = "tpubD6NzVbkrYhZ4XgiXtGrdW5XDAPFCL9h7we1vwNCpn8tGbBcgfVYjXyhWo4E1xkh56hjod1RhGjxbaTLV3X4FyWuejifB9j" +
    "usQ46QzG87VKp";
  assert.deepEqual(await world.errorOf("generateblock", `pkh(${key}/0/*)`, []),
    [-8, "Ranged descriptor not accepted. Maybe pass through deriveaddresses first?"]);
  assert.deepEqual(await world.errorOf("generateblock", `pkh(${key}/0'/0)`, []),
    [-5, "Cannot derive script without private keys"]);
  assert.deepEqual(await world.errorOf("generateblock", "1234", []),
    [-5, "Error: Invalid address or descriptor"]);
});

test("a message is signed as Bitcoin Core signs it, and verified by the address of the key", async () => {
  const message = "This is just a test message";
  const address = "mpLQjfK79b7CCV4VMJWEWAj5Mpx8Up5zxB";
  const signature = await world.resultOf<string>(
    "signmessagewithprivkey", "cUeKHd5orzT3mz8P9pxyREHfsWtVfgsfDjiZZBcjUBAaGk1BTj7N", message);
  assert.equal(signature,
    "INbVnW4e6PeRmsv2Qgu8NuopvrVjkcxob+sX8OcZG0SALhWybUjzMLPdAsXI46YZGb0KQTRii+wWIQzRpG/U+S0=");
  assert.equal(await world.resultOf("verifymessage", address, signature, message), true);
  assert.equal(await world.resultOf("verifymessage", address, signature, `${message}.`), false);
  assert.equal(await world.resultOf("verifymessage", ADDRESS, signature, message), false);
  assert.deepEqual(await world.errorOf("verifymessage", address, "x", message),
    [-3, "Malformed base64 encoding"]);
  assert.deepEqual(await world.errorOf("signmessagewithprivkey", "x", message), [-5, "Invalid private key"]);
});

test("whoever calls the generate of old is told what took its place", async () => {
  const [code, message] = await world.errorOf("generate");
  assert.equal(code, -32601);
  assert.equal(message, await world.resultOf("help", "generate"));
  assert.match(message, /^generate\n\nhas been replaced/);
});
