import type { ChainParts } from "./chain_parts.ts";

/** Whether the first download of the chain is under way: latches to false. */
export class InitialDownload {
  #isUnderWay = true;

  get isUnderWay(): boolean {
    return this.#isUnderWay;
  }

  /** True when it has just ended: the tip is recent, and has the minimum work. */
  endsAt({ active: { tip }, headers, ports, settings }: ChainParts): boolean {
    if (!this.#isUnderWay) return false;
    if (headers.chainWork(tip) < settings.minimumChainWork) return false;
    if (headers.time(tip) < ports.clock.unixTime() - settings.maxTipAge) return false;
    ports.logger.info("Leaving InitialBlockDownload (latching to false)");
    this.#isUnderWay = false;
    return true;
  }
}
