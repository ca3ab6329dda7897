/**
 * One node of a simulated network: the shipped `NodeCore`, driven under the contract at the top of
 * node/node_core.ts, with a disk in memory and script checks inline.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import { NO_BYTES } from "../base/bytes.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import type { Rng } from "../base/rng.ts";
import { type Clock, type Duration, type Instant, milliseconds } from "../base/time.ts";
import { COIN_PREFIX } from "../chain/coin_codec.ts";
import { hashCoinEntries } from "../chain/coins_hash.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import { NEW_CHAIN } from "../chain/restore.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { DialId, NodeEffect, NodeInput } from "../node/effect.ts";
import type { NodeEvent } from "../node/event.ts";
import { NodeCore } from "../node/node_core.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { MemoryFiles } from "../store/memory_files.ts";
import { MemoryStore } from "../store/memory_store.ts";
import type { SharedVerdicts } from "./shared_verdicts.ts";

/** How long a disk takes to say that a batch is written, and to read a block. */
const WRITE_LATENCY = milliseconds(2);
const READ_LATENCY = milliseconds(1);
/** How long a worker takes for one input. */
const VERIFY_TIME_PER_INPUT = milliseconds(0.05);

/** What a host needs of the world it stands in. */
export interface HostWorld {
  readonly clock: Clock;
  readonly logger?: Logger;
  readonly verdicts: SharedVerdicts;
  /** Calls `action` after `delay`. */
  after(delay: Duration, action: () => void): void;
  /** An input is about to be given to this host. */
  delivered(host: VirtualHost, input: NodeInput): void;
  dial(host: VirtualHost, dial: DialId, address: NetworkAddress): void;
  transmit(host: VirtualHost, peer: PeerId, bytes: Uint8Array): void;
  hangUp(host: VirtualHost, peer: PeerId): void;
  /** Stops, or goes on, handing over what comes from this peer. */
  setReading(host: VirtualHost, peer: PeerId, isReading: boolean): void;
  happened(host: VirtualHost, event: NodeEvent): void;
}

/** All keys of coins lie between these. */
const COINS_FIRST = Uint8Array.of(COIN_PREFIX);
const COINS_END = Uint8Array.of(COIN_PREFIX + 1);

export class VirtualHost {
  /** Place in the network, from zero. */
  readonly index: number;
  readonly address: NetworkAddress;
  readonly core: NodeCore;
  readonly #world: HostWorld;
  readonly #files = new MemoryFiles();
  readonly #indexStore = new MemoryStore();
  readonly #coins = new MemoryStore();
  /** For coins of a snapshot, which whoever loads one puts there. */
  readonly snapshotCoins = new MemoryStore();
  readonly #indexes: Readonly<Partial<Record<IndexKind, MemoryStore>>>;
  readonly #answers = new Map<number, (result: CommandResult) => void>();
  #nextPeer = 0;
  #nextCommand = 1;
  /** When the next `woken` is due; later alarms that were set before are void. */
  #alarmAt: Instant | undefined;
  #failure: string | undefined;

  constructor(index: number, address: NetworkAddress, options: NodeOptions, rng: Rng, world: HostWorld) {
    this.index = index;
    this.address = address;
    this.#world = world;
    this.#indexes = Object.fromEntries([...options.indexes].map((kind) => [kind, new MemoryStore()]));
    this.core = new NodeCore({
      clock: world.clock,
      rng,
      logger: world.logger ?? silentLogger,
      files: this.#files,
      index: this.#indexStore,
      coins: this.#coins,
      snapshotCoins: this.snapshotCoins,
      indexes: this.#indexes,
      restored: NEW_CHAIN,
      savedAddresses: undefined,
    }, options);
  }

  /** Why the node could not go on: it is given no input any more. */
  get failure(): string | undefined {
    return this.#failure;
  }

  /** The hash of the active coins on its disk, in display order. */
  hashCoins(): string {
    const store = this.core.chain.coinsStore === "snapshot" ? this.snapshotCoins : this.#coins;
    return hashCoinEntries(store.entries(COINS_FIRST, COINS_END));
  }

  start(): void {
    this.give({ type: "woken" });
  }

  newPeer(): PeerId {
    return this.#nextPeer++ as PeerId;
  }

  command(command: Command, answered: (result: CommandResult) => void = () => {}): void {
    const id = this.#nextCommand++;
    this.#answers.set(id, answered);
    this.give({ type: "command", id, command });
  }

  /** One step of the core, and all that follows from it. */
  give(input: NodeInput): void {
    if (this.#failure !== undefined) return;
    this.#world.delivered(this, input);
    for (const effect of this.core.step(input)) this.#perform(effect);
    this.#setAlarm();
  }

  #setAlarm(): void {
    const wakeAt = this.core.wakeAt();
    if (wakeAt === undefined) return;
    const now = this.#world.clock.now();
    const at = Math.max(now, wakeAt) as Instant;
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    this.#world.after((at - now) as Duration, () => {
      if (this.#alarmAt !== at) return;
      this.#alarmAt = undefined;
      this.give({ type: "woken" });
    });
  }

  #perform(effect: NodeEffect): void {
    const world = this.#world;
    switch (effect.type) {
      case "send":
        return world.transmit(this, effect.peer, effect.bytes);
      case "close":
        return world.hangUp(this, effect.peer);
      case "dial":
        return world.dial(this, effect.dial, effect.address);
      case "pause":
        return world.setReading(this, effect.peer, false);
      case "resume":
        return world.setReading(this, effect.peer, true);
      case "resolve":
        // There are no names here.
        return world.after(READ_LATENCY, () =>
          this.give({ type: "resolved", host: effect.host, addresses: [] }));
      case "verify": {
        const { job, payload } = effect;
        const violation = world.verdicts.verify(payload);
        const took = (VERIFY_TIME_PER_INPUT * payload.inputCount) as Duration;
        return world.after(took, () => this.give({ type: "verified", job, violation }));
      }
      case "load": {
        const { name, offset, length } = effect.range;
        const bytes = this.#files.read(name, offset, length);
        return world.after(READ_LATENCY, () => this.give({ type: "loaded", request: effect.request, bytes }));
      }
      case "persist":
        return world.after(WRITE_LATENCY, () => this.#written(effect));
      case "hash-coins": {
        const hash = hashCoinEntries(this.#coins.entries(COINS_FIRST, COINS_END));
        return world.after(READ_LATENCY, () =>
          this.give({ type: "coins-hashed", request: effect.request, hash }));
      }
      case "fatal":
        this.#failure = effect.why;
        return;
      case "save":
        return this.#files.applyWrites([{ name: effect.name, offset: 0, bytes: effect.bytes }]);
      case "answer":
        this.#answers.get(effect.id)?.(effect.result);
        this.#answers.delete(effect.id);
        return;
      case "event":
        return world.happened(this, effect.event);
      default:
        return unreachable(effect);
    }
  }

  #written({ batch, writes }: NodeEffect & { readonly type: "persist" }): void {
    this.#files.applyWrites(writes.files);
    this.#indexStore.apply(writes.index);
    this.#coins.apply(writes.coins);
    this.snapshotCoins.apply(writes.snapshotCoins ?? []);
    for (const { kind, changes } of writes.indexes ?? []) this.#indexes[kind]?.apply(changes);
    this.#files.applyRemovals(writes.removeFiles);
    this.give({ type: "persisted", batch });
  }
}

/** The bytes of an input that tell it from another of its type, for a trace. */
export function inputBytes(input: NodeInput): Uint8Array {
  return input.type === "received" ? input.bytes : NO_BYTES;
}
