/**
 * A `NodeCore` with everything around it in memory: disk, workers and sockets that answer late and in
 * turn, as a seed says, while a test plays the peers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { unreachable } from "../../src/base/assert.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { type Duration, milliseconds, type UnixSeconds } from "../../src/base/time.ts";
import type { IndexKind } from "../../src/chain/indexes/index_kinds.ts";
import { NEW_CHAIN } from "../../src/chain/restore.ts";
import { verifyInputs } from "../../src/consensus/verify_inputs.ts";
import { muhashFactor } from "../../src/crypto/muhash.ts";
import type { Command, CommandResult } from "../../src/node/command.ts";
import type { DialId, NodeEffect, NodeInput } from "../../src/node/effect.ts";
import { NodeCore } from "../../src/node/node_core.ts";
import type { NodeOptions } from "../../src/node/node_options.ts";
import type { NodePorts } from "../../src/node/node_ports.ts";
import type { PeerId } from "../../src/peer/peer.ts";
import type { NetworkAddress } from "../../src/primitives/network_address.ts";
import { VirtualClock } from "../../src/sim/virtual_clock.ts";
import { MemoryFiles } from "../../src/store/memory_files.ts";
import { MemoryStore } from "../../src/store/memory_store.ts";

/** What one step may hand out: more, and one message has made us write or ask without bound. */
const SENT_BYTES_PER_STEP_MAX = 20_000_000;
const EFFECTS_PER_STEP_MAX = 5_000;

export class CoreWorld {
  readonly core: NodeCore;
  readonly clock: VirtualClock;
  /** Sockets that are open, as the world sees it. */
  readonly open = new Set<PeerId>();
  /** Those that the node has dialled, and that have not said anything yet. */
  readonly dialled: PeerId[] = [];
  /** Reasons for which the node has closed connections, and how often. */
  readonly closings = new Map<string, number>();
  /** Why the node has closed each connection that it closed. */
  readonly closedFor = new Map<PeerId, string>();
  /** Peers from whose sockets nothing is read for the moment. */
  readonly paused = new Set<PeerId>();
  /** Peers who read nothing: a socket of theirs is choked by whatever is sent to it. */
  readonly deaf = new Set<PeerId>();
  /** The test has put a bug into the node: to be stopped by it is no failure of the test. */
  allowsBugs = false;
  sentBytes = 0;
  /** Hears what the node sends, once the step is over. */
  onSend: (peer: PeerId, bytes: Bytes) => void = () => {};
  /** Whether somebody is there who is dialled next; by default every other one. */
  isThere: () => boolean;
  readonly #unheard: (NodeEffect & { readonly type: "send" })[] = [];
  #isTelling = false;
  readonly #rng: Rng;
  readonly #files = new MemoryFiles();
  readonly #index = new MemoryStore();
  readonly #coins = new MemoryStore();
  readonly #indexes: Readonly<Partial<Record<IndexKind, MemoryStore>>>;
  /** Answers of disk and workers that are on their way, oldest first. */
  readonly #late: (() => NodeInput)[] = [];
  readonly #answers = new Map<number, (result: CommandResult) => void>();
  #nextPeer = 0;
  #nextCommand = 1;

  /** `ports`: in place of those of a node that is new, and has all its defences. */
  constructor(options: NodeOptions, start: UnixSeconds, rng: Rng, ports: Partial<NodePorts> = {}) {
    this.#rng = rng;
    this.isThere = () => below(rng, 2) !== 0;
    this.#indexes = Object.fromEntries([...options.indexes].map((kind) => [kind, new MemoryStore()]));
    this.clock = new VirtualClock(start);
    this.core = new NodeCore({
      clock: this.clock,
      rng: seededRng(rng.u32()),
      logger: silentLogger,
      files: this.#files,
      index: this.#index,
      coins: this.#coins,
      indexes: this.#indexes,
      restored: NEW_CHAIN,
      savedBook: undefined,
      ...ports,
    }, options);
    this.give({ type: "woken" });
  }

  /** An inbound connection from `remote`. */
  connect(remote: NetworkAddress, local: NetworkAddress): PeerId {
    const peer = this.#nextPeer++ as PeerId;
    this.open.add(peer);
    this.give({ type: "connected", peer, dial: undefined, remote, local });
    return peer;
  }

  /** The other side is gone. */
  drop(peer: PeerId): void {
    if (this.open.delete(peer)) this.give({ type: "closed", peer, reason: "socket closed" });
  }

