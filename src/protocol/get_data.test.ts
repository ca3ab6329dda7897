import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeWith } from "../codec/codec.ts";
import { blockCodec, type Block } from "../primitives/block.ts";
import { type BlockHash, hashKey, type HashKey } from "../primitives/hash.ts";
import type { Permission } from "../peer/peer.ts";
import type { Transaction } from "../primitives/transaction.ts";
import { FakeChain, mine, mineChain } from "../../test/support/fake_chain.ts";
import { ProtocolBench, START } from "../../test/support/protocol_bench.ts";
import {
  MSG_BLOCK, MSG_CMPCT_BLOCK, MSG_FILTERED_BLOCK, MSG_TX, MSG_WITNESS_BLOCK, MSG_WTX,
} from "../wire/messages/inventory.ts";
import { NODE_NETWORK, NODE_NETWORK_LIMITED, NODE_WITNESS } from "../wire/services.ts";
import { BloomFilter } from "./bloom_filter.ts";
import { GetData } from "./get_data.ts";

interface Setting {
  readonly ourServices?: bigint;
  /** So much was sent that old blocks are not. */
  readonly isOverLimit?: boolean;
  readonly permissions?: readonly Permission[];
  /** What the peer has loaded. */
  readonly filter?: BloomFilter;
}

const ALL_SERVICES = NODE_NETWORK | NODE_NETWORK_LIMITED | NODE_WITNESS;

function bench({ ourServices = ALL_SERVICES, isOverLimit = false, permissions = [], filter }: Setting = {}) {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const uploads = { isReached: (forHistory: boolean): boolean => forHistory && isOverLimit };
  const found = new Map<HashKey, Transaction>();
  const blocksSent: BlockHash[] = [];
  const filtered: BlockHash[] = [];
  const getData = new GetData({
    clock: outbox.clock, logger: outbox.logger, outbox, chain, uploads,
    transactions: {
      isRelaying: (peer) => peer.features.relay,
      find: (_peer, { hash }) => found.get(hashKey(hash)),
    },
    filters: {
      filterOf: () => filter,
      sendMatches: (_peer, block) => void filtered.push(block.hash),
    },
    blockSent: (_peer, hash) => blocksSent.push(hash),
  }, { ourServices: () => ourServices });
  outbox.protocols.push(getData);
  const peer = outbox.open({ permissions });
  const ask = (...items: readonly { readonly type: number; readonly hash: Uint8Array }[]) => {
    outbox.from(peer, { type: "getdata", value: { items } });
  };
  const load = (): void => {
    const [next] = outbox.loads.splice(0, 1);
    const block = chain.block(Number(next!.range.name) as Parameters<typeof chain.block>[0]);
    next!.done(block?.bytes);
  };
  const order = () => outbox.happenings.flatMap((each) => (each.type === "sent" ? [each.message.type] : []));
  return { outbox, chain, found, blocksSent, filtered, getData, peer, ask, load, order };
}

const item = (type: number, { hash }: Block) => ({ type, hash });

test("a block is read elsewhere and sent as it stands on disk, with its witnesses", () => {
  const { outbox, chain, peer, ask, load, blocksSent } = bench();
  const blocks = mineChain(chain.tipHeader, 2);
  chain.have(blocks);
  ask(item(MSG_WITNESS_BLOCK, blocks[0]!));
  assert.ok(outbox.parked.has(peer.id));
  load();
  assert.deepEqual(outbox.sent(peer, "block").map(({ block }) => block.bytes), [blocks[0]!.bytes]);
  assert.deepEqual(blocksSent, [blocks[0]!.hash]);
  assert.ok(!outbox.parked.has(peer.id));
});

test("a block asked for without witnesses is sent without, and decodes to the same transactions", () => {
  const { outbox, chain, peer, ask, load } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  chain.have([block!]);
  ask(item(MSG_BLOCK, block!));
  load();
  const sent = decodeWith(blockCodec, outbox.sent(peer, "block")[0]!.block.bytes);
  assert.equal(sent.bytes.length, block!.baseSize);
  assert.deepEqual(sent.transactions.map(({ txid, hasWitness }) => ({ txid, hasWitness })), [
    { txid: block!.transactions[0]!.txid, hasWitness: false },
  ]);
});

