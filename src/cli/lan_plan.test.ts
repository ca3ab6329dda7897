import assert from "node:assert/strict";
import { test } from "node:test";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { UsageError } from "./core_flags.ts";
import { planLan } from "./lan_plan.ts";
import { Settings } from "./settings.ts";

function settings(value: string | undefined): Settings {
  const made = new Settings();
  if (value !== undefined) made.commandLine.add("discoverlan", value);
  return made;
}

test("nobody is looked for on the local network unless that is asked for", () => {
  assert.equal(planLan(settings(undefined), REGTEST), undefined);
  assert.equal(planLan(settings("0"), REGTEST), undefined);
  assert.deepEqual(planLan(settings("lan"), REGTEST), {});
  assert.deepEqual(planLan(settings("lan:192.168.1.5"), REGTEST), { interface: "192.168.1.5" });
});

test("on a public chain it is refused, and so is what is no such place", () => {
  assert.throws(() => planLan(settings("lan"), MAIN), UsageError);
  for (const value of ["wan", "lan:", "lan:host", "lan:1.2.3", "landscape"]) {
    assert.throws(() => planLan(settings(value), REGTEST), UsageError, value);
  }
});
