import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { REGTEST } from "../params/regtest.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { chainName, chooseChain } from "./choose_chain.ts";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { planLog } from "./log_plan.ts";
import { applyNodeFlags, NODE_FLAGS, readEnvironment } from "./node_flags.ts";
import { type NodePlan, planNode } from "./node_plan.ts";
import { planRpc } from "./rpc_plan.ts";
import { Settings } from "./settings.ts";
import { readFlags } from "./tidings_flags.ts";

function flags(...argv: string[]): Settings {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return settings;
}

function plan(...argv: string[]): Promise<NodePlan> {
  return planNode(flags(...argv), REGTEST);
}

/** What the daemon says when it cannot start. */
async function faultOf(...argv: string[]): Promise<string> {
  try {
    await plan(...argv);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
}

describe("planNode", () => {
  it("says in Bitcoin Core's words what cannot be", async () => {
    const cases: readonly (readonly [string, string])[] = [
      ["-peertimeout=0", "peertimeout must be a positive integer."],
      ["-minimumchainwork=test", "Invalid minimum work specified (test), must be up to 64 hex digits"],
      ["-uacomment=a/b", "User Agent comment (a/b) contains unsafe characters."],
      ["-uacomment=₿", "User Agent comment (₿) contains unsafe characters."],
      ["-port=65536", "Invalid port specified in -port: '65536'"],
      ["-port=0", "Invalid port specified in -port: '0'"],
      ["-asmap", "Embedded asmap data not available"],
      ["-maxconnections=-1", "-maxconnections must be greater or equal than zero"],
      ["-prune=-1", "Prune cannot be configured with a negative value."],
      ["-prune=549", "Prune configured below the minimum of 550 MiB.  Please use a higher number."],
      ["-minrelaytxfee=x", "Invalid amount for -minrelaytxfee=<amount>: 'x'"],
      ["-dustrelayfee=x", "Invalid amount for -dustrelayfee=<amount>: 'x'"],
      ["-limitclustercount=65", "limitclustercount must be less than or equal to 64"],
      ["-blockreservedweight=1999",
        "-blockreservedweight (1999) is lower than minimum safety value of (2000)"],
      ["-blockreservedweight=4000001",
        "-blockreservedweight (4000001) exceeds consensus maximum block weight (4000000)"],
      ["-blockmaxweight=4000001",
        "-blockmaxweight (4000001) exceeds consensus maximum block weight (4000000)"],
      ["-blockmaxweight=7999", "-blockreservedweight (8000) exceeds -blockmaxweight (7999)"],
      ["-whitelist=in@1.2.3.4", "Only direction was set, no permissions: 'in@1.2.3.4'"],
    ];
    for (const [flag, fault] of cases) assert.equal(await faultOf(flag), fault);
    assert.equal(await faultOf("-bind=127.0.0.1", "-listen=0"),
      "Cannot set -bind or -whitebind together with -listen=0");
    assert.match(await faultOf(`-uacomment=${"x".repeat(300)}`),
      /^Total length of network version string \(317\) exceeds maximum length \(256\)\. Reduce the/);
  });

  it("reads how nodes are found, and how long bans last", async () => {
    const refusal = "Cannot set -forcednsseed to true when setting -dnsseed to false.";
    assert.equal(await faultOf("-forcednsseed", "-dnsseed=0"), refusal);
    assert.equal(await faultOf("-forcednsseed", "-connect=0"), refusal);
    const { options, asmapFile } = await plan("-seednode=25.0.0.1", "-seednode=name.invalid:5", "-asmap=map",
      "-bantime=60", "-nofixedseeds", "-forcednsseed", "-checkaddrman=3");
    const { seedNodes, ...discovery } = options.discovery;
    assert.deepEqual(seedNodes.map(({ text, address }) => [text, formatAddress(address)]),
      [["25.0.0.1", "25.0.0.1:18444"], ["name.invalid:5", "name.invalid:5"]]);
    assert.deepEqual(discovery, {
      usesDnsSeeds: true, forcesDnsSeeds: true, usesFixedSeeds: false, bookCheckRatio: 3, bookKey: undefined,
    });
    assert.deepEqual([asmapFile, options.banSeconds], ["map", 60]);
    for (const flag of ["-connect=0", "-maxconnections=0"]) {
      assert.equal((await plan(flag)).options.discovery.usesDnsSeeds, false, flag);
      assert.equal((await plan(flag, "-dnsseed=1")).options.discovery.usesDnsSeeds, true, flag);
    }
  });

  it("refuses options that are not there yet, unless they are switched off", async () => {
    assert.match(await faultOf("-rest=1"), /^-rest=1 cannot be had: there is no REST interface/);
    assert.equal(await faultOf("-v2transport=0", "-norest", "-listenonion=0", "-blocksonly",
      "-keypool=1"), "");
  });

  it("says of options that have no effect that they have none, unless they are switched off", async () => {
    const { withoutEffect } = await plan("-disablewallet", "-nowallet", "-shrinkdebugfile=1");
    assert.deepEqual(withoutEffect, [
      "-disablewallet has no effect: there is no wallet",
      "-shrinkdebugfile=1 has no effect: the log is not shortened",
    ]);
    assert.deepEqual((await plan("-shrinkdebugfile=0")).withoutEffect, []);
  });

  it("keeps the indexes that are asked for, and refuses what they cannot be", async () => {
    assert.deepEqual([...(await plan()).options.indexes], []);
    const all = await plan("-txindex", "-coinstatsindex=1", "-txospenderindex", "-blockfilterindex=basic");
    assert.deepEqual([...all.options.indexes],
      ["txindex", "coinstatsindex", "txospenderindex", "blockfilterindex"]);
    assert.equal(all.options.peerBlockFilters, false);
    assert.ok((await plan("-blockfilterindex", "-peerblockfilters")).options.peerBlockFilters);
    assert.deepEqual([...(await plan("-blockfilterindex=0", "-notxindex",
      "-coinstatsindex=0")).options.indexes], []);
    assert.deepEqual([...(await plan("-prune=1", "-blockfilterindex=1", "-coinstatsindex")).options.indexes],
      ["coinstatsindex", "blockfilterindex"]);
    const cases: readonly (readonly [flags: readonly string[], fault: string])[] = [
      [["-blockfilterindex=abc"], "Unknown -blockfilterindex value abc."],
      [["-peerblockfilters"], "Cannot set -peerblockfilters without -blockfilterindex."],
      [["-prune=550", "-txindex"], "Prune mode is incompatible with -txindex."],
      [["-prune=1", "-txospenderindex"], "Prune mode is incompatible with -txospenderindex."],
    ];
    for (const [flags, fault] of cases) assert.equal(await faultOf(...flags), fault);
  });

  it("listens unless it dials only some, and where it is told to", async () => {
    assert.deepEqual((await plan()).listen, [
      { host: "0.0.0.0", port: 18444 }, { host: "::", port: 18444, isOptional: true },
      { host: "127.0.0.1", port: 18445 },
    ]);
    assert.deepEqual((await plan("-connect=0")).listen, []);
    assert.equal((await plan("-connect=0", "-listen")).listen.length, 3);
    assert.deepEqual((await plan("-connect=0", "-bind=127.0.0.1", "-bind=[::1]:9=onion", "-port=7")).listen,
      [{ host: "127.0.0.1", port: 7 }, { host: "::1", port: 9 }]);
    const white = await plan("-whitebind=noban@127.0.0.1:8");
    assert.deepEqual(white.listen, [{ host: "127.0.0.1", port: 8 }]);
    assert.equal(white.options.bindPermissionRules.length, 1);
  });

  it("dials only those of -connect, and nobody for 0 and for -noconnect", async () => {
    assert.equal((await plan()).options.connectOnly, undefined);
    assert.deepEqual((await plan("-connect=0")).options.connectOnly, []);
    assert.deepEqual((await plan("-noconnect")).options.connectOnly, []);
    assert.deepEqual(
      (await plan("-connect=127.0.0.1", "-connect=[::1]:5")).options.connectOnly?.map(formatAddress),
      ["127.0.0.1:18444", "[::1]:5"]);
    const { addNodes: [added] } = (await plan("-addnode=1.2.3.4")).options;
    assert.ok(added !== undefined);
    // As it was typed, which is how it is listed.
    assert.deepEqual([added.text, formatAddress(added.address)], ["1.2.3.4", "1.2.3.4:18444"]);
  });

  it("reads sizes, times and amounts", async () => {
    const { options, verify } =
      await plan("-prune=550", "-maxtipage=9223372036854775807", "-par=3", "-dbcache=5",
      "-minrelaytxfee=0.00000100", "-minimumchainwork=0x65", "-mocktime=9", "-uacomment=foo",
        "-uacomment=bar");
    assert.equal(options.pruneTarget, 550 * 1024 * 1024);
    assert.equal(options.maxTipAge, Number.MAX_SAFE_INTEGER);
    assert.equal(verify.threads, 3);
    assert.equal(options.coinsCacheBytes, 5 * 1024 * 1024);
    assert.equal(options.minRelayFeeRate, 100);
    assert.equal(options.minimumChainWork, 0x65n);
    assert.equal(options.mockTime, 9);
    assert.match(options.userAgent, /^\/tidings:[0-9.]+\(foo; bar\)\/$/);
    assert.equal((await plan("-prune=1")).options.pruneTarget, 0);
    assert.equal((await plan("-prune=0")).options.pruneTarget, undefined);
  });
});

describe("chooseChain", () => {
  it("takes a name or a flag, and not two of them", () => {
    assert.equal(chooseChain(flags()).name, "main");
    assert.equal(chooseChain(flags("-regtest")).name, "regtest");
    assert.equal(chooseChain(flags("-chain=signet")).name, "signet");
    assert.throws(() => chainName(flags("-regtest", "-signet")), /Invalid combination of -regtest, -signet/);
    assert.throws(() => chooseChain(flags("-chain=regtset")),
      /Unknown chain regtset: .* Did you mean regtest\?/);
  });

  it("moves rules on regtest, and reads the challenge of a signet", () => {
    assert.equal(
      chooseChain(flags("-regtest", "-testactivationheight=segwit@9")).deployments.segwitHeight, 9);
    assert.throws(() => chooseChain(flags("-regtest", "-testactivationheight=name@2")),
      /Invalid name \(name@2\)/);
    assert.throws(() => chooseChain(flags("-regtest", "-testactivationheight=bip34@-2")),
      /Invalid height value/);
    assert.deepEqual(chooseChain(flags("-signet", "-signetchallenge=51")).deployments.signetChallenge,
      Uint8Array.of(0x51));
    assert.throws(() => chooseChain(flags("-signet", "-signetchallenge=abc")),
      /^UsageError: -signetchallenge must be hex, not 'abc'\.$/);
    assert.throws(() => chooseChain(flags("-signet", "-signetchallenge=51", "-signetchallenge=52")),
      /cannot be multiple values/);
  });
});

describe("planRpc", () => {
  it("lets in this machine by cookie, and others only when they and the address are named", () => {
    const usual = planRpc(flags("-rpcport=5"), REGTEST, "/n");
    assert.deepEqual(usual?.options.listen[0], { host: "127.0.0.1", port: 5 });
    assert.equal(usual?.options.cookieFile, "/n/.cookie");
    const ignored = planRpc(flags("-rpcbind=0.0.0.0"), REGTEST, "/n");
    assert.equal(ignored?.options.listen[0]?.host, "127.0.0.1");
    assert.equal(ignored?.warnings.length, 1);
    const open = planRpc(flags("-rpcbind=0.0.0.0:9", "-rpcallowip=10.0.0.0/8"), REGTEST, "/n");
    assert.deepEqual(open?.options.listen, [{ host: "0.0.0.0", port: 9 }]);
    assert.equal(planRpc(flags("-server=0"), REGTEST, "/n"), undefined);
  });

  it("takes a password in place of the cookie", () => {
    const plan = planRpc(flags("-rpcuser=u", "-rpcpassword=p"), REGTEST, "/n");
    assert.deepEqual(plan?.options.password, { user: "u", password: "p" });
    assert.equal(plan?.options.cookieFile, undefined);
    assert.throws(() => planRpc(flags("-rpcauth=x"), REGTEST, "/n"), /Unable to start HTTP server/);
  });
});

describe("planLog", () => {
  it("turns categories on and off in the order given", () => {
    assert.deepEqual(planLog(flags("-debug=net", "-debug=rpc", "-debugexclude=net"), "/n").categories,
      ["rpc"]);
    assert.deepEqual(planLog(flags("-debug=net", "-debug=0"), "/n").categories, []);
    assert.ok(planLog(flags("-debug"), "/n").categories.length > 10);
    assert.throws(() => planLog(flags("-debug=abc"), "/n"), /Unsupported logging category -debug=abc\./);
    assert.equal(planLog(flags("-loglevel=trace"), "/n").isTracing, true);
    assert.equal(planLog(flags("-nodebuglogfile"), "/n").path, undefined);
    assert.equal(planLog(flags("-debuglogfile=x.log"), "/n").path, "/n/x.log");
  });
});

describe("the flags of tidings node", () => {
  function nodeFlags(...argv: string[]): Settings {
    const settings = new Settings();
    applyNodeFlags(readFlags(argv, NODE_FLAGS), settings);
    return settings;
  }

  it("are the same settings by other names", async () => {
    const settings =
      nodeFlags("--chain", "regtest", "--listen", "18454", "--rpc=18453", "--connect", "127.0.0.1:1",
      "--prune", "2GiB", "--maxconnections", "9", "--no-blocksonly");
    const { options, listen } = await planNode(settings, REGTEST);
    assert.equal(chainName(settings), "regtest");
    assert.deepEqual(listen, [{ host: "127.0.0.1", port: 18454 }]);
    assert.deepEqual(options.connectOnly?.map(formatAddress), ["127.0.0.1:1"]);
    assert.equal(options.pruneTarget, 2 ** 31);
    assert.equal(options.maxConnections, 9);
    assert.equal(planRpc(settings, REGTEST, "/n")?.options.listen[0]?.port, 18453);
  });

  it("switch listening and RPC off", async () => {
    assert.deepEqual((await planNode(nodeFlags("--listen", "off"), REGTEST)).listen, []);
    assert.equal(planRpc(nodeFlags("--rpc", "off"), REGTEST, "/n"), undefined);
    assert.throws(() => nodeFlags("--listen", "x:y"), /need \[HOST:\]PORT/);
    assert.throws(() => nodeFlags("--maxconections", "9"),
      /unknown flag --maxconections\. Did you mean --maxconnections\?/);
    assert.throws(() => nodeFlags("--chain"), /--chain needs a value/);
  });

  it("are there for what an operator sets, and none twice", () => {
    const settings = nodeFlags("--asmap", "map", "--whitelist", "noban,in@1.2.3.4", "--no-dnsseed",
      "--externalip", "1.2.3.4", "--seednode", "a", "--maxuploadtarget", "5M", "--bantime", "5", "--torcontrol",
      "127.0.0.1:5", "--torpassword", "x", "--no-dns", "--no-networkactive", "--no-i2pacceptincoming",
      "--no-proxyrandomize", "--maxsendbuffer", "5", "--timeout", "5", "--discover", "lan", "--no-discoverself");
    assert.equal(settings.text("asmap"), "map");
    assert.deepEqual(settings.list("whitelist"), ["noban,in@1.2.3.4"]);
    for (const name of ["dnsseed", "dns", "networkactive", "i2pacceptincoming", "proxyrandomize", "discover"]) {
      assert.equal(settings.flag(name, true), false, name);
    }
    assert.equal(settings.text("discoverlan"), "lan");
    assert.throws(() => nodeFlags("--bantime", "long"), /--bantime long: need a whole number/);
    for (const flag of ["--port", "--server", "--regtest", "--mocktime", "--shrinkdebugfile"]) {
      assert.throws(() => nodeFlags(flag, "1"), /unknown flag/, flag);
    }
  });

  it("give way to the command line when they come from the environment", () => {
    const settings = nodeFlags("--maxconnections", "9");
    readEnvironment({ TIDINGS_MAXCONNECTIONS: "5", TIDINGS_ADDNODE: "1.2.3.4,5.6.7.8" }, settings);
    assert.equal(settings.text("maxconnections"), "9");
    assert.deepEqual(settings.list("addnode"), ["1.2.3.4", "5.6.7.8"]);
    readEnvironment({ TIDINGS_WHITELIST: "noban,in@1.2.3.4", TIDINGS_MOCKTIME: "5" }, settings);
    assert.deepEqual(settings.list("whitelist"), ["noban,in@1.2.3.4"]);
    assert.equal(settings.isSet("mocktime"), false);
  });
});
