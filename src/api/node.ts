/**
 * One running node, as a user of the library sees it.
 *
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { RunningNode } from "../io/node_host.ts";
import type { CommandValue } from "../node/command.ts";
import type { NodeEvent } from "../node/event.ts";
import type { PeerId } from "../peer/peer.ts";
import { displayHash } from "../primitives/hash.ts";
import { formatAddress, formatHostPort } from "../primitives/host_text.ts";
import { parseAddress } from "../script/addresses.ts";
import { awaitHandshake } from "./await_handshake.ts";
import { type ChainQueries, chainQueries } from "./chain_queries.ts";
import type { Chain } from "./chains.ts";
import { closedError, faultError } from "./command_faults.ts";
import { configError, TidingsError } from "./errors.ts";
import { streamEvents } from "./event_stream.ts";
import {
  EVENT_TYPES, type GapEvent, type ListenOptions, showEvent, subscribe, type Subscription, type TidingsEvent,
  type TidingsEventOf, type TidingsEventType,
} from "./events.ts";
import {
  type AddressQueries, addressQueries, type BanQueries, banQueries, readSubnet,
} from "./host_queries.ts";
import { readCount, readDestination, readPort } from "./read_option.ts";
import { readTransaction } from "./read_transaction.ts";
import { type PeerView, viewPeer } from "./views.ts";

/** Bitcoin Core's limit on what `sendrawtransaction` pays, against slips: 0.1 coins per 1,000 vbytes. */
const MAX_FEE_RATE = 10_000_000;
/** Hashes that one block may take: on a network for tests it takes a few. */
const TRIES_MAX = 1_000_000;
const BLOCKS_MAX = 10_000;
/** Times stay whole numbers, and 32,000 years are for ever. */
const BAN_SECONDS_MAX = 1e12;

export interface PeerQueries {
  /** Open connections, oldest first. */
  list(): readonly PeerView[];
  /** @throws {TidingsError} CONNECT_FAILED when there is no such connection */
  disconnect(id: number): Promise<void>;
}

export interface StreamOptions {
  readonly signal?: AbortSignal;
  /** Number of the last event that is already known. @default the newest there is */
  readonly since?: number;
}

export class TidingsNode {
  readonly chainParams: Chain;
  /** Where it listens for peers, `host:port`; `undefined` when it does not. */
  readonly address: string | undefined;
  readonly chain: ChainQueries;
  readonly peers: PeerQueries;
  readonly bans: BanQueries;
  /** What is known of where nodes are. */
  readonly addresses: AddressQueries;
  /** Resolves when the node is closed; rejects with NODE_FAILED when it could not go on. */
  readonly closed: Promise<void>;
  readonly #running: RunningNode;
  #lastSeq = 0;
  #close: Promise<void> | undefined;
  #resolveClosed = (): void => {};
  #rejectClosed: (error: Error) => void = () => {};

