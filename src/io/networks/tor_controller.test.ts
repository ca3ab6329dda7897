import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { SERVICE_ID, SERVICE_KEY, type TorBehaviour, TorPort } from "../../../test/support/tor_port.ts";
import { silentLogger } from "../../base/logger.ts";
import { formatPlace } from "../../connections/route.ts";
import { formatAddress } from "../../primitives/host_text.ts";
import { socksPlace, TorController, type TorSettings } from "./tor_controller.ts";

const TARGET = "127.0.0.1:8334";

type Changes = Partial<TorSettings> & { readonly key?: string };

/** A controller at work on a Tor that behaves so. */
async function controlled(t: TestContext, behaviour: TorBehaviour = {}, changes: Changes = {}) {
  const tor = await TorPort.start(behaviour);
  const happened: string[] = [];
  let kept = changes.key;
  let heard = (): void => {};
  const note = (text: string): void => {
    happened.push(text);
    heard();
  };
  const controller = new TorController(
    { place: tor.place, password: "", target: TARGET, servicePort: 8333, wantsProxy: true, ...changes },
    {
      logger: { ...silentLogger, warning: note },
      loadKey: async () => kept,
      saveKey: async (key) => {
        kept = key;
      },
      reached: (address, isReached) => note(`${isReached ? "+" : "-"}${formatAddress(address)}`),
      proxyFound: (place) => note(`proxy ${formatPlace(place)}`),
    },
  );
  const run = controller.run();
  t.after(async () => {
    controller.close();
    await run;
    tor.close();
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { tor, happened, until, controller, run, kept: () => kept };
}

test("Tor is asked for a service that leads to us, and its proxy is found", async (t) => {
  const { tor, happened, until, kept } = await controlled(t);
  await until(() => happened.length === 2);
  assert.deepEqual(tor.commands, [
    "PROTOCOLINFO 1", "AUTHENTICATE", "GETINFO net/listeners/socks",
    `ADD_ONION NEW:ED25519-V3 PoWDefensesEnabled=1 Port=8333,${TARGET}`,
  ]);
  assert.deepEqual(happened, ["proxy 127.0.0.1:9050", `+${SERVICE_ID}.onion:8333`]);
  assert.equal(kept(), SERVICE_KEY);
});

test("the service keeps its key, and so its address", async (t) => {
  const { tor, happened, until } = await controlled(t, {}, { key: SERVICE_KEY, wantsProxy: false });
  await until(() => happened.length === 1);
  assert.equal(tor.commands.at(-1), `ADD_ONION ${SERVICE_KEY} PoWDefensesEnabled=1 Port=8333,${TARGET}`);
});

test("an older Tor is asked without what it does not know", async (t) => {
  const { tor, happened, until } = await controlled(t, { isOld: true }, { wantsProxy: false });
  await until(() => happened.length === 1);
  assert.equal(tor.commands.at(-1), `ADD_ONION NEW:ED25519-V3 Port=8333,${TARGET}`);
});

test("both sides prove that they know the cookie", async (t) => {
  const methods = "COOKIE,SAFECOOKIE";
  const { tor, happened, until } = await controlled(t, { methods }, { wantsProxy: false });
  await until(() => happened.length === 1);
  assert.equal(happened[0], `+${SERVICE_ID}.onion:8333`);
  assert.match(tor.commands[1] ?? "", /^AUTHCHALLENGE SAFECOOKIE [0-9a-f]{64}$/);
});

test("who does not know the cookie is told nothing", async (t) => {
  const { tor, happened, until } = await controlled(t, { methods: "SAFECOOKIE", isImpostor: true });
  await until(() => happened.length === 1);
  assert.match(happened[0] ?? "", /^tor: ServerHash does not match/);
  assert.equal(tor.commands.length, 2);
});

test("a password goes out quoted, and only where it is taken", async (t) => {
  const password = 'a"b\\c';
  const taken = await controlled(t, { methods: "HASHEDPASSWORD", password }, { password, wantsProxy: false });
  await taken.until(() => taken.happened.length === 1);
  assert.equal(taken.tor.commands[1], 'AUTHENTICATE "a\\"b\\\\c"');
  const refused = await controlled(t, { methods: "NULL" }, { password });
  await refused.until(() => refused.happened.length === 1);
  assert.equal(refused.tor.commands.length, 1);
});

test("what cannot be done is said once, and the connection is kept", async (t) => {
  const noCookie = '250-AUTH METHODS=SAFECOOKIE COOKIEFILE="/no/such"\r\n250 OK\r\n';
  const shortNonce = "250 AUTHCHALLENGE SERVERHASH=00 SERVERNONCE=00\r\n";
  for (const [behaviour, text] of [
    [{ methods: "HASHEDPASSWORD" }, /only supported authentication mechanism left is password/],
    [{ methods: "NEW" }, /No supported authentication method/],
    [{ answers: { PROTOCOLINFO: "550 no\r\n" } }, /Requesting protocol info failed/],
    [{ answers: { AUTHENTICATE: "515 no\r\n" } }, /Authentication failed/],
    [{ answers: { PROTOCOLINFO: noCookie } }, /could not be opened/],
    [{ methods: "SAFECOOKIE", answers: { AUTHCHALLENGE: shortNonce } }, /ServerNonce is not 32 bytes/],
    [{ answers: { GETINFO: "250 OK\r\n", ADD_ONION: "250 OK\r\n" } }, /Error parsing ADD_ONION parameters/],
    [{ answers: { GETINFO: "250 OK\r\n", ADD_ONION: "550 no\r\n" } }, /Add onion failed; error code 550/],
    [{ answers: { GETINFO: "250 OK\r\n", ADD_ONION: "510 no\r\n" } }, /need to upgrade Tor/],
  ] as const) {
    const { tor, happened, until } = await controlled(t, behaviour);
    await until(() => happened.some((each) => text.test(each)));
    // An answer to nothing, and events, are passed over.
    tor.say("250 OK\r\n650 CIRC\r\n");
    await new Promise(setImmediate);
    assert.equal(tor.connectionCount, 1, String(text));
  }
});

test("when Tor is gone the service is, and it is made again as soon as Tor is back", async (t) => {
  const { tor, happened, until } = await controlled(t, {}, { wantsProxy: false });
  const address = `${SERVICE_ID}.onion:8333`;
  await until(() => happened.length === 1);
  tor.drop();
  await until(() => happened.filter((text) => text.startsWith("+")).length === 2);
  const changes = happened.filter((text) => !text.startsWith("tor:"));
  assert.deepEqual(changes, [`+${address}`, `-${address}`, `+${address}`]);
  assert.equal(tor.commands.at(-1), `ADD_ONION ${SERVICE_KEY} PoWDefensesEnabled=1 Port=8333,${TARGET}`);
});

test("lines and replies without end cost the connection", async (t) => {
  for (const [text, message] of [
    ["250-".padEnd(100_001, "A"), /a line is longer/],
    ["250-Continuing\r\n".repeat(1001), /exceeded 1000 lines/],
  ] as const) {
    const { tor, happened, until } = await controlled(t, { answers: { PROTOCOLINFO: text } });
    await until(() => happened.length > 0);
    assert.match(happened[0] ?? "", message);
    while (tor.connectionCount > 0) await new Promise(setImmediate);
  }
});

test("close ends it, wherever it is", async (t) => {
  const { controller, run, tor } = await controlled(t, { answers: { PROTOCOLINFO: "" } });
  while (tor.commands.length === 0) await new Promise(setImmediate);
  controller.close();
  await run;
});

test("of Tor's proxies that on loopback is taken, and else the last", () => {
  const PREFIX = "net/listeners/socks=";
  for (const [line, place] of [
    ['"127.0.0.1:9050"', "127.0.0.1:9050"], ['"10.0.0.1:1" "127.0.0.1:9150" "10.0.0.2:2"', "127.0.0.1:9150"],
    ['"10.0.0.1:1" "10.0.0.2:2"', "10.0.0.2:2"], ['"unix:/run/tor/socks"', "unix:/run/tor/socks"],
    ["127.0.0.1:9050", "127.0.0.1:9050"], ["'10.0.0.3'", "10.0.0.3:9050"], ['"[::1]:9050"', "[::1]:9050"],
  ] as const) {
    const found = socksPlace(["other=1", PREFIX + line]);
    assert.equal(found === undefined ? "" : formatPlace(found), place);
  }
  for (const lines of [[], [PREFIX], [`${PREFIX}""`], [`${PREFIX}"nowhere"`], ["OK"]]) {
    assert.equal(socksPlace(lines), undefined);
  }
});
