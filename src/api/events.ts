/**
 * The node's events as the library shows them, and ways to listen.
 *
 * @module
 */
import type { NodeEvent, NodeEventType } from "../node/event.ts";

/** Amounts are `bigint` at this edge; inside they are numbers. */
type Shown<E> = E extends { readonly type: "tx:accepted"; readonly data: infer Data }
  ? Omit<E, "data"> & { readonly data: Omit<Data, "fee"> & { readonly fee: bigint } }
  : E;

/**
 * Something that happened: `seq` counts from 1 per node without gaps, `time` is Unix seconds with
 * fractions.
 */
export type TidingsEvent = Shown<NodeEvent>;

export type TidingsEventType = NodeEventType;

export type TidingsEventOf<T extends TidingsEventType> = Extract<TidingsEvent, { readonly type: T }>;

/** Events that were asked for, and are no longer kept because the reader was too slow. */
export interface GapEvent {
  readonly type: "gap";
  readonly data: { readonly missed: number };
}

export interface ListenOptions {
  /** Stops listening when aborted. */
  readonly signal?: AbortSignal;
  /** Stops after the first event. */
  readonly once?: boolean;
}

/** Stops listening: by a call, or at the end of a `using` block. */
export interface Subscription {
  (): void;
  [Symbol.dispose](): void;
}

/** All types there are: a name that is none of them is refused rather than never heard of. */
const TYPES: Readonly<Record<TidingsEventType, true>> = {
  "header:accepted": true, "header:presync": true,
  "block:connected": true, "block:disconnected": true, "block:rejected": true,
  "chain:tip": true, "chain:reorg": true, "tx:accepted": true, "tx:rejected": true, "tx:removed": true,
  "peer:dialing": true, "peer:dial-failed": true, "peer:open": true, "peer:ready": true, "peer:closed": true,
  "peer:misbehaved": true, "peer:evicted": true, "peer:banned": true, "peer:ping": true,
  "addr:learned": true, "addr:tried": true, "addr:ratelimited": true,
  "sync:done": true, "node:warning": true,
};

export const EVENT_TYPES = Object.keys(TYPES) as readonly TidingsEventType[];

export function showEvent(event: NodeEvent): TidingsEvent {
  if (event.type !== "tx:accepted") return event;
  return { ...event, data: { ...event.data, fee: BigInt(event.data.fee) } };
}

/**
 * Listens through `listen` until told to stop; what a listener throws surfaces as an uncaught
 * exception, as with every event target, since the node cannot know what to do about it.
 */
export function subscribe<E>(
  listen: (entry: (event: E) => void) => () => void, isWanted: (event: E) => boolean,
  listener: (event: E) => void, { signal, once = false }: ListenOptions,
): Subscription {
  let stopListening = (): void => {};
  const stop = (): void => {
    stopListening();
    signal?.removeEventListener("abort", stop);
  };
  const subscription = Object.assign(stop, { [Symbol.dispose]: stop });
  if (signal?.aborted === true) return subscription;
  signal?.addEventListener("abort", stop, { once: true });
  stopListening = listen((event) => {
    if (!isWanted(event)) return;
    if (once) stop();
    try {
      listener(event);
    } catch (error) {
      process.nextTick(() => {
        throw error;
      });
    }
  });
  return subscription;
}
