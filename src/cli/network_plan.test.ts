import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPlace } from "../connections/route.ts";
import { LOCAL_SCORE } from "../node/local_addresses.ts";
import type { ChainParams } from "../params/chain_params.ts";
import { MAIN } from "../params/main.ts";
import { REGTEST } from "../params/regtest.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import { readCoreFlags, UsageError } from "./core_flags.ts";
import { planListen } from "./listen_plan.ts";
import { planNetworks } from "./network_plan.ts";
import { planNode } from "./node_plan.ts";
import { applyInteractions } from "./parameter_interaction.ts";
import { Settings } from "./settings.ts";

function flags(...argv: string[]): Settings {
  const settings = new Settings();
  readCoreFlags(argv, settings);
  return settings;
}

async function plan(argv: readonly string[], params: ChainParams = REGTEST) {
  const settings = flags(...argv);
  applyInteractions(settings);
  const listen = await planListen(settings, params);
  return { listen, ...await planNetworks(settings, params, listen) };
}

async function faultOf(...argv: string[]): Promise<string> {
  try {
    await planNode(flags(...argv), REGTEST);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  return "";
}

/** Each network with its proxy, those that cannot be reached in brackets. */
async function ways(...argv: string[]): Promise<string> {
  const { settings: { proxies, reachable, nameProxy } } = await plan(argv);
  const names: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];
  const texts = names.map((name) => {
    const proxy = proxies[name];
    const text = proxy === undefined ? name : `${name} by ${formatPlace(proxy.place)}`;
    return reachable.has(name) ? text : `(${text})`;
  });
  const ofNames = nameProxy === undefined ? [] : [`names by ${formatPlace(nameProxy.place)}`];
  return [...texts, ...ofNames].join(", ");
}

test("a proxy is for all networks, or for the one that it is given for; later ones win", async () => {
  const one = "127.0.0.1:1";
  assert.equal(await ways(), "ipv4, ipv6, (onion), (i2p), (cjdns)");
  assert.equal(await ways(`-proxy=${one}`),
    `ipv4 by ${one}, ipv6 by ${one}, onion by ${one}, (i2p), (cjdns by ${one}), names by ${one}`);
  assert.equal(await ways("-proxy=127.0.0.1=ipv6"),
    "ipv4, ipv6 by 127.0.0.1:9050, (onion), (i2p), (cjdns), names by 127.0.0.1:9050");
  assert.equal(await ways(`-proxy=${one}`, "-proxy=[::1]:2=ONION", "-proxy=0=cjdns", "-cjdnsreachable"),
    `ipv4 by ${one}, ipv6 by ${one}, onion by [::1]:2, (i2p), cjdns, names by ${one}`);
  assert.equal(await ways(`-proxy=${one}`, "-proxy=0"), "ipv4, ipv6, (onion), (i2p), (cjdns)");
  assert.equal(await ways(`-proxy=${one}`, "-noproxy"), "ipv4, ipv6, (onion), (i2p), (cjdns)");
  assert.equal(await ways("-onion=unix:/run/tor"), "ipv4, ipv6, onion by unix:/run/tor, (i2p), (cjdns)");
  assert.equal(await ways(`-proxy=${one}`, "-noonion"), `ipv4 by ${one}, ipv6 by ${one}, (onion), (i2p), ` +
    `(cjdns by ${one}), names by ${one}`);
  assert.equal(await ways("-proxy=localhost:3=ipv4"), "ipv4 by 127.0.0.1:3, ipv6, (onion), (i2p), (cjdns), " +
    "names by 127.0.0.1:3");
});

