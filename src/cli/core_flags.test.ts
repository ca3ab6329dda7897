import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { repoRoot } from "../../test/support/paths.ts";
import { readConfigText } from "./conf_file.ts";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { flagOf } from "./option.ts";
import { groupOf, OPTIONS } from "./options.ts";
import { readsAsTrue, Settings } from "./settings.ts";

function flags(...argv: string[]): Settings {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return settings;
}

function config(text: string, network?: string, ...argv: string[]): Settings {
  const settings = flags(...argv);
  readConfigText(text, settings, { log: [], warnings: [] });
  settings.network = network;
  return settings;
}

function refuses(message: RegExp | string, run: () => unknown): void {
  assert.throws(run, (error) => error instanceof UsageError &&
    (typeof message === "string" ? error.message === message : message.test(error.message)));
}

describe("the table of options", () => {
  it("has every name once", () => {
    const names = OPTIONS.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    const flagNames = OPTIONS.flatMap((option) => flagOf(option) ?? []);
    assert.equal(new Set(flagNames).size, flagNames.length);
  });

  it("has a value for all that is not on or off, and help that names each group", () => {
    for (const option of OPTIONS.filter(({ absence }) => absence === undefined)) {
      assert.equal(option.type === "flag", option.value === undefined, option.name);
      assert.notEqual(groupOf(option), "", option.name);
    }
  });

  it("promises nothing that no code reads", () => {
    const folder = join(repoRoot, "src", "cli");
    const sources = readdirSync(folder).filter((name) => !/^options?_|\.test\.ts$/.test(name))
      .map((name) => readFileSync(join(folder, name), "utf8")).join("\n");
    for (const { name, absence } of OPTIONS) {
      if (absence === undefined) assert.ok(sources.includes(`"${name}"`), `-${name} is read`);
    }
  });
});

describe("a command line as Bitcoin Core takes it", () => {
  it("has flags with one dash or two, with a value or without, and negated ones", () => {
    const settings = flags("-port=1", "--rpcport=2", "-listen", "-noserver", "-nodnsseed=0", "-blocksonly=0");
    assert.equal(settings.text("port"), "1");
    assert.equal(settings.text("rpcport"), "2");
    assert.equal(settings.flag("listen"), true);
    assert.equal(settings.flag("server", true), false);
    assert.equal(settings.value("dnsseed"), true);
    assert.equal(settings.flag("blocksonly", true), false);
  });

  it("counts the last value, and of lists all since the last negation", () => {
    const settings = flags("-port=1", "-port=2", "-connect=a", "-noconnect", "-connect=b", "-connect=c");
    assert.equal(settings.text("port"), "2");
    assert.deepEqual(settings.list("connect"), ["b", "c"]);
    assert.equal(settings.isNegated("connect"), false);
    assert.equal(flags("-connect=a", "-noconnect").isNegated("connect"), true);
  });

  it("refuses an unknown flag as Bitcoin Core does, and names the nearest", () => {
    refuses("Error parsing command line arguments: Invalid parameter -fakearg", () => flags("-fakearg"));
    refuses("Error parsing command line arguments: Invalid parameter -datdir=x\nDid you mean -datadir?",
      () => flags("-datdir=x"));
    refuses(/Invalid parameter -regtest.port=1/, () => flags("-regtest.port=1"));
  });

  it("refuses words, negations that mean nothing, and includeconf", () => {
    refuses("Command line contains unexpected token 'x', see tidingsd -h for a list of options.",
      () => flags("x"));
    refuses("Negating of -chain is meaningless and therefore forbidden", () => flags("-nochain"));
    refuses("Error parsing command line arguments: Can not set -proxy with no value. Please specify value " +
      "with -proxy=value.", () => flags("-proxy"));
    refuses(/-includeconf cannot be used from commandline; -includeconf="x.conf"$/,
      () => flags("-includeconf=x.conf"));
    refuses(/-includeconf cannot be used from commandline; -includeconf=true$/,
      () => flags("-noincludeconf=0"));
  });

  it("knows every flag that Bitcoin Core's tests always pass", () => {
    assert.doesNotThrow(() =>
      flags("-datadir=x", "-logtimemicros", "-debug", "-debugexclude=leveldb", "-uacomment=t",
      "-disablewallet", "-logthreadnames", "-logsourcelocations", "-loglevel=trace", "-nologratelimit",
        "-v2transport=0",
      "-nowallet", "-mintxfee=1", "-fallbackfee=0.0002", "-keypool=1", "-unsafesqlitesync=1", "-natpmp=0"));
  });
});

describe("bitcoin.conf", () => {
  it("has sections, comments and spaces", () => {
    const settings =
      config("# x\n regtest = 1 # why\n[regtest]\nport=1\nsignet.port=3\n[main]\nport=2\n", "regtest");
    assert.equal(settings.flag("regtest"), true);
    assert.equal(settings.text("port"), "1");
  });

  it("counts its first value, its section before the rest, and the command line before both", () => {
    assert.equal(config("prune=1\nprune=2\n", "main").text("prune"), "1");
    assert.equal(config("prune=1\n[regtest]\nprune=2\n", "regtest").text("prune"), "2");
    assert.equal(config("[regtest]\nprune=2\n", "regtest", "-prune=3").text("prune"), "3");
    assert.equal(config("listen=1\nnolisten=1\n", "main").flag("listen", true), false);
  });

  it("takes lists from all sources together, down to a negation", () => {
    const text = "addnode=a\ndebug=net\n[regtest]\naddnode=b\ndebug=rpc\n";
    assert.deepEqual(config(text, "regtest", "-addnode=c").list("addnode"), ["c", "b"]);
    assert.deepEqual(config(text, "main").list("addnode"), ["a"]);
    assert.deepEqual(config(text, "regtest").list("debug"), ["rpc", "net"]);
    assert.deepEqual(config(text, "regtest", "-nodebug", "-debug=http").list("debug"), ["http"]);
  });

  it("does not apply what belongs to one network outside its section, and says so", () => {
    const settings = config("port=1\nprune=1\n", "regtest");
    assert.equal(settings.text("port"), undefined);
    assert.equal(settings.text("prune"), "1");
    assert.deepEqual(settings.misplaced(["port", "bind"]), ["port"]);
    assert.deepEqual(config("port=1\n[regtest]\nport=2\n", "regtest").misplaced(["port"]), []);
  });

  it("notes unknown keys and goes on, and refuses lines that are none", () => {
    const notes = { log: [] as string[], warnings: [] };
    readConfigText("fancy=1\n[regtest]\nfancy=2\n", new Settings(), notes);
    assert.deepEqual(notes.log, ["Ignoring unknown configuration value fancy",
      "Ignoring unknown configuration value regtest.fancy"]);
    refuses("Error reading configuration file: parse error on line 2: nolisten, if you intended to " +
      "specify a negated option, use nolisten=1 instead",
      () => config("\nnolisten\n"));
    refuses(/parse error on line 1: -port=1, options in configuration file must be specified without/,
      () => config("-port=1"));
    refuses(/conf cannot be set in the configuration file/, () => config("conf=x"));
    refuses(/using # in rpcpassword can be ambiguous/, () => config("rpcpassword=a#b"));
  });
});

describe("readsAsTrue", () => {
  it("is false only for zero and for text that is no number", () => {
    for (const text of ["", "1", "2", "01"]) assert.equal(readsAsTrue(text), true, text);
    for (const text of ["0", "00", "x"]) assert.equal(readsAsTrue(text), false, text);
  });
});
