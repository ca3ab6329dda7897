import assert from "node:assert/strict";
import { test } from "node:test";
import { PeerBench, versionOf } from "../../test/support/peer_bench.ts";
import type { Connection } from "./connection.ts";
import type { ConnectionType } from "./peer.ts";

const OFFER = { type: "sendtxrcncl", value: { version: 1, salt: 2n } } as const;
const WTXID_RELAY = { type: "wtxidrelay", value: null } as const;
const VERACK = { type: "verack", value: null } as const;

function bench(changes: Partial<PeerBench["self"]> = {}) {
  const bench = new PeerBench();
  Object.assign(bench.self, { reconciliationSalt: 7n, ...changes });
  return bench;
}

/** One that has said `version`, and this. */
function met(
  peers: PeerBench, type: ConnectionType = "inbound", version: Parameters<typeof versionOf>[0] = {},
): Connection {
  const peer = peers.open(type);
  peers.from(peer, { type: "version", value: versionOf(version) });
  return peer;
}

/** Types of the messages that were sent. */
function sent(peers: PeerBench): readonly string[] {
  return peers.happened.flatMap((each) => /^\d+ <- (\w+)/.exec(each)?.[1] ?? []);
}

test("who relays transactions is offered to reconcile them, and its own offer completes it", () => {
  const peers = bench();
  const peer = met(peers);
  assert.deepEqual(sent(peers), ["version", "wtxidrelay", "sendaddrv2", "sendtxrcncl", "verack"]);
  const offer = { ...OFFER, value: { version: 2, salt: 9n } };
  for (const message of [WTXID_RELAY, offer, VERACK]) peers.from(peer, message);
  assert.deepEqual(peer.features.reconciliation, { name: "agreed", salt: 7n, theirSalt: 9n });
  assert.ok(peers.happened.includes("log: Register peer=0 (inbound=1)"));
});

test("no offer is made to who would not use it, nor when we do not reconcile or want no transactions", () => {
  const cases: readonly (readonly [Partial<PeerBench["self"]>, ConnectionType, object])[] = [
    [{ reconciliationSalt: undefined }, "inbound", {}],
    [{ blocksOnly: true }, "inbound", {}],
    [{}, "block-relay-only", {}],
    [{}, "addr-fetch", {}],
    [{}, "feeler", {}],
    [{}, "inbound", { relay: false }],
    [{}, "inbound", { version: 70_015 }],
  ];
  for (const [self, type, version] of cases) {
    const peers = bench(self);
    met(peers, type, version);
    assert.ok(!sent(peers).includes("sendtxrcncl"), JSON.stringify([type, version]));
  }
});

test("what was agreed without wtxidrelay, or only offered, is forgotten at verack", () => {
  for (const offers of [[OFFER], []]) {
    const peers = bench();
    const peer = met(peers);
    for (const message of [...offers, VERACK]) peers.from(peer, message);
    assert.equal(peer.features.reconciliation, undefined);
    assert.ok(peers.happened.includes("log: Forget txreconciliation state of peer=0"));
    assert.ok(peer.isReady);
  }
});

const REFUSED: readonly (readonly [why: string, run: (peers: PeerBench) => void])[] = [
  ["sendtxrcncl received after verack", (peers) => {
    const peer = met(peers);
    for (const message of [WTXID_RELAY, VERACK, OFFER]) peers.from(peer, message);
  }],
  ["txreconciliation protocol violation (sendtxrcncl received from already registered peer)", (peers) => {
    const peer = met(peers);
    for (const message of [OFFER, OFFER]) peers.from(peer, message);
  }],
  ["txreconciliation protocol violation", (peers) => {
    peers.from(met(peers), { ...OFFER, value: { version: 0, salt: 2n } });
  }],
  ["sendtxrcncl received to which we indicated no tx relay", (peers) => {
    peers.from(met(peers, "block-relay-only"), OFFER);
  }],
  ["sendtxrcncl received which indicated no tx relay to us", (peers) => {
    peers.from(met(peers, "inbound", { relay: false }), OFFER);
  }],
];

for (const [why, run] of REFUSED) {
  test(`an offer costs the connection: ${why}`, () => {
    const peers = bench();
    run(peers);
    assert.ok(peers.happened.includes(`log: ${why}, disconnecting peer=0`));
    assert.ok(peers.happened.includes("0 disconnect late-negotiation"));
  });
}

test("an offer is ignored that we did not invite, or when we do not reconcile", () => {
  const old = bench();
  old.from(met(old, "inbound", { version: 70_015 }), OFFER);
  assert.ok(old.happened.includes("log: Ignore unexpected txreconciliation signal from peer=0"));
  const plain = bench({ reconciliationSalt: undefined });
  plain.from(met(plain), OFFER);
  const ignored = "sendtxrcncl from peer=0 ignored, as our node does not have txreconciliation enabled";
  assert.ok(plain.happened.includes(`log: ${ignored}`));
  for (const peers of [old, plain]) assert.ok(!peers.happened.some((each) => each.includes("disconnect")));
});