test("-onlynet leaves those that it names and that there is a way to", async () => {
  assert.equal(await ways("-onlynet=ipv6"), "(ipv4), ipv6, (onion), (i2p), (cjdns)");
  assert.equal(await ways("-onlynet=I2P", "-i2psam=127.0.0.1"), "(ipv4), (ipv6), (onion), i2p, (cjdns)");
  assert.equal(await ways("-onlynet=onion", "-onlynet=ipv4", "-onion=127.0.0.1"),
    "ipv4, (ipv6), onion by 127.0.0.1:9050, (i2p), (cjdns)");
  // Tor may still tell of its proxy.
  const later = await plan(["-onlynet=onion", "-listenonion"]);
  assert.deepEqual([...later.settings.reachable], []);
  assert.deepEqual([...later.settings.allowed], ["onion"]);
});

test("what cannot be is said in Bitcoin Core's words", async () => {
  const only = "Outbound connections restricted to";
  const tor = `${only} Tor (-onlynet=onion) but the proxy for reaching the Tor network is`;
  const broadcast = "Private broadcast of own transactions requested (-privatebroadcast), but";
  for (const [argv, fault] of [
    [["-proxy=abc..abc:23456"], "Invalid -proxy address or hostname: 'abc..abc:23456'"],
    [["-proxy=192.0.0.1:def"], "Invalid port specified in -proxy: '192.0.0.1:def'"],
    [["-proxy=192.0.0.1:0"], "Invalid port specified in -proxy: '192.0.0.1:0'"],
    [["-proxy=127.0.0.1:9050="], "Invalid -proxy address or hostname, ends with '=': '127.0.0.1:9050='"],
    [["-proxy=127.0.0.1:9050=foo"], "Unrecognized network in -proxy='127.0.0.1:9050=foo': 'foo'"],
    [["-proxy=unix:"], "Invalid -proxy address or hostname: 'unix:'"],
    [[`-proxy=unix:${"x".repeat(108)}`], `Invalid -proxy address or hostname: 'unix:${"x".repeat(108)}'`],
    [["-onion=xyz..xyz:23456"], "Invalid -onion address or hostname: 'xyz..xyz:23456'"],
    [["-onion=192.0.0.1:def"], "Invalid port specified in -onion: '192.0.0.1:def'"],
    [["-i2psam=def..def:23456"], "Invalid -i2psam address or hostname: 'def..def:23456'"],
    [["-i2psam=192.0.0.1:def"], "Invalid port specified in -i2psam: '192.0.0.1:def'"],
    [["-i2psam=unix:/run/sam"], "Invalid port specified in -i2psam: 'unix:/run/sam'"],
    [["-dns=0", "-proxy=tor.example:1"], "Invalid -proxy address or hostname: 'tor.example:1'"],
    [["-onlynet=abc"], "Unknown network specified in -onlynet: 'abc'"],
    [["-onlynet=i2p"], `${only} i2p (-onlynet=i2p) but -i2psam is not provided`],
    [["-onlynet=cjdns"], `${only} CJDNS (-onlynet=cjdns) but -cjdnsreachable is not provided`],
    [["-onlynet=onion", "-onion=0"], `${tor} explicitly forbidden: -onion=0`],
    [["-onlynet=onion", "-noonion"], `${tor} explicitly forbidden: -onion=0`],
    [["-onlynet=onion", "-listenonion=0"],
      `${tor} not provided: none of -proxy, -onion or -listenonion is given`],
    [["-onlynet=onion", "-onion=127.0.0.1", "-dnsseed"],
      "Incompatible options: -dnsseed=1 was explicitly specified, but -onlynet forbids connections to " +
      "IPv4/IPv6"],
    [["-listen=0", "-listenonion=1"], "Cannot set -listen=0 together with -listenonion=1"],
    [["-listen=0", "-bind=127.0.0.1"], "Cannot set -bind or -whitebind together with -listen=0"],
    [["-bind=nowhere.example"], "Cannot resolve -bind address: 'nowhere.example'"],
    [["-bind=127.0.0.1=tor"], "Cannot resolve -bind address: '127.0.0.1=tor'"],
    [["-externalip=a..b"], "Cannot resolve -externalip address: 'a..b'"],
    [["-privatebroadcast"], `${broadcast} none of Tor or I2P networks is reachable`],
    [["-privatebroadcast", "-onion=127.0.0.1", "-connect=0"],
      `${broadcast} -connect is also configured. They are incompatible because the private broadcast needs to ` +
      "open new connections to randomly chosen Tor or I2P peers. Consider using -maxconnections=0 " +
      "-addnode=... instead"],
  ] as const) {
    assert.equal(await faultOf(...argv), fault, argv.join(" "));
  }
});

