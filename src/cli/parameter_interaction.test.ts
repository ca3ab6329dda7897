import assert from "node:assert/strict";
import { test } from "node:test";
import { REGTEST } from "../params/regtest.ts";
import { readCoreFlags } from "./core_flags.ts";
import { planNode } from "./node_plan.ts";
import { applyInteractions } from "./parameter_interaction.ts";
import { Settings } from "./settings.ts";

function flags(...argv: string[]): Settings {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return settings;
}

/** What the log says of settings that follow from others. */
function notes(...argv: string[]): readonly string[] {
  return applyInteractions(flags(...argv)).map((line) => line.replace(/^parameter interaction: /, ""));
}

const ALONE = "-connect or -maxconnections=0 set -> setting";
const NOT_LISTENING = ["natpmp", "discover", "listenonion", "i2pacceptincoming"]
  .map((name) => `-listen=0 -> setting -${name}=0`);

test("what follows from other settings is said in Bitcoin Core's words, and in its order", () => {
  assert.deepEqual(notes(), []);
  assert.deepEqual(applyInteractions(flags("-bind=127.0.0.1")),
    ["parameter interaction: -bind set -> setting -listen=1"]);
  assert.deepEqual(notes("-whitebind=127.0.0.1:1"), ["-whitebind set -> setting -listen=1"]);
  for (const flag of ["-connect=1.2.3.4", "-connect=0", "-noconnect", "-maxconnections=0"]) {
    assert.deepEqual(notes(flag),
      [`${ALONE} -dnsseed=0`, `${ALONE} -listen=0`, ...NOT_LISTENING], flag);
  }
  assert.deepEqual(notes("-proxy=127.0.0.1:1"), [
    "-proxy set -> setting -listen=0", "-proxy set -> setting -natpmp=0", "-proxy set -> setting -discover=0",
    "-listen=0 -> setting -listenonion=0", "-listen=0 -> setting -i2pacceptincoming=0",
  ]);
  assert.deepEqual(notes("-listen=0"), NOT_LISTENING);
  assert.deepEqual(notes("-externalip=1.2.3.4"), ["-externalip set -> setting -discover=0"]);
  assert.deepEqual(notes("-blocksonly"), [
    "-blocksonly=1 -> setting -whitelistrelay=0", "-blocksonly=1 -> setting -maxmempool=5",
  ]);
  assert.deepEqual(notes("-whitelistforcerelay"), ["-whitelistforcerelay=1 -> setting -whitelistrelay=1"]);
  assert.deepEqual(notes("-onlynet=Onion", "-onlynet=i2p"),
    ["-onlynet excludes IPv4 and IPv6 -> setting -dnsseed=0"]);
});

test("nothing follows for what is given itself, nor from what changes nothing", () => {
  assert.deepEqual(notes("-bind=127.0.0.1", "-connect=0", "-dnsseed"), ["-bind set -> setting -listen=1"]);
  assert.deepEqual(notes("-proxy=127.0.0.1:1", "-listen", "-nodiscover", "-nonatpmp"), []);
  assert.deepEqual(notes("-blocksonly", "-whitelistrelay", "-maxmempool=300"), []);
  assert.deepEqual(notes("-proxy=0"), []);
  assert.deepEqual(notes("-noproxy"), []);
  assert.deepEqual(notes("-blocksonly=0"), []);
  assert.deepEqual(notes("-onlynet=ipv6", "-onlynet=i2p"), []);
});

test("a node without transactions keeps a small pool, and trusts no address with relay unless told to", async () => {
  const plan = async (...argv: string[]) => {
    const { options } = await planNode(flags("-whitelist=1.2.3.4", "-whitebind=127.0.0.1:1", ...argv), REGTEST);
    const [rule] = options.permissionRules;
    const [bindRule] = options.bindPermissionRules;
    return [options.mempoolMaxBytes, rule?.permissions.has("relay"), bindRule?.permissions.has("relay")];
  };
  assert.deepEqual(await plan(), [300_000_000, true, true]);
  assert.deepEqual(await plan("-blocksonly"), [5_000_000, false, false]);
  assert.deepEqual(await plan("-blocksonly", "-maxmempool=9", "-whitelistrelay"), [9_000_000, true, true]);
  assert.deepEqual(await plan("-blocksonly", "-whitelistforcerelay"), [5_000_000, true, true]);
});

test("the plan of a node has what its log is to say", async () => {
  const { interactions } = await planNode(flags("-externalip=1.2.3.4"), REGTEST);
  assert.deepEqual(interactions, ["parameter interaction: -externalip set -> setting -discover=0"]);
});
