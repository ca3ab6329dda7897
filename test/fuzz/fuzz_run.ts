/**
 * A whole node under messages that nobody meant, from many peers, in virtual time.
 *
 * Each step draws from a generator of its own, made of the run's seed and the step's number, so
 * that steps can be left out without changing what the others do: that is how a failure is shrunk.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Bytes } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng, seededRng } from "../../src/base/rng.ts";
import { milliseconds, minutes, seconds, type UnixSeconds } from "../../src/base/time.ts";
import { INDEX_KINDS } from "../../src/chain/indexes/index_kinds.ts";
import type { Command } from "../../src/node/command.ts";
import { defaultNodeOptions, type NodeOptions } from "../../src/node/node_options.ts";
import type { ConnectionType, Peer, PeerId } from "../../src/peer/peer.ts";
import { parseWhitelist } from "../../src/peer/permissions.ts";
import type { BlockHash } from "../../src/primitives/hash.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import type { RawMessage } from "../../src/transport/transport.ts";
import { makeTransport, type Speech } from "../../src/transport/make_transport.ts";
import type { Message } from "../../src/wire/message.ts";
import { ANYONE, QUICK_MATURITY } from "../support/blocks.ts";
import { CoreWorld } from "../support/core_world.ts";
import { versionOf } from "../support/peer_bench.ts";
import {
  checkBounds, checkGrowth, checkNothingLeft, liveBytes, MEMPOOL_BYTES_MAX,
} from "./fuzz_bounds.ts";
import { FuzzMatter, pick } from "./fuzz_matter.ts";
import { anyMessage, inPieces } from "./fuzz_messages.ts";
import { FuzzPeer, payloadOf } from "./fuzz_peer.ts";

const PARAMS = QUICK_MATURITY;
const PEERS = 12;
/** Of those that nothing but a broken stream gets dropped, and so get far. */
const FORGIVEN_PEERS = 8;
/** Steps between two looks at how much is kept; such a look takes as long as some thousand messages. */
const STEPS_PER_CHECK = 20_000;

export interface FuzzPlan {
  readonly seed: number;
  readonly steps: number;
  /** Of whom we meet, so many in ten speak the encrypted transport. */
  readonly encrypted: number;
}

export interface FuzzReport {
  readonly messages: number;
  readonly afterHandshake: number;
  /** From peers that the node has dialled. */
  readonly fromDialled: number;
  readonly summary: string;
}

/** What differs from run to run, so that no configuration is tried alone. */
const VARIANTS: readonly Partial<NodeOptions>[] = [
  { peerBloomFilters: true },
  // Headers of the first two thirds of the chain are not worth keeping by themselves.
  { minimumChainWork: 80n },
  { indexes: new Set(INDEX_KINDS), peerBlockFilters: true },
  { blocksOnly: true, pruneTarget: 600 * 1024 * 1024 },
  { localPeers: true },
];

function optionsOf(seed: number): NodeOptions {
  const parsed = parseWhitelist("noban,forcerelay,bloomfilter,mempool,addr@10.0.0.0/8",
    { relay: true, forceRelay: false });
  assert.ok(parsed.ok);
  return {
    ...defaultNodeOptions(PARAMS),
    // Peers are given messages, not keys; the encrypted stream has a fuzzer of its own.
    v2Transport: false,
    permissionRules: [parsed.rule],
    mempoolMaxBytes: MEMPOOL_BYTES_MAX,
    coinsCacheBytes: 4 * 1024 * 1024,
    acceptNonstandard: true,
    ...VARIANTS[seed % VARIANTS.length],
  };
}

/** Peers with odd addresses may do anything; the others come from the internet. */
function addressOf(index: number): NetworkAddress {
  const bytes = index < FORGIVEN_PEERS ? [10, 0, 0, index + 1] : [80 + index, 1, 2, 3];
  return { network: "ipv4", bytes: Uint8Array.from(bytes), port: 18444 };
}

const LOCAL = addressOf(99);

export class FuzzRun {
  readonly #plan: FuzzPlan;
  readonly #world: CoreWorld;
  readonly #matter: FuzzMatter;
  /** Other ends of open connections. */
  readonly #others = new Map<PeerId, FuzzPeer>();
  /** Whom each place is held by. */
  readonly #places: (PeerId | undefined)[] = [];
  /** All that there were. */
  readonly #peers: WeakRef<Peer>[] = [];
  readonly #bytesBefore: number;
  readonly #invalidated: BlockHash[] = [];
  #messages = 0;
  #afterHandshake = 0;
  #fromDialled = 0;
  /** The last step begun. */
  step = 0;