test("one address cannot be bound twice, in whatever way", async () => {
  const binds = ["-bind=127.0.0.1:1", "-bind=127.0.0.1:1=onion", "-whitebind=noban@127.0.0.1:1"];
  for (const one of binds) {
    for (const other of binds) {
      const fault = await faultOf(one, other);
      assert.match(fault, /^Duplicate binding configuration for address 127\.0\.0\.1:1\./);
    }
  }
});

test("who is behind a proxy is not dialled, nor looks for its address, unless told to", async () => {
  const hidden = (await plan(["-proxy=127.0.0.1:1", "-i2psam=127.0.0.1"])).listen;
  assert.deepEqual([hidden.addresses, hidden.discovers], [[], false]);
  assert.equal((await plan(["-proxy=127.0.0.1:1", "-i2psam=127.0.0.1"])).plan.i2p?.accepts, false);
  const open = (await plan(["-proxy=127.0.0.1:1", "-listen", "-discover"])).listen;
  assert.deepEqual([open.addresses.length, open.discovers], [3, true]);
  assert.equal((await plan(["-externalip=15.61.23.23"])).listen.discovers, false);
  assert.equal((await plan([])).listen.discovers, true);
  assert.equal((await plan(["-i2psam=127.0.0.1"])).plan.i2p?.accepts, true);
  assert.equal((await plan(["-i2psam=127.0.0.1", "-i2pacceptincoming=0"])).plan.i2p?.accepts, false);
});

test("peers from Tor arrive at a place of their own", async () => {
  const arrivals = async (...argv: string[]) => {
    const { listen } = await plan(argv);
    const { onionBinds, onionTarget } = listen;
    return [onionBinds.map(formatAddress).join(" "), onionTarget && formatAddress(onionTarget)];
  };
  assert.deepEqual(await arrivals(), ["127.0.0.1:18445", "127.0.0.1:18445"]);
  assert.deepEqual(await arrivals("-port=7"), ["127.0.0.1:8", "127.0.0.1:8"]);
  assert.deepEqual(await arrivals("-port=65535"), ["127.0.0.1:65534", "127.0.0.1:65534"]);
  assert.deepEqual(await arrivals("-bind=127.0.0.1:9"), ["", "127.0.0.1:9"]);
  const both = await arrivals("-bind=127.0.0.1:9", "-bind=127.0.0.1=onion");
  assert.deepEqual(both, ["127.0.0.1:18445", "127.0.0.1:18445"]);
  assert.deepEqual(await arrivals("-listen=0"), ["", undefined]);
  const { warnings } = await plan(["-listenonion", "-bind=127.0.0.1:9=onion", "-bind=127.0.0.1:10=onion"]);
  assert.match(warnings[0] ?? "", /^More than one onion bind address is provided. Using 127.0.0.1:9 /);
});

test("the port that we tell is the one that is bound, by the first that names one", async () => {
  for (const [argv, port] of [
    [[], 18444], [["-port=7"], 7], [["-port=7", "-bind=127.0.0.1"], 7], [["-port=7", "-bind=127.0.0.1:8"], 8],
    [["-bind=127.0.0.1:8=onion", "-port=7"], 7], [["-whitebind=127.0.0.1:9"], 9],
    [["-whitebind=noban@127.0.0.1:9", "-port=7"], 7], [["-bind=127.0.0.1:8", "-whitebind=127.0.0.1:9"], 8],
  ] as const) {
    const { listen } = await plan([...argv, "-externalip=2.2.2.2", "-externalip=2.2.2.3:5"]);
    assert.equal(listen.listenPort, port, argv.join(" "));
    assert.deepEqual(listen.advertise.map(formatAddress), [`2.2.2.2:${port}`, "2.2.2.3:5"]);
  }
});

