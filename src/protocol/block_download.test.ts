import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { below, seededRng, shuffle } from "../base/rng.ts";
import { milliseconds, minutes, seconds } from "../base/time.ts";
import type { Peer, PeerFeatures, PeerId } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { hashKey, type HashKey } from "../primitives/hash.ts";
import { FakeChain, mine, mineChain } from "../../test/support/fake_chain.ts";
import { type FakePeer, ProtocolBench, START } from "../../test/support/protocol_bench.ts";
import { MSG_WITNESS_BLOCK } from "../wire/messages/inventory.ts";
import { NODE_NETWORK_LIMITED, NODE_WITNESS } from "../wire/services.ts";
import { BlockDownload } from "./block_download.ts";
import { BLOCKS_IN_FLIGHT_MAX, DOWNLOAD_WINDOW } from "./choose_blocks.ts";
import { PeerChainViews } from "./peer_chain_view.ts";

const LONG_CHAIN = mineChain(new FakeChain().tipHeader, 1_300);

function bench() {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const views = new PeerChainViews(chain.headers);
  const download = new BlockDownload(
    { clock: outbox.clock, logger: outbox.logger, outbox, chain, views },
    { minimumChainWork: 0n },
  );
  chain.event = (event) => {
    if (event.type === "block-connected") download.blockConnected();
    if (event.type === "block-checked") download.blockChecked(event);
  };
  outbox.protocols.push(
    {
      ready: (peer) => views.opened(peer),
      closed: (peer) => views.closed(peer),
      takes: [],
      received() {},
      pass() {},
      woken() {},
      wakeAt: () => undefined,
    },
    download,
  );
  const asked = (peer: Peer): HashKey[] => {
    return outbox.sent(peer, "getdata").flatMap(({ items }) => items.map(({ hash }) => hashKey(hash)));
  };
  /** A peer that is known to have `blocks`, of which we have the headers. */
  const openWith = (
    blocks: readonly Block[],
    features: Partial<PeerFeatures> = {},
    type: Peer["type"] = "outbound-full-relay",
  ): FakePeer => {
    chain.addHeaders(blocks.map(({ header }) => header));
    const peer = outbox.open({ type, features });
    const last = blocks.at(-1);
    if (last !== undefined) views.announced(peer, last.hash);
    outbox.passAll();
    return peer;
  };
  const send = (peer: Peer, block: Block): void => outbox.from(peer, { type: "block", value: { block } });
  return { outbox, chain, views, download, asked, openWith, send };
}

const keys = (blocks: readonly Block[]): HashKey[] => blocks.map(({ hash }) => hashKey(hash));

test("a peer is asked for the next 16 blocks, with witnesses, and for one more as each comes", () => {
  const { chain, outbox, asked, openWith, send, download } = bench();
  const blocks = mineChain(chain.tipHeader, 40);
  const peer = openWith(blocks);
  assert.deepEqual(asked(peer), keys(blocks.slice(0, 16)));
  assert.equal(outbox.sent(peer, "getdata")[0]!.items[0]!.type, MSG_WITNESS_BLOCK);
  assert.deepEqual(download.inFlight(peer.id), Array.from({ length: 16 }, (_, i) => i + 1));
  send(peer, blocks[0]!);
  assert.deepEqual(asked(peer), keys(blocks.slice(0, 17)));
});

