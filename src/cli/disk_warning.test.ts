import assert from "node:assert/strict";
import { test } from "node:test";
import { GIB } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { diskWarning } from "./disk_warning.ts";

const free = (gib: number) => async (): Promise<number> => gib * GIB;

test("whoever begins the main chain on a disk that is too small for it is told so", async () => {
  const options = { params: MAIN, pruneTarget: undefined };
  assert.equal(await diskWarning(options, "/data", free(870)), undefined);
  assert.equal(await diskWarning(options, "/data", free(869)),
    'Disk space for "/data" may not accommodate the block files. Approximately 856 GB of data will be ' +
      "stored in this directory.");
});

test("a pruned chain needs room for what is kept of it", async () => {
  const options = { params: MAIN, pruneTarget: 2 * GIB };
  assert.equal(await diskWarning(options, "/data", free(16)), undefined);
  assert.match(await diskWarning(options, "/data", free(15)) ?? "", /Approximately 2 GB/);
});

test("where nobody knows how large the chain is, nothing is said", async () => {
  assert.equal(await diskWarning({ params: REGTEST, pruneTarget: undefined }, "/data", free(0)), undefined);
});
