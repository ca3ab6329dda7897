import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import { test } from "node:test";
import { silentLogger } from "../base/logger.ts";
import { BODY_BYTES_MAX, type HttpAnswer, HttpServer, type HttpServerOptions } from "./http_server.ts";
import { ListenError } from "./listener.ts";
import { authenticate, hashedUser, parseRpcAuth } from "./rpc_auth.ts";

const USER = hashedUser({ user: "alice", password: "s3cret:with:colons" });
const GOOD = basic("alice", "s3cret:with:colons");

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

async function withServer(
  options: Partial<HttpServerOptions>,
  run: (server: HttpServer, port: number) => Promise<void>,
): Promise<void> {
  const server = await HttpServer.start({
    listen: [{ host: "127.0.0.1", port: 0 }],
    users: [USER],
    allow: [],
    pendingMax: 4,
    timeout: 30_000,
    authHint: "See /data/.cookie.",
    logger: silentLogger,
    handle: async (body, user) => ({ status: 200, body: `{"body":${JSON.stringify(body)},"user":"${user}"}\n` }),
    ...options,
  });
  try {
    await run(server, server.addresses[0]?.port ?? 0);
  } finally {
    await server.close();
  }
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

async function ask(port: number, options: http.RequestOptions, body = ""): Promise<Reply> {
  const request = http.request({ host: "127.0.0.1", port, method: "POST", agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode, headers: response.headers, body: text };
}

test("a request with the password is handed over, with its user, and answered as JSON", async () => {
  await withServer({}, async (_, port) => {
    const { status, headers, body } = await ask(port, { headers: { authorization: GOOD } }, '{"é":1}');
    assert.equal(status, 200);
    assert.equal(headers["content-type"], "application/json");
    assert.deepEqual(JSON.parse(body), { body: '{"é":1}', user: "alice" });
  });
});

test("an answer without body has no type", async () => {
  await withServer({ handle: async () => ({ status: 204, body: undefined }) }, async (_, port) => {
    const { status, headers, body } = await ask(port, { headers: { authorization: GOOD } });
    assert.deepEqual([status, headers["content-type"], body], [204, undefined, ""]);
  });
});

test("without a password the caller is told at once what is wanted", async () => {
  await withServer({}, async (_, port) => {
    const { status, headers, body } = await ask(port, {}, "{}");
    assert.equal(status, 401);
    assert.equal(headers["www-authenticate"], 'Basic realm="jsonrpc"');
    assert.match(body, /wants a user and a password\. See \/data\/\.cookie\./);
  });
});

test("a wrong password waits a quarter of a second, and is logged", async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warning: (text: string) => void warnings.push(text) };
  await withServer({ logger }, async (_, port) => {
    const before = performance.now();
    const replies = await Promise.all(
      [basic("alice", "wrong"), basic("bob", "s3cret:with:colons"), "Basic !", "Bearer x"].map((authorization) =>
        ask(port, { headers: { authorization } }, "{}")),
    );
    assert.deepEqual(replies.map(({ status }) => status), [401, 401, 401, 401]);
    assert.ok(performance.now() - before >= 240);
  });
  assert.match(String(warnings[0]), /^ThreadRPCServer incorrect password attempt from 127\.0\.0\.1:\d+$/);
  assert.equal(warnings.length, 4);
});

test("only POST is taken", async () => {
  await withServer({}, async (_, port) => {
    const { status, headers, body } = await ask(port, { method: "GET", headers: { authorization: GOOD } });
    assert.deepEqual([status, headers.allow], [405, "POST"]);
    assert.match(body, /JSONRPC server handles only POST requests/);
  });
});

test("requests beyond the bound are refused with 503, and those within it answered", async () => {
  const release: ((answer: HttpAnswer) => void)[] = [];
  const handle = () => new Promise<HttpAnswer>((resolve) => void release.push(resolve));
  await withServer({ pendingMax: 1, handle }, async (_, port) => {
    const first = ask(port, { headers: { authorization: GOOD } }, "{}");
    while (release.length === 0) await new Promise((resolve) => setImmediate(resolve));
    const { status, headers, body } = await ask(port, { headers: { authorization: GOOD } }, "{}");
    assert.deepEqual([status, headers["retry-after"], headers["content-type"]], [503, "1", "text/plain"]);
    assert.equal(body, "Work queue depth exceeded");
    release[0]?.({ status: 200, body: "{}" });
    assert.equal((await first).status, 200);
  });
});

