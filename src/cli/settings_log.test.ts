import assert from "node:assert/strict";
import { test } from "node:test";
import { readConfigText } from "./conf_file.ts";
import { readCoreFlags } from "./core_flags.ts";
import { applyNodeFlags, NODE_FLAGS, readEnvironment } from "./node_flags.ts";
import { Settings } from "./settings.ts";
import { doubleNegatives, settingLines } from "./settings_log.ts";
import { readFlags } from "./tidings_flags.ts";

test("each setting is logged with where it comes from, but what is secret", () => {
  const settings = new Settings();
  readCoreFlags([
    "-addnode=some.node", "-nolisten", "-txindex", "-rpcauth=alice:f7$d5", "-rpcuser=me", "-rpcpassword=",
    "-torpassword=x",
  ], settings);
  readConfigText("regtest=1\n[regtest]\nserver=1\n", settings, { log: [], warnings: [] });
  readEnvironment({ TIDINGS_MAXCONNECTIONS: "8" }, settings);
  assert.deepEqual(settingLines(settings), [
    'Config file arg: regtest="1"', 'Config file arg: [regtest] server="1"',
    'Environment arg: maxconnections="8"', 'Command-line arg: addnode="some.node"',
    "Command-line arg: listen=false", 'Command-line arg: txindex=""', "Command-line arg: rpcauth=****",
    "Command-line arg: rpcuser=****", "Command-line arg: rpcpassword=****",
    "Command-line arg: torpassword=****",
  ]);
});

test("what is negated twice is warned of; flags of tidings node, and what is negated once, are not", () => {
  const settings = new Settings();
  readCoreFlags(["-nolisten=0", "-nodnsseed", "-txindex=1"], settings);
  assert.deepEqual(doubleNegatives(settings), ["Parsed potentially confusing double-negative -listen=0"]);
  const own = new Settings();
  applyNodeFlags(readFlags(["--txindex", "--no-dnsseed"], NODE_FLAGS), own);
  assert.deepEqual([doubleNegatives(own), own.flag("txindex"), own.flag("dnsseed", true)], [[], true, false]);
});
