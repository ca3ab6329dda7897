/**
 * Waiting for the network, on events alone: nothing here sleeps or polls.
 *
 * @module
 */
import { configError, TidingsError } from "../api/errors.ts";
import type { NodeEventType } from "../node/event.ts";
import { displayHash, parseHash, type Txid } from "../primitives/hash.ts";
import { heightOf, type Member } from "./devnet_node.ts";

export const UNTIL_TIMEOUT_MS = 10_000;
const TIMEOUT_MS_MAX = 2 ** 31 - 1;

export interface UntilOptions {
  /** Milliseconds after which it is given up. @default 10,000 */
  readonly timeout?: number;
  readonly signal?: AbortSignal;
}

/** What is waited for. */
export interface Condition {
  /** `every node to have the same tip` */
  readonly expected: string;
  /** The events that can make it true. */
  readonly types: readonly NodeEventType[];
  isMet(): boolean;
  /** How things stand, for whoever waited in vain. */
  seen(): string;
}

/**
 * Resolves as soon as the condition is met, at once if it is already.
 *
 * @throws {TidingsError} TIMEOUT, which says what was expected and what was seen
 */
export async function waitUntil(
  members: readonly Member[], condition: Condition, { timeout = UNTIL_TIMEOUT_MS, signal }: UntilOptions = {},
): Promise<void> {
  if (!(timeout > 0 && timeout <= TIMEOUT_MS_MAX)) {
    throw configError("timeout", timeout, "milliseconds above zero");
  }
  signal?.throwIfAborted();
  if (condition.isMet()) return;
  await new Promise<void>((resolve, reject) => {
    const types = new Set<string>(condition.types);
    const finish = (settle: () => void): void => {
      for (const stop of stops) stop();
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      settle();
    };
    const aborted = (): void => finish(() => reject(signal?.reason));
    const timer = setTimeout(() => finish(() => reject(timeoutError(condition, timeout))), timeout);
    const stops = members.map(({ running }) => running.listen(({ type }) => {
      if (types.has(type) && condition.isMet()) finish(resolve);
    }));
    signal?.addEventListener("abort", aborted, { once: true });
  });
}

function timeoutError({ expected, seen }: Condition, milliseconds: number): TidingsError<"TIMEOUT"> {
  const found = seen();
  const message = `Waited ${milliseconds / 1000} s for ${expected}; found ${found}`;
  return new TidingsError("TIMEOUT", message, { expected, seen: found, milliseconds });
}

/** `net.until` */
export class Until {
  readonly #members: readonly Member[];

  constructor(members: readonly Member[]) {
    this.#members = members;
  }

  /** Every node has the same tip. */
  sameTip(options?: UntilOptions): Promise<void> {
    return waitUntil(this.#members, {
      expected: "every node to have the same tip",
      types: ["chain:tip"],
      isMet: () => new Set(this.#members.map(tipHash)).size === 1,
      seen: () => this.#each((member) => `${heightOf(member)} ${tipHash(member).slice(0, 8)}…`),
    }, options);
  }

  /** Every node's tip is at `height` or above. */
  height(height: number, options?: UntilOptions): Promise<void> {
    return waitUntil(this.#members, {
      expected: `every node to be at height ${height}`,
      types: ["chain:tip"],
      isMet: () => this.#members.every((member) => heightOf(member) >= height),
      seen: () => this.#each((member) => String(heightOf(member))),
    }, options);
  }

  /** Every node's mempool has the transaction. */
  async inMempool(txid: string, options?: UntilOptions): Promise<void> {
    const hash = parseHash(txid) as Txid | undefined;
    if (hash === undefined) throw configError("txid", txid, "64 hex digits");
    const has = ({ running }: Member): boolean => running.core.mempool.get(hash) !== undefined;
    return waitUntil(this.#members, {
      expected: `${txid.slice(0, 8)}… in every mempool`,
      types: ["tx:accepted"],
      isMet: () => this.#members.every(has),
      seen: () => this.#each((member) => (has(member) ? "has it" : "does not")),
    }, options);
  }

  #each(describe: (member: Member) => string): string {
    return this.#members.map((member) => `${member.node.name} ${describe(member)}`).join(", ");
  }
}

function tipHash({ running }: Member): string {
  const { headers, tip } = running.core.chain;
  return displayHash(headers.hash(tip));
}