test("with room left, blocks below a snapshot are asked for, of peers that have its block and all blocks", () => {
  const { chain, download, outbox, asked, openWith, views } = bench();
  const blocks = mineChain(chain.tipHeader, 30);
  chain.addHeaders(blocks.map(({ header }) => header));
  const base = chain.headers.find(blocks[19]!.hash)!;
  chain.active.reset(base);
  chain.historicalRange = { from: chain.headers.find(blocks[3]!.hash)!, to: base };
  const limited = openWith(blocks, { services: NODE_NETWORK_LIMITED | NODE_WITNESS });
  assert.deepEqual(asked(limited), keys(blocks.slice(20)), "it may not have old ones");
  outbox.close(limited);
  const elsewhere = openWith([...blocks.slice(0, 5), ...mineChain(blocks[4]!.header, 40)]);
  assert.deepEqual(asked(elsewhere), [], "what its blocks spend is not known");
  const peer = openWith(blocks);
  assert.deepEqual(asked(peer), keys([...blocks.slice(20), ...blocks.slice(4, 10)]));
  assert.equal(views.blocksInFlight, BLOCKS_IN_FLIGHT_MAX);
  download.woken();
  assert.notEqual(download.wakeAt(), outbox.clock.now());
  download.backgroundConnected();
  assert.equal(download.wakeAt(), outbox.clock.now(), "the window has moved");
});

test("two peers are asked for different blocks", () => {
  const { chain, asked, openWith } = bench();
  const blocks = mineChain(chain.tipHeader, 40);
  const [first, second] = [openWith(blocks), openWith(blocks)];
  assert.deepEqual([...asked(first), ...asked(second)], keys(blocks.slice(0, 32)));
});

test("what we have, what is known and who leaves nothing behind do not start a round over all peers", () => {
  const { chain, download, outbox, send } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  chain.have([block!]);
  const [peer, other] = [outbox.open(), outbox.open()];
  outbox.settle();
  send(peer, block!);
  download.headersReceived(peer, chain.tip, false);
  outbox.close(other);
  assert.equal(download.wakeAt(), undefined);
  download.headersReceived(peer, chain.tip, true);
  assert.equal(download.wakeAt(), outbox.clock.now());
});

test("what a peer was asked for is asked of another when it leaves", () => {
  const { chain, outbox, asked, openWith } = bench();
  const blocks = mineChain(chain.tipHeader, 10);
  const [first, second] = [openWith(blocks), openWith(blocks)];
  assert.deepEqual(asked(second), []);
  outbox.close(first);
  outbox.settle();
  assert.deepEqual(asked(second), keys(blocks));
});

test("a block sent unasked by another peer, or mutated, clears nobody's request", () => {
  const { chain, download, openWith, outbox, send } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  const owner = openWith([block!]);
  const other = outbox.open();
  const mutant = { ...block!, hash: block!.hash, header: block!.header } as Block;
  chain.mutated.add(mutant);
  send(other, mutant);
  assert.deepEqual(outbox.misbehaved(other), ["mutated block"]);
  assert.deepEqual(download.inFlight(owner.id), [1]);
  assert.ok(download.isRequested(chain.headers.find(block!.hash)!));
  send(owner, mutant);
  assert.deepEqual(outbox.misbehaved(owner), ["mutated block"]);
});

test("a block that another peer has sent is no longer awaited of whom it was asked of", () => {
  const { chain, download, openWith, outbox, send } = bench();
  const blocks = mineChain(chain.tipHeader, 2);
  const owner = openWith(blocks);
  send(outbox.open(), blocks[0]!);
  assert.deepEqual(download.inFlight(owner.id), [2]);
  outbox.advance(minutes(9));
  assert.deepEqual(outbox.dropped(owner), []);
});

test("a block that does not come is asked of up to two idle peers more, the last an outbound one", () => {
  const { chain, asked, openWith, outbox, send } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  const wanted = keys([block!]);
  const peers = [0, 1, 2, 3].map(() => openWith([block!], {}, "inbound"));
  const askedCounts = (): readonly number[] => peers.map((peer) => asked(peer).length);
  assert.deepEqual(askedCounts(), [1, 0, 0, 0]);
  outbox.advance(milliseconds(4_999));
  assert.deepEqual(askedCounts(), [1, 0, 0, 0]);
  outbox.advance(milliseconds(1));
  assert.deepEqual(askedCounts(), [1, 1, 0, 0]);
  outbox.advance(minutes(1));
  assert.deepEqual(askedCounts(), [1, 1, 0, 0]);
  const outbound = openWith([block!]);
  assert.deepEqual(asked(outbound), wanted);
  outbox.advance(minutes(1));
  assert.deepEqual(askedCounts(), [1, 1, 0, 0]);
  send(outbound, block!);
  assert.equal(outbox.parked.size, 1);
  chain.settle();
  outbox.advance(minutes(20));
  assert.deepEqual(peers.flatMap((peer) => outbox.dropped(peer)), []);
});

