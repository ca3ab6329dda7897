/**
 * Runs one node on real sockets, real time and a real disk. Decides nothing.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { FileRange } from "../chain/chain_ports.ts";
import type { Route } from "../connections/route.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { MuHashChange } from "../crypto/muhash.ts";
import type { Command, CommandResult } from "../node/command.ts";
import type { DialId, NodeEffect, NodeInput } from "../node/effect.ts";
import type { NodeEvent } from "../node/event.ts";
import type { PeerId } from "../peer/peer.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { type DiskStores, DiskWriter } from "./disk_writer.ts";
import { errorStack, errorText } from "./errno.ts";
import { EventRing, type PastEvents } from "./event_ring.ts";
import { lookUp } from "./look_up.ts";
import type { Opened } from "./networks/dialler.ts";
import type { NetworksListener, NodeNetworks } from "./networks/node_networks.ts";
import type { PeerListener } from "./peer_listener.ts";
import { PeerSocket, type PeerSocketListener } from "./peer_socket.ts";
import { SerialSaves } from "./serial_saves.ts";
import { networkAddress } from "./socket_address.ts";
import { TurnBudget } from "./turn_budget.ts";
import { type Sleeper, WakeAlarm } from "./wake_alarm.ts";

/** What a driver drives: `NodeCore`, under the contract that stands at its top. */
export interface Steppable extends Sleeper {
  step(input: NodeInput): readonly NodeEffect[];
}

export interface DriverParts {
  readonly core: Steppable;
  readonly logger: Logger;
  readonly stores: DiskStores;
  /** Bound already; its connections are taken from `start` on. */
  readonly listener: PeerListener;
  /** Started at `start`, and closed with the driver. */
  readonly networks: NodeNetworks;
  verify(job: VerifyJob): Promise<RuleViolation | undefined>;
  load(range: FileRange): Promise<Bytes | undefined>;
  /** Replaces a whole small file. */
  save(name: string, bytes: Bytes): Promise<void>;
  /** Adds to the end of a file, which nobody needs. */
  append?(name: string, bytes: Bytes): void;
  /** The hash over all coins that did not come from a snapshot; `undefined` when it was stopped. */
  hashCoins?(isStopped: () => boolean): Promise<string | undefined>;
  /** `muhashFactor`; does not fail. */
  multiplyCoins(change: MuHashChange): Promise<Bytes>;
  /** The node cannot go on, and has stopped: a write failed, or there is a bug of ours. */
  failed(error: Error): void;
}

/** What is on disk is damaged, or cannot be read: no bug of ours. */
function isDataFault(error: unknown): boolean {
  return error instanceof Error && (error.name === "ChainDataError" || error.name === "StoreReadError");
}

const SHUTTING_DOWN: CommandResult = { ok: false, fault: { code: "shutting-down" } };

/** Our end of a connection that says nothing of it: a unix socket to a proxy. */
const NOWHERE: NetworkAddress = { network: "ipv6", bytes: new Uint8Array(16), port: 0 };

type State = "new" | "running" | "closing" | "closed" | "failed";

export class NodeDriver implements PeerSocketListener {
  readonly #parts: DriverParts;
  readonly #core: Steppable;
  readonly #writer: DiskWriter;
  readonly #saves: SerialSaves;
  readonly #ring: EventRing;
  readonly #alarm: WakeAlarm;
  readonly #sockets = new Map<PeerId, PeerSocket>();
  readonly #dials = new Map<DialId, () => void>();
  readonly #commands = new Map<number, (result: CommandResult) => void>();
  /** Inputs that came while a step, or its effects, were under way. Emptied in every turn. */
  readonly #inbox: NodeInput[] = [];
  readonly #budget = new TurnBudget(() => this.#catchUp());
  /** What is left for the next turn of the loop: answers to effects, and commands. Bounded by who asked. */
  readonly #later: NodeInput[] = [];
  /** Peers that something was sent to since the sockets were last flushed. */
  readonly #unflushed = new Set<PeerSocket>();
  #state: State = "new";
  #isStepping = false;
  #nextPeer = 0;
  #nextCommand = 1;
  #closed: Promise<void> | undefined;
  #lastSocketClosed: (() => void) | undefined;

