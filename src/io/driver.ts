/**
 * Runs one node on real sockets, real time and a real disk. Decides nothing.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { NodeEffect, NodeInput } from "../node/effect.ts";
import type { NodeEvent } from "../node/event.ts";
import { type DiskStores, DiskWriter } from "./disk_writer.ts";
import { errorStack, errorText } from "./errno.ts";
import { EventRing, type PastEvents } from "./event_ring.ts";
import type { OpenedSocket } from "./networks/dialler.ts";
import type { NetworksListener, NodeNetworks } from "./networks/node_networks.ts";
import type { PeerListener } from "./peer_listener.ts";
import { PeerSockets } from "./peer_sockets.ts";
import { SerialSaves } from "./serial_saves.ts";
import { SlowEffects, type SlowWork } from "./slow_effects.ts";
import { StepLoop } from "./step_loop.ts";
import type { Sleeper } from "./wake_alarm.ts";

/** What a driver drives: `NodeCore`, under the contract that stands at its top. */
export interface Steppable extends Sleeper {
  step(input: NodeInput): readonly NodeEffect[];
}

export interface DriverParts extends SlowWork {
  readonly core: Steppable;
  readonly logger: Logger;
  readonly stores: DiskStores;
  /** Bound already; its connections are taken from `start` on. */
  readonly listener: PeerListener;
  /** Started at `start`, and closed with the driver. */
  readonly networks: NodeNetworks;
  /** Replaces a whole small file. */
  save(name: string, bytes: Bytes): Promise<void>;
  /** Adds to the end of a file, which nobody needs. */
  append?(name: string, bytes: Bytes): void;
  /** The node cannot go on, and has stopped: a write failed, or there is a bug of ours. */
  failed(error: Error): void;
}

/** What is on disk is damaged, or cannot be read: no bug of ours. */
function isDataFault(error: unknown): boolean {
  return error instanceof Error && (error.name === "ChainDataError" || error.name === "StoreReadError");
}

const SHUTTING_DOWN: CommandResult = { ok: false, fault: { code: "shutting-down" } };

type State = "new" | "running" | "closing" | "closed" | "failed";