test("what a peer may have sent that is not listened to is asked of nobody else", () => {
  const { chain, asked, openWith, outbox, send } = bench();
  const blocks = mineChain(chain.tipHeader, 2);
  const [first, second] = [openWith(blocks), openWith(blocks)];
  send(first, blocks[0]!);
  assert.ok(outbox.parked.has(first.id));
  outbox.advance(minutes(1));
  assert.deepEqual(asked(second), []);
  chain.settle();
  outbox.passAll();
  assert.deepEqual(asked(second), keys(blocks.slice(1)));
});

test("a peer that has blocks of its own to send is not asked for those of others", () => {
  const { chain, asked, openWith, outbox } = bench();
  const blocks = mineChain(chain.tipHeader, 20);
  const [first, second] = [openWith(blocks), openWith(blocks)];
  outbox.advance(minutes(1));
  assert.deepEqual([asked(first).length, asked(second).length], [16, 4]);
});

test("the sender of a block waits for its verdict, and is punished when it is bad", () => {
  const { chain, openWith, outbox, send } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  const peer = openWith([block!]);
  chain.invalid.set(hashKey(block!.hash), { rule: "bad-cb-amount", detail: "" });
  send(peer, block!);
  assert.ok(outbox.parked.has(peer.id));
  chain.settle();
  assert.ok(!outbox.parked.has(peer.id));
  assert.deepEqual(outbox.misbehaved(peer), ["bad-cb-amount"]);
});

test("a verdict that comes at once leaves nobody waiting", () => {
  const { chain, openWith, outbox, send } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  const peer = openWith([block!]);
  const add = chain.addBlock.bind(chain);
  chain.addBlock = (...args) => {
    const verdict = add(...args);
    chain.settle();
    return verdict;
  };
  send(peer, block!);
  assert.deepEqual(outbox.happenings.filter(({ type }) => type === "parked" || type === "unparked"), []);
});

test("whoever sent what builds on a bad block is not punished for that block", () => {
  const { chain, openWith, outbox, send } = bench();
  const [block] = mineChain(chain.tipHeader, 1);
  const peer = openWith([block!]);
  chain.invalid.set(hashKey(block!.hash), { rule: "bad-prevblk", detail: "" });
  send(peer, block!);
  chain.settle();
  assert.deepEqual(outbox.misbehaved(peer), []);
});

test("a peer that is not listened to does not count as one that holds up the window", () => {
  const { chain, openWith, outbox, send } = bench();
  const blocks = LONG_CHAIN.slice(0, 1_100);
  const slow = openWith(blocks);
  const fast = openWith(blocks);
  const rival = mineChain(chain.tipHeader, 1);
  chain.addHeaders(rival.map(({ header }) => header));
  send(slow, rival[0]!);
  assert.ok(outbox.parked.has(slow.id), "its own block is being checked");
  for (const block of blocks.slice(16, DOWNLOAD_WINDOW)) send(fast, block);
  outbox.advance(seconds(5));
  assert.ok(outbox.peers.has(slow.id));
  chain.settle();
  assert.ok(!outbox.parked.has(slow.id));
  send(fast, mine(rival[0]!.header));
  outbox.advance(seconds(5));
  assert.ok(!outbox.peers.has(slow.id), "it is listened to again, and still holds up the window");
});

