import { type Bytes, compareBytes, concatBytes } from "../base/bytes.ts";
import type { UnixSeconds } from "../base/time.ts";
import { sha256 } from "../crypto/crypto.ts";
import type { Peer } from "../peer/peer.ts";

const ROTATION_SECONDS = 24 * 60 * 60;

/**
 * Up to `count` of `peers` to pass an address on to: the same ones all day, whoever tells us of it
 * and however often, so that repeating an address does not spread it further.
 *
 * `key` is ours alone. The hour at which the day ends differs from address to address.
 */
export function chooseAddrTargets(
  peers: readonly Peer[], address: Bytes, { key, unixTime, count }: {
    readonly key: Bytes; readonly unixTime: UnixSeconds; readonly count: number;
  },
): readonly Peer[] {
  const digest = sha256(concatBytes(key, address));
  const offset = new DataView(digest.buffer, digest.byteOffset).getUint32(0) % ROTATION_SECONDS;
  const day = Math.floor((unixTime + offset) / ROTATION_SECONDS);
  return peers
    .map((peer) => ({ peer, lot: sha256(concatBytes(digest, numberBytes(day), numberBytes(peer.id))) }))
    .sort((a, b) => compareBytes(b.lot, a.lot))
    .slice(0, count)
    .map(({ peer }) => peer);
}

function numberBytes(value: number): Bytes {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}