test("one connection carries many requests, also after one was refused", async () => {
  await withServer({}, async (_, port) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    const statuses: (number | undefined)[] = [];
    for (const authorization of [GOOD, "", GOOD]) {
      const headers = authorization === "" ? {} : { authorization };
      statuses.push((await ask(port, { agent, headers }, "{}")).status);
    }
    assert.deepEqual(statuses, [200, 401, 200]);
    assert.equal(Object.values(agent.freeSockets).flat().length, 1);
    agent.destroy();
  });
});

test("a body over the limit is refused before it is read", async () => {
  await withServer({}, async (_, port) => {
    const headers = { authorization: GOOD, "content-length": BODY_BYTES_MAX + 1, expect: "100-continue" };
    const request = http.request({ host: "127.0.0.1", port, method: "POST", headers });
    request.flushHeaders();
    const [response] = (await once(request, "response")) as [http.IncomingMessage];
    assert.equal(response.statusCode, 413);
    request.destroy();
  });
});

test("a handler that throws is an error of ours: 500, logged, and the server goes on", async () => {
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (text: string) => void errors.push(text) };
  await withServer({ logger, handle: () => Promise.reject(new Error("mine")) }, async (_, port) => {
    for (let i = 0; i < 2; i++) {
      assert.equal((await ask(port, { headers: { authorization: GOOD } }, "{}")).status, 500);
    }
  });
  assert.match(String(errors[0]), /A request failed: Error: mine/);
});

test("a client that hangs up in the middle of a body harms nobody", async () => {
  const logger = { ...silentLogger, error: (text: string) => assert.fail(text) };
  await withServer({ logger }, async (_, port) => {
    const socket = net.connect(port, "127.0.0.1");
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nAuthorization: ${GOOD}\r\nContent-Length: 100\r\n\r\n{`);
    await once(socket, "connect");
    socket.destroy();
    assert.equal((await ask(port, { headers: { authorization: GOOD } }, "{}")).status, 200);
  });
});

test("closing lets pending answers out, and then takes no more", async () => {
  let release: ((answer: HttpAnswer) => void) | undefined;
  const handle = () => new Promise<HttpAnswer>((resolve) => void (release = resolve));
  await withServer({ handle }, async (server, port) => {
    const pending = ask(port, { headers: { authorization: GOOD } }, "{}");
    while (release === undefined) await new Promise((resolve) => setImmediate(resolve));
    const closing = server.close();
    release({ status: 200, body: "the answer" });
    const { body, headers } = await pending;
    assert.deepEqual([body, headers.connection], ["the answer", "close"]);
    await closing;
    await assert.rejects(ask(port, {}), { code: "ECONNREFUSED" });
  });
});

test("a busy port is an error that names it", async () => {
  await withServer({}, async (_, port) => {
    await assert.rejects(withServer({ listen: [{ host: "127.0.0.1", port }] }, async () => {}), (error: Error) => {
      assert.ok(error instanceof ListenError);
      assert.deepEqual([error.reason, error.port], ["port-in-use", port]);
      return true;
    });
  });
});

test("an rpcauth line lets in whoever has its password", () => {
  const hash = createHmac("sha256", "aabb").update("pässword").digest("hex");
  const user = parseRpcAuth(`carol:aabb$${hash}`);
  assert.deepEqual(user, { name: "carol", salt: "aabb", passwordHash: hash });
  const users = user === undefined ? [] : [user, USER];
  assert.equal(authenticate(basic("carol", "pässword"), users), "carol");
  assert.equal(authenticate(GOOD, users), "alice");
  assert.equal(authenticate(basic("carol", "password"), users), undefined);
  assert.equal(authenticate(basic("alice", "pässword"), users), undefined);
  assert.equal(authenticate(`Basic ${Buffer.from("nocolon").toString("base64")}`, users), undefined);
});

test("an rpcauth line of another form is refused", () => {
  for (const text of ["", "user", "user:salt", "user$hash", "a:b:c$d", "a:b$c$d"]) {
    assert.equal(parseRpcAuth(text), undefined, text);
  }
});
