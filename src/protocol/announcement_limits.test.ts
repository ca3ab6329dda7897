import assert from "node:assert/strict";
import { test } from "node:test";
import { mayAnnounce, TX_ANNOUNCEMENTS_IN_ALL, TX_ANNOUNCEMENTS_MAX } from "./announcement_limits.ts";

test("of one peer 5,000 announcements are noted, one by one or some at a time", () => {
  assert.ok(mayAnnounce(1, TX_ANNOUNCEMENTS_MAX - 1, 5_000, 1));
  assert.ok(!mayAnnounce(1, TX_ANNOUNCEMENTS_MAX, 5_000, 1));
  assert.ok(!mayAnnounce(11, TX_ANNOUNCEMENTS_MAX - 10, 5_000, 1));
});

test("when very many are noted in all, each peer still has its share, and no more", () => {
  const share = TX_ANNOUNCEMENTS_IN_ALL / 1_000;
  assert.ok(mayAnnounce(1, share, TX_ANNOUNCEMENTS_IN_ALL - 1, 1_000));
  assert.ok(mayAnnounce(1, share - 1, TX_ANNOUNCEMENTS_IN_ALL, 1_000));
  assert.ok(!mayAnnounce(1, share, TX_ANNOUNCEMENTS_IN_ALL, 1_000));
});

test("a thousand peers that announce all they may are held to twice what 125 may", () => {
  const noted = new Array<number>(1_000).fill(0);
  let inAll = 0;
  for (let hasRoom = true; hasRoom;) {
    hasRoom = false;
    // The first of them are as quick as they can be.
    for (let peer = 0; peer < noted.length; peer++) {
      const more = peer < 125 ? 500 : 25;
      if (!mayAnnounce(more, noted[peer] as number, inAll, noted.length)) continue;
      noted[peer]! += more;
      inAll += more;
      hasRoom = true;
    }
  }
  assert.ok(inAll > TX_ANNOUNCEMENTS_IN_ALL && inAll <= 2 * TX_ANNOUNCEMENTS_IN_ALL, `${inAll}`);
  assert.ok(noted.every((count) => count >= TX_ANNOUNCEMENTS_IN_ALL / noted.length));
});
