import type { PastEvents } from "../io/event_ring.ts";
import type { NodeEvent } from "../node/event.ts";
import { type GapEvent, showEvent, type TidingsEvent } from "./events.ts";

export interface StreamSource {
  listen(listener: (event: NodeEvent) => void): () => void;
  eventsSince(seq: number): PastEvents;
  /** Resolves when there will be no more events. */
  readonly ended: Promise<void>;
}

/**
 * The events after number `since`, for `for await`: those of the past first, then each as it comes.
 *
 * Nothing is queued for a slow reader: it reads on in the node's own log, and is told by `gap` how
 * many had gone from there when it came. Ends when the node is closed.
 *
 * @throws the signal's reason, once it is aborted
 */
export async function* streamEvents(
  source: StreamSource, since: number, isWanted: (event: NodeEvent) => boolean, signal?: AbortSignal,
): AsyncGenerator<TidingsEvent | GapEvent> {
  let last = since;
  let hasEnded = false;
  let wake = (): void => {};
  const stopListening = source.listen(() => wake());
  const aborted = (): void => wake();
  signal?.addEventListener("abort", aborted);
  void source.ended.then(() => {
    hasEnded = true;
    wake();
  });
  try {
    for (;;) {
      signal?.throwIfAborted();
      const { events, missed } = source.eventsSince(last);
      if (events.length === 0) {
        if (hasEnded) return;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if (missed > 0) yield { type: "gap", data: { missed } };
      for (const event of events) {
        signal?.throwIfAborted();
        last = event.seq;
        if (isWanted(event)) yield showEvent(event);
      }
    }
  } finally {
    stopListening();
    signal?.removeEventListener("abort", aborted);
  }
}
