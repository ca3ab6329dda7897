import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { addDuration, type Instant, seconds } from "../base/time.ts";
import { REGTEST } from "../params/regtest.ts";
import { START } from "../../test/support/protocol_bench.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { BlockTimeouts, type BlockTiming } from "./block_timeouts.ts";

const INTERVAL = seconds(REGTEST.work.targetSpacing);

function bench() {
  const clock = new VirtualClock(START);
  const downloading = new Set<BlockTiming>();
  const timeouts = new BlockTimeouts({ clock, logger: silentLogger, chain: { params: REGTEST } }, downloading);
  const timing = (stallingSince?: Instant): BlockTiming => {
    return { requests: new Set([1]), downloadingSince: clock.now(), stallingSince };
  };
  return { clock, downloading, timeouts, timing };
}

test("one block may take an interval, and half of one more for each other peer that sends", () => {
  const { clock, downloading, timeouts, timing } = bench();
  const [first, second, third] = [timing(), timing(), timing()];
  downloading.add(first);
  assert.equal(timeouts.wakeAt(), addDuration(clock.now(), INTERVAL));
  downloading.add(second).add(third);
  assert.equal(timeouts.wakeAt(), addDuration(clock.now(), seconds(2 * REGTEST.work.targetSpacing)));
  clock.advance(INTERVAL);
  assert.equal(timeouts.verdict(first), undefined);
  clock.advance(INTERVAL);
  assert.equal(timeouts.verdict(first), "block-timeout");
  assert.equal(timeouts.verdict({ ...first, requests: new Set() }), undefined, "nothing is awaited");
});

test("who stalls has two seconds, the next twice that up to 64, and less again with each block", () => {
  const { clock, timeouts, timing } = bench();
  const allowed = (): number => {
    const stalling = timing(clock.now());
    const start = clock.now();
    while (timeouts.verdict(stalling) === undefined) clock.advance(seconds(1));
    return (clock.now() - start) / 1000;
  };
  const times: number[] = [];
  for (let i = 0; i < 7; i++) {
    times.push(allowed());
    timeouts.stalled();
  }
  assert.deepEqual(times, [2, 4, 8, 16, 32, 64, 64]);
  for (const expected of [54, 45, 38]) {
    timeouts.blockConnected();
    assert.equal(allowed(), expected);
  }
  for (let i = 0; i < 30; i++) timeouts.blockConnected();
  assert.equal(allowed(), 2);
});

test("without the defence nobody is given up on", () => {
  const { clock, downloading, timing } = bench();
  const ports = { clock, logger: silentLogger, chain: { params: REGTEST } };
  const timeouts = new BlockTimeouts({ ...ports, without: new Set(["stall-timeouts"] as const) }, downloading);
  const stalling = timing(clock.now());
  downloading.add(stalling);
  clock.advance(seconds(1_000_000));
  assert.deepEqual([timeouts.verdict(stalling), timeouts.wakeAt()], [undefined, undefined]);
});
