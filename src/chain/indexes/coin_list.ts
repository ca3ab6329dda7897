import type { Bytes } from "../../base/bytes.ts";
import type { Coin } from "../../primitives/coin.ts";
import type { OutPoint } from "../../primitives/transaction.ts";
import { coinSize, putCoin } from "../coin_serialisation.ts";

const FIRST_BYTES = 4_096;
const LENGTH_BYTES = 4;

/** Coins as they are hashed, one after the other, as `MuHashChange` has them. */
export class CoinList {
  #bytes = new Uint8Array(FIRST_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #size = 0;

  add(outPoint: OutPoint, coin: Coin): void {
    const size = coinSize(coin);
    const start = this.#size + LENGTH_BYTES;
    if (start + size > this.#bytes.length) this.#grow(start + size);
    this.#view.setUint32(this.#size, size, true);
    putCoin(this.#bytes, this.#view, start, outPoint, coin);
    this.#size = start + size;
  }

  bytes(): Bytes {
    return this.#bytes.slice(0, this.#size);
  }

  #grow(size: number): void {
    const bytes = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
    bytes.set(this.#bytes.subarray(0, this.#size));
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer);
  }
}
