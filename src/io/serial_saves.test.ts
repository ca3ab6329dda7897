import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { SerialSaves } from "./serial_saves.ts";

test("of contents that wait for one name the last is saved, one file at a time", async () => {
  const saved: string[] = [];
  let running = 0;
  const saves = new SerialSaves(async (name, bytes) => {
    assert.equal(++running, 1);
    await nextTurn();
    running--;
    saved.push(`${name} ${bytes[0]}`);
  }, assert.fail);
  saves.add("peers.dat", Uint8Array.of(1));
  await nextTurn();
  saves.add("peers.dat", Uint8Array.of(2));
  saves.add("peers.dat", Uint8Array.of(3));
  saves.add("banlist.json", Uint8Array.of(4));
  await saves.idle();
  assert.deepEqual(saved, ["peers.dat 1", "peers.dat 3", "banlist.json 4"]);
});

test("a save that fails is told, and the next one is made", async () => {
  const failures: string[] = [];
  const saved: string[] = [];
  const saves = new SerialSaves(async (name) => {
    if (name === "bad") throw new Error("no");
    saved.push(name);
  }, (name, error) => failures.push(`${name}: ${error}`));
  saves.add("bad", new Uint8Array());
  saves.add("good", new Uint8Array());
  await saves.idle();
  assert.deepEqual([failures, saved], [["bad: Error: no"], ["good"]]);
});
