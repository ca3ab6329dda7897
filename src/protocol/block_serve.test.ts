import assert from "node:assert/strict";
import { test } from "node:test";
import type { Permission } from "../peer/peer.ts";
import { type BlockHash, ZERO_HASH } from "../primitives/hash.ts";
import { FakeChain, mineChain } from "../../test/support/fake_chain.ts";
import { ProtocolBench, START } from "../../test/support/protocol_bench.ts";
import { BlockServe, GETBLOCKS_MAX } from "./block_serve.ts";
import { PeerChainViews } from "./peer_chain_view.ts";

const NO_STOP = ZERO_HASH as BlockHash;
const DAY = 24 * 60 * 60;

interface Setting {
  readonly minimumChainWork?: bigint;
  readonly isPruned?: boolean;
  readonly permissions?: readonly Permission[];
}

function bench({ minimumChainWork = 0n, isPruned = false, permissions = [] }: Setting = {}) {
  const outbox = new ProtocolBench();
  const chain = new FakeChain();
  const views = new PeerChainViews(chain.headers);
  const ports = { logger: outbox.logger, outbox, chain, views };
  const serve = new BlockServe(ports, { minimumChainWork, isPruned });
  outbox.protocols.push(serve);
  const peer = outbox.open({ permissions });
  const ask = (type: "getheaders" | "getblocks", locator: readonly BlockHash[], stop = NO_STOP) => {
    outbox.forget();
    outbox.from(peer, { type, value: { version: 70_016, locator, stop } });
  };
  const headers = () => outbox.sent(peer, "headers").map((each) => each.headers.map(({ hash }) => hash));
  const invs = () => outbox.sent(peer, "inv").map(({ items }) => items.map(({ hash }) => hash));
  return { outbox, chain, views, serve, peer, ask, headers, invs };
}

test("getheaders is answered with what follows the first hash on our chain, up to 2,000 or the stop", () => {
  const { chain, ask, headers } = bench();
  const genesis = chain.tipHeader.hash;
  const blocks = mineChain(chain.tipHeader, 2_002);
  const hashes = blocks.map(({ hash }) => hash);
  chain.have(blocks);
  ask("getheaders", [genesis]);
  assert.deepEqual(headers(), [hashes.slice(0, 2_000)]);
  ask("getheaders", [hashes[1_999]!, genesis]);
  assert.deepEqual(headers(), [hashes.slice(2_000)]);
  ask("getheaders", [genesis], hashes[2]);
  assert.deepEqual(headers(), [hashes.slice(0, 3)]);
  ask("getheaders", [hashes.at(-1)!]);
  assert.deepEqual(headers(), [[]]);
});

test("the last header sent is remembered, and set back by an older question", () => {
  const { chain, views, peer, ask } = bench();
  const genesis = chain.tipHeader.hash;
  const blocks = mineChain(chain.tipHeader, 3);
  chain.have(blocks);
  ask("getheaders", [genesis]);
  assert.equal(views.of(peer).bestHeaderSent, chain.tip);
  ask("getheaders", [genesis], blocks[0]!.hash);
  assert.equal(views.of(peer).bestHeaderSent, chain.headers.find(blocks[0]!.hash));
});

test("without a locator, getheaders asks for one block, which may be stale but not for long", () => {
  for (const [age, isAnswered] of [[DAY, true], [31 * DAY, false]] as const) {
    const { chain, ask, headers } = bench();
    const [stale] = mineChain(chain.tipHeader, 1, START - age);
    const better = mineChain(chain.tipHeader, 2, START);
    chain.have([stale!]);
    chain.have(better);
    ask("getheaders", [], stale!.hash);
    assert.deepEqual(headers(), isAnswered ? [[stale!.hash]] : []);
    ask("getheaders", [], better[0]!.hash);
    assert.deepEqual(headers(), [[better[0]!.hash]]);
  }
});

test("a block that was never connected is not shown", () => {
  const { chain, ask, headers } = bench();
  const [block] = mineChain(chain.tipHeader, 1, START);
  chain.addHeaders([block!.header]);
  ask("getheaders", [], block!.hash);
  assert.deepEqual(headers(), []);
});

test("while our chain has too little work the answer is empty, but for those who may download", () => {
  for (const permissions of [[], ["download"]] as const) {
    const { chain, ask, headers } = bench({ minimumChainWork: 1_000n, permissions });
    const genesis = chain.tipHeader.hash;
    const blocks = mineChain(chain.tipHeader, 2);
    chain.have(blocks);
    ask("getheaders", [genesis]);
    assert.deepEqual(headers(), [permissions.length === 0 ? [] : blocks.map(({ hash }) => hash)]);
  }
});

test("getblocks is answered with an inv of 500, and once the last of them went out, with our tip", () => {
  const { chain, serve, peer, outbox, ask, invs } = bench();
  const genesis = chain.tipHeader.hash;
  const hashes = mineChain(chain.tipHeader, GETBLOCKS_MAX + 10).map((block) => {
    chain.addBlock(block, { requested: true });
    return block.hash;
  });
  chain.settle();
  ask("getblocks", [genesis]);
  assert.deepEqual(invs(), [hashes.slice(0, GETBLOCKS_MAX)]);
  outbox.forget();
  serve.blockSent(peer, hashes[0]!);
  assert.deepEqual(invs(), []);
  serve.blockSent(peer, hashes[GETBLOCKS_MAX - 1]!);
  serve.blockSent(peer, hashes[GETBLOCKS_MAX - 1]!);
  assert.deepEqual(invs(), [[hashes.at(-1)!]]);
});

test("getblocks ends before the stop, and before what may soon be pruned", () => {
  const whole = bench();
  const blocks = mineChain(whole.chain.tipHeader, 300);
  whole.chain.have(blocks);
  whole.ask("getblocks", [blocks[0]!.hash], blocks[3]!.hash);
  assert.deepEqual(whole.invs(), [[blocks[1]!.hash, blocks[2]!.hash]]);
  const pruned = bench({ isPruned: true });
  pruned.chain.have(blocks);
  pruned.ask("getblocks", [blocks[0]!.hash]);
  assert.deepEqual(pruned.invs(), []);
  pruned.ask("getblocks", [blocks[100]!.hash]);
  assert.deepEqual(pruned.invs(), [blocks.slice(101).map(({ hash }) => hash)]);
});
