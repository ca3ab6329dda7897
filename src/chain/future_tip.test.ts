import assert from "node:assert/strict";
import { test } from "node:test";
import { seededRng } from "../base/rng.ts";
import { REGTEST } from "../params/regtest.ts";
import { futureTipFault } from "./future_tip.ts";
import { HeaderIndex } from "./header_index.ts";
import { ChainDataError } from "./restore.ts";

test("a tip more than two hours ahead of the clock is refused, with what to do in a line of its own", () => {
  const headers = new HeaderIndex(seededRng(1));
  const tip = headers.add(REGTEST.genesis.header, undefined);
  const time = headers.time(tip);
  assert.equal(futureTipFault(headers, tip, time - 7200), undefined);
  const fault = futureTipFault(headers, tip, time - 7201) ?? assert.fail();
  assert.match(new ChainDataError(fault).message,
    /appears to be from the future\.[^\n]+are correct\.\nPlease restart with -reindex or -reindex-chainstate to recover\.$/);
});
