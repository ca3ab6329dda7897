import assert from "node:assert/strict";
import { basename, dirname } from "node:path";
import { test } from "node:test";
import { repoRoot } from "../../test/support/paths.ts";
import { readOptions } from "../devnet/options.ts";
import { UsageError } from "./core_flags.ts";
import { DEVNET_FLAGS, DEVNET_HELP, readDevnetFlags } from "./devnet_flags.ts";

test("without flags it is the network that the README shows", () => {
  const { run } = readDevnetFlags([]);
  assert.deepEqual(run.options, { block: "poisson:10s", traffic: "2/s", ports: "core" });
  assert.deepEqual([run.form, run.isQuiet], ["text", false]);
  assert.equal(dirname(run.home), `${repoRoot}/.devnet`);
  readOptions(run.options);
});

test("each flag says what it says", () => {
  const { run } = readDevnetFlags([
    "--nodes", "3", "--block=auto", "--traffic", "off", "--seed", "9", "--state", "./x", "--name", "two",
    "--json", "--quiet",
  ]);
  assert.deepEqual(
    run.options, { nodes: 3, block: "auto", traffic: "off", seed: 9, state: "./x", ports: "core" },
  );
  assert.deepEqual([run.form, run.isQuiet, basename(run.home)], ["json", true, "two"]);
});

test("wrong usage is refused before anything starts", () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [["--trafic", "off"], /unknown flag --trafic\. Did you mean --traffic\?/],
    [["--nodes"], /--nodes needs a value/],
    [["--nodes", "many"], /--nodes is many, need a whole number/],
    [["--seed", "1.5"], /--seed is 1\.5, need a whole number/],
    [["--name", "../x"], /--name is "\.\.\/x"/],
    [["start"], /unexpected "start"/],
  ];
  for (const [argv, message] of cases) {
    assert.throws(() => readDevnetFlags(argv), (error) => {
      return error instanceof UsageError && message.test(error.message);
    }, argv.join(" "));
  }
});

test("the help has every flag", () => {
  for (const { name } of DEVNET_FLAGS) assert.ok(DEVNET_HELP.includes(`  --${name}`), name);
});
