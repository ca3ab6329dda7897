import assert from "node:assert/strict";
import { test } from "node:test";
import { namedAddress, parseAddress } from "../primitives/host_text.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import { DIRECT_NETWORKS, Networks, type NetworkSettings } from "./networks.ts";
import { formatPlace, type Socks5Proxy, routeText } from "./route.ts";

const ALL: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];
const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333";
const I2P = "zsxwyo6qcn3chqzwxnseusqgsnuw3maqnztkiypyfxtya4snkoka.b32.i2p";

function proxy(port: number): Socks5Proxy {
  return { place: { type: "tcp", host: "127.0.0.1", port }, isolated: true };
}

function networks(changes: Partial<NetworkSettings> = {}): Networks {
  return new Networks({ ...DIRECT_NETWORKS, reachable: new Set(ALL), allowed: new Set(ALL), ...changes });
}

function address(text: string): NetworkAddress {
  const parsed = parseAddress(text, 8333);
  assert.ok(parsed !== undefined);
  return parsed;
}

function way(from: Networks, to: NetworkAddress): string {
  const route = from.routeTo(to);
  return route === undefined ? "none" : routeText(route);
}

test("without proxies all is direct, but hidden services, to which there is no way", () => {
  const plain = networks();
  for (const text of ["15.61.23.23", "[1233::1]:5", "127.0.0.1:1"]) {
    assert.equal(way(plain, address(text)), "directly");
  }
  assert.equal(way(plain, namedAddress("a.example", 1)), "directly");
  assert.equal(way(plain, address(ONION)), "none");
  assert.equal(way(plain, address(I2P)), "none");
});

test("each network has its proxy, and this machine and the one next door need none", () => {
  const from = networks({
    proxies: { ipv4: proxy(4), ipv6: proxy(6), onion: proxy(7), cjdns: proxy(8) }, nameProxy: proxy(9),
    i2pRouter: { type: "tcp", host: "::1", port: 7656 },
  });
  assert.equal(way(from, address("15.61.23.23")), "through the proxy at 127.0.0.1:4");
  assert.equal(way(from, address("[1233::1]:5")), "through the proxy at 127.0.0.1:6");
  assert.equal(way(from, address(ONION)), "through the proxy at 127.0.0.1:7");
  const inCjdns = { ...address("[fc00::1]:5"), network: "cjdns" } as const;
  assert.equal(way(from, inCjdns), "through the proxy at 127.0.0.1:8");
  assert.equal(way(from, namedAddress("a.example", 1)), "through the proxy at 127.0.0.1:9");
  assert.equal(way(from, address(I2P)), "from our I2P address");
  for (const text of ["127.0.0.1:1", "192.168.0.1:1", "[::1]:1"]) {
    assert.equal(way(from, address(text)), "directly");
  }
  assert.equal(formatPlace(from.placeOf("i2p") ?? assert.fail()), "[::1]:7656");
  assert.equal(formatPlace({ type: "unix", path: "/run/socks" }), "unix:/run/socks");
});

test("a name is told from others by name and port, and cannot be mistaken for an address", () => {
  const one = namedAddress("a.example", 1);
  assert.deepEqual(namedAddress("a.example", 1), one);
  assert.notDeepEqual(namedAddress("b.example", 1).bytes, one.bytes);
  // What a peer tells us has no name, so that its bytes are no such thing either.
  const told: NetworkAddress = { network: "ipv6", bytes: one.bytes, port: 1 };
  assert.equal(way(networks({ nameProxy: proxy(9) }), told), "directly");
});

test("a proxy that turns up opens its network, if that may be used", () => {
  for (const allowed of [new Set(ALL), new Set<NetworkName>(["ipv4"])]) {
    const late = networks({ reachable: new Set<NetworkName>(["ipv4"]), allowed });
    const { reachable } = late;
    assert.equal(late.isReachable(address(ONION)), false);
    late.foundProxy("onion", proxy(9050));
    assert.equal(late.isReachable(address(ONION)), allowed.has("onion"));
    // Who kept the set sees it too.
    assert.equal(reachable.has("onion"), allowed.has("onion"));
    assert.equal(way(late, address(ONION)), "through the proxy at 127.0.0.1:9050");
  }
});

test("fc00::/8 is CJDNS to whoever is in it, and private to all others", () => {
  const given = address("[fc00::1]:5");
  assert.equal(networks().asReached(given).network, "cjdns");
  assert.equal(networks({ reachable: new Set<NetworkName>(["ipv6"]) }).asReached(given).network, "ipv6");
  for (const text of ["[fd00::1]:5", "[1233::1]:5", "1.2.3.4:5", ONION]) {
    assert.equal(networks().asReached(address(text)).network, address(text).network);
  }
});
