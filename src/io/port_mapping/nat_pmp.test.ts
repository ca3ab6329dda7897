import assert from "node:assert/strict";
import { test } from "node:test";
import { fromHex, toHex } from "../../base/bytes.ts";
import {
  decodeNatPmpAddress, decodeNatPmpMapping, encodeNatPmpMapping, NAT_PMP_ADDRESS_REQUEST,
} from "./nat_pmp.ts";

test("requests have the layout of RFC6886", () => {
  assert.equal(toHex(NAT_PMP_ADDRESS_REQUEST), "0000");
  assert.equal(toHex(encodeNatPmpMapping({ port: 8333, lifetimeSeconds: 2400 })), "00020000208d208d00000960");
});

test("answers tell our address, and the port and time that are granted", () => {
  assert.deepEqual(decodeNatPmpAddress(fromHex("0080000000000001 09080706")),
    { type: "granted", value: fromHex("09080706") });
  assert.deepEqual(decodeNatPmpMapping(fromHex("0082000000000001 208d2710 00000e10"), 8333),
    { type: "granted", value: { externalPort: 10_000, lifetimeSeconds: 3_600 } });
});

test("refusals have their names", () => {
  assert.deepEqual(decodeNatPmpAddress(fromHex("0080000300000001 00000000")),
    { type: "refused", name: "NETWORK_FAILURE" });
  assert.deepEqual(decodeNatPmpMapping(fromHex("0082000400000001 208d0000 00000000"), 8333),
    { type: "refused", name: "NO_RESOURCES" });
  assert.deepEqual(decodeNatPmpMapping(fromHex("0082010000000001 208d0000 00000000"), 8333),
    { type: "refused", name: "code 256" });
});

test("an answer to something else, or cut short, is none", () => {
  for (const hex of ["", "00", "0080000000000001 090807", "0180000000000001 09080706", "0082000000000001 09080706"]) {
    assert.equal(decodeNatPmpAddress(fromHex(hex)), undefined, hex);
  }
  for (const hex of ["", "0082000000000001 208d2710 00000e", "0082000000000001 208e2710 00000e10"]) {
    assert.equal(decodeNatPmpMapping(fromHex(hex), 8333), undefined, hex);
  }
});
