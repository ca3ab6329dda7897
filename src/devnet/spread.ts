/**
 * How blocks and transactions spread: when each node had what one of them had first.
 *
 * @module
 */
import type { NodeEvent } from "../node/event.ts";
import type { Member } from "./devnet_node.ts";

/** What has not reached every node by then is told as it stands, in milliseconds. */
const DEADLINE_MS = 10_000;
/** Followed at once; with more, the oldest is told as it stands. */
const FOLLOWED_MAX = 5_000;

export interface Spread {
  /** The node that had it first. */
  readonly by: string;
  /** By name of the other nodes, in the order in which it reached them: milliseconds after the first. */
  readonly reached: Readonly<Record<string, number>>;
  /** How many nodes have it, the first included, and how many there are. */
  readonly nodes: number;
  readonly of: number;
}

export interface BlockSpread extends Spread {
  readonly type: "block:spread";
  readonly hash: string;
  readonly height: number;
  readonly transactions: number;
  readonly bytes: number;
}

export interface TxSpread extends Spread {
  readonly type: "tx:spread";
  readonly txid: string;
  readonly vsize: number;
  /** Satoshi. */
  readonly fee: bigint;
  /** A block took it before it had reached the mempools of all. */
  readonly isMined: boolean;
}

type Subject =
  | Pick<BlockSpread, "type" | "hash" | "height" | "transactions" | "bytes">
  | Pick<TxSpread, "type" | "txid" | "vsize" | "fee" | "isMined">;

interface Following {
  readonly subject: Subject;
  readonly by: string;
  readonly startedAt: number;
  readonly reached: Record<string, number>;
  readonly timer: NodeJS.Timeout;
}

/** Follows everything that is new from its making on, until `stop`. */
export class SpreadWatch {
  readonly #count: number;
  readonly #done: (spread: BlockSpread | TxSpread) => void;
  readonly #following = new Map<string, Following>();
  /** Told already: a node that gets it later starts nothing new. */
  readonly #told = new Set<string>();
  readonly #stops: readonly (() => void)[];

  constructor(members: readonly Member[], done: (spread: BlockSpread | TxSpread) => void) {
    this.#count = members.length;
    this.#done = done;
    this.#stops = members.map(({ node, running }) => running.listen((event) => this.#note(node.name, event)));
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    for (const { timer } of this.#following.values()) clearTimeout(timer);
    this.#following.clear();
  }

  #note(name: string, event: NodeEvent): void {
    if (event.type === "block:connected") {
      const { hash, height, transactions, bytes } = event.data;
      this.#seen(name, hash, { type: "block:spread", hash, height, transactions, bytes });
    } else if (event.type === "tx:accepted") {
      const { txid, vsize, fee } = event.data;
      this.#seen(name, txid, { type: "tx:spread", txid, vsize, fee: BigInt(fee), isMined: false });
    } else if (event.type === "tx:removed") {
      this.#removed(event.data.txid, event.data.reason === "block");
    }
  }

  #seen(name: string, key: string, subject: Subject): void {
    if (this.#told.has(key)) return;
    const found = this.#following.get(key);
    if (found === undefined) this.#begin(name, key, subject);
    else if (name !== found.by) found.reached[name] ??= performance.now() - found.startedAt;
    const { reached } = this.#following.get(key) ?? {};
    if (reached !== undefined && Object.keys(reached).length + 1 >= this.#count) this.#tell(key);
  }

  /** Nobody passes it on any more. */
  #removed(txid: string, isMined: boolean): void {
    const found = this.#following.get(txid);
    if (found === undefined || found.subject.type !== "tx:spread") return;
    this.#following.set(txid, { ...found, subject: { ...found.subject, isMined } });
    this.#tell(txid);
  }

  #begin(by: string, key: string, subject: Subject): void {
    const timer = setTimeout(() => this.#tell(key), DEADLINE_MS);
    timer.unref();
    this.#following.set(key, { subject, by, startedAt: performance.now(), reached: {}, timer });
    const [oldest] = this.#following.keys();
    if (this.#following.size > FOLLOWED_MAX && oldest !== undefined) this.#tell(oldest);
  }

  #tell(key: string): void {
    const found = this.#following.get(key);
    if (found === undefined) return;
    clearTimeout(found.timer);
    this.#following.delete(key);
    this.#remember(key);
    const { subject, by, reached } = found;
    this.#done({ ...subject, by, reached, nodes: Object.keys(reached).length + 1, of: this.#count });
  }

  #remember(key: string): void {
    this.#told.add(key);
    const [oldest] = this.#told;
    if (this.#told.size > FOLLOWED_MAX && oldest !== undefined) this.#told.delete(oldest);
  }
}
