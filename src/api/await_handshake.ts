import type { NodeEvent } from "../node/event.ts";

/** What came of a connection by hand. */
export type HandshakeOutcome =
  | { readonly type: "ready"; readonly peer: number }
  | { readonly type: "failed"; readonly reason: string };

export interface AwaitedHandshake {
  readonly outcome: Promise<HandshakeOutcome>;
  /** There will be none. */
  giveUp(): void;
}

/**
 * What comes of the connection to `address` that is opened next, or of `peer`, which is open already; of one
 * that is being dialled as well. Who hangs up on an encrypted one is dialled once more in the clear: that is
 * waited for too.
 */
export function awaitHandshake(
  listen: (listener: (event: NodeEvent) => void) => () => void, address: string, peer: number | undefined,
): AwaitedHandshake {
  let current = peer;
  let stop = (): void => {};
  const outcome = new Promise<HandshakeOutcome>((resolve) => {
    const end = (what: HandshakeOutcome): void => {
      stop();
      resolve(what);
    };
    stop = listen(({ type, data }) => {
      switch (type) {
        case "peer:dialing":
          // Told before the connection is gone that it stands in for.
          if (data.address === address) current = undefined;
          return;
        case "peer:dial-failed":
          if (data.address === address) end({ type: "failed", reason: data.reason });
          return;
        case "peer:open":
          if (data.address === address && data.connection !== "inbound") current ??= data.peer;
          return;
        case "peer:ready":
          if (data.peer === current) end({ type: "ready", peer: data.peer });
          return;
        case "peer:closed":
          if (data.peer === current) end({ type: "failed", reason: data.reason });
          return;
        default:
      }
    });
  });
  return { outcome, giveUp: () => stop() };
}
