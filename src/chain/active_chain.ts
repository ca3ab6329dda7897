import { assert } from "../base/assert.ts";
import { grown } from "./columns.ts";
import type { BlockId, HeaderIndex } from "./header_index.ts";
import { GENESIS } from "./header_index.ts";

const HEIGHTS_MIN = 64;

/** Blocks from genesis to the tip, by height. */
export class ActiveChain {
  readonly #headers: HeaderIndex;
  #ids = new Uint32Array(HEIGHTS_MIN);
  #length = 1;

  constructor(headers: HeaderIndex, tip: BlockId) {
    this.#headers = headers;
    this.reset(tip);
  }

  get tip(): BlockId {
    return this.#ids[this.#length - 1] as BlockId;
  }

  get height(): number {
    return this.#length - 1;
  }

  at(height: number): BlockId | undefined {
    return height >= 0 && height < this.#length ? (this.#ids[height] as BlockId) : undefined;
  }

  has(id: BlockId): boolean {
    return this.at(this.#headers.height(id)) === id;
  }

  /** The last block that `id` and the tip have in common. */
  forkWith(id: BlockId): BlockId {
    return this.#headers.lastCommonAncestor(this.tip, id);
  }

  push(id: BlockId): void {
    assert(this.#headers.previous(id) === this.tip, "a block is connected on top of the tip");
    this.#set(this.#length++, id);
  }

  pop(): void {
    assert(this.#length > 1, "the genesis block is never disconnected");
    this.#length--;
  }

  /** Another tip, whatever there was before. */
  reset(tip: BlockId): void {
    this.#length = this.#headers.height(tip) + 1;
    let id: BlockId | undefined = tip;
    for (let height = this.#length - 1; id !== undefined; height--) {
      this.#set(height, id);
      id = this.#headers.previous(id);
    }
    assert(this.#ids[0] === GENESIS, "every chain begins with genesis");
  }

  #set(height: number, id: BlockId): void {
    if (height >= this.#ids.length) this.#ids = grown(this.#ids, 2 ** Math.ceil(Math.log2(height + 1)));
    this.#ids[height] = id;
  }
}
