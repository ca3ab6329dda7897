/**
 * `tidingsd` with a real Tor and a real I2P router, as far as they go without a network.
 *
 * `TOR=/usr/sbin/tor I2PD=/usr/sbin/i2pd npm test -- interop/routers_daemon`
 *
 * @module
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { suite, test, type TestContext } from "node:test";
import { formatPlace } from "../../src/connections/route.ts";
import { destinationOfKey } from "../../src/io/networks/i2p_address.ts";
import { REGTEST } from "../../src/params/regtest.ts";
import type { NetworkInfoJson } from "../../src/rpc/schema.ts";
import { tempDir } from "../support/temp_dir.ts";
import { Daemon, until } from "./daemon.ts";
import { I2pd, skipWithoutI2pd, skipWithoutTor, Tor, type TorPlan } from "./routers.ts";

const SERVICE = /^[a-z2-7]{56}\.onion$/;
const STRANGER = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";

async function tor(t: TestContext, lines: readonly string[], plan: TorPlan): Promise<Tor> {
  const started = await Tor.start(lines, plan);
  t.after(() => started.stop());
  return started;
}

async function tidingsd(t: TestContext, ...flags: string[]): Promise<Daemon> {
  const daemon = await Daemon.start("tidingsd", join(tempDir(), "node"), ...flags);
  t.after(() => daemon.kill());
  return daemon;
}

function networkInfo(daemon: Daemon): Promise<NetworkInfoJson> {
  return daemon.call("getnetworkinfo");
}

async function networkOf(daemon: Daemon, name: string): Promise<NetworkInfoJson["networks"][number]> {
  const { networks } = await networkInfo(daemon);
  return networks.find((network) => network.name === name) ?? assert.fail(`no ${name}`);
}

/** Its address in Tor, once it has one. */
async function serviceOf(daemon: Daemon): Promise<string> {
  await until("it tells of its service", async () => (await networkInfo(daemon)).localaddresses.length > 0);
  const { localaddresses } = await networkInfo(daemon);
  assert.equal(localaddresses.length, 1);
  assert.equal(localaddresses[0]?.port, REGTEST.port);
  return localaddresses[0].address;
}

suite("tidingsd with a real Tor", { skip: skipWithoutTor }, () => {
  test("it has an onion service, the same after a restart, as long as Tor is there", async (t) => {
    const real = await tor(t, ["CookieAuthentication 1"], { has: "control over TCP" });
    const daemon = await tidingsd(t,
      "-listenonion=1", `-torcontrol=${formatPlace(real.control)}`, "-debug=tor", "-connect=0");
    const service = await serviceOf(daemon);
    assert.match(service, SERVICE);
    // Tor has none to tell of: what it usually has is taken.
    const onion = await networkOf(daemon, "onion");
    assert.deepEqual([onion.reachable, onion.proxy], [true, "127.0.0.1:9050"]);
    assert.match(daemon.log, /Using SAFECOOKIE authentication/);
    await daemon.stop();
    await daemon.start();
    assert.equal(await serviceOf(daemon), service);
    await real.stop();
    await until("it is silent again", async () => (await networkInfo(daemon)).localaddresses.length === 0);
    await daemon.stop();
  });

  test("it dials onion services by the proxy that it is told of, and hears why that fails", async (t) => {
    const real = await tor(t, [`HashedControlPassword ${Tor.hash("secret")}`], { has: "control over TCP" });
    const { socks } = await tor(t, [], { has: "proxy" });
    const daemon = await tidingsd(t, "-listenonion=1", `-torcontrol=${formatPlace(real.control)}`,
      "-torpassword=secret", `-onion=${formatPlace(socks)}`, "-debug=tor", "-debug=proxy", "-connect=0");
    assert.match(await serviceOf(daemon), SERVICE);
    const onion = await networkOf(daemon, "onion");
    assert.deepEqual([onion.reachable, onion.proxy], [true, formatPlace(socks)]);
    assert.equal((await networkOf(daemon, "ipv4")).proxy, "");
    await daemon.call("addnode", `${STRANGER}:${REGTEST.port}`, "onetry");
    const failure = /Socks5\(\) connect to .*\.onion:\d+ failed/;
    await until("the proxy has answered", async () => failure.test(daemon.log));
    assert.match(daemon.log, new RegExp(`SOCKS5 connecting ${STRANGER}\n`));
    await daemon.stop();
  });
});

suite("tidingsd with a real I2P router", { skip: skipWithoutI2pd }, () => {
  test("it keeps the key that the router makes, waits for tunnels, and stops while it waits", async (t) => {
    const real = await I2pd.start();
    t.after(() => real.stop());
    const daemon = await tidingsd(t, `-i2psam=${formatPlace(real.sam)}`, "-debug=i2p", "-connect=0");
    const i2p = await networkOf(daemon, "i2p");
    assert.deepEqual([i2p.reachable, i2p.proxy], [true, formatPlace(real.sam)]);
    const keyFile = join(daemon.networkDir, "i2p_private_key");
    let key = Buffer.alloc(0);
    await until("the router has made a key", async () => {
      try {
        key = readFileSync(keyFile);
        return true;
      } catch {
        return false;
      }
    });
    assert.equal(destinationOfKey(key)?.length, 391);
    assert.match(daemon.log, /Creating persistent I2P SAM session [0-9a-f]{10} with 127\.0\.0\.1:\d+/);
    assert.deepEqual((await networkInfo(daemon)).localaddresses, []);
    await daemon.stop();
    await daemon.start();
    assert.deepEqual(readFileSync(keyFile), key);
    await daemon.stop();
  });
});
