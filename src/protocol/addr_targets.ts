import type { Bytes } from "../base/bytes.ts";
import type { Rng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { randomSipKey, sipHashHalves, type SipKey } from "../crypto/siphash.ts";
import type { Peer } from "../peer/peer.ts";

const ROTATION_SECONDS = 24 * 60 * 60;

interface Lot {
  readonly peer: Peer;
  readonly lot: number;
}

/** What peers' lots for one address, on one day, are made with. Nobody else can know it. */
interface LotKey {
  readonly first: number;
  readonly second: number;
}

/**
 * Whom an address is passed on to: the same ones all day, whoever tells us of it and however often, so
 * that repeating an address does not spread it further.
 *
 * All peers draw lots for each address that is told, and anyone may tell of ten at a time: so the key is
 * made with SipHash, and the lots with something much cheaper, whose input nobody can choose.
 *
 * Source: Bitcoin Core, net_processing.cpp, RelayAddress.
 */
export class AddrTargets {
  /** Ours alone. */
  readonly #key: SipKey;
  readonly #halves = new Uint32Array(2);

  constructor(rng: Rng) {
    this.#key = randomSipKey(rng);
  }

  /** Up to `count` of `peers`. The hour at which the day ends differs from address to address. */
  choose(
    peers: Iterable<Peer>, address: Bytes, { unixTime, count }: {
      readonly unixTime: UnixSeconds; readonly count: number;
    },
  ): readonly Peer[] {
    const key = this.#keyOfDay(address, unixTime);
    /** Highest lot first. */
    const best: Lot[] = [];
    for (const peer of peers) {
      const lot = lotOf(key, peer.id);
      let place = best.length;
      while (place > 0 && lot > (best[place - 1] as Lot).lot) place--;
      if (place === count) continue;
      best.splice(place, 0, { peer, lot });
      if (best.length > count) best.pop();
    }
    return best.map(({ peer }) => peer);
  }

  #keyOfDay(address: Bytes, unixTime: UnixSeconds): LotKey {
    sipHashHalves(this.#key, address, this.#halves);
    const [low = 0, high = 0] = this.#halves;
    const day = new Uint8Array(4);
    new DataView(day.buffer).setUint32(0, Math.floor((unixTime + (low % ROTATION_SECONDS)) / ROTATION_SECONDS));
    sipHashHalves({ ...this.#key, k0Low: low, k0High: high }, day, this.#halves);
    return { first: this.#halves[0] ?? 0, second: this.#halves[1] ?? 0 };
  }
}

/** All 32 bits of each input have a part in all of the result (the end of MurmurHash3, keyed twice). */
function lotOf({ first, second }: LotKey, id: number): number {
  let lot = id ^ first;
  lot = Math.imul(lot ^ (lot >>> 16), 0x85ebca6b) ^ second;
  lot = Math.imul(lot ^ (lot >>> 13), 0xc2b2ae35);
  return (lot ^ (lot >>> 16)) >>> 0;
}
