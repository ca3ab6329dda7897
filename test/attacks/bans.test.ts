/** Lists of those who are not wanted, which are to grow and slow everything down. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { BanList } from "../../src/addrbook/ban_list.ts";
import { DISCOURAGED_COUNT_MAX, Discouraged } from "../../src/addrbook/discouraged.ts";
import { singleHost } from "../../src/addrbook/host_subnet.ts";
import { equalBytes } from "../../src/base/bytes.ts";
import { hours, type UnixSeconds } from "../../src/base/time.ts";
import type { NetworkHost } from "../../src/primitives/network_address.ts";
import { VirtualClock } from "../../src/sim/virtual_clock.ts";

const START = 1_700_000_000 as UnixSeconds;
const BANS = 100_000;

function hostAt(index: number): NetworkHost {
  return { network: "ipv4", bytes: Uint8Array.of(1 + (index >>> 16), index >>> 8, index, 7) };
}

function listOf(count: number, clock: VirtualClock): BanList {
  const bans = new BanList(clock);
  for (let i = 0; i < count; i++) bans.ban(singleHost(hostAt(i)), { at: START, until: START + 3_600 });
  return bans;
}

/** The least of a few times that 10,000 questions took, in milliseconds. */
function timeOf(isBanned: (host: NetworkHost) => boolean): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    for (let i = 0; i < 10_000; i++) isBanned(hostAt(1_000_000 + i));
    return performance.now() - start;
  });
  return Math.min(...times);
}

test("attack 20, ban list growth: with 100,000 bans a question takes no longer than with a thousand", (t) => {
  const clock = new VirtualClock(START);
  const [few, many] = [listOf(1_000, clock), listOf(BANS, clock)];
  timeOf((host) => few.isBanned(host));
  const [fewTime, manyTime] = [timeOf((host) => few.isBanned(host)), timeOf((host) => many.isBanned(host))];
  assert.ok(manyTime < 6 * fewTime + 20, `${manyTime} ms with ${BANS}, ${fewTime} ms with 1,000`);
  // What it was like (CVE-2020-14198): each question went through all of them.
  const all = Array.from({ length: BANS }, (_, i) => hostAt(i));
  const start = performance.now();
  for (let i = 0; i < 10; i++) all.some(({ bytes }) => equalBytes(bytes, hostAt(1_000_000 + i).bytes));
  const plainTime = 1_000 * (performance.now() - start);
  t.diagnostic(`10,000 questions by prefixes: ${manyTime.toFixed(1)} ms`);
  t.diagnostic(`by a plain list: ${plainTime.toFixed(0)} ms`);
  assert.ok(plainTime > 20 * manyTime);
});

test("attack 20, ban list growth: bans that are over are forgotten when the list is written", () => {
  const clock = new VirtualClock(START);
  const bans = listOf(1_000, clock);
  assert.equal(bans.list().length, 1_000);
  clock.advance(hours(2));
  assert.equal(bans.list().length, 0);
  assert.ok(bans.save().length < 500);
});

test("attack 20, ban list growth: misbehaving from a million addresses fills 50,000 places, the oldest first", () => {
  const discouraged = new Discouraged();
  for (let i = 0; i < DISCOURAGED_COUNT_MAX + 1_000; i++) discouraged.add(hostAt(i));
  let kept = 0;
  for (let i = 0; i < DISCOURAGED_COUNT_MAX + 1_000; i++) if (discouraged.has(hostAt(i))) kept += 1;
  assert.equal(kept, DISCOURAGED_COUNT_MAX);
  assert.ok(!discouraged.has(hostAt(0)) && discouraged.has(hostAt(DISCOURAGED_COUNT_MAX + 999)));
});
