/**
 * With a real Tor and a real I2P router, as far as they go without a network.
 *
 * `TOR=/usr/sbin/tor I2PD=/usr/sbin/i2pd npm test -- interop/routers`
 *
 * @module
 */
import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import type { Bytes } from "../../src/base/bytes.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { formatPlace } from "../../src/connections/route.ts";
import { destinationAddress, destinationOfKey, toI2pBase64 } from "../../src/io/networks/i2p_address.ts";
import { I2pRouter } from "../../src/io/networks/i2p_router.ts";
import { openPlace } from "../../src/io/networks/open_place.ts";
import { SocketTalk } from "../../src/io/networks/socket_talk.ts";
import { connectBySocks5, ProxyError } from "../../src/io/networks/socks5.ts";
import { TorController, type TorSettings } from "../../src/io/networks/tor_controller.ts";
import { formatAddress, parseAddress } from "../../src/primitives/host_text.ts";
import { I2pd, skipWithoutI2pd, skipWithoutTor, Tor, type TorPlan } from "./routers.ts";

const NEVER = new AbortController().signal;
const PASSWORD = 'with "quotes" and \\';

/** What came of asking this Tor for a service, up to the first two things that happen. */
async function ask(tor: Tor, changes: Partial<TorSettings> & { readonly key?: string } = {}) {
  const happened: string[] = [];
  let key = changes.key;
  let heard = (): void => {};
  const note = (text: string): void => {
    happened.push(text);
    heard();
  };
  const controller = new TorController(
    {
      place: tor.control, password: "", target: "127.0.0.1:9", servicePort: 8333, wantsProxy: false,
      ...changes,
    },
    {
      logger: { ...silentLogger, warning: note },
      loadKey: async () => key,
      saveKey: async (made) => {
        key = made;
      },
      reached: (address, isReached) => void (isReached && note(formatAddress(address))),
      proxyFound: (place) => note(`proxy ${formatPlace(place)}`),
    },
  );
  const run = controller.run();
  const wanted = changes.wantsProxy === true ? 2 : 1;
  while (happened.length < wanted) await new Promise<void>((resolve) => (heard = resolve));
  controller.close();
  await run;
  return { happened, key };
}

async function tor(t: TestContext, lines: readonly string[], plan: TorPlan = {}): Promise<Tor> {
  const started = await Tor.start(lines, plan);
  t.after(() => started.stop());
  return started;
}

const SERVICE = /^[a-z2-7]{56}\.onion:8333$/;

suite("with a real Tor", { skip: skipWithoutTor }, () => {
  test("it makes the service, and the same one again from its key", async (t) => {
    const real = await tor(t, ["CookieAuthentication 1"]);
    const first = await ask(real);
    assert.match(first.happened[0] ?? "", SERVICE);
    assert.match(first.key ?? "", /^ED25519-V3:/);
    const again = await ask(real, first.key === undefined ? {} : { key: first.key });
    assert.deepEqual(again, first);
    assert.notDeepEqual((await ask(real)).happened, first.happened);
  });

  test("it takes the password that it was told of, and no other", async (t) => {
    const real = await tor(t, [`HashedControlPassword ${Tor.hash(PASSWORD)}`]);
    assert.match((await ask(real, { password: PASSWORD })).happened[0] ?? "", SERVICE);
    assert.deepEqual((await ask(real, { password: "another" })).happened, ["tor: Authentication failed"]);
    assert.match((await ask(real)).happened[0] ?? "", /no password provided/);
  });

  test("its proxy is found, and says in its words why it cannot connect", async (t) => {
    const real = await tor(t, [], { has: "proxy" });
    const { happened } = await ask(real, { wantsProxy: true });
    assert.deepEqual(happened[0], `proxy ${formatPlace(real.socks)}`);
    for (const [host, text] of [
      ["aaaa.onion", "onion service invalid address"],
      ["127.0.0.1", "general failure"],
      ["node.example", "TTL expired"],
    ] as const) {
      const talk = new SocketTalk(await openPlace(real.socks, NEVER));
      const credentials = { username: host, password: "x" };
      await assert.rejects(connectBySocks5(talk, { host, port: 8333 }, credentials), (error) => {
        assert.ok(error instanceof ProxyError);
        assert.deepEqual([error.message, error.isProxyFault], [text, false]);
        return true;
      });
      talk.socket.destroy();
    }
  });
});

suite("with a real I2P router", { skip: skipWithoutI2pd }, () => {
  test("it makes a key of which we find the address that it finds", async (t) => {
    const real = await I2pd.start();
    t.after(() => real.stop());
    let keep = (_: Bytes): void => {};
    const kept = new Promise<Bytes>((resolve) => (keep = resolve));
    const router = new I2pRouter({ place: real.sam, accepts: true }, {
      logger: silentLogger, loadKey: async () => undefined, saveKey: async (key) => keep(key),
    });
    t.after(() => router.close());
    void router.listen({ accepted: () => {}, reached: () => {} });
    const key = await kept;
    const destination = destinationOfKey(key) ?? assert.fail("no destination");
    assert.equal(destination.length, 391);
    // It knows destinations that it is shown by their hash.
    const talk = new SocketTalk(await openPlace(real.sam, NEVER));
    const say = async (text: string): Promise<string> => {
      talk.write(`${text}\n`);
      return talk.line(65_536, 10_000);
    };
    assert.match(await say("HELLO VERSION MIN=3.1 MAX=3.1"), /RESULT=OK/);
    const shown = toI2pBase64(destination);
    assert.match(await say(`STREAM CONNECT ID=none DESTINATION=${shown}`), /RESULT=INVALID_ID/);
    assert.match(formatAddress(destinationAddress(destination)), /^[a-z2-7]{52}\.b32\.i2p:0$/);
    talk.socket.destroy();
  });

  test("a session waits for tunnels, of which there are none, and ends when it is given up", async (t) => {
    const real = await I2pd.start();
    t.after(() => real.stop());
    const router = new I2pRouter({ place: real.sam, accepts: false }, {
      logger: silentLogger, loadKey: async () => undefined, saveKey: async () => {},
    });
    const stranger = parseAddress("zsxwyo6qcn3chqzwxnseusqgsnuw3maqnztkiypyfxtya4snkoka.b32.i2p", 0);
    const dial = assert.rejects(router.connect(stranger ?? assert.fail(), true, NEVER));
    await new Promise((resolve) => setTimeout(resolve, 500));
    router.close();
    await dial;
  });
});
