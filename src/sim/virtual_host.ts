/**
 * One node of a simulated network: the shipped `NodeCore`, driven under the contract at the top of
 * node/node_core.ts, with a disk in memory and script checks inline.
 *
 * @module
 */
import { readableBook } from "../addrbook/address_file.ts";
import { unreachable } from "../base/assert.ts";
import { type Bytes, concatBytes, NO_BYTES } from "../base/bytes.ts";
import { type Logger, silentLogger } from "../base/logger.ts";
import { type Clock, type Duration, type Instant, milliseconds, seconds } from "../base/time.ts";
import { COIN_PREFIX } from "../chain/coin_codec.ts";
import { hashCoinEntries } from "../chain/coins_hash.ts";
import { muhashFactor } from "../crypto/muhash.ts";
import type { IndexKind } from "../chain/indexes/index_kinds.ts";
import { ANCHORS_FILE } from "../connections/anchors.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { DialId, NodeEffect, NodeInput } from "../node/effect.ts";
import type { NodeEvent } from "../node/event.ts";
import { BANS_FILE, PEERS_FILE } from "../node/known_hosts.ts";
import { NodeCore } from "../node/node_core.ts";
import type { NodeOptions } from "../node/node_options.ts";
import type { NodePorts } from "../node/node_ports.ts";
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
/** How long a name takes to be looked up, and a node to be started again. */
const LOOKUP_LATENCY = milliseconds(50);
const RESTART_TIME = seconds(5);

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
  /** All connections of this host end without a word. */
  drop(host: VirtualHost): void;
  resolve(name: string): readonly NetworkAddress[];
  /** Stops, or goes on, handing over what comes from this peer. */
  setReading(host: VirtualHost, peer: PeerId, isReading: boolean): void;
  happened(host: VirtualHost, event: NodeEvent): void;
}

/** All keys of coins lie between these. */
const COINS_FIRST = Uint8Array.of(COIN_PREFIX);
const COINS_END = Uint8Array.of(COIN_PREFIX + 1);
/** All keys lie between these. */
const FIRST_KEY = NO_BYTES;
const END_KEY = Uint8Array.of(0xff);

/** Of the ports of its node, what a host is given: its randomness, and what is to be as the world says. */
export type HostPorts = Pick<NodePorts, "rng"> & Partial<NodePorts>;

export class VirtualHost {
  /** Place in the network, from zero. */
  readonly index: number;
  readonly address: NetworkAddress;
  readonly #world: HostWorld;
  readonly #options: NodeOptions;
  readonly #ports: HostPorts;
  readonly #files = new MemoryFiles();
  readonly #indexStore = new MemoryStore();
  readonly #coins = new MemoryStore();
  /** For coins of a snapshot, which whoever loads one puts there. */
  readonly snapshotCoins = new MemoryStore();
  readonly #indexes: Readonly<Partial<Record<IndexKind, MemoryStore>>>;
  readonly #answers = new Map<number, (result: CommandResult) => void>();
  #nextPeer = 0;
  #nextCommand = 1;
  #core: NodeCore;
  /** Of which start of the node this is; what an earlier one asked for concerns nobody. */
  #life = 0;
  #isDown = false;
  /** When the next `woken` is due; later alarms that were set before are void. */
  #alarmAt: Instant | undefined;
  #failure: string | undefined;

  constructor(
    index: number, address: NetworkAddress, options: NodeOptions, ports: HostPorts, world: HostWorld,
  ) {
    this.index = index;
    this.address = address;
    this.#world = world;
    this.#options = options;
    this.#ports = ports;
    this.#indexes = Object.fromEntries([...options.indexes].map((kind) => [kind, new MemoryStore()]));
    this.#core = this.#makeCore();
  }

