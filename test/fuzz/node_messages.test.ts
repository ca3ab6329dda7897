/**
 * A whole node under 50,000 messages that nobody meant: sound ones in any order, sound ones with a
 * few bytes changed, and noise, most of them after the handshake. `TIDINGS_SEED=n` repeats a run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Bytes } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng, seededRng } from "../../src/base/rng.ts";
import { milliseconds, minutes, seconds, type UnixSeconds } from "../../src/base/time.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import type { PeerId } from "../../src/peer/peer.ts";
import { parseWhitelist } from "../../src/peer/permissions.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { Transaction } from "../../src/primitives/transaction.ts";
import { V1Transport } from "../../src/transport/v1_transport.ts";
import { encodeMessage, MESSAGE_TYPES, type Message } from "../../src/wire/message.ts";
import { messageValues } from "../support/arbitrary_messages.ts";
import { type BlockNode, BlockTree, coinbaseOf, QUICK_MATURITY, spendAnyone } from "../support/blocks.ts";
import { freshSeed } from "../support/environment.ts";
import { mutate } from "../support/mutate.ts";
import { versionOf } from "../support/peer_bench.ts";
import { CoreWorld, inPieces } from "./core_world.ts";

const seed = freshSeed();
const MESSAGES = 50_000;
const PEERS = 12;
/** Of those that nothing but a broken stream gets dropped, and so get far. */
const FORGIVEN_PEERS = 8;
const MEMPOOL_BYTES_MAX = 300_000;

installNodeCrypto();

const PARAMS = QUICK_MATURITY;
const framer = new V1Transport(PARAMS.magic);

/** Peers with odd addresses may do anything; the others come from the internet. */
function addressOf(index: number): NetworkAddress {
  const bytes = index < FORGIVEN_PEERS ? [10, 0, 0, index + 1] : [80 + index, 1, 2, 3];
  return { network: "ipv4", bytes: Uint8Array.from(bytes), port: 18444 };
}

function options(): NodeOptions {
  const usual = { relay: true, forceRelay: false };
  const parsed = parseWhitelist("noban,forcerelay,bloomfilter,mempool,addr@10.0.0.0/8", usual);
  assert.ok(parsed.ok);
  return {
    ...defaultNodeOptions(PARAMS),
    permissionRules: [parsed.rule],
    mempoolMaxBytes: MEMPOOL_BYTES_MAX,
    peerBloomFilters: true,
    coinsCacheBytes: 4 * 1024 * 1024,
    acceptNonstandard: true,
  };
}

/** Blocks that fork from each other, and payments out of them: what messages may be about. */
class Matter {
  readonly nodes: BlockNode[] = [];
  readonly transactions: Transaction[] = [];
  readonly #tree = new BlockTree(PARAMS);
  readonly #spent = new Set<BlockNode>();

