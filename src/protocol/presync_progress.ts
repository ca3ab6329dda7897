import type { Logger } from "../base/logger.ts";
import { type Clock, elapsed, type Instant, milliseconds } from "../base/time.ts";
import { headerProgress } from "../chain/chain_log.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { PeerId } from "../peer/peer.ts";

/** Told so often at most: whoever sends headers could otherwise fill the log. */
const INTERVAL = milliseconds(250);

export interface ProgressPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly minimumChainWork: bigint;
  readonly chain: Pick<ChainState, "params" | "headers" | "bestHeader" | "isInitialBlockDownload">;
  /** Headers up to this height were checked and not kept. */
  presynced(peer: PeerId, height: number): void;
}

/**
 * Tells how far the headers of the best chain are that has not shown its work yet, while we have no better
 * one (Bitcoin Core: ReportHeadersPresync).
 */
export class PresyncProgress {
  readonly #ports: ProgressPorts;
  readonly #works = new Map<PeerId, bigint>();
  #toldAt: Instant | undefined;

  constructor(ports: ProgressPorts) {
    this.#ports = ports;
  }

  forget(peer: PeerId): void {
    this.#works.delete(peer);
  }

  /** `time`: of the last header, in Unix seconds. */
  reached(peer: PeerId, { height, time, work }: { height: number; time: number; work: bigint }): void {
    this.#works.set(peer, work);
    for (const other of this.#works.values()) if (other > work) return;
    const { chain, clock, logger, minimumChainWork, presynced } = this.#ports;
    if (chain.headers.chainWork(chain.bestHeader) >= minimumChainWork) return;
    const now = clock.now();
    const since = this.#toldAt === undefined ? INTERVAL : elapsed(this.#toldAt, now);
    // The clock may have been set back.
    if (since >= 0 && since < INTERVAL) return;
    this.#toldAt = now;
    presynced(peer, height);
    if (!chain.isInitialBlockDownload) return;
    const progress = headerProgress(height, time, clock.unixTime(), chain.params.work);
    logger.info(`Pre-synchronizing blockheaders, height: ${height} (${progress})`);
  }
}