export class NodeDriver {
  readonly #parts: DriverParts;
  readonly #core: Steppable;
  readonly #writer: DiskWriter;
  readonly #saves: SerialSaves;
  readonly #ring: EventRing;
  readonly #loop: StepLoop;
  readonly #sockets: PeerSockets;
  readonly #slow: SlowEffects;
  readonly #commands = new Map<number, (result: CommandResult) => void>();
  #state: State = "new";
  #nextCommand = 1;
  #closed: Promise<void> | undefined;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#core = parts.core;
    const loop = new StepLoop({
      sleeper: parts.core,
      step: (input) => this.#step(input),
      isOpen: () => this.#isTakingInputs,
      failed: (error) => {
        if (isDataFault(error)) this.#fail("Cannot read the data directory", error);
        else this.#fail("The node has a bug, and stops rather than go on wrongly", error);
      },
    });
    this.#loop = loop;
    this.#sockets = new PeerSockets(parts.networks, loop);
    this.#slow = new SlowEffects(parts, loop, {
      logger: parts.logger,
      isRunning: () => this.#state === "running",
      failed: (what, cause) => this.#fail(what, cause),
    });
    this.#writer = new DiskWriter(parts.stores, {
      persisted: (batch) => loop.feedInTime({ type: "persisted", batch }),
      failed: (error) => this.#fail("Cannot write to the data directory", error),
    });
    this.#saves = new SerialSaves(parts.save, (name, error) => {
      parts.logger.error(`Cannot save ${name}: ${errorText(error)}`);
    });
    this.#ring = new EventRing((error) => {
      parts.logger.error(`A listener to events failed: ${errorStack(error)}`);
    });
  }

  /** Resolves when all small files are on disk that were to be saved. */
  saved(): Promise<void> {
    return this.#saves.idle();
  }

  /** new → running */
  start(): void {
    if (this.#state !== "new") throw new Error(`Cannot start a node that is ${this.#state}`);
    this.#state = "running";
    // Before the first connection.
    this.#loop.feed({ type: "woken" });
    const { listener, logger } = this.#parts;
    // Out of descriptors, say: the next one may be had again.
    listener.accept((socket) => this.#accepted({ socket, remote: undefined, local: undefined }), (error) => {
      logger.error(`Cannot accept a connection: ${error.message}`);
    });
    this.#parts.networks.start(this.#networksListener);
  }

  /** What the core makes of it; `shutting-down` once the node is being closed. */
  command(command: Command): Promise<CommandResult> {
    if (this.#state !== "running") return Promise.resolve(SHUTTING_DOWN);
    return this.#ask(command);
  }

  /** Calls `listener` for every event from now on; returns how to stop that. */
  listen(listener: (event: NodeEvent) => void): () => void {
    return this.#ring.listen(listener);
  }

  /** Events after number `seq` that are still kept. */
  eventsSince(seq: number): PastEvents {
    return this.#ring.since(seq);
  }

  /** Stops accepting, lets the core finish, writes everything, then closes every socket. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  get #isTakingInputs(): boolean {
    return this.#state === "running" || this.#state === "closing";
  }

  #ask(command: Command): Promise<CommandResult> {
    const id = this.#nextCommand++;
    return new Promise((resolve) => {
      this.#commands.set(id, resolve);
      this.#loop.feedInTime({ type: "command", id, command });
    });
  }

  #step(input: NodeInput): void {
    for (const effect of this.#core.step(input)) this.#perform(effect);
    for (const peer of this.#sockets.flush()) this.#loop.followUp({ type: "choked", peer });
  }

  #perform(effect: NodeEffect): void {
    switch (effect.type) {
      case "send":
        return this.#sockets.send(effect.peer, effect.bytes);
      case "close":
        return this.#sockets.close(effect.peer, effect.reason);
      case "dial":
        return this.#sockets.dial(effect.dial, effect.address, effect.route);
      case "pause":
        return this.#sockets.pause(effect.peer);
      case "resume":
        return this.#sockets.resume(effect.peer);
      case "resolve":
      case "verify":
      case "load":
      case "hash-coins":
      case "multiply-coins":
        return this.#slow.run(effect);
      case "persist":
        return this.#writer.add(effect.batch, effect.writes);
      case "fatal":
        return this.#stopFor(new Error(effect.why));
      case "save":
        return this.#saves.add(effect.name, effect.bytes);
      case "append":
        return this.#append(effect.name, effect.bytes);
      case "answer":
        return this.#answer(effect.id, effect.result);
      case "event":
        return this.#ring.append(effect.event);
      default:
        return unreachable(effect);
    }
  }

  #append(name: string, bytes: Bytes): void {
    try {
      this.#parts.append?.(name, bytes);
    } catch (error) {
      this.#parts.logger.error(`Cannot write ${name}: ${errorText(error)}`);
    }
  }

  #answer(id: number, result: CommandResult): void {
    this.#commands.get(id)?.(result);
    this.#commands.delete(id);
  }

  #accepted(opened: OpenedSocket): void {
    if (this.#state === "running") this.#sockets.accept(opened);
    else opened.socket.destroy();
  }

  get #networksListener(): NetworksListener {
    return {
      accepted: (stream) => this.#accepted(stream),
      reached: (address, isReached, by = "service") => this.#loop.feed({ type: "reached", address, isReached, by }),
      proxyFound: (network, proxy) => this.#loop.feed({ type: "proxy-found", network, proxy }),
    };
  }

  async #close(): Promise<void> {
    if (this.#state === "running") {
      this.#state = "closing";
      void this.#parts.listener.close();
      await this.#ask({ type: "shut-down" });
    }
    if (this.#state === "closing") this.#abandon("closed");
    else if (this.#state === "new") this.#state = "closed";
    await Promise.all([
      this.#writer.idle(), this.#saves.idle(), this.#sockets.gone(), this.#parts.listener.close(),
    ]);
  }

  /** running → failed */
  #fail(what: string, cause: unknown): void {
    this.#stopFor(new Error(`${what}: ${errorText(cause)}`, { cause }));
  }

  #stopFor(error: Error): void {
    if (!this.#isTakingInputs) return;
    // In Bitcoin Core's words (node/abort.cpp).
    this.#parts.logger.error(`A fatal internal error occurred, see debug.log for details: ${error.message}`);
    this.#abandon("failed");
    this.#parts.failed(error);
  }

  /** Lets go of sockets, timers and those who wait for answers. No input is taken after this. */
  #abandon(state: "closed" | "failed"): void {
    this.#state = state;
    this.#loop.stop();
    this.#sockets.abandon(state);
    this.#parts.networks.close();
    void this.#parts.listener.close();
    for (const resolve of this.#commands.values()) resolve(SHUTTING_DOWN);
    this.#commands.clear();
  }
}