  constructor(plan: FuzzPlan) {
    this.#plan = plan;
    const rng = seededRng(plan.seed);
    this.#matter = new FuzzMatter(PARAMS, rng);
    this.#bytesBefore = liveBytes();
    const start = (this.#matter.lastTime + 600) as UnixSeconds;
    const options = { ...optionsOf(plan.seed), v2Transport: plan.encrypted > 0 };
    this.#world = new CoreWorld(options, start, seededRng(rng.u32()));
    this.#world.onSend = (peer, bytes) => this.#heard(peer, bytes);
    const addresses = Array.from({ length: 200 }, (_, i): NetworkAddress => {
      return { network: "ipv4", bytes: Uint8Array.of(100 + (i % 100), i, 7, 7), port: 18444 };
    });
    this.#world.command({ type: "add-addresses", addresses, source: addressOf(50) });
  }

  /** Every step but those left out; then everyone leaves. Throws at the first thing that is wrong. */
  async run(isLeftOut: (step: number) => boolean = () => false): Promise<FuzzReport> {
    for (this.step = 0; this.step < this.#plan.steps; this.step++) {
      const seed = this.#plan.seed ^ Math.imul(this.step + 1, 0x9e37_79b1);
      if (!isLeftOut(this.step)) this.#take(seededRng(seed));
      if (this.step % STEPS_PER_CHECK === STEPS_PER_CHECK - 1) checkBounds(this.#world, this.#matter);
    }
    checkBounds(this.#world, this.#matter);
    await this.#end();
    return this.#report();
  }

  #take(rng: Rng): void {
    const world = this.#world;
    const index = below(rng, PEERS);
    const known = this.#places[index];
    const id = known !== undefined && world.open.has(known) ? known : this.#connect(rng, index);
    const other = this.#others.get(id);
    if (other !== undefined) this.#say(rng, other);
    if (below(rng, 50) === 0) world.give({ type: pick(rng, ["choked", "drained"] as const), peer: id });
    if (below(rng, 300) === 0) world.drop(id);
    if (below(rng, 500) === 0) this.#command(rng);
    if (below(rng, 3) === 0) world.pass(milliseconds(below(rng, 200)));
    if (below(rng, 2_000) === 0) world.pass(pick(rng, [seconds(30), minutes(3), minutes(25)]));
    for (const gone of this.#others.keys()) if (!world.open.has(gone)) this.#others.delete(gone);
  }

  /** Someone whom the node has dialled, or someone who dials it. */
  #connect(rng: Rng, index: number): PeerId {
    const world = this.#world;
    const mayBeDialled = index >= FORGIVEN_PEERS || below(rng, 4) === 0;
    const dialled = mayBeDialled ? world.dialled.shift() : undefined;
    const id = dialled ?? world.connect(addressOf(index), LOCAL);
    this.#places[index] = id;
    if (!world.open.has(id)) return id;
    const other = this.#other(id);
    if (below(rng, 16) !== 0) this.#shakeHands(rng, other);
    return id;
  }

  #other(id: PeerId): FuzzPeer {
    const known = this.#others.get(id);
    if (known !== undefined) return known;
    const ports = { magic: PARAMS.magic, rng: seededRng(this.#plan.seed + id) };
    for (const peer of this.#world.core.peers()) if (peer.id === id) this.#peers.push(new WeakRef(peer));
    const other = new FuzzPeer(id, makeTransport(this.#speechWith(id), ports), this.#matter);
    this.#others.set(id, other);
    return other;
  }

  /** Whom the node has dialled hears by its first bytes how it wants to be spoken to. */
  #speechWith(id: PeerId): Speech {
    if (this.#plan.encrypted === 0) return "v1";
    const isDialled = [...this.#world.core.peers()].some((peer) => peer.id === id && !peer.isInbound);
    if (isDialled) return "theirs";
    return below(seededRng(this.#plan.seed ^ id), 10) < this.#plan.encrypted ? "v2" : "v1";
  }

  #shakeHands(rng: Rng, other: FuzzPeer): void {
    const said: Message[] = [{ type: "version", value: versionOf({
      nonce: BigInt(rng.u32()),
      ...(below(rng, 6) === 0 ? { relay: false } : {}),
      ...(below(rng, 16) === 0 ? { services: 0n } : {}),
      ...(below(rng, 10) === 0 ? { version: pick(rng, [31_800, 60_000, 70_001, 70_013]) } : {}),
    }) }];
    if (below(rng, 4) !== 0) said.push({ type: "wtxidrelay", value: null });
    if (below(rng, 2) === 0) said.push({ type: "sendaddrv2", value: null });
    said.push({ type: "verack", value: null });
    this.#agreeOnKeys(other);
    for (const message of said) this.#send(rng, other, payloadOf(message), false);
  }

  /** Their keys and ours cross, unless one of the two has enough of it. */
  #agreeOnKeys(other: FuzzPeer): void {
    for (let turns = 0; turns < 4 && !other.transport.canSend; turns++) {
      this.#deliver(other.id, other.output());
      this.#world.pass();
    }
  }

  #say(rng: Rng, other: FuzzPeer): void {
    const at = [...this.#world.core.peers()].find(({ id }) => id === other.id);
    this.#messages += 1;
    if (at?.isReady === true) this.#afterHandshake += 1;
    if (at?.isInbound === false) this.#fromDialled += 1;
    const answer = (): Message | undefined => other.answer(rng);
    const message = anyMessage(rng, this.#matter, this.#world.clock.unixTime(), answer);
    this.#send(rng, other, message, below(rng, 100) === 0);
  }

  /** In pieces, as they may come; with one bit changed on the way, when it `isDamaged`. */
  #send(rng: Rng, other: FuzzPeer, message: RawMessage, isDamaged: boolean): void {
    if (!other.transport.canSend) return this.#deliver(other.id, randomBytes(rng, below(rng, 200)));
    const bytes = other.transport.send(message).slice();
    if (isDamaged) bytes[below(rng, bytes.length)]! ^= 1 << below(rng, 8);
    for (const piece of inPieces(rng, bytes)) this.#deliver(other.id, piece);
  }

  #deliver(peer: PeerId, bytes: Bytes): void {
    if (bytes.length > 0 && this.#world.open.has(peer)) this.#world.give({ type: "received", peer, bytes });
  }

  #heard(peer: PeerId, bytes: Bytes): void {
    if (!this.#world.open.has(peer)) return;
    this.#deliver(peer, this.#other(peer).heard(bytes));
  }

  /** What an operator may do meanwhile. */
  #command(rng: Rng): void {
    const types: readonly ConnectionType[] =
      ["outbound-full-relay", "block-relay-only", "addr-fetch", "feeler", "manual"];
    const hash = pick(rng, this.#matter.nodes).block.hash;
    const commands: readonly (() => Command)[] = [
      () => ({ type: "add-connection", address: addressOf(60 + below(rng, 40)), connection: pick(rng, types) }),
      () => ({ type: "add-node", address: addressOf(60 + below(rng, 40)), mode: "onetry" }),
      () => ({ type: "submit-transaction", transaction: pick(rng, this.#matter.transactions), maxFeeRate: 0 }),
      () => this.#invalidateOrNot(rng, hash),
      () => ({ type: "precious-block", hash }),
      () => ({ type: "generate", count: 1, script: ANYONE, maxTries: 1_000_000 }),
      () => ({ type: "ping" }),
      () => ({ type: "flush" }),
    ];
    this.#world.command(pick(rng, commands)());
  }

  /** Mostly what was invalid is made good again, so that there is a chain to go on with. */
  #invalidateOrNot(rng: Rng, hash: BlockHash): Command {
    const before = below(rng, 4) === 0 ? undefined : this.#invalidated.pop();
    if (before !== undefined) return { type: "reconsider-block", hash: before };
    this.#invalidated.push(hash);
    return { type: "invalidate-block", hash };
  }

  /** It would dial others instead of those that leave, so it is stopped first. */
  async #end(): Promise<void> {
    const answer = this.#world.command({ type: "shut-down" });
    this.#world.settle();
    assert.equal(answer()?.ok, true, "it can be stopped");
    this.#others.clear();
    await checkNothingLeft(this.#world, this.#peers);
    checkGrowth(this.#bytesBefore, liveBytes());
  }

  #report(): FuzzReport {
    const { core, closings, sentBytes } = this.#world;
    const reasons = [...closings].map(([reason, count]) => `${reason} ${count}`).join(", ");
    const summary = `${this.#afterHandshake} of ${this.#messages} after the handshake, ` +
      `${this.#fromDialled} from peers that it dialled; height ${core.chain.headers.height(core.chain.tip)}, ` +
      `${core.mempool.size} in the mempool, ${sentBytes} bytes sent; closed for: ${reasons}`;
    return {
      messages: this.#messages, afterHandshake: this.#afterHandshake, fromDialled: this.#fromDialled, summary,
    };
  }
}
