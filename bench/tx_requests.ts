/**
 * Announcements of transactions when all peers announce the same: how many are noted in a second, until
 * nobody has more to ask for, and how long the longest single step takes.
 *
 * @module
 */
import { randomBytes, seededRng } from "../src/base/rng.ts";
import type { Instant } from "../src/base/time.ts";
import type { PeerId } from "../src/peer/peer.ts";
import { TxRequests } from "../src/protocol/tx_requests.ts";
import { type Measurement, round } from "./support/measurement.ts";

const PEERS = 1_000;
const HASHES = 5_000;
/** Noted of each peer, as `TxDownload` shares out what it notes in all. */
const OF_EACH = 625;

export async function run(): Promise<readonly Measurement[]> {
  // The first round is for the compiler.
  measure(100, HASHES);
  const shared = measure(PEERS, OF_EACH);
  const whole = measure(125, HASHES);
  return [
    { name: `announced by ${PEERS} peers, the same ${OF_EACH}`, value: shared.rate, unit: "announcements/s" },
    { name: "longest turn in which delays end", value: shared.longestAdvance, unit: "ms" },
    { name: "longest disconnect", value: shared.longestDisconnect, unit: "ms" },
    { name: "longest disconnect, of 125 peers with 5,000 each", value: whole.longestDisconnect, unit: "ms" },
    { name: "memory", value: shared.bytesEach, unit: "bytes/announcement" },
  ];
}

interface Figures {
  readonly rate: number;
  readonly longestAdvance: number;
  readonly longestDisconnect: number;
  readonly bytesEach: number;
}

/** Announced by all, asked of the best ones, and then the peers go one by one. */
function measure(peers: number, hashes: number): Figures {
  const rng = seededRng(1);
  const requests = new TxRequests(rng);
  const references = Array.from({ length: hashes }, () => ({ hash: randomBytes(rng, 32), isWtxid: true }));
  const before = liveBytes();
  const start = performance.now();
  for (let peer = 0; peer < peers; peer++) {
    for (const reference of references) requests.announced(peer as PeerId, reference, false, 1 as Instant);
  }
  const ready = longest(Math.ceil((peers * hashes) / 500), () => void requests.advance(1 as Instant));
  for (let peer = 0; peer < peers; peer++) {
    for (const { hash } of requests.requestable(peer as PeerId)) {
      requests.requested(peer as PeerId, hash, 60_000 as Instant);
    }
  }
  const rate = (peers * hashes * 1000) / (performance.now() - start);
  const bytesEach = (liveBytes() - before) / (peers * hashes);
  const gone = longest(peers, (peer) => requests.forgetPeer(peer as PeerId));
  return {
    rate: Math.round(rate), bytesEach: Math.round(bytesEach),
    longestAdvance: round(ready, 1), longestDisconnect: round(gone, 1),
  };
}

/** Milliseconds of the longest of `count` steps. */
function longest(count: number, step: (index: number) => void): number {
  let most = 0;
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    step(i);
    most = Math.max(most, performance.now() - start);
  }
  return most;
}

function liveBytes(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
