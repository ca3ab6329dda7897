import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { after, test } from "node:test";
import { type Bytes, fromHex } from "../../base/bytes.ts";
import { silentLogger } from "../../base/logger.ts";
import { seededRng } from "../../base/rng.ts";
import { formatAddress, parseIp } from "../../primitives/host_text.ts";
import { PortMapper } from "./port_mapper.ts";

const open: Socket[] = [];
after(() => {
  for (const socket of open) socket.close();
});

/** A router on this machine, which answers each request with what `answer` makes of it. */
async function router(answer: (request: Buffer) => Bytes | undefined) {
  const socket = createSocket("udp4");
  open.push(socket);
  const requests: Buffer[] = [];
  socket.on("message", (request, { port, address }) => {
    requests.push(request);
    const bytes = answer(request);
    if (bytes !== undefined) socket.send(bytes, port, address);
  });
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return { requests, port: socket.address().port };
}

/** What a mapper tells after its first round, with that router. */
async function run(gatewayPort: number) {
  const log: string[] = [];
  const told: string[] = [];
  const note = (text: string) => void log.push(text);
  const logger = { ...silentLogger, info: note, warning: note, debug: (_: unknown, text: () => string) => note(text()) };
  const host = parseIp("127.0.0.1") ?? assert.fail();
  const mapper = new PortMapper(8333, {
    logger, rng: seededRng(1), mapped: (address, isMapped) => void told.push(`${formatAddress(address)} ${isMapped}`),
  }, {
    gateways: async () => ({ ipv4: { host, interface: "lo" } }),
    hosts: () => [host],
    gatewayPort,
  });
  await mapper.run();
  mapper.close();
  return { log: log.join("\n"), told };
}

/** A grant of port 10,000 at 9.8.7.6, for an hour, with the nonce of the request. */
function grant(request: Buffer): Bytes {
  const bytes = fromHex(`02810000 00000e10 00000001${"00".repeat(12)}${"00".repeat(12)}06000000208d2710` +
    "00000000000000000000ffff09080706");
  bytes.set(request.subarray(24, 36), 24);
  return bytes;
}

test("a router that speaks PCP maps our port, and tells where we are reached", async () => {
  const { requests, port } = await router(grant);
  const { told, log } = await run(port);
  assert.deepEqual(told, ["9.8.7.6:10000 true"]);
  assert.match(log, /portmap: Added mapping of port 8333 to 9\.8\.7\.6:10000/);
  assert.deepEqual([...(requests[0]?.subarray(8, 24) ?? [])], [...fromHex("00000000000000000000ffff7f000001")]);
});

test("one that speaks NAT-PMP only is asked in that way", async () => {
  const { requests, port } = await router(([version, opcode]) => {
    if (version === 2) return fromHex("0081000100000000");
    return fromHex(opcode === 0 ? "008000000000000109080706" : "0082000000000001208d271000000e10");
  });
  assert.deepEqual((await run(port)).told, ["9.8.7.6:10000 true"]);
  assert.deepEqual(requests.map(({ length }) => length), [60, 2, 12]);
});

test("answers of others, and nonsense, are passed over until the right one comes", async () => {
  let count = 0;
  const { port } = await router((request) => {
    count++;
    return count < 3 ? Uint8Array.of(2, 0x81, 1) : grant(request);
  });
  assert.deepEqual((await run(port)).told, ["9.8.7.6:10000 true"]);
});

test("a router that refuses is named with its reason; where nobody answers the log says so", async () => {
  const { port } = await router((request) => {
    const bytes = grant(request);
    bytes[3] = 2;
    return bytes;
  });
  const refused = await run(port);
  assert.deepEqual(refused.told, []);
  assert.match(refused.log, /portmap: Mapping port 8333 failed: gateway 127\.0\.0\.1 says NOT_AUTHORIZED/);
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  await once(socket, "listening");
  const { port: closed } = socket.address();
  socket.close();
  assert.match((await run(closed)).log, /No answer from gateway 127\.0\.0\.1/);
});
