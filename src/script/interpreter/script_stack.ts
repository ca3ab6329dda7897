import { type Bytes, NO_BYTES } from "../../base/bytes.ts";
import { decodeNumber, encodeNumber, isMinimalNumber, NUMBER_BYTES_MAX } from "../script_number.ts";
import { ScriptFailure } from "./script_error.ts";

const TRUE: Bytes = Uint8Array.of(1);

/** What OP_0 to OP_16 push; nothing writes to an element. */
const SMALL_NUMBERS: readonly Bytes[] = Array.from({ length: 17 }, (_, value) => encodeNumber(value));

/** The elements that operations work on. Every method fails the script when there are too few. */
export class ScriptStack {
  readonly items: Bytes[];
  readonly #needsMinimal: boolean;

  /** `needsMinimal`: numbers must be in their shortest form. */
  constructor(items: Bytes[], needsMinimal: boolean) {
    this.items = items;
    this.#needsMinimal = needsMinimal;
  }

  get size(): number {
    return this.items.length;
  }

  need(count: number): void {
    if (this.items.length < count) throw new ScriptFailure("INVALID_STACK_OPERATION");
  }

  push(item: Bytes): void {
    this.items.push(item);
  }

  pushNumber(value: number): void {
    this.items.push(SMALL_NUMBERS[value] ?? encodeNumber(value));
  }

  pushBoolean(value: boolean): void {
    this.items.push(value ? TRUE : NO_BYTES);
  }

  /** The element `depth` below the top, which is at zero. */
  peek(depth: number): Bytes {
    this.need(depth + 1);
    return this.items[this.items.length - 1 - depth] as Bytes;
  }

  /** The `count` elements from `depth` below the top on, the upper ones first. */
  peekMany(depth: number, count: number): Bytes[] {
    this.need(depth + count);
    const found: Bytes[] = [];
    for (let at = this.items.length - 1 - depth; found.length < count; at--) {
      found.push(this.items[at] as Bytes);
    }
    return found;
  }

  pop(): Bytes {
    this.need(1);
    return this.items.pop() as Bytes;
  }

  popBoolean(): boolean {
    return isTrue(this.pop());
  }

  drop(count: number): void {
    this.need(count);
    this.items.length -= count;
  }

  /** The element `depth` below the top as a number of at most `bytesMax` bytes. */
  peekNumber(depth: number, bytesMax: number = NUMBER_BYTES_MAX): number {
    const bytes = this.peek(depth);
    const isLong = bytes.length > bytesMax;
    if (isLong || (this.#needsMinimal && !isMinimalNumber(bytes))) throw new ScriptFailure("SCRIPTNUM");
    return decodeNumber(bytes);
  }

  /** Takes the element `depth` below the top out of the stack. */
  removeAt(depth: number): Bytes {
    this.need(depth + 1);
    return this.items.splice(this.items.length - 1 - depth, 1)[0] as Bytes;
  }
}

/** Anything but zero, in any of its spellings: minus zero is zero. */
export function isTrue(bytes: Bytes): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (bytes[i] !== 0) return !(bytes[i] === 0x80 && i === bytes.length - 1);
  }
  return false;
}