test("in the initial download the sender of a block goes on, unless the block lets many others be connected", () => {
  for (const [unlocks, isParked] of [[1, false], [17, true]] as const) {
    const { chain, openWith, outbox, send } = bench();
    chain.isInitialBlockDownload = true;
    const blocks = mineChain(chain.tipHeader, 40);
    const peer = openWith(blocks);
    const add = chain.addBlock.bind(chain);
    chain.addBlock = (...args) => {
      const verdict = add(...args);
      return verdict.type === "accepted" ? { ...verdict, unlocks } : verdict;
    };
    send(peer, blocks[0]!);
    assert.equal(outbox.parked.has(peer.id), isParked);
  }
});

test("a block whose parents are missing does not make its sender wait", () => {
  const { chain, openWith, outbox, send } = bench();
  const blocks = mineChain(chain.tipHeader, 3);
  const peer = openWith(blocks);
  send(peer, blocks[2]!);
  assert.ok(!outbox.parked.has(peer.id));
});

test("a block without a known parent is misbehaviour, and one with too little work is left alone", () => {
  const { chain, outbox, send } = bench();
  const peer = outbox.open();
  const blocks = mineChain(chain.tipHeader, 200);
  const low = mine(chain.tipHeader);
  chain.have(blocks);
  send(peer, low);
  assert.equal(chain.headers.find(low.hash), undefined);
  assert.deepEqual(outbox.misbehaved(peer), []);
  send(peer, mine(mine(chain.tipHeader).header));
  assert.deepEqual(outbox.misbehaved(peer), ["prev-blk-not-found"]);
});

test("who holds up the window is dropped after 2 s, the next after 4 s, and success shortens that", () => {
  const { download, openWith, outbox, send, asked } = bench();
  const blocks = LONG_CHAIN.slice(0, DOWNLOAD_WINDOW + 40);
  const byHash = new Map(blocks.map((block) => [hashKey(block.hash), block]));
  const drop = (): number => {
    const slow = openWith(blocks);
    const fast = openWith(blocks);
    for (let done = 0; done < asked(fast).length; done++) send(fast, byHash.get(asked(fast)[done]!)!);
    assert.ok(outbox.logged(`Stall started peer=${slow.id}`));
    const start = outbox.clock.now();
    while (outbox.dropped(slow).length === 0) outbox.advance(milliseconds(100));
    assert.deepEqual(outbox.dropped(slow), ["block-stalling"]);
    outbox.close(fast);
    return Math.round((outbox.clock.now() - start) / 1000);
  };
  assert.equal(drop(), 2);
  assert.ok(outbox.logged("Increased stalling timeout temporarily to 4 seconds"));
  assert.equal(drop(), 4);
  for (let i = 0; i < 10; i++) download.blockConnected();
  assert.ok(outbox.logged("Decreased stalling timeout to 2 seconds"));
});

test("a peer that held up the window and goes on in time is kept", () => {
  const { openWith, outbox, send, asked } = bench();
  const blocks = LONG_CHAIN.slice(0, DOWNLOAD_WINDOW + 40);
  const byHash = new Map(blocks.map((block) => [hashKey(block.hash), block]));
  const slow = openWith(blocks);
  const fast = openWith(blocks);
  for (let done = 0; done < asked(fast).length; done++) send(fast, byHash.get(asked(fast)[done]!)!);
  assert.ok(outbox.logged(`Stall started peer=${slow.id}`));
  outbox.advance(seconds(1));
  send(slow, blocks[0]!);
  outbox.advance(seconds(2));
  assert.deepEqual(outbox.dropped(slow), []);
});

test("nothing is asked for of a chain with an invalid block, from there on", () => {
  const { chain, asked, openWith } = bench();
  const blocks = mineChain(chain.tipHeader, 4);
  chain.addHeaders(blocks.map(({ header }) => header));
  chain.headers.blocks.setInvalid(chain.headers.find(blocks[2]!.hash)!);
  assert.deepEqual(asked(openWith(blocks)), keys(blocks.slice(0, 2)));
});

