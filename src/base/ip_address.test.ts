import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { asIpv4, asIpv6, formatIp, hasPrefixBits, isLocalIp, isRoutableIp, parseIp } from "./ip_address.ts";

const ip = (text: string): Uint8Array => {
  const bytes = parseIp(text);
  assert.ok(bytes !== undefined, text);
  return bytes;
};

test("an address of any bytes is read back from its text", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    fc.uint8Array({ minLength: 16, maxLength: 16 }),
    fc.array(fc.constantFrom(0, 0, 0, 1), { minLength: 16, maxLength: 16 })
      .map((list) => Uint8Array.from(list)),
  );
  fc.assert(fc.property(bytes, (value) => {
    assert.deepEqual(parseIp(formatIp(value)), asIpv4(value)?.slice() ?? value);
  }));
});

const TEXTS: readonly (readonly [text: string, canonical: string])[] = [
  ["1.2.3.4", "1.2.3.4"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:DB8::0:1", "2001:db8::1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:0:3:4:5:6:7:8", "1:0:3:4:5:6:7:8"],
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["64:ff9b::1.2.3.4", "64:ff9b::102:304"],
];

for (const [text, canonical] of TEXTS) {
  test(`${text} is read, and written as ${canonical}`, () => assert.equal(formatIp(ip(text)), canonical));
}

const BAD = [
  "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.x", "1.2.3.-4", " 1.2.3.4", ":", ":::", "1::2::3",
  "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7:8::", "12345::", "g::", "::1%eth0", "[::1]",
  "1.2.3.4::",
  "::1.2.3", "localhost",
];
for (const text of BAD) test(`"${text}" is no address`, () => assert.equal(parseIp(text), undefined));

test("local are 127.0.0.0/8, 0.0.0.0/8 and ::1", () => {
  for (const text of ["127.0.0.1", "127.255.0.3", "0.0.0.0", "::1"]) assert.ok(isLocalIp(ip(text)), text);
  for (const text of ["128.0.0.1", "10.0.0.1", "::2", "::"]) assert.equal(isLocalIp(ip(text)), false, text);
});

test("reserved ranges are not routable, and the addresses beside them are", () => {
  const unroutable = [
    "0.1.2.3", "10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0", "198.18.0.0",
    "198.19.255.255", "169.254.9.9", "100.64.0.0", "100.127.255.255", "192.0.2.1", "198.51.100.1",
    "203.0.113.1", "127.0.0.1", "255.255.255.255", "::", "::1", "2001:db8::1", "fe80::1", "fc00::", "fdff::",
    "2001:10::", "2001:2f::",
  ];
  const routable = [
    "1.1.1.1", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.169.0.0", "198.17.255.255",
    "198.20.0.0", "100.63.255.255", "100.128.0.0", "255.255.255.254", "::2", "2001:db9::1",
    "fe80:0:0:1::", "fe00::",
    "2001:30::", "2001::1", "2a00::",
  ];
  for (const text of unroutable) assert.equal(isRoutableIp(ip(text)), false, text);
  for (const text of routable) assert.equal(isRoutableIp(ip(text)), true, text);
});

test("hasPrefixBits agrees with comparing the bits one by one", () => {
  const four = fc.array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: 4, maxLength: 4 });
  const bit = (bytes: readonly number[], i: number): number => ((bytes[i >>> 3] ?? 0) >>> (7 - (i & 7))) & 1;
  fc.assert(fc.property(four, four, fc.nat(32), (a, b, bits) => {
    const same = Array.from({ length: bits }, (_, i) => bit(a, i) === bit(b, i)).every(Boolean);
    assert.equal(hasPrefixBits(Uint8Array.from(a), Uint8Array.from(b), bits), same);
  }));
  assert.equal(hasPrefixBits(ip("1.2.3.4"), ip("102:304::"), 33), false);
});

test("asIpv6 maps IPv4 and leaves IPv6, and asIpv4 undoes it", () => {
  assert.equal(formatIp(asIpv6(ip("1.2.3.4"))), "::ffff:102:304");
  assert.deepEqual(asIpv4(asIpv6(ip("1.2.3.4"))), ip("1.2.3.4"));
  assert.deepEqual(asIpv6(ip("2a00::1")), ip("2a00::1"));
  assert.equal(asIpv4(ip("2a00::1")), undefined);
});
