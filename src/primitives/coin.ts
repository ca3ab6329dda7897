import type { Bytes } from "../base/bytes.ts";
import type { Sats } from "./amount.ts";

/** An output that can be spent, and what rules about spending it need to know. */
export interface Coin {
  readonly value: Sats;
  readonly script: Bytes;
  /** Height of the block that made it. */
  readonly height: number;
  readonly isCoinbase: boolean;
}
