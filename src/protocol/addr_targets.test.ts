import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import type { UnixSeconds } from "../base/time.ts";
import { START } from "../../test/support/peer_bench.ts";
import { ProtocolBench } from "../../test/support/protocol_bench.ts";
import { AddrTargets } from "./addr_targets.ts";

const DAY = 24 * 60 * 60;

function bench(count: number) {
  const outbox = new ProtocolBench();
  return Array.from({ length: count }, () => outbox.open());
}

const address = (number: number) => Uint8Array.of(number >>> 8, number & 0xff);
const at = (seconds: number) => (START + seconds) as UnixSeconds;

test("an address goes to the same peers all day, in whatever order they stand, and to others on another day", () => {
  const targets = new AddrTargets(seededRng(1));
  const peers = bench(50);
  let changes = 0;
  for (let number = 0; number < 20; number++) {
    const of = (unixTime: UnixSeconds, among = peers) => targets.choose(among, address(number), { unixTime, count: 2 });
    const first = of(at(0));
    assert.deepEqual(of(at(0), peers.toReversed()), first);
    for (let hour = 1; hour <= 24; hour++) {
      if (of(at(hour * 3600))[0] !== of(at((hour - 1) * 3600))[0]) changes++;
    }
    assert.notDeepEqual([of(at(DAY)), of(at(2 * DAY))], [first, first]);
  }
  assert.ok(changes >= 15 && changes <= 20, `${changes} changes in a day of 20 addresses: one each`);
});

test("when one who was chosen has gone the next takes its place, and the other keeps its own", () => {
  const targets = new AddrTargets(seededRng(2));
  const peers = bench(20);
  const options = { unixTime: at(0), count: 3 };
  const [one, two, three] = targets.choose(peers, address(1), options);
  const again = targets.choose(peers.filter((peer) => peer !== one), address(1), options);
  assert.deepEqual(again.slice(0, 2), [two, three]);
  assert.equal(targets.choose(peers.slice(0, 2), address(1), options).length, 2);
});

test("all peers are chosen about as often, and by another node others are", () => {
  const peers = bench(10);
  const chosen = (seed: number) => Array.from({ length: 2_000 }, (_, number) => {
    return new AddrTargets(seededRng(seed)).choose(peers, address(number), { unixTime: at(0), count: 1 })[0]?.id ?? -1;
  });
  const [mine, theirs] = [chosen(3), chosen(4)];
  for (const { id } of peers) {
    const count = mine.filter((each) => each === id).length;
    assert.ok(count > 140 && count < 260, `peer ${id}: ${count} of 2,000`);
  }
  assert.ok(mine.filter((id, i) => id === theirs[i]).length < 300, "one in ten by chance");
});