  get core(): NodeCore {
    return this.#core;
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

  /** Shuts the node down as its operator would, and starts it again with what is then on its disk. */
  restart(restarted: () => void = () => {}): void {
    this.command({ type: "shut-down" }, () => {
      this.stop();
      this.#world.after(RESTART_TIME, () => {
        this.revive();
        restarted();
      });
    });
  }

  /** As if its process had been killed: nothing is written, and nobody is told. */
  stop(): void {
    this.#isDown = true;
    this.#life++;
    this.#world.drop(this);
  }

  /** The node starts with what is on its disk. */
  revive(): void {
    this.#isDown = false;
    this.#alarmAt = undefined;
    this.#answers.clear();
    this.#core = this.#makeCore();
    this.start();
  }

  /** Puts a file into its data directory, before it starts or while it is stopped. */
  writeFile(name: string, bytes: Bytes): void {
    this.#files.applyRemovals([name]);
    this.#files.applyWrites([{ name, offset: 0, bytes }]);
  }

  /** A file of its data directory. */
  readFile(name: string): Bytes | undefined {
    const file = this.#files.listNow("").find((each) => each.name === name);
    return file === undefined ? undefined : this.#files.read(name, 0, file.size);
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
    if (this.#failure !== undefined || this.#isDown) return;
    this.#world.delivered(this, input);
    const life = this.#life;
    for (const effect of this.#core.step(input)) {
      this.#perform(effect);
      if (this.#life !== life) return;
    }
    this.#setAlarm();
  }

  #makeCore(): NodeCore {
    const { savedBook, savedAnchors, savedBans } = this.#ports;
    const book = this.readFile(PEERS_FILE);
    return new NodeCore({
      clock: this.#world.clock,
      logger: this.#world.logger ?? silentLogger,
      files: this.#files,
      index: this.#indexStore,
      coins: this.#coins,
      snapshotCoins: this.snapshotCoins,
      indexes: this.#indexes,
      restored: { entries: this.#indexStore.entries(FIRST_KEY, END_KEY) },
      ...this.#ports,
      savedBook: book === undefined ? savedBook : readableBook(book, this.#options.params.magic),
      savedAnchors: this.readFile(ANCHORS_FILE) ?? savedAnchors,
      savedBans: this.readFile(BANS_FILE) ?? savedBans,
    }, this.#options);
  }

  /** `give`, later, unless the node is another one by then. */
  #giveAfter(delay: Duration, input: () => NodeInput): void {
    const life = this.#life;
    this.#world.after(delay, () => {
      if (this.#life === life) this.give(input());
    });
  }

  #setAlarm(): void {
    const wakeAt = this.#core.wakeAt();
    if (wakeAt === undefined) return;
    const now = this.#world.clock.now();
    const at = Math.max(now, wakeAt) as Instant;
    if (this.#alarmAt !== undefined && this.#alarmAt <= at) return;
    this.#alarmAt = at;
    const life = this.#life;
    this.#world.after((at - now) as Duration, () => {
      if (this.#alarmAt !== at || this.#life !== life) return;
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
        return this.#giveAfter(LOOKUP_LATENCY, () => {
          return { type: "resolved", host: effect.host, addresses: world.resolve(effect.host) };
        });
      case "verify": {
        const { job, payload } = effect;
        const violation = world.verdicts.verify(payload);
        const took = (VERIFY_TIME_PER_INPUT * payload.inputCount) as Duration;
        return this.#giveAfter(took, () => ({ type: "verified", job, violation }));
      }
      case "load": {
        const { name, offset, length } = effect.range;
        const bytes = this.#files.read(name, offset, length);
        return this.#giveAfter(READ_LATENCY, () => ({ type: "loaded", request: effect.request, bytes }));
      }
      case "persist": {
        const life = this.#life;
        return world.after(WRITE_LATENCY, () => {
          if (this.#life === life) this.#written(effect);
        });
      }
      case "hash-coins": {
        const hash = hashCoinEntries(this.#coins.entries(COINS_FIRST, COINS_END));
        return this.#giveAfter(READ_LATENCY, () => {
          return { type: "coins-hashed", request: effect.request, hash };
        });
      }
      case "multiply-coins": {
        const factor = muhashFactor(effect.change);
        return this.#giveAfter(READ_LATENCY, () => {
          return { type: "coins-multiplied", request: effect.request, factor };
        });
      }
      case "fatal":
        this.#failure = effect.why;
        return;
      case "save":
        return this.writeFile(effect.name, effect.bytes);
      case "append":
        return this.writeFile(effect.name, concatBytes(this.readFile(effect.name) ?? NO_BYTES, effect.bytes));
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
