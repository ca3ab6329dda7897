/**
 * Who descends from whom: a parent and a jump for each row, so that any ancestor is found in
 * logarithmic time.
 *
 * The jumps are Myers's ("An applicative random-access stack", 1983): a row jumps over twice the
 * distance when the two jumps before it were equally long, and to its parent otherwise. Rows of
 * equal height so have jumps of equal length, whatever branch they are on.
 *
 * @module
 */
import { grown, type RowColumns } from "./columns.ts";

const NONE = -1;

export class Ancestry implements RowColumns {
  #height = new Int32Array(0);
  #parent = new Int32Array(0);
  #jump = new Int32Array(0);

  get bytes(): number {
    return this.#height.byteLength + this.#parent.byteLength + this.#jump.byteLength;
  }

  grow(rows: number): void {
    this.#height = grown(this.#height, rows);
    this.#parent = grown(this.#parent, rows);
    this.#jump = grown(this.#jump, rows);
  }

  /** `parent` is negative for the root. */
  set(row: number, parent: number): void {
    this.#parent[row] = parent;
    if (parent < 0) {
      this.#height[row] = 0;
      this.#jump[row] = row;
      return;
    }
    const first = this.#jump[parent] as number;
    const second = this.#jump[first] as number;
    const isEven = this.height(parent) - this.height(first) === this.height(first) - this.height(second);
    this.#height[row] = this.height(parent) + 1;
    this.#jump[row] = isEven ? second : parent;
  }

  height(row: number): number {
    return this.#height[row] as number;
  }

  /** Negative for the root. */
  parent(row: number): number {
    return this.#parent[row] as number;
  }

  /** The ancestor or self at `height`; negative when there is none. */
  ancestor(row: number, height: number): number {
    if (height < 0 || height > this.height(row)) return NONE;
    let at = row;
    while (this.height(at) > height) {
      const jump = this.#jump[at] as number;
      at = this.height(jump) >= height ? jump : this.parent(at);
    }
    return at;
  }

  lastCommon(a: number, b: number): number {
    const height = Math.min(this.height(a), this.height(b));
    let left = this.ancestor(a, height);
    let right = this.ancestor(b, height);
    while (left !== right) {
      const canJump = this.#jump[left] !== this.#jump[right];
      left = (canJump ? this.#jump[left] : this.#parent[left]) as number;
      right = (canJump ? this.#jump[right] : this.#parent[right]) as number;
    }
    return left;
  }
}
