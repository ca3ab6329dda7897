/** The place for one scan at a time, which others may look at and end. */
export class ScanSeat {
  #isTaken = false;
  #isAborted = false;
  /** Percent. */
  #progress = 0;
  #height = 0;

  /** `undefined` while nobody scans. */
  get progress(): number | undefined {
    return this.#isTaken ? this.#progress : undefined;
  }

  get isAborted(): boolean {
    return this.#isAborted;
  }

  /** False when another scan is under way. */
  take(): boolean {
    if (this.#isTaken) return false;
    this.#isTaken = true;
    this.#isAborted = false;
    this.#progress = 0;
    return true;
  }

  /** `txid`, byte by byte, is how far a scan in that order has come. */
  reached(txid: Uint8Array): void {
    const [first = 0, second = 0] = txid;
    this.#progress = Math.round(((0x100 * first + second) * 100) / 0x10000);
  }

  /** Of a scan block by block. */
  get height(): number {
    return this.#height;
  }

  at(height: number, percent: number): void {
    this.#height = height;
    this.#progress = percent;
  }

  /** False when nobody scans. */
  abort(): boolean {
    if (this.#isTaken) this.#isAborted = true;
    return this.#isTaken;
  }

  leave(): void {
    this.#isTaken = false;
  }
}
