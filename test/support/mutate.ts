import { type Bytes, concatBytes, fromHex } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng } from "../../src/base/rng.ts";

/** Lengths and counts that decoders get wrong: the edges of CompactSize, and of what is allowed. */
const NASTY: readonly Bytes[] = [
  "00", "fc", "ff", "fd0000", "fdfd00", "fdffff", "fe00000100", "feffffffff", "fe00000002",
  "ff0000000001000000", "ffffffffffffffffff",
].map(fromHex);

type Mutation = (rng: Rng, bytes: Bytes) => Bytes;

const MUTATIONS: readonly Mutation[] = [
  function flipBit(rng, bytes) {
    const changed = bytes.slice();
    if (changed.length > 0) changed[below(rng, changed.length)]! ^= 1 << below(rng, 8);
    return changed;
  },
  function setByte(rng, bytes) {
    const changed = bytes.slice();
    if (changed.length > 0) changed[below(rng, changed.length)] = rng.u32();
    return changed;
  },
  function cutShort(rng, bytes) {
    return bytes.slice(0, below(rng, bytes.length + 1));
  },
  function append(rng, bytes) {
    return concatBytes(bytes, randomBytes(rng, 1 + below(rng, 8)));
  },
  function insert(rng, bytes) {
    return splice(bytes, below(rng, bytes.length + 1), 0, randomBytes(rng, 1 + below(rng, 8)));
  },
  function remove(rng, bytes) {
    return splice(bytes, below(rng, bytes.length + 1), 1 + below(rng, 8), new Uint8Array(0));
  },
  function putNasty(rng, bytes) {
    const nasty = NASTY[below(rng, NASTY.length)] as Bytes;
    return splice(bytes, below(rng, bytes.length + 1), below(rng, 2) * nasty.length, nasty);
  },
  function repeatPart(rng, bytes) {
    const start = below(rng, bytes.length + 1);
    return splice(bytes, start, 0, bytes.subarray(start, start + 1 + below(rng, 80)));
  },
];

/** `bytes` with one to three small changes. */
export function mutate(rng: Rng, bytes: Bytes): Bytes {
  let changed = bytes;
  for (let times = 1 + below(rng, 3); times > 0; times--) {
    changed = (MUTATIONS[below(rng, MUTATIONS.length)] as Mutation)(rng, changed);
  }
  return changed;
}

function splice(bytes: Bytes, start: number, removed: number, added: Bytes): Bytes {
  return concatBytes(bytes.subarray(0, start), added, bytes.subarray(start + removed));
}
