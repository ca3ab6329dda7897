import assert from "node:assert/strict";
import { test } from "node:test";
import type { PeerFeatures } from "../peer/peer.ts";
import type { Block } from "../primitives/block.ts";
import { FakeChain, mine, mineChain } from "../../test/support/fake_chain.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { ANNOUNCED_BLOCKS_MAX, BlockAnnounce } from "./block_announce.ts";
import { PeerChainViews } from "./peer_chain_view.ts";

function bench(features: Partial<PeerFeatures> = { sendHeaders: true }) {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const views = new PeerChainViews(chain.headers);
  const announce = new BlockAnnounce({ clock: outbox.clock, logger: outbox.logger, outbox, chain, views });
  chain.event = (event) => {
    if (event.type === "tip-changed") announce.tipChanged(event);
  };
  outbox.protocols.push(announce);
  const peer = outbox.open({ features });
  views.announced(peer, chain.tipHeader.hash);
  const headers = () => outbox.sent(peer, "headers").map((each) => each.headers.map(({ hash }) => hash));
  const invs = () => outbox.sent(peer, "inv").map(({ items }) => items.map(({ hash }) => hash));
  return { outbox, chain, views, peer, headers, invs };
}

const hashes = (blocks: readonly Block[]) => blocks.map(({ hash }) => hash);

test("a new block goes by header to a peer that asked for that and has its parent", () => {
  const { outbox, chain, headers, invs } = bench();
  const blocks = mineChain(chain.tipHeader, 2);
  chain.have([blocks[0]!]);
  outbox.settle();
  chain.have([blocks[1]!]);
  outbox.settle();
  assert.deepEqual(headers(), [[blocks[0]!.hash], [blocks[1]!.hash]]);
  assert.deepEqual(invs(), []);
});

test("several blocks go in one message, up to eight, and more by inv of the last", () => {
  for (const count of [ANNOUNCED_BLOCKS_MAX, ANNOUNCED_BLOCKS_MAX + 1]) {
    const { outbox, chain, headers, invs } = bench();
    const blocks = mineChain(chain.tipHeader, count);
    chain.have(blocks);
    outbox.settle();
    const isByHeader = count === ANNOUNCED_BLOCKS_MAX;
    assert.deepEqual(headers(), isByHeader ? [hashes(blocks)] : []);
    assert.deepEqual(invs(), isByHeader ? [] : [[blocks.at(-1)!.hash]]);
  }
});

test("a peer that did not ask for headers gets an inv of the last block, until it asks", () => {
  const { outbox, chain, peer, headers, invs } = bench({});
  const blocks = mineChain(chain.tipHeader, 2);
  chain.have([blocks[0]!]);
  outbox.settle();
  assert.deepEqual(invs(), [[blocks[0]!.hash]]);
  outbox.from(peer, { type: "sendheaders", value: null });
  outbox.forget();
  chain.have([blocks[1]!]);
  outbox.settle();
  // It was told of the parent by inv only, so it may not have its header.
  assert.deepEqual([headers(), invs()], [[], [[blocks[1]!.hash]]]);
});

test("a peer that lacks the parent gets an inv", () => {
  const { outbox, chain, peer, views, headers, invs } = bench();
  const blocks = mineChain(chain.tipHeader, 1);
  views.of(peer).bestKnown = undefined;
  chain.have(blocks);
  outbox.settle();
  assert.deepEqual([headers(), invs()], [[], [[blocks[0]!.hash]]]);
});

test("a peer is not told of what it told us, only of what is new to it", () => {
  const { outbox, chain, peer, views, headers, invs } = bench();
  const blocks = mineChain(chain.tipHeader, 3);
  chain.addHeaders(blocks.map(({ header }) => header));
  views.announced(peer, blocks[1]!.hash);
  chain.have(blocks);
  outbox.settle();
  assert.deepEqual([headers(), invs()], [[[blocks[2]!.hash]], []]);
  outbox.forget();
  const next = mine(chain.tipHeader);
  chain.addHeaders([next.header]);
  views.announced(peer, next.hash);
  chain.have([next]);
  outbox.settle();
  assert.deepEqual([headers(), invs()], [[], []]);
});

test("a block that was reorganised away before it was told is not sent by header", () => {
  const { outbox, chain, headers, invs } = bench();
  const start = chain.tipHeader;
  chain.have(mineChain(start, 1));
  const fork = mineChain(start, 2);
  chain.have(fork);
  outbox.settle();
  assert.deepEqual([headers(), invs()], [[], [[fork[1]!.hash]]]);
});

test("nothing is announced while we catch up", () => {
  const { outbox, chain, headers, invs } = bench();
  chain.isInitialBlockDownload = true;
  chain.have(mineChain(chain.tipHeader, 1));
  outbox.settle();
  assert.deepEqual([headers(), invs()], [[], []]);
});