test("a block may take one block interval, and half of one more for each other peer", () => {
  for (const [others, allowed] of [[0, 10], [2, 20]] as const) {
    const { chain, openWith, outbox } = bench();
    const blocks = mineChain(chain.tipHeader, 60);
    const peer = openWith(blocks);
    for (let i = 0; i < others; i++) openWith(blocks);
    outbox.advance(milliseconds(minutes(allowed) - 1));
    assert.deepEqual(outbox.dropped(peer), []);
    outbox.advance(milliseconds(1));
    assert.deepEqual(outbox.dropped(peer), ["block-timeout"]);
  }
});

test("near the tip, and only there, announced blocks are fetched at once from who announced them", () => {
  for (const age of [60, 60 * 60 * 24]) {
    const { chain, asked, download, outbox } = bench();
    chain.have([mine(chain.tipHeader, START - age)]);
    const peer = outbox.open();
    const blocks = mineChain(chain.tipHeader, 3);
    const verdict = chain.addHeaders(blocks.map(({ header }) => header));
    assert.ok(verdict.type === "accepted");
    download.headersReceived(peer, verdict.last, true);
    assert.deepEqual(asked(peer), age === 60 ? keys(blocks) : []);
  }
});

test("a fork of more than 16 blocks is not fetched at once", () => {
  const { chain, asked, download, outbox } = bench();
  chain.have([mine(chain.tipHeader, START - 60)]);
  const peer = outbox.open();
  const verdict = chain.addHeaders(mineChain(chain.tipHeader, 18).map(({ header }) => header));
  assert.ok(verdict.type === "accepted");
  download.headersReceived(peer, verdict.last, true);
  assert.deepEqual(asked(peer), []);
  assert.ok(outbox.logged("Large reorg, won't direct fetch"));
});

test("a peer that keeps 288 blocks is asked for the last of them only, and not while we catch up", () => {
  const { chain, asked, openWith, outbox } = bench();
  const blocks = mineChain(chain.tipHeader, 300);
  chain.isInitialBlockDownload = true;
  const peer = openWith(blocks, { services: NODE_NETWORK_LIMITED | NODE_WITNESS });
  assert.deepEqual(asked(peer), []);
  chain.isInitialBlockDownload = false;
  outbox.passAll();
  assert.deepEqual(asked(peer), keys(blocks.slice(300 - 286, 300 - 286 + 16)));
});

test("peers without witnesses, without blocks, or with less work than ours are asked for nothing", () => {
  const { chain, asked, openWith } = bench();
  const ours = mineChain(chain.tipHeader, 5);
  const theirs = mineChain(chain.tipHeader, 4);
  chain.have(ours);
  const next = mineChain(chain.tipHeader, 1);
  const peers = [openWith(next, { services: 1n }), openWith(next, { services: 0n }), openWith(theirs)];
  assert.deepEqual(peers.map(asked), [[], [], []]);
});

test("while we catch up, an inbound peer is asked only when no outbound one is", () => {
  const { chain, asked, openWith } = bench();
  chain.isInitialBlockDownload = true;
  const blocks = mineChain(chain.tipHeader, 40);
  const outbound = openWith(blocks);
  const inbound = openWith(blocks, {}, "inbound");
  assert.equal(asked(outbound).length, 16);
  assert.deepEqual(asked(inbound), []);
});

test("whatever peers do, all blocks arrive, at most 16 are asked of one, and none past the window", () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 1_300 }), (seed, length) => runDownload(seed, length)),
    { numRuns: 3 },
  );
});

