/**
 * A `NodeCore` with everything around it in memory: disk, workers and sockets that answer late and in
 * turn, as a seed says, while a test plays the peers.
 *
 * @module
 */
import assert from "node:assert/strict";
import { silentLogger } from "../../src/base/logger.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import type { Bytes } from "../../src/base/bytes.ts";
import { type Duration, milliseconds, type UnixSeconds } from "../../src/base/time.ts";
import { NEW_CHAIN } from "../../src/chain/restore.ts";
import { verifyInputs } from "../../src/consensus/verify_inputs.ts";
import type { Command, CommandResult } from "../../src/node/command.ts";
import type { DialId, NodeEffect, NodeInput } from "../../src/node/effect.ts";
import { NodeCore } from "../../src/node/node_core.ts";
import type { NodeOptions } from "../../src/node/node_options.ts";
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
  sentBytes = 0;
  readonly #rng: Rng;
  readonly #files = new MemoryFiles();
  readonly #index = new MemoryStore();
  readonly #coins = new MemoryStore();
  /** Answers of disk and workers that are on their way, oldest first. */
  readonly #late: (() => NodeInput)[] = [];
  readonly #answers = new Map<number, (result: CommandResult) => void>();
  #nextPeer = 0;
  #nextCommand = 1;

  constructor(options: NodeOptions, start: UnixSeconds, rng: Rng) {
    this.#rng = rng;
    this.clock = new VirtualClock(start);
    this.core = new NodeCore({
      clock: this.clock,
      rng: seededRng(rng.u32()),
      logger: silentLogger,
      files: this.#files,
      index: this.#index,
      coins: this.#coins,
      restored: NEW_CHAIN,
      savedAddresses: undefined,
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
    let bytes = 0;
    for (const effect of effects) {
      if (effect.type === "send") bytes += effect.bytes.length;
      this.#perform(effect);
    }
    assert.ok(bytes <= SENT_BYTES_PER_STEP_MAX, `${bytes} bytes sent in one step`);
    this.sentBytes += bytes;
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
          const { files, index, coins, removeFiles } = effect.writes;
          this.#files.applyWrites(files);
          this.#index.apply(index);
          this.#coins.apply(coins);
          this.#files.applyRemovals(removeFiles);
          return { type: "persisted", batch: effect.batch };
        });
        return;
      case "answer":
        this.#answers.get(effect.id)?.(effect.result);
        this.#answers.delete(effect.id);
        return;
      default:
        return;
    }
  }

  /** Half of those that are dialled are there. */
  #dial(dial: DialId, remote: NetworkAddress): NodeInput {
    if (below(this.#rng, 2) === 0) return { type: "dial-failed", dial, reason: "nobody is there" };
    const peer = this.#nextPeer++ as PeerId;
    this.open.add(peer);
    this.dialled.push(peer);
    return { type: "connected", peer, dial, remote, local: { ...remote, port: 50_000 } };
  }

  #closed(peer: PeerId, reason: string): void {
    assert.ok(this.open.delete(peer), `peer ${peer} is closed once (${reason})`);
    this.closings.set(reason, (this.closings.get(reason) ?? 0) + 1);
    this.#late.push(() => ({ type: "closed", peer, reason }));
  }
}

/** `bytes` in up to four pieces. */
export function inPieces(rng: Rng, bytes: Bytes): readonly Bytes[] {
  const cuts = Array.from({ length: below(rng, 4) },
    () => below(rng, bytes.length + 1)).sort((a, b) => a - b);
  const bounds = [0, ...cuts, bytes.length];
  return bounds.slice(1).map((end, i) => bytes.slice(bounds[i], end)).filter((piece) => piece.length > 0);
}
