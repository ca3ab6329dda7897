import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../base/bytes.ts";
import { formatAddress, parseIp } from "../../primitives/host_text.ts";
import type { MappingRequest } from "./mapping.ts";
import { decodePcpResponse, encodePcpRequest } from "./pcp.ts";

const NONCE = fromHex("0102030405060708090a0b0c");

function request(client: string): MappingRequest {
  return { client: parseIp(client) ?? assert.fail(client), port: 8333, lifetimeSeconds: 2400 };
}

/** As a gateway answers. */
function response({ result = 0, nonce = "0102030405060708090a0b0c", port = "208d", ip = "00000000000000000000ffff09080706" } = {}) {
  return fromHex(`0281 00 ${result.toString(16).padStart(2, "0")} 00000e10 00000001 000000000000000000000000` +
    `${nonce} 06000000 ${port} 2710 ${ip}`);
}

test("a request has the layout of RFC6887", () => {
  assert.equal(toHex(encodePcpRequest(request("192.168.1.9"), NONCE)),
    "02010000" + "00000960" + "00000000000000000000ffffc0a80109" + "0102030405060708090a0b0c" + "06000000" +
    "208d208d" + "00000000000000000000ffff00000000");
  assert.match(toHex(encodePcpRequest(request("2001:db8::9"), NONCE)), /208d208d0{32}$/);
});

test("a grant tells where others reach us, and for how long", () => {
  const answer = decodePcpResponse(response(), request("192.168.1.9"), NONCE);
  assert.equal(answer?.type, "mapped");
  if (answer?.type !== "mapped") return;
  assert.deepEqual([formatAddress(answer.mapping.external), answer.mapping.lifetimeSeconds], ["9.8.7.6:10000", 3600]);
  const ipv6 = decodePcpResponse(response({ ip: "2a010000000000000000000000000005" }), request("2a01::5"), NONCE);
  assert.equal(ipv6?.type === "mapped" && formatAddress(ipv6.mapping.external), "[2a01::5]:10000");
});

test("a refusal has its name, and what is unknown its number", () => {
  const why = (result: number) => decodePcpResponse(response({ result }), request("192.168.1.9"), NONCE);
  assert.deepEqual(why(8), { type: "refused", name: "NO_RESOURCES" });
  assert.deepEqual(why(99), { type: "refused", name: "code 99" });
  assert.deepEqual(why(1), { type: "unsupported-version" });
});

test("a gateway that knows NAT-PMP only says so in its own way", () => {
  for (const hex of ["00810001", "0081000100000000"]) {
    assert.deepEqual(decodePcpResponse(fromHex(hex), request("192.168.1.9"), NONCE), { type: "unsupported-version" });
  }
});

test("an answer to something else, or cut short, is none", () => {
  const none = [
    response({ nonce: "000000000000000000000000" }), response({ port: "0001" }), response().subarray(0, 59),
    fromHex(""), fromHex("02"), fromHex("000001"), encodePcpRequest(request("192.168.1.9"), NONCE),
  ];
  for (const bytes of none) {
    assert.equal(decodePcpResponse(bytes, request("192.168.1.9"), NONCE), undefined, toHex(bytes));
  }
});
