import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { fromHex, reversed, toHex } from "../base/bytes.ts";
import { asIpv6 } from "../base/ip_address.ts";
import { parseHost } from "../primitives/host_text.ts";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { Asmap } from "./asmap.ts";
import { NetGroups } from "./net_groups.ts";

function address(text: string) {
  return parseHost(text, 8333) ?? assert.fail(`${text} is no address`);
}

/** Bitcoin Core, netbase_tests.cpp, asmap_test_vectors: 128 ranges. */
const VECTOR = fromHex(
  "fd38d50f7d5d665357f64bba6bfc190d6078a7e68e5d3ac032edf47f8b5755f87881bfd3633d9aa7c1fa279b3" +
  "6fe26c63bbc9de44e0f04e5a382d8e1cddbe1c26653bc939d4327f287e8b4d1f8aff33176787cb0ff7cb28e3f" +
  "daef0f8f47357f801c9f7ff7a99f7f9c9f99de7f3156ae00f23eb27a303bc486aa3ccc31ec19394c2f8a53ddd" +
  "ea3cc56257f3b7e9b1f488be9c1137db823759aa4e071eef2e984aaf97b52d5f88d0f373dd190fe45e06efef1" +
  "df7278be680a73a74c76db4dd910f1d30752c57fe2bc9f079f1a1e1b036c2a69219f11c5e11980a3fa51f4f82" +
  "d36373de73b1863a8c27e36ae0e4f705be3d76ecff038a75bc0f92ba7e7f6f4080f1c47c34d095367ecf4406c" +
  "1e3bbc17ba4d6f79ea3f031b876799ac268b1e0ea9babf0f9a8e5f6c55e363c6363df46afc696d7afceaf49b6" +
  "e62df9e9dc27e70664cafe5c53df66dd0b8237678ada90e73f05ec60e6f6e96c3cbb1ea2f9dece115d5bdba10" +
  "33e53662a7d72a29477b5beb35710591d3e23e5f0379baea62ffdee535bcdf879cbf69b88d7ea37c8015381cf" +
  "63dc33d28f757a4a5e15d6a08");

const SYSTEMS: readonly (readonly [string, number])[] = [
  ["0:1559:183:3728:224c:65a5:62e6:e991", 961340], ["d0:d493:faa0:8609:e927:8b75:293c:f5a4", 961340],
  ["2a0:26f:8b2c:2ee7:c7d1:3b24:4705:3f7f", 693761], ["a77:7cd4:4be5:a449:89f2:3212:78c6:ee38", 0],
  ["1336:1ad6:2f26:4fe3:d809:7321:6e0d:4615", 672176], ["1d56:abd0:a52f:a8d5:d5a7:a610:581d:d792", 499880],
  ["378e:7290:54e5:bd36:4760:971c:e9b9:570d", 0], ["406c:820b:272a:c045:b74e:fc0a:9ef2:cecc", 248495],
  ["46c2:ae07:9d08:2d56:d473:2bc7:57e3:20ac", 248495], ["50d2:3db6:52fa:2e7:12ec:5bc4:1bd1:49f9", 124471],
  ["53e1:1812:ffa:dccf:f9f2:64be:75fa:795", 539993], ["544d:eeba:3990:35d1:ad66:f9a3:576d:8617", 374443],
  ["6a53:40dc:8f1d:3ffa:efeb:3aa3:df88:b94b", 435070], ["87aa:d1c9:9edb:91e7:aab1:9eb9:baa0:de18", 244121],
  ["9f00:48fa:88e3:4b67:a6f3:e6d2:5cc1:5be2", 862116], ["c49f:9cc6:86ad:ba08:4580:315e:dbd1:8a62", 969411],
  ["dff5:8021:61d:b17d:406d:7888:fdac:4a20", 969411], ["e888:6791:2960:d723:bcfd:47e1:2d8c:599f", 824019],
  ["ffff:d499:8c4b:4941:bc81:d5b9:b51e:85a8", 824019],
];

test("a map tells the systems of Bitcoin Core's test vector", () => {
  const groups = new NetGroups(Asmap.parse(VECTOR) ?? assert.fail("the vector is sane"), false);
  for (const [text, asn] of SYSTEMS) assert.equal(groups.asn(address(text)), asn, text);
});

test("a map with any bit changed is refused, or answers for every address", () => {
  const ips = SYSTEMS.map(([text]) => address(text).bytes);
  let sane = 0;
  for (let bit = 0; bit < 8 * VECTOR.length; bit++) {
    const bytes = VECTOR.slice();
    bytes[bit >>> 3] = (bytes[bit >>> 3] as number) ^ (1 << (bit & 7));
    const map = Asmap.parse(bytes);
    if (map === undefined) continue;
    sane++;
    for (const ip of ips) assert.ok(map.asn(ip) <= 33_521_664);
  }
  assert.ok(sane > 0 && sane < 8 * VECTOR.length);
});

test("a map that is cut short or padded is refused", () => {
  for (let length = 0; length < VECTOR.length; length++) {
    assert.equal(Asmap.parse(VECTOR.subarray(0, length)), undefined);
  }
  assert.equal(Asmap.parse(Uint8Array.of(...VECTOR, 0)), undefined);
});

test("whatever bytes a map has, it is refused or answers", () => {
  const anyIp = fc.uint8Array({ minLength: 16, maxLength: 16 });
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), anyIp, (bytes, ip) => {
      const asn = Asmap.parse(bytes)?.asn(ip) ?? 0;
      assert.ok(Number.isInteger(asn) && asn >= 0);
    }),
    { numRuns: 3_000 },
  );
});

test("RETURN straight away maps everything to one system", () => {
  // 0; then 0 for the first class and 15 bits, the most significant first; then padding.
  assert.equal(Asmap.parse(Uint8Array.of(0, 0, 0))?.asn(new Uint8Array(16)), 1);
  assert.equal(Asmap.parse(Uint8Array.of(0, 0x80, 0))?.asn(new Uint8Array(16)), 3);
});

test("addresses of one system are one group, IPv4 or IPv6, and hidden services are in none", () => {
  // All is AS1.
  const groups = new NetGroups(Asmap.parse(Uint8Array.of(0, 0, 0)), false);
  assert.ok(groups.hasAsmap);
  assert.equal(groups.group(address("1.2.3.4")), groups.group(address("2a00:1::1")));
  assert.equal(groups.asn(address("10.0.0.1")), 0);
  const onion = address("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion");
  assert.equal(groups.asn(onion), 0);
  assert.notEqual(groups.group(onion), groups.group(address("1.2.3.4")));
  const hosts = [address("1.2.3.4"), address("2a00:1::1"), onion, address("10.0.0.1")];
  assert.deepEqual(groups.health(hosts), { addresses: 3, systems: 1, unmapped: 1 });
});

test("the map of Bitcoin Core's tests has its version and systems", { skip: skipWithoutShared }, () => {
  const map = Asmap.parse(readFileSync(sharedPath("vectors", "core", "asmap.raw")));
  assert.ok(map !== undefined);
  const version = "bafc9da308f45179443bd1d22325400ac9104f741522d003e3fac86700f68895";
  assert.equal(toHex(reversed(map.version)), version);
  const systems = [0, 1, 2, 3].map((third) => map.asn(asIpv6(Uint8Array.of(101, third, 0, 0))));
  assert.equal(new Set(systems).size, 3);
  assert.ok(!systems.includes(0));
});