/** Peers that answer late, out of order, never, or leave: but one honest one is always there. */
function runDownload(seed: number, length: number): void {
  const rng = seededRng(seed);
  const { chain, download, openWith, outbox, send } = bench();
  const blocks = LONG_CHAIN.slice(0, length);
  const byHash = new Map(blocks.map((block) => [hashKey(block.hash), block]));
  chain.addHeaders(blocks.map(({ header }) => header));
  const queues = new Map<PeerId, Block[]>();
  let honest = openWith(blocks);
  for (let turn = 0; chain.headers.height(chain.tip) < length; turn++) {
    assert.ok(turn < 5_000, `seed ${seed}: stuck at ${chain.headers.height(chain.tip)} of ${length}`);
    collect(outbox, queues, byHash);
    checkBounds();
    if (!outbox.peers.has(honest.id)) honest = openWith(blocks);
    if (below(rng, 20) === 0 && outbox.peers.size < 8) openWith(blocks.slice(0, 1 + below(rng, length)));
    for (const peer of shuffle(rng, [...outbox.peers.values()])) act(peer);
    if (below(rng, 3) === 0) chain.settle();
    outbox.advance(milliseconds(below(rng, 300)));
  }

  function act(peer: FakePeer): void {
    const queue = queues.get(peer.id) ?? [];
    if (peer !== honest && below(rng, 200) === 0) return outbox.close(peer);
    // Every third stranger never answers at all.
    if (peer !== honest && peer.id % 3 === 1) return;
    for (let count = peer === honest ? 4 : below(rng, 4); count > 0 && queue.length > 0; count--) {
      if (outbox.parked.has(peer.id)) break;
      const [block] = queue.splice(below(rng, queue.length), 1);
      if (block !== undefined) send(peer, block);
    }
    if (outbox.parked.has(peer.id)) chain.settle();
  }

  function checkBounds(): void {
    const seen = new Map<number, number>();
    const windowEnd = firstMissing() - 1 + DOWNLOAD_WINDOW;
    for (const peer of outbox.peers.values()) {
      const inFlight = download.inFlight(peer.id);
      assert.ok(inFlight.length <= BLOCKS_IN_FLIGHT_MAX, `${inFlight.length} in flight`);
      for (const height of inFlight) {
        seen.set(height, 1 + (seen.get(height) ?? 0));
        assert.ok((seen.get(height) ?? 0) <= 3, `${height} is asked of four`);
        assert.ok(height <= windowEnd, `${height} is past the window`);
      }
    }
  }

  function firstMissing(): number {
    return 1 + blocks.findIndex(({ hash }) => !chain.headers.hasBlock(chain.headers.find(hash)!));
  }
}

/** Notes what each peer was asked for since the last time. */
function collect(
  outbox: ProtocolBench, queues: Map<PeerId, Block[]>, byHash: ReadonlyMap<HashKey, Block>,
): void {
  for (const each of outbox.happenings) {
    if (each.type !== "sent" || each.message.type !== "getdata") continue;
    const queue = queues.get(each.peer) ?? [];
    queues.set(each.peer, queue);
    for (const { hash } of each.message.value.items) queue.push(byHash.get(hashKey(hash))!);
  }
  outbox.happenings = [];
}

test("one block may be asked of one peer, whoever was asked before, unless the peer cannot have it", () => {
  const { chain, outbox, asked, openWith, download } = bench();
  const blocks = mineChain(chain.tipHeader, 3);
  const first = openWith(blocks);
  const second = outbox.open({ type: "outbound-full-relay" });
  const old = outbox.open({ features: { services: 0n } });
  const id = chain.headers.find((blocks[1] as Block).hash) ?? assert.fail();
  assert.equal(download.fetch(99 as PeerId, id), "Peer does not exist");
  assert.equal(download.fetch(old.id, id), "Pre-SegWit peer");
  assert.equal(download.fetch(first.id, id), "Already requested from this peer");
  assert.equal(download.fetch(second.id, id), undefined);
  assert.deepEqual(asked(second), keys(blocks.slice(1, 2)));
  assert.deepEqual([download.inFlight(first.id), download.inFlight(second.id)], [[1, 3], [2]]);
});

test("nothing is left to wake for once all peers have gone", () => {
  const { chain, download, openWith, outbox } = bench();
  const peer = openWith(mineChain(chain.tipHeader, 3));
  assert.notEqual(download.wakeAt(), undefined);
  outbox.close(peer);
  outbox.advance(seconds(1));
  assert.equal(download.wakeAt(), undefined);
});
