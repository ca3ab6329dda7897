/**
 * A running devnet.
 *
 * @module
 */
import { configError, TidingsError } from "../api/errors.ts";
import {
  type ListenOptions, showEvent, subscribe, type Subscription, type TidingsEventOf, type TidingsEventType,
} from "../api/events.ts";
import type { NodeEvent } from "../node/event.ts";
import type { DevnetNode, Member } from "./devnet_node.ts";
import type { DevnetWallet, SendOptions, Sent } from "./devnet_wallet.ts";
import type { PortMove } from "./ports.ts";
import type { BlockSpread, TxSpread } from "./spread.ts";
import { Until } from "./until.ts";

/** What a devnet tells besides its nodes' events. */
export interface NetEvents {
  "block:spread": BlockSpread;
  "tx:spread": TxSpread;
  /** The traffic maker or another caller has handed in a payment of the wallet. */
  "net:paid": Sent & { readonly type: "net:paid" };
  /** A node has left, because it was told to or could go on no longer. */
  "net:node-removed": { readonly type: "net:node-removed"; readonly node: string; readonly reason: string };
  /** A block or a payment of the network's own could not be made. */
  "net:warning": { readonly type: "net:warning"; readonly text: string };
}

/** An event of one node, with its name; or one of the network. */
export type DevnetEventOf<T extends TidingsEventType | keyof NetEvents> = T extends keyof NetEvents
  ? NetEvents[T]
  : T extends TidingsEventType ? TidingsEventOf<T> & { readonly node: string } : never;

export interface DevnetParts {
  /** Those that run: one that leaves is taken out. */
  readonly members: Member[];
  readonly wallet: DevnetWallet;
  readonly seed: number;
  readonly folder: string;
  readonly isTemporary: boolean;
  readonly moves: readonly PortMove[];
  /** Mines one block by the miner whose turn it is. */
  mineNext(): Promise<void>;
  close(): Promise<void>;
}

const NET_EVENTS: Readonly<Record<keyof NetEvents, true>> = {
  "block:spread": true, "tx:spread": true, "net:paid": true, "net:node-removed": true, "net:warning": true,
};

export class Devnet<Name extends string = string> {
  /** By name. */
  readonly nodes: Readonly<Record<Name, DevnetNode>>;
  readonly until: Until;
  readonly seed: number;
  /** The nodes' data directories are in it, by name. */
  readonly folder: string;
  readonly isTemporary: boolean;
  /** Ports that were taken by others. */
  readonly portMoves: readonly PortMove[];
  readonly #parts: DevnetParts;
  readonly #listeners = new Set<(event: NetEvents[keyof NetEvents]) => void>();
  #close: Promise<void> | undefined;

  /** For `startDevnet`. */
  constructor(parts: DevnetParts) {
    this.#parts = parts;
    this.nodes =
      Object.fromEntries(parts.members.map(({ node }) => [node.name, node])) as Record<Name, DevnetNode>;
    this.until = new Until(parts.members);
    this.seed = parts.seed;
    this.folder = parts.folder;
    this.isTemporary = parts.isTemporary;
    this.portMoves = parts.moves;
  }

  /** All nodes in their order, also those that have left. */
  list(): readonly DevnetNode[] {
    return Object.values<DevnetNode>(this.nodes);
  }

  wallet(): DevnetWallet {
    return this.#parts.wallet;
  }

  /**
   * Mines `count` blocks, by the first miner unless told otherwise, and resolves when that node has
   * them: `until.sameTip()` waits for the others.
   *
   * @returns their hashes
   */
  async mine(
    count = 1, { by, to }: { readonly by?: DevnetNode | Name; readonly to?: string } = {},
  ): Promise<readonly string[]> {
    const node = this.#node(by);
    if (to !== undefined) return node.mine(count, { address: to });
    if (!Number.isInteger(count) || count < 1) throw configError("count", count, "a whole number above zero");
    const { wallet } = this.#parts;
    const blocks = await Promise.all(
      Array.from({ length: count }, () => node.mine(1, { address: wallet.nextAddress() })),
    );
    return blocks.flat();
  }

  /** Mines one block by the miner whose turn it is, as the clock would. */
  mineNext(): Promise<void> {
    return this.#parts.mineNext();
  }

  /** As `wallet().send`. */
  async send(address: string, sats: bigint, options: SendOptions = {}): Promise<Sent> {
    return this.paid(await this.#parts.wallet.send(address, sats, options));
  }

  /** Gives `address` some coins. They are in no block yet: `mine` puts them into one. */
  faucet(address: string, sats: bigint): Promise<Sent> {
    return this.send(address, sats);
  }

  /** Calls `listener` for each event of this type: of any node, or of the network. */
  on<T extends TidingsEventType | keyof NetEvents>(
    type: T, listener: (event: DevnetEventOf<T>) => void, options: ListenOptions = {},
  ): Subscription {
    const heard = listener as (event: unknown) => void;
    if (Object.hasOwn(NET_EVENTS, type)) return this.#onNet(type, heard, options);
    const nodeType = type as TidingsEventType;
    const entry = (name: string, running: Member["running"]): Subscription => subscribe<NodeEvent>(
      (each) => running.listen(each),
      (event) => event.type === nodeType,
      (event) => {
        if (options.once === true) stop();
        heard({ ...showEvent(event), node: name });
      },
      options,
    );
    const all = this.#parts.members.map(({ node, running }) => entry(node.name, running));
    const stop = (): void => {
      for (const each of all) each();
    };
    return Object.assign(stop, { [Symbol.dispose]: stop });
  }

  /** Tells listeners. For the devnet's own parts. */
  emit(event: NetEvents[keyof NetEvents]): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** For the devnet's own parts. */
  paid(sent: Sent): Sent {
    this.emit({ ...sent, type: "net:paid" });
    return sent;
  }

  /** Stops everything; what was not to be kept is deleted. May be called again. */
  close(): Promise<void> {
    this.#close ??= this.#parts.close();
    return this.#close;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #onNet(type: string, listener: (event: unknown) => void, options: ListenOptions): Subscription {
    return subscribe<NetEvents[keyof NetEvents]>(
      (entry) => {
        this.#listeners.add(entry);
        return () => this.#listeners.delete(entry);
      },
      (event) => event.type === type,
      listener,
      options,
    );
  }

  #node(by: DevnetNode | Name | undefined): DevnetNode {
    if (typeof by === "object") return by;
    const found = by === undefined
      ? this.#parts.members.find(({ node }) => node.role === "miner")?.node
      : this.nodes[by] as DevnetNode | undefined;
    if (found !== undefined) return found;
    if (by === undefined) throw new TidingsError("CLOSED", "Cannot mine: no miner runs", {});
    throw configError("by", by, `one of ${Object.keys(this.nodes).join(", ")}`);
  }
}
