import { type Bytes, concatBytes, fromLatin1, toHex } from "../base/bytes.ts";
import type { Instant } from "../base/time.ts";
import { sha256 } from "../crypto/crypto.ts";

/**
 * One hash over everything that was delivered to any node, and when: two runs with the same hash
 * did the same.
 */
export class Trace {
  #state: Bytes = new Uint8Array(32);
  #count = 0;

  /** Deliveries so far. */
  get count(): number {
    return this.#count;
  }

  get hash(): string {
    return toHex(this.#state);
  }

  /** `what` names the kind of input; `bytes` is what came with it. */
  add(at: Instant, host: number, what: string, bytes: Bytes): void {
    this.#count += 1;
    this.#state = sha256(concatBytes(this.#state, fromLatin1(`${at} ${host} ${what} `), bytes));
  }
}
