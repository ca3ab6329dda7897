import assert from "node:assert/strict";
import { test } from "node:test";
import { asIpv6 } from "../base/ip_address.ts";
import { smallAsmap } from "./small_asmap.ts";

test("a map of one system knows the addresses of that system, and no others", () => {
  const map = smallAsmap(7, Uint8Array.of(36, 64, 0, 0), 11);
  const asn = (...bytes: number[]): number => map.asn(asIpv6(Uint8Array.from(bytes)));
  assert.deepEqual([asn(36, 64, 0, 1), asn(36, 95, 255, 255)], [7, 7]);
  assert.deepEqual([asn(36, 63, 0, 1), asn(36, 96, 0, 0), asn(37, 64, 0, 1)], [0, 0, 0]);
});
