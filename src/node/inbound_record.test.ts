import assert from "node:assert/strict";
import { test } from "node:test";
import type { UnixSeconds } from "../base/time.ts";
import { VictimWorld } from "../../test/support/victim_world.ts";
import { InboundRecord } from "./inbound_record.ts";

const HOUR = 3_600;
const START = 500_000 * HOUR;

function recordAt(clock: { time: number }): InboundRecord {
  return new InboundRecord({ unixTime: () => clock.time as UnixSeconds });
}

test("who came in is counted by network for a day, and the last one remembered for good", () => {
  const clock = { time: START };
  const record = recordAt(clock);
  assert.deepEqual(record.arrivals(), []);
  record.came("ipv4");
  clock.time += HOUR + 5;
  record.came("ipv4");
  record.came("ipv4");
  record.came("onion");
  assert.deepEqual(record.arrivals(), [
    { network: "ipv4", last: START + HOUR + 5, dayCount: 3 },
    { network: "onion", last: START + HOUR + 5, dayCount: 1 },
  ]);
  clock.time = START + 24 * HOUR;
  assert.deepEqual(record.arrivals().map(({ dayCount }) => dayCount), [2, 1], "the first hour is over");
  clock.time = START + 90 * HOUR;
  assert.deepEqual(record.arrivals()[0], { network: "ipv4", last: START + HOUR + 5, dayCount: 0 });
});

test("a node counts those whose handshake is complete, and whom it has not dialled itself", () => {
  const world = new VictimWorld();
  const networks = () => world.core.inboundRecord.arrivals().map(({ network, dayCount }) => [network, dayCount]);
  world.outbound();
  world.opened();
  world.inbound({ from: "127.0.0.1:5000" });
  assert.deepEqual(networks(), []);
  world.inbound();
  assert.deepEqual(networks(), [["ipv4", 1]]);
});

test("peers on this machine prove nothing, and a clock that is set back leaves nothing behind", () => {
  const clock = { time: START };
  const record = recordAt(clock);
  record.came(undefined);
  assert.deepEqual(record.arrivals(), []);
  record.came("ipv6");
  clock.time -= 48 * HOUR;
  record.came("ipv6");
  assert.deepEqual(record.arrivals(), [{ network: "ipv6", last: clock.time, dayCount: 1 }]);
});
