import { sha3_256 as nobleSha3 } from "@noble/hashes/sha3.js";
import type { Bytes } from "../base/bytes.ts";

/** SHA3-256 (FIPS 202): the checksum in Tor's addresses. Nothing that is hot, so no backend has its own. */
export function sha3_256(data: Bytes): Bytes {
  return nobleSha3(data);
}
