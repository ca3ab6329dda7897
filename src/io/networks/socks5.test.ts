import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fromLatin1, toLatin1 } from "../../base/bytes.ts";
import { below, seededRng } from "../../base/rng.ts";
import { SocksProxy, type SocksBehaviour } from "../../../test/support/socks_proxy.ts";
import { tempDir } from "../../../test/support/temp_dir.ts";
import { openPlace } from "./open_place.ts";
import { connectBySocks5, type ProxyCredentials, ProxyError, replyText } from "./socks5.ts";
import { SocketTalk } from "./socket_talk.ts";

const CREDENTIALS = { username: "name", password: "word" };
const TARGET = { host: "node.example", port: 8333 };
/** For those who do not answer; a busy machine may take long over the others. */
const SOON_MS = 100;
const IN_TIME_MS = 20_000;

interface Asked {
  readonly host?: string;
  readonly timeoutMs?: number;
}

/** Asks a proxy that behaves so; the talk is over when this returns. */
async function ask(behaviour: SocksBehaviour, credentials?: ProxyCredentials, asked: Asked = {}) {
  const { host = TARGET.host, timeoutMs = IN_TIME_MS } = asked;
  const proxy = await SocksProxy.start(behaviour);
  const talk = new SocketTalk(await openPlace(proxy.place, new AbortController().signal));
  try {
    await connectBySocks5(talk, { ...TARGET, host }, credentials, timeoutMs);
    return { request: proxy.requests[0], talk };
  } finally {
    talk.socket.destroy();
    proxy.close();
  }
}

async function failureOf(
  behaviour: SocksBehaviour, credentials?: ProxyCredentials, asked?: Asked,
): Promise<ProxyError> {
  try {
    await ask(behaviour, credentials, asked);
  } catch (error) {
    assert.ok(error instanceof ProxyError, String(error));
    return error;
  }
  assert.fail("the proxy connected");
}

test("every host goes to the proxy as a name, addresses too", async () => {
  for (const host of ["node.example", "15.61.23.23", "1233:3432::1", "x".repeat(255)]) {
    const { request } = await ask({}, undefined, { host });
    assert.deepEqual(request, { addressType: 3, host, port: 8333, username: undefined, password: undefined });
  }
  await assert.rejects(ask({}, undefined, { host: "x".repeat(256) }), /^ProxyError: Hostname too long/);
});

test("credentials are sent where the proxy wants them, and not where it does not", async () => {
  assert.equal((await ask({}, CREDENTIALS)).request?.username, "name");
  assert.equal((await ask({}, CREDENTIALS)).request?.password, "word");
  assert.equal((await ask({ method: 0 }, CREDENTIALS)).request?.username, undefined);
});

test("an answer in pieces of any size is the same answer", async () => {
  for (let seed = 1; seed <= 10; seed++) {
    for (const bound of ["ipv4", "ipv6", "name"] as const) {
      const { request } = await ask({ cuts: seededRng(seed), bound }, CREDENTIALS);
      assert.equal(request?.host, TARGET.host, `seed ${seed}`);
    }
  }
});

test("what the target says right after the answer is left for whoever comes next", async () => {
  const proxy = await SocksProxy.start({ after: fromLatin1("hello"), bound: "name" });
  const talk = new SocketTalk(await openPlace(proxy.place, new AbortController().signal));
  await connectBySocks5(talk, TARGET, undefined);
  const socket = talk.release();
  const first = await new Promise<Buffer>((resolve) => socket.once("data", resolve));
  assert.equal(toLatin1(first), "hello");
  assert.equal(socket.listenerCount("close") + socket.listenerCount("readable"), 0);
  socket.destroy();
  proxy.close();
});

test("each refusal is told in Bitcoin Core's words, and is not the proxy's fault", async () => {
  for (const [reply, text] of [
    [1, "general failure"], [4, "host unreachable"], [5, "connection refused"],
    [8, "address type not supported"],
    [0xf0, "onion service descriptor can not be found"], [0xf7, "onion service introduction timed out"],
    [0x42, "unknown (0x42)"], [9, "unknown (0x09)"],
  ] as const) {
    const error = await failureOf({ reply });
    assert.deepEqual([error.message, error.isProxyFault], [text, false]);
    assert.equal(replyText(reply), text);
  }
});

test("a proxy that does not keep to the protocol is told of as such", async () => {
  const says = (...parts: readonly (readonly number[])[]): SocksBehaviour =>
    ({ says: parts.map((part) => Uint8Array.from(part)) });
  for (const [behaviour, text] of [
    [says([4, 0]), "Proxy failed to initialize"],
    [says([5, 0xff]), "Proxy requested wrong authentication method ff"],
    [says([5, 2], [1, 1]), "Proxy authentication unsuccessful"],
    [says([5, 2], [0, 0]), "Proxy authentication unsuccessful"],
    [says([5, 2]), "Error reading proxy authentication response: connection closed"],
    [says([5]), "proxy does not answer: connection closed"],
    [says(), "proxy does not answer: connection closed"],
    [says([5, 0], [4, 0, 0, 1]), "Proxy failed to accept request"],
    [says([5, 0], [5, 0, 1, 1]), "Error: malformed proxy response"],
    [says([5, 0], [5, 0, 0, 2]), "Error: malformed proxy response"],
    [says([5, 0], [5, 0, 0, 3, 200, 1]), "Error reading from proxy: connection closed"],
    [says([5, 0], [5, 0, 0, 1, 1, 2, 3, 4, 0]), "Error reading from proxy: connection closed"],
    [says([5, 0], [5, 0]), "Error while reading proxy response"],
  ] as const) {
    const error = await failureOf(behaviour, CREDENTIALS);
    assert.deepEqual([error.message, error.isProxyFault], [text, true]);
  }
  // Nobody offered it credentials.
  assert.equal((await failureOf(says([5, 2]))).message, "Proxy requested wrong authentication method 02");
});

test("whatever a proxy says, it ends in a connection or a ProxyError", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const rng = seededRng(seed);
    // Close to what it should say, so that some come far.
    const says = [[5, 2], [1, 0], [5, 0, 0, below(rng, 2) === 0 ? 1 : 3, 1, 2, 3, 4, 5, 6]].map((part) => {
      const bytes = Uint8Array.from(part).subarray(0, part.length - below(rng, 2));
      if (below(rng, 3) === 0) bytes[below(rng, bytes.length)] = below(rng, 256);
      return bytes;
    });
    await ask({ says, cuts: rng }, CREDENTIALS, { timeoutMs: SOON_MS }).catch((error: unknown) => {
      assert.ok(error instanceof ProxyError, `seed ${seed}: ${error}`);
    });
  }
});

test("a proxy that never answers is given up; once it connects, the silence is the target's", async () => {
  const greeting = await failureOf({ silentAfter: "greeting" }, undefined, { timeoutMs: SOON_MS });
  assert.equal(greeting.message, "proxy does not answer: no answer in time");
  assert.equal(greeting.isProxyFault, true);
  const request = await failureOf({ silentAfter: "request" }, undefined, { timeoutMs: SOON_MS });
  assert.deepEqual([request.message, request.isProxyFault], ["connection timed out", false]);
});

test("a proxy may listen on a socket in the file system", async () => {
  const path = join(tempDir(), "socks");
  const proxy = await SocksProxy.start({}, path);
  const socket = await openPlace(proxy.place, new AbortController().signal);
  await connectBySocks5(new SocketTalk(socket), TARGET, undefined);
  assert.equal(proxy.requests.length, 1);
  socket.destroy();
  proxy.close();
});
