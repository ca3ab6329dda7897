import assert from "node:assert/strict";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import { SamBridge, type SamBehaviour } from "../../../test/support/sam_bridge.ts";
import type { Bytes } from "../../base/bytes.ts";
import { below, seededRng } from "../../base/rng.ts";
import { type Logger, silentLogger } from "../../base/logger.ts";
import type { ProxyPlace } from "../../connections/route.ts";
import { formatAddress, parseAddress, parseHost } from "../../primitives/host_text.ts";
import type { NetworkAddress } from "../../primitives/network_address.ts";
import { I2pRouter } from "./i2p_router.ts";
import { SamError, type SamStream } from "./sam_session.ts";
import { TalkError } from "./socket_talk.ts";

const NEVER = new AbortController().signal;
const STRANGER_TEXT = "zsxwyo6qcn3chqzwxnseusqgsnuw3maqnztkiypyfxtya4snkoka.b32.i2p";
const STRANGER = parseHost(STRANGER_TEXT, 0) as NetworkAddress;

function collecting(texts: string[]): Logger {
  const note = (text: string): void => void texts.push(text);
  return { ...silentLogger, debug: (_, text) => note(text()), info: note };
}

/** A node's part of I2P, with its key in memory, and what comes of it. */
function router(t: TestContext, place: ProxyPlace, accepts: boolean, kept: { key?: Bytes } = {}) {
  const texts: string[] = [];
  const streams: SamStream[] = [];
  const reached: string[] = [];
  let heard = (): void => {};
  const i2p = new I2pRouter({ place, accepts }, {
    logger: collecting(texts),
    loadKey: async () => kept.key,
    saveKey: async (key) => {
      kept.key = key;
    },
  });
  t.after(() => i2p.close());
  void i2p.listen({
    accepted: (stream) => {
      streams.push(stream);
      heard();
    },
    reached: (address, isReached) => {
      reached.push(`${isReached ? "+" : "-"}${formatAddress(address)}`);
      heard();
    },
  });
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (heard = resolve));
  };
  return { i2p, texts, streams, reached, kept, until };
}

async function bridge(t: TestContext, behaviour?: SamBehaviour): Promise<SamBridge> {
  const sam = await SamBridge.start(behaviour);
  t.after(() => sam.close());
  return sam;
}

function addressIn(reached: readonly string[]): NetworkAddress {
  return parseAddress(reached[0]?.slice(1) ?? "", 1) as NetworkAddress;
}

test("one node dials another, and each knows the other by its address", async (t) => {
  const sam = await bridge(t);
  const there = router(t, sam.place, true);
  const here = router(t, sam.place, true);
  await Promise.all([there, here].map(({ until, reached }) => until(() => reached.length > 0)));
  const target = addressIn(there.reached);
  assert.equal(target.port, 0);
  const stream = await here.i2p.connect(target, false, NEVER);
  await there.until(() => there.streams.length > 0);
  const [accepted] = there.streams as [SamStream];
  assert.equal(formatAddress(accepted.remote), formatAddress(stream.local));
  assert.equal(`+${formatAddress(accepted.remote)}`, here.reached[0]);
  assert.equal(formatAddress(stream.remote), formatAddress(accepted.local));
  stream.socket.write("hello");
  const [bytes] = await once(accepted.socket, "data") as [Buffer];
  assert.equal(bytes.toString(), "hello");
  // It listens on.
  const again = await here.i2p.connect(target, false, NEVER);
  await there.until(() => there.streams.length > 1);
  for (const { socket } of [stream, again]) socket.destroy();
});

test("who is dialled has the same address after a restart, and others another each time", async (t) => {
  const sam = await bridge(t);
  const kept = {};
  const first = router(t, sam.place, true, kept);
  await first.until(() => first.reached.length > 0);
  first.i2p.close();
  const second = router(t, sam.place, true, kept);
  await second.until(() => second.reached.length > 0);
  assert.deepEqual(second.reached, first.reached);
  const guest = router(t, sam.place, false);
  const streams = [await guest.i2p.connect(addressIn(second.reached), false, NEVER)];
  await second.until(() => second.streams.length > 0);
  streams.push(await guest.i2p.connect(addressIn(second.reached), false, NEVER));
  await second.until(() => second.streams.length > 1);
  const [one, other] = second.streams.map(({ remote }) => formatAddress(remote));
  assert.notEqual(one, other);
  assert.deepEqual(guest.reached, []);
  assert.ok(sam.commands.filter((line) => line.includes("DESTINATION=TRANSIENT")).length === 2);
  for (const { socket } of streams) socket.destroy();
});

test("a connection that nobody may link to us comes from another address, which ends with it", async (t) => {
  const sam = await bridge(t);
  const there = router(t, sam.place, true);
  const here = router(t, sam.place, true);
  await Promise.all([there, here].map(({ until, reached }) => until(() => reached.length > 0)));
  const stream = await here.i2p.connect(addressIn(there.reached), true, NEVER);
  await there.until(() => there.streams.length > 0);
  assert.notEqual(`+${formatAddress(there.streams[0]?.remote as NetworkAddress)}`, here.reached[0]);
  assert.equal(sam.sessionCount, 3);
  stream.socket.destroy();
  while (sam.sessionCount > 2) await new Promise(setImmediate);
});

