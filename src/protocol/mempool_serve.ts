/**
 * Answers `mempool` (BIP35): all that the mempool has is announced to the peer, if it may ask for it. Others
 * are dropped, as Bitcoin Core drops them.
 *
 * Needs from the node: nothing but the calls of `Protocol`.
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import type { Instant } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { Outbox, Protocol } from "./protocol.ts";
import type { UploadLimit } from "./upload_limit.ts";

export interface MempoolServePorts {
  readonly logger: Logger;
  readonly outbox: Outbox;
  readonly uploads: UploadLimit;
  /** Announces everything to `peer`. */
  announceAll(peer: Peer): void;
}

export class MempoolServe implements Protocol {
  readonly takes: readonly MessageType[] = ["mempool"];
  readonly #ports: MempoolServePorts;
  readonly #offersBloom: boolean;

  /** `peerBloomFilters`: whether NODE_BLOOM is offered to everyone, of which this is a part (BIP111). */
  constructor(ports: MempoolServePorts, options: { readonly peerBloomFilters: boolean }) {
    this.#ports = ports;
    this.#offersBloom = options.peerBloomFilters;
  }

  ready(): void {}

  closed(): void {}

  pass(): void {}

  woken(): void {}

  wakeAt(): Instant | undefined {
    return undefined;
  }

  received(peer: Peer, message: Message): void {
    if (message.type !== "mempool") return;
    const { logger, outbox, announceAll } = this.#ports;
    const why = this.#whyNot(peer);
    if (why === undefined) return announceAll(peer);
    if (peer.permissions.has("noban")) return;
    logger.debug("net", () => `mempool request with ${why}, disconnecting peer=${peer.id}`);
    outbox.disconnect(peer, "mempool-unserved");
  }

  #whyNot({ permissions }: Peer): string | undefined {
    if (permissions.has("mempool")) return undefined;
    if (!this.#offersBloom && !permissions.has("bloomfilter")) return "bloom filters disabled";
    return this.#ports.uploads.isReached(false) ? "bandwidth limit reached" : undefined;
  }
}
