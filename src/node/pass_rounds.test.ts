import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../peer/connection.ts";
import { PassRounds } from "./pass_rounds.ts";

/** Only who they are counts. */
const peers = Array.from({ length: 5 }, (_, id) => ({ id })) as unknown as readonly Connection[];

function taken(rounds: PassRounds, count: number): string {
  return [...rounds.take(count)].map(([kind, { id }]) => `${kind} ${id}`).join(", ");
}

test("a round goes on where it stopped, and each peer has its turn once", () => {
  const rounds = new PassRounds();
  rounds.start("due", peers);
  assert.equal(taken(rounds, 3), "due 0, due 1, due 2");
  assert.equal(rounds.isOver("due"), false);
  assert.equal(taken(rounds, 3), "due 3, due 4");
  assert.equal(rounds.isOver("due"), true);
  assert.equal(rounds.hasWork, false);
});

test("what concerns all peers comes before what is due, and a second reason in between changes nothing", () => {
  const rounds = new PassRounds();
  rounds.start("due", peers.slice(0, 2));
  rounds.start("all", peers.slice(1, 3));
  rounds.start("all", peers.slice(1, 3));
  assert.equal(taken(rounds, 9), "all 1, all 2, due 0, due 1");
});

test("who has gone is passed over no more", () => {
  const rounds = new PassRounds();
  rounds.start("due", peers);
  rounds.start("all", peers);
  rounds.closed(peers[1] as Connection);
  assert.equal(taken(rounds, 4), "all 0, all 2, all 3, all 4");
  rounds.closed(peers[0] as Connection);
  assert.equal(taken(rounds, 9), "due 2, due 3, due 4");
});