test("a session that failed to connect serves the next one", async (t) => {
  const sam = await bridge(t);
  const here = router(t, sam.place, false);
  const target = STRANGER;
  for (let i = 0; i < 3; i++) await assert.rejects(here.i2p.connect(target, true, NEVER), SamError);
  assert.equal(sam.commands.filter((line) => line.startsWith("SESSION CREATE")).length, 1);
});

test("there are no ports: an address with one is not dialled", async (t) => {
  const sam = await bridge(t);
  const { i2p, texts } = router(t, sam.place, true);
  await assert.rejects(i2p.connect({ ...STRANGER, port: 8333 }, false, NEVER), (error) =>
    error instanceof SamError && !error.isRouterFault);
  assert.ok(texts.includes(
    "Error connecting to zsxwyo6qcn3chqzwxnseusqgsnuw3maqnztkiypyfxtya4snkoka.b32.i2p:8333, connection " +
    "refused due to arbitrary port 8333"));
});

test("whose fault a failure is depends on what the router says", async (t) => {
  const found = ["NAMING LOOKUP", `NAMING REPLY RESULT=OK VALUE=${"A".repeat(524)}`] as const;
  for (const [answers, isRouterFault] of [
    [[], false],
    [[found], false],
    [[found, ["STREAM CONNECT", "STREAM STATUS RESULT=TIMEOUT"]], false],
    [[found, ["STREAM CONNECT", "STREAM STATUS RESULT=I2P_ERROR"]], true],
    [[["NAMING LOOKUP", "NAMING REPLY RESULT=OK"]], true],
    [[["HELLO", "HELLO REPLY RESULT=NOVERSION"]], true],
    [[["SESSION CREATE", "SESSION STATUS RESULT=OK DESTINATION=????"]], true],
    [[["SESSION CREATE", "SESSION STATUS RESULT=OK DESTINATION=AAAA"]], true],
  ] as const) {
    const sam = await bridge(t, { answers: new Map(answers as readonly (readonly [string, string])[]) });
    const { i2p } = router(t, sam.place, false);
    await assert.rejects(i2p.connect(STRANGER, false, NEVER), (error) => {
      assert.ok(error instanceof SamError, String(error));
      return error.isRouterFault === isRouterFault;
    }, JSON.stringify(answers));
  }
});

test("a router that is gone is told of, and one that forgot the session gets another", async (t) => {
  const sam = await bridge(t);
  const there = router(t, sam.place, true);
  await there.until(() => there.reached.length > 0);
  sam.forgetAll();
  await there.until(() => there.reached.length === 3);
  const address = there.reached[0]?.slice(1);
  assert.deepEqual(there.reached, [`+${address}`, `-${address}`, `+${address}`]);
  sam.close();
  const { port } = sam.place as { port: number };
  const { i2p, texts } = router(t, sam.place, false);
  await assert.rejects(i2p.connect(STRANGER, false, NEVER), SamError);
  assert.ok(texts.some((text) => text.endsWith(`b32.i2p:0: Cannot connect to 127.0.0.1:${port}`)));
  assert.ok(texts.some((text) => text.startsWith("Creating transient I2P SAM session")));
});

test("whatever the router says, a dial ends in a stream or in an error that is told of", async (t) => {
  const commands = ["HELLO", "SESSION CREATE", "NAMING LOOKUP", "STREAM CONNECT"];
  const words = ["RESULT=OK", "RESULT=", "RESULT", "VALUE=", "VALUE=AAAA", "DESTINATION=AAAA", "=", "", "\0", "OK"];
  for (let seed = 1; seed <= 12; seed++) {
    const rng = seededRng(seed);
    const word = (): string => words[below(rng, words.length)] as string;
    const say = (): string => ["X", word(), word(), word()].join(" ");
    const planned = commands.filter(() => below(rng, 2) === 0);
    const answers = new Map(planned.map((command) => [command, say()]));
    const sam = await bridge(t, { answers });
    const { i2p } = router(t, sam.place, false);
    await i2p.connect(STRANGER, true, NEVER).then(({ socket }) => socket.destroy(), (error: unknown) => {
      assert.ok(error instanceof SamError || error instanceof TalkError, `seed ${seed}: ${error}`);
    });
  }
});

test("what waits for the router ends with the node, be it for a session or for a stream", async (t) => {
  for (const command of ["HELLO", "SESSION CREATE", "NAMING LOOKUP", "STREAM CONNECT", "STREAM ACCEPT"]) {
    const sam = await bridge(t, { answers: new Map([[command, ""]]) });
    const { i2p } = router(t, sam.place, command === "STREAM ACCEPT");
    const dial = assert.rejects(i2p.connect(STRANGER, true, NEVER));
    while (!sam.commands.some((line) => line.startsWith(command)) && command !== "STREAM CONNECT") {
      await new Promise(setImmediate);
    }
    i2p.close();
    await dial;
  }
});

test("a dial that is given up ends at once", async (t) => {
  const sam = await bridge(t, { answers: new Map([["NAMING LOOKUP", "NOT THE END"]]) });
  const { i2p } = router(t, sam.place, false);
  const abort = new AbortController();
  const dial = assert.rejects(i2p.connect(STRANGER, false, abort.signal));
  abort.abort();
  await dial;
});