test("a compact block is answered with the whole block, a filtered or unknown one not at all", () => {
  const { outbox, chain, peer, ask, load } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  chain.have([block!]);
  const unknown = mine(chain.tipHeader);
  ask(item(MSG_CMPCT_BLOCK, block!), item(MSG_FILTERED_BLOCK, block!), item(MSG_WITNESS_BLOCK, unknown));
  load();
  assert.deepEqual(outbox.sent(peer, "block").map(({ block: sent }) => sent.bytes), [block!.bytes]);
  assert.equal(outbox.loads.length, 0);
  assert.ok(!outbox.parked.has(peer.id));
});

test("a filtered block is looked through for who has a filter, one in a turn", () => {
  const filter = new BloomFilter({ data: new Uint8Array(1), hashFunctions: 1, tweak: 0, flags: 0 });
  const { outbox, chain, filtered, peer, ask, load } = bench({ filter });
  const blocks = mineChain(chain.tipHeader, 2);
  chain.have(blocks);
  ask(...blocks.map((block) => item(MSG_FILTERED_BLOCK, block)));
  load();
  assert.deepEqual(filtered, [blocks[0]?.hash]);
  outbox.settle();
  load();
  assert.deepEqual(filtered, blocks.map(({ hash }) => hash));
  assert.deepEqual(outbox.sent(peer, "block"), []);
});

test("the block that was just connected is sent without reading it", () => {
  const { outbox, chain, getData, peer, ask } = bench();
  chain.event = (event) => void (event.type === "block-connected" && getData.blockConnected(event));
  const [block] = mineChain(chain.tipHeader, 1);
  chain.have([block!]);
  ask(item(MSG_WITNESS_BLOCK, block!));
  assert.equal(outbox.sent(peer, "block").length, 1);
});

test("the block that was just connected is cut once, however often it is asked for without witnesses", () => {
  const { outbox, chain, getData, peer, ask } = bench();
  chain.event = (event) => void (event.type === "block-connected" && getData.blockConnected(event));
  const [block, next] = mineChain(chain.tipHeader, 2);
  chain.have([block!]);
  for (let i = 0; i < 3; i++) ask(item(MSG_BLOCK, block!));
  const [first, ...others] = outbox.sent(peer, "block").map((sent) => sent.block.bytes);
  assert.equal(first!.length, block!.baseSize);
  assert.ok(others.length === 2 && others.every((bytes) => bytes === first));
  chain.have([next!]);
  ask(item(MSG_BLOCK, next!));
  assert.equal(outbox.sent(peer, "block")[3]!.block.bytes.length, next!.baseSize);
  assert.notEqual(outbox.sent(peer, "block")[3]!.block.bytes, first);
});

test("things are sent in the order in which they were asked for, and what is missing is named", () => {
  const { outbox, chain, found, peer, ask, load, order } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  chain.have([block!]);
  const [coinbase] = block!.transactions;
  found.set(hashKey(coinbase!.wtxid), coinbase!);
  found.set(hashKey(coinbase!.txid), coinbase!);
  const missing = { type: MSG_WTX, hash: new Uint8Array(32) };
  const [first, last] = [{ type: MSG_WTX, hash: coinbase!.wtxid }, { type: MSG_TX, hash: coinbase!.txid }];
  ask(first!, item(MSG_WITNESS_BLOCK, block!), missing, last!);
  load();
  assert.deepEqual(order(), ["tx", "block", "tx", "notfound"]);
  assert.deepEqual(outbox.sent(peer, "notfound"), [{ items: [missing] }]);
  assert.deepEqual(outbox.sent(peer, "tx").map(({ transaction }) => transaction.hasWitness), [true, false]);
});

test("a peer that takes no transactions gets neither them nor word that they are missing", () => {
  const { outbox } = bench();
  const peer = outbox.open({ features: { relay: false } });
  outbox.from(peer, { type: "getdata", value: { items: [{ type: MSG_WTX, hash: new Uint8Array(32) }] } });
  assert.deepEqual([outbox.sent(peer, "tx"), outbox.sent(peer, "notfound")], [[], []]);
});

test("nothing is read for a peer that does not read, until it does; and it is parked meanwhile", () => {
  const { outbox, chain, peer, ask, load } = bench();
  const blocks = mineChain(chain.tipHeader, 3);
  chain.have(blocks);
  peer.isSendFull = true;
  ask(...blocks.map((block) => item(MSG_WITNESS_BLOCK, block)));
  assert.equal(outbox.loads.length, 0);
  assert.ok(outbox.parked.has(peer.id));
  peer.isSendFull = false;
  outbox.passAll();
  for (let i = 0; i < 3; i++) load();
  assert.equal(outbox.sent(peer, "block").length, 3);
  assert.ok(!outbox.parked.has(peer.id));
});

