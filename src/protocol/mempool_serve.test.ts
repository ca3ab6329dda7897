import assert from "node:assert/strict";
import { test } from "node:test";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import type { Permission } from "../peer/peer.ts";
import { MempoolServe } from "./mempool_serve.ts";

interface Case {
  readonly permissions: readonly Permission[];
  readonly peerBloomFilters: boolean;
  readonly isOverLimit: boolean;
  /** What is logged; undefined for an answer. */
  readonly why?: string;
  readonly isDropped: boolean;
}

const DISABLED = "mempool request with bloom filters disabled, disconnecting peer=0";
const LIMITED = "mempool request with bandwidth limit reached, disconnecting peer=0";

const CASES: readonly Case[] = [
  { permissions: [], peerBloomFilters: false, isOverLimit: false, why: DISABLED, isDropped: true },
  { permissions: ["noban"], peerBloomFilters: false, isOverLimit: false, why: "", isDropped: false },
  { permissions: [], peerBloomFilters: true, isOverLimit: false, isDropped: false },
  { permissions: ["bloomfilter"], peerBloomFilters: false, isOverLimit: false, isDropped: false },
  { permissions: [], peerBloomFilters: true, isOverLimit: true, why: LIMITED, isDropped: true },
  { permissions: ["mempool"], peerBloomFilters: false, isOverLimit: true, isDropped: false },
];

for (const { permissions, peerBloomFilters, isOverLimit, why, isDropped } of CASES) {
  const who = permissions[0] ?? "nothing";
  const offer = peerBloomFilters ? "offered to all" : "not offered";
  const limit = isOverLimit ? ", over the upload limit" : "";
  const end = why === undefined ? "is answered" : isDropped ? "costs the connection" : "is ignored";
  test(`mempool from a peer that may do ${who}, ${offer}${limit}, ${end}`, () => {
    const outbox = new ProtocolBench();
    let asked = 0;
    outbox.protocols.push(new MempoolServe({
      logger: outbox.logger, outbox,
      uploads: { isReached: (forHistory) => !forHistory && isOverLimit },
      announceAll: () => void asked++,
    }, { peerBloomFilters }));
    const peer = outbox.open({ permissions });
    outbox.from(peer, { type: "mempool", value: null });
    assert.equal(asked, why === undefined ? 1 : 0);
    assert.deepEqual(outbox.dropped(peer), isDropped ? ["mempool-unserved"] : []);
    assert.ok(why === undefined || why === "" || outbox.logged(why));
  });
}