test("of what is bound, that is made known which strangers can reach and may", async () => {
  const { listen } = await plan([
    "-bind=15.61.23.23:8", "-whitebind=noban@15.61.23.24:8", "-whitebind=15.61.23.25:8", "-bind=127.0.0.1:9",
  ]);
  assert.deepEqual(listen.foundAddresses.map(({ address, score }) => [formatAddress(address), score]),
    [["15.61.23.23:8", LOCAL_SCORE.bound], ["15.61.23.25:8", LOCAL_SCORE.bound]]);
});

test("Tor is asked for a service where we listen, at the network's usual port", async () => {
  assert.equal((await plan([])).plan.tor, undefined);
  const { plan: { tor } } =
    await plan(["-listenonion", "-port=7", "-torcontrol=127.0.0.1:5", "-torpassword=secret"]);
  assert.deepEqual(tor, {
    place: { type: "tcp", host: "127.0.0.1", port: 5 }, password: "secret", target: "127.0.0.1:8",
    servicePort: REGTEST.port, wantsProxy: true,
  });
  assert.equal((await plan(["-listenonion", "-onion=127.0.0.1"])).plan.tor?.wantsProxy, false);
  const usual = (await plan(["-listenonion"])).plan.tor?.place ?? assert.fail();
  assert.equal(formatPlace(usual), "127.0.0.1:9051");
});

test("where nobody is kept apart from the others, who broadcasts in private is warned", async () => {
  const { privateBroadcast, warnings } =
    await plan(["-privatebroadcast", "-onion=127.0.0.1", "-proxyrandomize=0"]);
  assert.equal(privateBroadcast, true);
  assert.match(warnings[0] ?? "", /-proxyrandomize is disabled/);
  assert.deepEqual((await plan(["-privatebroadcast", "-onion=127.0.0.1"])).warnings, []);
});

test("a port that is another service's is warned of", async () => {
  const warned = async (...argv: string[]) => (await plan(argv)).listen.warnings.join();
  assert.match(await warned("-bind=127.0.0.1:22"), /^-bind request to listen on port 22\./);
  assert.match(await warned("-port=25"), /^-port request to listen on port 25\./);
  assert.equal(await warned("-port=25", "-bind=127.0.0.1:9009"), "");
});

test("names of peers stay names, and addresses are what they are", async () => {
  const { options } = await planNode(flags(
    "-addnode=node.example:5", "-addnode=localhost", "-addnode=[fc00::1]:5", "-cjdnsreachable",
    "-connect=other.example",
  ), REGTEST);
  assert.deepEqual(options.addNodes.map(({ address }) => formatAddress(address)), ["node.example:5", "127.0.0.1:18444", "[fc00::1]:5"]);
  assert.equal(options.addNodes[2]?.address.network, "cjdns");
  assert.deepEqual(options.connectOnly?.map(formatAddress), ["other.example:18444"]);
});

test("routers are asked for a port where strangers are to come in, and where that is wished", async () => {
  const mapped = async (params: ChainParams, ...argv: string[]) => (await plan(argv, params)).plan.mappedPort;
  assert.equal(await mapped(MAIN), MAIN.port);
  assert.equal(await mapped(MAIN, "-bind=127.0.0.1:5", "-bind=0.0.0.0:6"), 6);
  assert.equal(await mapped(REGTEST), undefined);
  assert.equal(await mapped(REGTEST, "-natpmp"), REGTEST.port);
  for (const flag of ["-natpmp=0", "-listen=0", "-connect=1.2.3.4", "-proxy=127.0.0.1:1", "-bind=127.0.0.1"]) {
    assert.equal(await mapped(MAIN, flag), undefined, flag);
  }
});