  command(command: Command): () => CommandResult | undefined {
    const id = this.#nextCommand++;
    let answer: CommandResult | undefined;
    this.#answers.set(id, (result) => {
      answer = result;
    });
    this.give({ type: "command", id, command });
    return () => answer;
  }

  /** One step, and its effects. */
  give(input: NodeInput): void {
    const effects = this.core.step(input);
    assert.ok(effects.length <= EFFECTS_PER_STEP_MAX, `${effects.length} effects of one ${input.type}`);
    this.#checkWakeAt();
    let bytes = 0;
    const choked = new Set<PeerId>();
    for (const effect of effects) {
      this.#perform(effect);
      if (effect.type !== "send") continue;
      assert.ok(this.open.has(effect.peer), `bytes for peer ${effect.peer}, whose socket is closed`);
      bytes += effect.bytes.length;
      this.#unheard.push(effect);
      if (this.deaf.has(effect.peer)) choked.add(effect.peer);
    }
    // Before any other input, as a driver does.
    for (const peer of choked) this.give({ type: "choked", peer });
    this.#tellSent();
    assert.ok(bytes <= SENT_BYTES_PER_STEP_MAX, `${bytes} bytes sent in one step`);
    this.sentBytes += bytes;
  }

  /** In the order in which it was sent, also when whoever hears it answers at once, and makes another step. */
  #tellSent(): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      for (let sent = this.#unheard.shift(); sent !== undefined; sent = this.#unheard.shift()) {
        this.onSend(sent.peer, sent.bytes);
      }
    } finally {
      this.#isTelling = false;
    }
  }

  /** Lets some time pass: what is late may arrive, and the node is woken when it asks for it. */
  pass(length: Duration = milliseconds(0)): void {
    this.clock.advance(length);
    if (below(this.#rng, 4) !== 0) this.#deliver();
    for (let turns = 0; turns < 3 && this.#isDue(); turns++) this.give({ type: "woken" });
  }

  /** Until nothing is left that could happen now. */
  settle(): void {
    for (let turns = 0; turns < 100_000; turns++) {
      if (this.#late.length === 0 && !this.#isDue()) return;
      this.#deliver();
      this.give({ type: "woken" });
    }
    assert.fail("it never comes to rest");
  }

  #checkWakeAt(): void {
    const wakeAt = this.core.wakeAt();
    assert.ok(wakeAt === undefined || (Number.isFinite(wakeAt) && wakeAt >= 0), `a wakeAt of ${wakeAt}`);
  }

  #isDue(): boolean {
    const wakeAt = this.core.wakeAt();
    return wakeAt !== undefined && wakeAt <= this.clock.now();
  }

  #deliver(): void {
    for (let next = this.#late.shift(); next !== undefined; next = this.#late.shift()) this.give(next());
  }

  #perform(effect: NodeEffect): void {
    switch (effect.type) {
      case "close":
        this.#closed(effect.peer, effect.reason);
        return;
      case "pause":
        this.paused.add(effect.peer);
        return;
      case "resume":
        this.paused.delete(effect.peer);
        return;
      case "dial":
        this.#late.push(() => this.#dial(effect.dial, effect.address));
        return;
      case "resolve":
        this.#late.push(() => ({ type: "resolved", host: effect.host, addresses: [] }));
        return;
      case "verify":
        this.#late.push(() => {
          const violation = verifyInputs(effect.payload, 0, effect.payload.inputCount);
          return { type: "verified", job: effect.job, violation };
        });
        return;
      case "load":
        this.#late.push(() => {
          const { name, offset, length } = effect.range;
          return { type: "loaded", request: effect.request, bytes: this.#files.read(name, offset, length) };
        });
        return;
      case "persist":
        this.#late.push(() => {
          const { files, index, coins, indexes, removeFiles } = effect.writes;
          this.#files.applyWrites(files);
          this.#index.apply(index);
          this.#coins.apply(coins);
          for (const { kind, changes } of indexes ?? []) this.#indexes[kind]?.apply(changes);
          this.#files.applyRemovals(removeFiles);
          return { type: "persisted", batch: effect.batch };
        });
        return;
      case "answer":
        this.#answers.get(effect.id)?.(effect.result);
        this.#answers.delete(effect.id);
        return;
      case "multiply-coins":
        this.#late.push(() => {
          return { type: "coins-multiplied", request: effect.request, factor: muhashFactor(effect.change) };
        });
        return;
      case "fatal":
        assert.fail(`the node gives up: ${effect.why}`);
        break;
      case "send":
      case "event":
      case "save":
      case "append":
      case "hash-coins":
        return;
      default:
        unreachable(effect);
    }
  }

  #dial(dial: DialId, remote: NetworkAddress): NodeInput {
    if (!this.isThere()) return { type: "dial-failed", dial, reason: "nobody is there" };
    const peer = this.#nextPeer++ as PeerId;
    this.open.add(peer);
    this.dialled.push(peer);
    return { type: "connected", peer, dial, remote, local: { ...remote, port: 50_000 } };
  }

  #closed(peer: PeerId, reason: string): void {
    assert.ok(this.open.delete(peer), `peer ${peer} is closed once (${reason})`);
    assert.ok(reason !== "internal-error" || this.allowsBugs, `a message of peer ${peer} shows a bug`);
    this.paused.delete(peer);
    this.closedFor.set(peer, reason);
    this.closings.set(reason, (this.closings.get(reason) ?? 0) + 1);
    this.#late.push(() => ({ type: "closed", peer, reason }));
  }
}
