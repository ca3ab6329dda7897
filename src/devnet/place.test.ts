import assert from "node:assert/strict";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { tempDir } from "../../test/support/temp_dir.ts";
import { isTidingsError } from "../api/errors.ts";
import { type DevnetOptions, readOptions } from "./options.ts";
import { takePlace } from "./place.ts";

function take(options: DevnetOptions, home?: string) {
  return takePlace(readOptions(options), home);
}

test("a temporary place is new, and gone at the end with all that was in it", async () => {
  const place = await take({ nodes: 2 });
  assert.ok(place.isTemporary && existsSync(place.folder));
  writeFileSync(join(place.folder, "data"), "");
  await place.release();
  assert.ok(!existsSync(place.folder));
});

test("what a killed network left at home is cleared away", async () => {
  const home = join(tempDir(), "home");
  mkdirSync(join(home, "alice"), { recursive: true });
  const place = await take({}, home);
  assert.ok(!existsSync(join(home, "alice")));
  await place.release();
  assert.ok(!existsSync(home));
});

test("a kept network goes on with its seed and its nodes", async () => {
  const state = join(tempDir(), "state");
  const first = await take({ state, seed: 7, nodes: { ann: "miner", ben: "pruned" } });
  await first.release();
  const second = await take({ state });
  assert.deepEqual([second.seed, second.isTemporary], [7, false]);
  assert.deepEqual(second.nodes, [{ name: "ann", role: "miner" }, { name: "ben", role: "pruned" }]);
  await assert.rejects(take({ state }), (error) => isTidingsError(error, "ALREADY_RUNNING"));
  await second.release();
  const grown = await take({ state, nodes: 3 });
  assert.equal(grown.nodes.length, 3);
  await grown.release();
});

test("a kept network refuses another seed, and a folder that it cannot read", async () => {
  const state = join(tempDir(), "state");
  await (await take({ state, seed: 7 })).release();
  await assert.rejects(take({ state, seed: 8 }), (error) => {
    return isTidingsError(error, "CONFIG") && error.data.option === "seed";
  });
  writeFileSync(join(state, "devnet.json"), "{}");
  await assert.rejects(take({ state }), (error) => {
    return isTidingsError(error, "STORE_UNUSABLE") && error.data.reason === "damaged";
  });
  writeFileSync(join(state, "devnet.json"), JSON.stringify({ format: 2 }));
  await assert.rejects(take({ state }), (error) => {
    return isTidingsError(error, "STORE_UNUSABLE") && error.data.reason === "newer-format";
  });
  assert.ok(!existsSync(join(state, "running.json")), "given up again");
});

test("two networks of one name do not run at once, wherever they keep their state", async () => {
  const home = join(tempDir(), "home");
  const first = await take({ state: join(tempDir(), "a") }, home);
  await assert.rejects(take({}, home), (error) => isTidingsError(error, "ALREADY_RUNNING"));
  await first.release();
});

test("options that are none are refused by name", () => {
  assert.throws(() => readOptions({ node: 3 } as DevnetOptions), (error) => {
    return isTidingsError(error, "CONFIG") && error.data.found === "node";
  });
  const seeds = [{ seed: -1 }, { seed: 1.5 }, { seed: 2 ** 32 }];
  const cases = [...seeds, { state: "" }, { ports: "any" }, { signal: 1 }];
  for (const wrong of cases) {
    assert.throws(() => readOptions(wrong as DevnetOptions), (error) => {
      return isTidingsError(error, "CONFIG") && error.data.option === Object.keys(wrong)[0];
    });
  }
});
