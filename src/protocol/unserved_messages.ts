/**
 * Requests for what we do not offer: bloom filters (BIP37, BIP111). Whoever asks all the same is
 * dropped, as Bitcoin Core drops it.
 *
 * Needs from the node: nothing but the calls of `Protocol`.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import type { Message } from "../wire/message.ts";
import type { ProtocolDisconnect } from "./disconnect_reason.ts";
import type { Outbox, Protocol } from "./protocol.ts";

export class UnservedMessages implements Protocol {
  readonly #logger: Logger;
  readonly #outbox: Outbox;

  constructor({ logger, outbox }: { readonly logger: Logger; readonly outbox: Outbox }) {
    this.#logger = logger;
    this.#outbox = outbox;
  }

  ready(): void {}

  closed(): void {}

  pass(): void {}

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }

  received(peer: Peer, message: Message): void {
    switch (message.type) {
      case "filterload":
      case "filteradd":
      case "filterclear": {
        const text = `${message.type} received despite not offering bloom services`;
        return this.#drop(peer, text, "bloom-filter-unserved");
      }
      default:
    }
  }

  #drop(peer: Peer, why: string, reason: ProtocolDisconnect): void {
    this.#logger.debug("net", () => `${why}, disconnecting peer=${peer.id}`);
    this.#outbox.disconnect(peer, reason);
  }
}