  constructor(parts: DriverParts) {
    this.#parts = parts;
    this.#core = parts.core;
    this.#alarm = new WakeAlarm(parts.core, () => this.#feedInTime({ type: "woken" }));
    this.#writer = new DiskWriter(parts.stores, {
      persisted: (batch) => this.#feedInTime({ type: "persisted", batch }),
      failed: (error) => this.#fail("Cannot write to the data directory", error),
    });
    this.#saves = new SerialSaves(parts.save, (name, error) => {
      parts.logger.error(`Cannot save ${name}: ${errorText(error)}`);
    });
    this.#ring = new EventRing((error) => {
      parts.logger.error(`A listener to events failed: ${errorStack(error)}`);
    });
  }

  /** new → running */
  start(): void {
    if (this.#state !== "new") throw new Error(`Cannot start a node that is ${this.#state}`);
    this.#state = "running";
    // Before the first connection.
    this.#feed({ type: "woken" });
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

  // The sockets' side: each call is an input.

  received(peer: PeerId, bytes: Bytes): void {
    this.#feed({ type: "received", peer, bytes });
  }

  drained(peer: PeerId): void {
    this.#feed({ type: "drained", peer });
  }

  closed(peer: PeerId, reason: string): void {
    const socket = this.#sockets.get(peer);
    this.#sockets.delete(peer);
    if (socket !== undefined) this.#unflushed.delete(socket);
    if (this.#sockets.size === 0) this.#lastSocketClosed?.();
    this.#feed({ type: "closed", peer, reason });
  }

  get #isTakingInputs(): boolean {
    return this.#state === "running" || this.#state === "closing";
  }

  #ask(command: Command): Promise<CommandResult> {
    const id = this.#nextCommand++;
    return new Promise((resolve) => {
      this.#commands.set(id, resolve);
      this.#feedInTime({ type: "command", id, command });
    });
  }

  /** Takes an input that no socket waits to be rid of, now or when this turn's neighbours have had theirs. */
  #feedInTime(input: NodeInput): void {
    if (this.#budget.isSpent || this.#later.length > 0) this.#later.push(input);
    else this.#feed(input);
  }

  #catchUp(): void {
    while (this.#later.length > 0 && !this.#budget.isSpent) this.#feed(this.#later.shift() as NodeInput);
  }

  /** Takes one input, and all that follow from it at once. Never re-entrant. */
  #feed(input: NodeInput): void {
    if (!this.#isTakingInputs) return;
    this.#inbox.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      this.#budget.run(() => {
        for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) this.#step(next);
      });
    } catch (error) {
      if (isDataFault(error)) this.#fail("Cannot read the data directory", error);
      else this.#fail("The node has a bug, and stops rather than go on wrongly", error);
    } finally {
      this.#isStepping = false;
    }
    if (this.#isTakingInputs) this.#alarm.set();
  }

  #step(input: NodeInput): void {
    for (const effect of this.#core.step(input)) this.#perform(effect);
    for (const socket of this.#unflushed) {
      if (socket.flush()) this.#inbox.push({ type: "choked", peer: socket.peer });
    }
    this.#unflushed.clear();
  }

  #perform(effect: NodeEffect): void {
    switch (effect.type) {
      case "send":
        return this.#send(effect.peer, effect.bytes);
      case "close":
        return this.#sockets.get(effect.peer)?.close(effect.reason);
      case "dial":
        return this.#dial(effect.dial, effect.address, effect.route);
      case "pause":
        return this.#sockets.get(effect.peer)?.pause();
      case "resume":
        return this.#sockets.get(effect.peer)?.resume();
      case "resolve":
        return void this.#resolve(effect.host, effect.port);
      case "verify":
        return void this.#verify(effect.job, effect.payload);
      case "load":
        return void this.#load(effect.request, effect.range);
      case "persist":
        return this.#writer.add(effect.batch, effect.writes);
      case "hash-coins":
        return void this.#hashCoins(effect.request);
      case "multiply-coins":
        return void this.#multiplyCoins(effect.request, effect.change);
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

  #send(peer: PeerId, bytes: Bytes): void {
    const socket = this.#sockets.get(peer);
    if (socket === undefined) return;
    socket.send(bytes);
    this.#unflushed.add(socket);
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

  #dial(id: DialId, address: NetworkAddress, route: Route): void {
    const giveUp = this.#parts.networks.dial(address, route, {
      opened: (opened) => {
        this.#dials.delete(id);
        if (this.#adopt(opened, id)) return;
        this.#feed({ type: "dial-failed", dial: id, reason: "connection closed" });
      },
      failed: (reason, isProxyFault) => {
        this.#dials.delete(id);
        this.#feed({ type: "dial-failed", dial: id, reason, isProxyFault });
      },
    });
    this.#dials.set(id, giveUp);
  }

  /** False when the socket is gone already. */
  #adopt({ socket, ...ends }: Opened, dialId: DialId | undefined): boolean {
    const remote = ends.remote ?? networkAddress(socket.remoteAddress, socket.remotePort);
    const local = ends.local ?? networkAddress(socket.localAddress, socket.localPort) ?? NOWHERE;
    if (remote === undefined || !socket.writable) {
      socket.on("error", () => {});
      socket.destroy();
      return false;
    }
    const peer = this.#nextPeer++ as PeerId;
    this.#sockets.set(peer, new PeerSocket(peer, socket, this));
    this.#feed({ type: "connected", peer, dial: dialId, remote, local });
    return true;
  }

  async #resolve(host: string, port: number): Promise<void> {
    let addresses: NetworkAddress[] = [];
    try {
      const found = await lookUp(host);
      addresses = found.flatMap((address) => networkAddress(address, port) ?? []);
    } catch (error) {
      this.#parts.logger.debug("net", () => `Cannot resolve ${host}: ${errorText(error)}`);
    }
    this.#feed({ type: "resolved", host, addresses });
  }

  async #verify(job: number, payload: VerifyJob): Promise<void> {
    try {
      this.#feedInTime({ type: "verified", job, violation: await this.#parts.verify(payload) });
    } catch (error) {
      this.#fail("Cannot check scripts", error);
    }
  }

  async #load(request: number, range: FileRange): Promise<void> {
    let bytes: Bytes | undefined;
    try {
      bytes = await this.#parts.load(range);
    } catch (error) {
      this.#parts.logger.error(`Cannot read ${range.name}: ${errorText(error)}`);
    }
    this.#feedInTime({ type: "loaded", request, bytes });
  }

  async #hashCoins(request: number): Promise<void> {
    let hash: string | undefined;
    try {
      hash = await this.#parts.hashCoins?.(() => this.#state !== "running");
    } catch (error) {
      this.#parts.logger.error(`Cannot read the coins: ${errorText(error)}`);
    }
    // Asked for again at the next start.
    if (this.#state === "running") this.#feed({ type: "coins-hashed", request, hash });
  }

  async #multiplyCoins(request: number, change: MuHashChange): Promise<void> {
    const factor = await this.#parts.multiplyCoins(change);
    this.#feedInTime({ type: "coins-multiplied", request, factor });
  }

  #accepted(opened: Opened): void {
    if (this.#state === "running") this.#adopt(opened, undefined);
    else opened.socket.destroy();
  }

  get #networksListener(): NetworksListener {
    return {
      accepted: (stream) => this.#accepted(stream),
      reached: (address, isReached) => this.#feed({ type: "reached", address, isReached }),
      proxyFound: (network, proxy) => this.#feed({ type: "proxy-found", network, proxy }),
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
      this.#writer.idle(), this.#saves.idle(), this.#socketsGone(), this.#parts.listener.close(),
    ]);
  }

  #socketsGone(): Promise<void> {
    if (this.#sockets.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#lastSocketClosed = resolve;
    });
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
    this.#inbox.length = 0;
    this.#later.length = 0;
    this.#alarm.cancel();
    for (const giveUp of this.#dials.values()) giveUp();
    this.#dials.clear();
    this.#parts.networks.close();
    void this.#parts.listener.close();
    for (const socket of this.#sockets.values()) {
      if (state === "closed") socket.close("stopped");
      else socket.destroy();
    }
    for (const resolve of this.#commands.values()) resolve(SHUTTING_DOWN);
    this.#commands.clear();
  }
}