  /** For `createNode` and the devnet. */
  constructor(running: RunningNode) {
    this.#running = running;
    this.chainParams = running.core.options.params;
    const [first] = running.addresses;
    this.address = first === undefined ? undefined : formatHostPort(first.host, first.port);
    this.chain = chainQueries(running.core);
    this.peers = { list: () => this.#listPeers(), disconnect: (id) => this.#disconnect(id) };
    this.bans = banQueries(running.core);
    this.addresses = addressQueries(running.core);
    this.closed = new Promise((resolve, reject) => {
      this.#resolveClosed = resolve;
      this.#rejectClosed = reject;
    });
    // Whoever does not ask is not to be killed by it.
    this.closed.catch(() => {});
    this.#lastSeq = running.eventsSince(0).events.at(-1)?.seq ?? 0;
    running.listen(({ seq }) => {
      this.#lastSeq = seq;
    });
    void running.stopping.then(() => this.close());
  }

  /** Calls `listener` for each event of this type from now on, in order. */
  on<T extends TidingsEventType>(
    type: T, listener: (event: TidingsEventOf<T>) => void, options: ListenOptions = {},
  ): Subscription {
    checkEventType(type);
    return subscribe<NodeEvent>(
      (entry) => this.#running.listen(entry),
      (event) => event.type === type,
      (event) => listener(showEvent(event) as TidingsEventOf<T>),
      options,
    );
  }

  /**
   * For `for await`: events of these types from now on, or after number `since`. A reader that is
   * slower than the node misses none of the last 65,536; beyond, a `gap` tells how many. Ends when
   * the node is closed; throws the signal's reason when it is aborted.
   */
  events<T extends TidingsEventType>(
    types: readonly T[] = EVENT_TYPES as readonly T[], { signal, since = this.#lastSeq }: StreamOptions = {},
  ): AsyncGenerator<TidingsEventOf<T> | GapEvent> {
    for (const type of types) checkEventType(type);
    const wanted = new Set<string>(types);
    const running = this.#running;
    const source = {
      listen: (listener: (event: NodeEvent) => void) => running.listen(listener),
      eventsSince: (seq: number) => running.eventsSince(seq),
      ended: this.closed.catch(() => {}),
    };
    const stream: AsyncGenerator<TidingsEvent | GapEvent> = streamEvents(
      source, since, ({ type }) => wanted.has(type), signal,
    );
    return stream as AsyncGenerator<TidingsEventOf<T> | GapEvent>;
  }

  /**
   * Connects to a node, and resolves when the handshake is complete. Tried once. A name is looked up as it
   * is dialled, by the proxy if there is one.
   *
   * @throws {TidingsError} CONNECT_FAILED, CONFIG
   */
  async connect(host: string, port: number): Promise<PeerView> {
    const { core } = this.#running;
    const where = formatHostPort(String(host).replace(/^\[(.*)\]$/, "$1"), readPort("port", port));
    const address = core.networks.asReached(readDestination("host", where, port));
    const text = formatAddress(address);
    const open = this.#listPeers().find((peer) => peer.address === text);
    if (open?.isReady === true) return open;
    if (!this.isNetworkActive) throw connectError(host, port, "the network is off");
    const handshake = awaitHandshake((listener) => this.#running.listen(listener), text, open?.id);
    try {
      await this.#do({ type: "add-node", address, mode: "onetry" }, "done", { host, port });
    } catch (error) {
      handshake.giveUp();
      throw error;
    }
    const outcome = await handshake.outcome;
    if (outcome.type === "failed") throw connectError(host, port, outcome.reason);
    const view = this.#listPeers().find(({ id }) => id === outcome.peer);
    if (view === undefined) throw connectError(host, port, "it was closed at once");
    return view;
  }

  /**
   * Deals no more with `subnet` (`"192.0.2.7"`, `"192.0.2.0/24"`) for so long: who is connected from there
   * has to go, and nobody from there is dialled or let in. Stored with the chain. A day, if it is not said.
   *
   * @throws {TidingsError} CONFIG
   */
  async ban(subnet: string, options: { readonly seconds?: number } = {}): Promise<void> {
    const { core } = this.#running;
    const { seconds = core.options.banSeconds } = options;
    const banned = readSubnet(subnet, core);
    const until = core.clock.unixTime() + readCount("seconds", seconds, BAN_SECONDS_MAX);
    await this.#do({ type: "ban", subnet: banned, until }, "done", {});
  }

  /** Lifts the ban of exactly this subnet. False when there was none. */
  async unban(subnet: string): Promise<boolean> {
    const { core } = this.#running;
    const banned = readSubnet(subnet, core);
    if (!core.bans.has(banned)) return false;
    await this.#do({ type: "unban", subnet: banned }, "done", {});
    return true;
  }

  /** While the network is off nobody is connected: neither dialled nor let in. */
  get isNetworkActive(): boolean {
    return this.#running.core.manager.isNetworkActive;
  }

  async setNetworkActive(isActive: boolean): Promise<void> {
    if (typeof isActive !== "boolean") throw configError("isActive", isActive, "true or false");
    await this.#do({ type: "set-network-active", isActive }, "done", {});
  }

  /**
   * Hands in a transaction, as hex or bytes; it is relayed once it is in the mempool.
   *
   * @throws {TidingsError} TX_REJECTED, whose `data.reject` is Bitcoin Core's reason; TX_UNREADABLE
   */
  async submit(transaction: string | Uint8Array): Promise<{ readonly txid: string }> {
    const read = readTransaction(transaction);
    const txid = displayHash(read.txid);
    await this.#do(
      { type: "submit-transaction", transaction: read, maxFeeRate: MAX_FEE_RATE }, "txid", { txid },
    );
    return { txid };
  }

  /**
   * Mines `count` blocks that pay to `address`, on networks where that takes a few hashes.
   *
   * @returns their hashes, once all are connected
   * @throws {TidingsError} MINE_FAILED, or CONFIG where the chain or the address does not allow it
   */
  async mine(count: number, { address }: { readonly address: string }): Promise<readonly string[]> {
    const { chainParams } = this;
    if (chainParams.isPublic) {
      throw configError("mine", chainParams.name, "a network for tests, such as regtest");
    }
    if (!Number.isInteger(count) || count < 1 || count > BLOCKS_MAX) {
      throw configError("count", count, `a whole number from 1 to ${BLOCKS_MAX}`);
    }
    const verdict = parseAddress(String(address), chainParams.addresses);
    if (!verdict.ok) {
      throw configError("address", address, `an address of ${chainParams.name}`, verdict.error);
    }
    const command = { type: "generate", count, script: verdict.script, maxTries: TRIES_MAX } as const;
    const hashes = (await this.#do(command, "hashes", {})).hashes.map(displayHash);
    if (hashes.length === count) return hashes;
    const reason = `${hashes.length} of ${count} blocks found in ${TRIES_MAX} tries each`;
    throw new TidingsError("MINE_FAILED", `Cannot mine: ${reason}`, { reason, hashes });
  }

  /** Lets the peers go, writes what is only in memory, and closes everything. May be called again. */
  close(): Promise<void> {
    this.#close ??= this.#closeOnce();
    return this.#close;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  get isClosed(): boolean {
    return this.#close !== undefined;
  }

  async #closeOnce(): Promise<void> {
    await this.#running.close();
    const { failure } = this.#running;
    if (failure === undefined) return this.#resolveClosed();
    const reason = failure.message;
    this.#rejectClosed(
      new TidingsError("NODE_FAILED", `The node stopped: ${reason}`, { reason }, { cause: failure }),
    );
  }

  #listPeers(): readonly PeerView[] {
    const { core } = this.#running;
    const now = core.clock.now();
    return Array.from(core.peers(), (peer) => viewPeer(peer, core.netGroups.asn(peer.address), now));
  }