  constructor(rng: Rng) {
    let tip = this.#tree.genesis;
    for (let i = 0; i < 60; i++) {
      const from = below(rng, 8) === 0 ? (this.nodes.at(-1 - below(rng, 3)) ?? tip) : tip;
      const next = this.#tree.extend(from,
        { transactions: i > 10 && i % 5 === 0 ? [this.#spend(rng, tip)] : [] });
      this.nodes.push(next);
      if (next.height > tip.height) tip = next;
    }
    for (let i = 0; i < 30; i++) this.transactions.push(this.#spend(rng, tip));
    for (const node of ancestors(tip).slice(3, 13)) {
      this.transactions.push(spendAnyone([coinbaseOf(node)], 9_000));
    }
    // And children of those, some without their parents.
    for (const parent of this.transactions.slice(0, 30)) {
      const [output] = parent.outputs;
      if (output === undefined) continue;
      this.transactions.push(spendAnyone([{ outPoint: { txid: parent.txid, index: 0 },
        value: output.value }], 2_000));
    }
  }

  hash(rng: Rng): Bytes {
    if (below(rng, 8) === 0) return randomBytes(rng, 32) as BlockHash;
    if (below(rng, 2) === 0) return pick(rng, this.nodes).block.hash;
    const transaction = pick(rng, this.transactions);
    return below(rng, 2) === 0 ? transaction.txid : transaction.wtxid;
  }

  /** Blocks spend each coin once at most, so that their chain is good; loose transactions may collide. */
  #spend(rng: Rng, tip: BlockNode): Transaction {
    const node = pick(rng, ancestors(tip).slice(3).filter((each) => !this.#spent.has(each)));
    this.#spent.add(node);
    return spendAnyone([coinbaseOf(node)], 1_000 + below(rng, 5_000), 1 + below(rng, 3));
  }
}

/** `node` and what lies below it, without genesis. */
function ancestors(node: BlockNode): readonly BlockNode[] {
  const found: BlockNode[] = [];
  for (let at: BlockNode | undefined = node; at?.parent !== undefined; at = at.parent) found.push(at);
  return found;
}

function pick<T>(rng: Rng, items: readonly T[]): T {
  return items[below(rng, items.length)] as T;
}

/** A message that makes sense, of what there is. */
function sensible(rng: Rng, matter: Matter): Message {
  const { nodes, transactions } = matter;
  const someHashes =
    (): BlockHash[] => Array.from({ length: 1 + below(rng, 6) }, () => matter.hash(rng) as BlockHash);
  const items = someHashes().map((hash) =>
    ({ type: pick(rng, [1, 2, 5, 0x4000_0001, 0x4000_0002, 4, 3]), hash }));
  const start = below(rng, nodes.length);
  const blocks = nodes.slice(start, start + 1 + below(rng, 30)).map(({ block }) => block);
  const question = { version: 70_016, locator: someHashes(), stop: matter.hash(rng) as BlockHash };
  switch (below(rng, 12)) {
    case 0:
    case 1:
      return { type: "headers", value: { headers: blocks.map(({ header }) => header) } };
    case 2:
    case 3:
      return { type: "block", value: { block: pick(rng, nodes).block } };
    case 4:
    case 5:
      return { type: "tx", value: { transaction: pick(rng, transactions) } };
    case 6:
      return { type: "inv", value: { items } };
    case 7:
      return { type: "getdata", value: { items } };
    case 8:
      return { type: "notfound", value: { items } };
    case 9:
      return { type: "getheaders", value: question };
    case 10:
      return { type: "getblocks", value: question };
    default:
      return { type: "ping", value: { nonce: 7n } };
  }
}

/** Payloads of every type, to choose from. */
const samples = new Map<string, readonly Bytes[]>();
for (const [index, type] of MESSAGE_TYPES.entries()) {
  const values = fc.sample(messageValues[type] as fc.Arbitrary<unknown>, { seed: seed + index, numRuns: 20 });
  samples.set(type, values.map((value) => encodeMessage({ type, value } as Message)));
}

function anyBytes(rng: Rng, matter: Matter): Bytes {
  const kind = below(rng, 100);
  if (kind < 68) return framed(sensible(rng, matter));
  if (kind < 86) {
    const message = sensible(rng, matter);
    return framer.send({ type: message.type, payload: mutate(rng, encodeMessage(message)) });
  }
  const type = pick(rng, MESSAGE_TYPES);
  const payload = pick(rng, samples.get(type) ?? []);
  if (kind < 93) return framer.send({ type, payload });
  if (kind < 98) return framer.send({ type, payload: mutate(rng, payload) });
  if (kind < 99) return framer.send({ type, payload: randomBytes(rng, below(rng, 300)) });
  const bytes = framer.send({ type, payload }).slice();
  bytes[below(rng, bytes.length)]! ^= 1 << below(rng, 8);
  return bytes;
}

function framed(message: Message): Bytes {
  return framer.send({ type: message.type, payload: encodeMessage(message) });
}

test(`a node takes ${MESSAGES} messages that nobody meant, and stays sound (seed ${seed})`, () => {
  const rng = seededRng(seed);
  const matter = new Matter(rng);
  const last = Math.max(...matter.nodes.map(({ block }) => block.header.time));
  const world = new CoreWorld(options(), (last + 600) as UnixSeconds, rng);
  const { core } = world;
  const local = addressOf(99);
  const addresses = Array.from({ length: 200 }, (_, i): NetworkAddress => {
    return { network: "ipv4", bytes: Uint8Array.of(100 + (i % 100), i, 7, 7), port: 18444 };
  });
  world.command({ type: "add-addresses", addresses, source: addressOf(50) });
  const peers: (PeerId | undefined)[] = [];
  let afterHandshake = 0;
  let fromDialled = 0;
  let nonce = 1n;
  const reconnect = (index: number): PeerId => {
    // Someone whom the node has dialled, or someone who dials it.
    const peer = world.dialled.shift() ?? world.connect(addressOf(index), local);
    peers[index] = peer;
    if (!world.open.has(peer) || below(rng, 10) === 0) return peer;
    const features: Message[] = [];
    if (below(rng, 4) !== 0) features.push({ type: "wtxidrelay", value: null });
    if (below(rng, 2) === 0) features.push({ type: "sendaddrv2", value: null });
    nonce += 1n;
    const version: Message = { type: "version", value: versionOf({ nonce }) };
    for (const message of [version, ...features, { type: "verack", value: null } as const]) {
      world.give({ type: "received", peer, bytes: framed(message) });
    }
    return peer;
  };
  const checkBounds = (): void => {
    assert.equal([...core.peers()].length, world.open.size, "a record for each socket, and no other");
    assert.ok(world.open.size <= PEERS + 20, `${world.open.size} connections`);
    assert.ok(core.mempool.usage <= MEMPOOL_BYTES_MAX, `${core.mempool.usage} bytes of mempool`);
    assert.ok(core.chain.headers.size < 2 * matter.nodes.length + 50, `${core.chain.headers.size} headers`);
  };

  for (let sent = 0; sent < MESSAGES; sent++) {
    const index = below(rng, PEERS);
    const known = peers[index];
    const peer = known === undefined || !world.open.has(known) ? reconnect(index) : known;
    const at = [...core.peers()].find(({ id }) => id === peer);
    if (at?.isReady === true) afterHandshake += 1;
    if (at?.isInbound === false) fromDialled += 1;
    for (const bytes of inPieces(rng, anyBytes(rng, matter))) {
      if (world.open.has(peer)) world.give({ type: "received", peer, bytes });
    }
    if (below(rng, 50) === 0) world.give({ type: pick(rng, ["choked", "drained"] as const), peer });
    if (below(rng, 300) === 0) world.drop(peer);
    if (below(rng, 3) === 0) world.pass(milliseconds(below(rng, 200)));
    if (below(rng, 2_000) === 0) world.pass(pick(rng, [seconds(30), minutes(3), minutes(25)]));
    if (sent % 1_000 === 0) checkBounds();
  }
  checkBounds();
  assert.ok(afterHandshake >= MESSAGES / 2, `${afterHandshake} messages after the handshake`);

  // It would dial others instead of those that leave, so it is stopped first.
  const answer = world.command({ type: "shut-down" });
  world.settle();
  assert.equal(answer()?.ok, true, "it can be stopped");
  assert.equal([...core.peers()].length, 0, "no record of a peer is left");
  assert.equal(core.wakeAt(), undefined, "with nothing left to wake for");
  const reasons = [...world.closings].map(([reason, count]) => `${reason} ${count}`).join(", ");
  const height = core.chain.headers.height(core.chain.tip);
  console.log(`TIDINGS_SEED=${seed}: ${afterHandshake} of ${MESSAGES} after the handshake, ` +
    `${fromDialled} from peers that it dialled; height ${height}, ` +
    `${core.mempool.size} in the mempool, ${world.sentBytes} bytes sent; closed for: ${reasons}`);
});
