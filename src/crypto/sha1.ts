import { sha1 as nobleSha1 } from "@noble/hashes/legacy.js";
import type { Bytes } from "../base/bytes.ts";

/** SHA-1, which is broken: only because OP_SHA1 exists. */
export function sha1(data: Bytes): Bytes {
  return nobleSha1(data);
}