test("one turn sends no more than about a megabyte, and the next goes on", () => {
  const { outbox, chain, getData, peer } = bench();
  chain.event = (event) => void (event.type === "block-connected" && getData.blockConnected(event));
  const [block] = mineChain(chain.tipHeader, 1);
  chain.have([block!]);
  const count = 20_000;
  outbox.protocols.length = 0;
  const items = Array.from({ length: count }, () => item(MSG_WITNESS_BLOCK, block!));
  getData.received(peer, { type: "getdata", value: { items } });
  getData.pass(peer);
  const most = Math.ceil(1_000_000 / block!.bytes.length);
  assert.equal(outbox.sent(peer, "block").length, most);
  assert.notEqual(getData.wakeAt(), undefined);
  for (let turn = 0; turn < 10; turn++) {
    getData.woken();
    getData.pass(peer);
  }
  assert.equal(outbox.sent(peer, "block").length, count);
  assert.equal(getData.wakeAt(), undefined);
});

test("a node that keeps recent blocks drops strangers who ask for one more than 290 deep", () => {
  const { outbox, chain, peer, ask } = bench({ ourServices: NODE_NETWORK_LIMITED | NODE_WITNESS });
  const blocks = mineChain(chain.tipHeader, 292);
  chain.have(blocks);
  ask(item(MSG_WITNESS_BLOCK, blocks[1]!));
  assert.deepEqual([outbox.dropped(peer), outbox.loads.length], [[], 1]);
  const trusted = outbox.open({ permissions: ["noban"] });
  outbox.from(trusted, { type: "getdata", value: { items: [item(MSG_WITNESS_BLOCK, blocks[0]!)] } });
  assert.equal(outbox.loads.length, 2);
  const stranger = outbox.open();
  outbox.from(stranger, { type: "getdata", value: { items: [item(MSG_WITNESS_BLOCK, blocks[0]!)] } });
  assert.deepEqual(outbox.dropped(stranger), ["block-below-limit"]);
});

test("an old block that left the chain is not sent", () => {
  const { outbox, chain, ask } = bench();
  const [stale] = mineChain(chain.tipHeader, 1, START - 40 * 24 * 60 * 60);
  const better = mineChain(chain.tipHeader, 2, START);
  chain.have([stale!]);
  chain.have(better);
  ask(item(MSG_WITNESS_BLOCK, stale!));
  assert.equal(outbox.loads.length, 0);
});

test("a block that cannot be read costs the connection, and an answer after it is closed is nothing", () => {
  const { outbox, chain, peer, ask } = bench();
  const blocks = mineChain(chain.tipHeader, 2);
  chain.have(blocks);
  ask(item(MSG_WITNESS_BLOCK, blocks[0]!));
  outbox.loads[0]!.done(undefined);
  assert.deepEqual(outbox.dropped(peer), ["block-not-loaded"]);
  const other = outbox.open();
  outbox.from(other, { type: "getdata", value: { items: [item(MSG_WITNESS_BLOCK, blocks[0]!)] } });
  outbox.close(other);
  outbox.loads[1]!.done(blocks[0]!.bytes);
  assert.equal(outbox.sent(other, "block").length, 0);
});

test("over the upload limit a block older than a week costs the connection, but to who may download", () => {
  const cases = [[8, [], ["upload-limit-reached"]], [6, [], []], [8, ["download"], []]] as const;
  for (const [days, permissions, reasons] of cases) {
    const { outbox, chain, peer, ask } = bench({ isOverLimit: true, permissions });
    const old = mine(chain.tipHeader);
    chain.have([old]);
    chain.have([mine(old.header, old.header.time + days * 24 * 60 * 60)]);
    ask(item(MSG_WITNESS_BLOCK, old));
    assert.deepEqual(outbox.dropped(peer), reasons);
    const isTold = outbox.logged("historical block serving limit reached, disconnecting peer=0");
    assert.equal(isTold, reasons.length > 0);
  }
});

test("no turn looks for more than 10,000 items; the rest of what was asked for follows", () => {
  const { outbox, peer, ask } = bench();
  ask(...Array.from({ length: 25_000 }, () => ({ type: MSG_WTX, hash: new Uint8Array(32) })));
  assert.equal(outbox.sent(peer, "notfound").flatMap((each) => each.items).length, 10_000);
  assert.ok(outbox.parked.has(peer.id));
  outbox.settle();
  assert.equal(outbox.sent(peer, "notfound").flatMap((each) => each.items).length, 25_000);
  assert.ok(!outbox.parked.has(peer.id));
});