  async #disconnect(id: number): Promise<void> {
    const found = this.#listPeers().find((peer) => peer.id === id);
    const { host, port } = splitText(found?.address);
    await this.#do({ type: "disconnect", peer: id as PeerId }, "done", { host, port });
  }

  /** Has the node carry out a command; `context` is for the words of what goes wrong. */
  async #do<T extends CommandValue["type"]>(
    command: Parameters<RunningNode["command"]>[0], type: T, context: Parameters<typeof faultError>[1],
  ): Promise<Extract<CommandValue, { readonly type: T }>> {
    if (this.#close !== undefined) throw closedError();
    const result = await this.#running.command(command);
    if (!result.ok) throw faultError(result.fault, context);
    if (result.value.type !== type) return unreachable(result.value as never);
    return result.value as Extract<CommandValue, { readonly type: T }>;
  }
}

function checkEventType(type: string): void {
  if (!(EVENT_TYPES as readonly string[]).includes(type)) {
    throw configError("the event", type, `one of ${EVENT_TYPES.join(", ")}`);
  }
}

function connectError(
  host: string, port: number, reason: string, cause?: unknown,
): TidingsError<"CONNECT_FAILED"> {
  return new TidingsError(
    "CONNECT_FAILED", `Cannot connect to ${host}:${port}: ${reason}`, { host, port, reason }, { cause },
  );
}

function splitText(address = ""): { readonly host: string; readonly port: number } {
  const at = address.lastIndexOf(":");
  return at < 0
    ? { host: "nobody", port: 0 }
    : { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}
