import assert from "node:assert/strict";
import { test } from "node:test";
import { REGTEST } from "../params/regtest.ts";
import { checkNumbers } from "./check_numbers.ts";
import { readConfigText } from "./conf_file.ts";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { planNode } from "./node_plan.ts";
import { Settings } from "./settings.ts";

function flags(...argv: string[]): Settings {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return settings;
}

function warned(...argv: string[]): readonly string[] {
  return checkNumbers(flags(...argv));
}

test("what is read as a number and is none is warned of, with what it is taken for", () => {
  for (const [flag, taken] of [
    ["-dnsseed=yes", "-dnsseed=0"], ["-listen=true", "-listen=0"], ["-blocksonly=1x", "-blocksonly=1"],
    ["-maxconnections=many", "-maxconnections=0"], ["-maxmempool=300M", "-maxmempool=300"],
    ["-bantime=1.5", "-bantime=1"], ["-maxconnections=", "-maxconnections=0"],
  ] as const) {
    assert.deepEqual(warned(flag), [`${flag} is no whole number, and is taken for ${taken}`]);
  }
  const settings = new Settings();
  readConfigText("dnsseed=no\n", settings, { log: [], warnings: [] });
  assert.equal(checkNumbers(settings).length, 1, "in the file too");
});

test("numbers, flags alone, and what is no number at all are not", () => {
  assert.deepEqual(warned(
    "-dnsseed", "-nolisten", "-blocksonly=01", "-maxmempool= 5 ", "-par=-1", "-discover=0", "-datadir=x",
    "-maxuploadtarget=5M", "-onlynet=ipv4", "-maxtipage=9223372036854775807", "-wallet=w",
  ), []);
});

test("-discover=lan is refused, with the name of what was meant, in place of switching discovery off", async () => {
  for (const text of ["lan", "lan:10.0.0.1", "yes"]) {
    assert.throws(() => warned(`-discover=${text}`), (error) =>
      error instanceof UsageError && error.message.endsWith("looked for with -discoverlan=lan"));
  }
  await assert.rejects(planNode(flags("-discover=lan"), REGTEST), UsageError);
  const { warnings } = await planNode(flags("-dnsseed=yes"), REGTEST);
  assert.deepEqual(warnings, warned("-dnsseed=yes"));
});
