import assert from "node:assert/strict";
import { once } from "node:events";
import * as net from "node:net";
import { after, test } from "node:test";
import { concatBytes, fromLatin1, toLatin1 } from "../../base/bytes.ts";
import { below, randomBytes, seededRng } from "../../base/rng.ts";
import { SocketTalk, TalkError } from "./socket_talk.ts";

const server = net.createServer({ noDelay: true }).listen(0, "127.0.0.1");
after(() => server.close());
await once(server, "listening");

/** Two ends of one connection. */
async function pair() {
  const accepted = once(server, "connection");
  const near = net.connect({ port: (server.address() as net.AddressInfo).port, host: "127.0.0.1" });
  const [far] = await accepted as [net.Socket];
  far.on("error", () => {});
  return { talk: new SocketTalk(near), near, far };
}

function isTalkError(reason: TalkError["reason"]) {
  return (error: unknown): boolean => error instanceof TalkError && error.reason === reason;
}

test("what is read does not depend on how it was cut on its way", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const rng = seededRng(seed);
    const { talk, near, far } = await pair();
    const part = (): Uint8Array => randomBytes(rng, below(rng, 40)).map((byte) => byte | 0x80);
    const parts = Array.from({ length: 8 }, part);
    // Alternately as so many bytes and as a line.
    const ends = parts.map((_, i) => fromLatin1(i % 2 === 0 ? "" : "\n"));
    const sent = concatBytes(...parts.flatMap((each, i) => [each, ends[i] as Uint8Array]));
    for (let at = 0; at < sent.length;) {
      const length = 1 + below(rng, sent.length - at);
      far.write(sent.subarray(at, at + length));
      at += length;
      if (below(rng, 2) === 0) await new Promise(setImmediate);
    }
    for (const [i, each] of parts.entries()) {
      const read = i % 2 === 0 ? toLatin1(await talk.bytes(each.length, 1000)) : await talk.line(40, 1000);
      assert.equal(read, toLatin1(each), `seed ${seed}, part ${i}`);
    }
    near.destroy();
  }
});

test("a line may be as long as it is let, and no longer, whether its end has come or not", async () => {
  for (const end of ["\n", ""]) {
    const { talk, near, far } = await pair();
    far.write(`${"a".repeat(100)}\n${"b".repeat(101)}${end}`);
    assert.equal(await talk.line(100, 1000), "a".repeat(100));
    await assert.rejects(talk.line(100, 1000), isTalkError("too-long"));
    near.destroy();
  }
});

test("a signal ends the talk, aborted before or meanwhile, until the socket is let go", async () => {
  for (const isBefore of [true, false]) {
    const { talk, near } = await pair();
    const abort = new AbortController();
    if (isBefore) abort.abort();
    talk.endOn(abort.signal);
    const line = assert.rejects(talk.line(10, 1000), isTalkError("closed"));
    abort.abort();
    await line;
    assert.equal(near.destroyed, true);
  }
  const { talk, near } = await pair();
  const abort = new AbortController();
  talk.endOn(abort.signal)();
  abort.abort();
  assert.equal(near.destroyed, false);
  near.destroy();
});

test("whoever waits hears of the end, of errors, and of the time that is over", async () => {
  const ended = await pair();
  ended.far.end("ab");
  await assert.rejects(ended.talk.bytes(3, 1000), isTalkError("closed"));
  const reset = await pair();
  const waiting = assert.rejects(reset.talk.line(10, Number.POSITIVE_INFINITY), isTalkError("socket-error"));
  reset.far.resetAndDestroy();
  await waiting;
  const silent = await pair();
  await assert.rejects(silent.talk.bytes(1, 5), isTalkError("timeout"));
  // Late is not lost.
  silent.far.write("x");
  assert.equal(toLatin1(await silent.talk.bytes(1, 1000)), "x");
  const dropped = await pair();
  const reading = assert.rejects(dropped.talk.bytes(1, 1000), isTalkError("closed"));
  dropped.near.destroy();
  await reading;
  for (const { near } of [ended, silent]) near.destroy();
});

test("closed resolves at the end, though things are said before it that nobody reads", async () => {
  const { talk, near, far } = await pair();
  const closed = talk.closed();
  far.write("something");
  await new Promise(setImmediate);
  far.end("more");
  await closed;
  near.destroy();
});

test("a socket that is released goes on with what was not read, and has no listeners of ours", async () => {
  const { talk, far } = await pair();
  far.write("first\nsecond");
  assert.equal(await talk.line(10, 1000), "first");
  const socket = talk.release();
  assert.equal(socket.listenerCount("readable") + socket.listenerCount("close"), 0);
  let heard = "";
  socket.on("data", (chunk: Buffer) => {
    heard += chunk.toString("latin1");
  });
  far.end(" third");
  await once(socket, "close");
  assert.equal(heard, "second third");
});
