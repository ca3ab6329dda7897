/** What the tagged hashes of every taproot input begin with. @module */
import { type Bytes, fromHex } from "../base/bytes.ts";

/** By tag: its SHA-256, twice. Any other tag is hashed when it is used. */
export const TAG_PREFIXES: ReadonlyMap<string, Bytes> = new Map(
  [
    ["TapSighash", "f40a48df4b2a70c8b4924bf2654661ed3d95fd66a313eb87237597c628e4a031"],
    ["TapLeaf", "aeea8fdc4208983105734b58081d1e2638d35f1cb54008d4d357ca03be78e9ee"],
    ["TapBranch", "1941a1f2e56eb95fa2a9f194be5c01f7216f33ed82b091463490d05bf516a015"],
    ["TapTweak", "e80fe1639c9ca050e3af1b39c143c63e429cbceb15d940fbb5c5a1f4af57c5e9"],
    ["BIP0340/challenge", "7bb52d7a9fef58323eb1bf7a407db382d2f3f2d81bb1224f49fe518f6d48d37c"],
  ].map(([tag = "", hash = ""]) => [tag, fromHex(hash + hash)]),
);
