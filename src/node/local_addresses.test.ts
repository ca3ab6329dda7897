import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { seededRng } from "../base/rng.ts";
import { DIRECT_NETWORKS, Networks } from "../connections/networks.ts";
import { formatAddress, parseAddress } from "../primitives/host_text.ts";
import type { NetworkAddress, NetworkName } from "../primitives/network_address.ts";
import { LOCAL_SCORE, LocalAddresses, type LocalAddressSettings } from "./local_addresses.ts";

const ALL: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];
const OURS = {
  ipv4: address("15.61.23.23:8333"), ipv6: address("[1233::1]:8333"),
  onion: address("pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:8333"),
  i2p: address("zsxwyo6qcn3chqzwxnseusqgsnuw3maqnztkiypyfxtya4snkoka.b32.i2p:0"),
  cjdns: { ...address("[fc00::1]:8333"), network: "cjdns" as const },
};

function address(text: string): NetworkAddress {
  return parseAddress(text, 8333) ?? assert.fail(text);
}

function locals(changes: Partial<LocalAddressSettings> = {}, reachable: readonly NetworkName[] = ALL) {
  const added: string[] = [];
  const networks = new Networks({ ...DIRECT_NETWORKS, reachable: new Set(reachable) });
  const settings: LocalAddressSettings = {
    listen: true, discovers: true, listenPort: 18444, localPeers: false, advertise: [], foundAddresses: [],
    ...changes,
  };
  const note = (address: NetworkAddress): void => void added.push(formatAddress(address));
  const all = new LocalAddresses({ rng: seededRng(1), networks, added: note }, settings);
  return { all, added };
}

/** A peer that is connected over its network, unless `over` says otherwise. */
function peer(at: NetworkAddress, over: NetworkName | undefined = at.network, isInbound = true) {
  return { address: at, network: over, isInbound };
}

const STRANGERS = {
  ipv4: address("9.9.9.9:8333"), ipv6: address("[1234::9]:8333"),
  onion: address("testonlyad777777777777777777777777777777777777777775b6qd.onion:8333"),
  i2p: address("h3r6bkn46qxftwja53pxiykntegfyfjqtnzbm6iv6r5mungmqgmq.b32.i2p:0"),
  cjdns: { ...address("[fc00::9]:8333"), network: "cjdns" as const },
};

test("nobody in one network learns our place in another that hides us, whatever we have", () => {
  fc.assert(fc.property(fc.subarray([...ALL]), fc.constantFrom(...ALL), (have, theirs) => {
    const { all } = locals({ advertise: have.map((name) => OURS[name]) });
    const told = all.toTell(peer(STRANGERS[theirs]), undefined)?.network;
    if (told === undefined || told === theirs) return;
    const isHidden = [told, theirs].some((name) => name === "onion" || name === "i2p");
    assert.ok(!isHidden, `${told} told to ${theirs}`);
  }));
});

test("each peer is told of us in its own network, if we are there", () => {
  const { all } = locals({ advertise: Object.values(OURS) });
  for (const name of ALL) assert.deepEqual(all.toTell(peer(STRANGERS[name]), undefined), OURS[name]);
});

test("who comes in by our onion service is told of that service alone", () => {
  const loopback = address("127.0.0.1:5");
  const both = locals({ advertise: [OURS.ipv4, OURS.onion] }).all;
  assert.deepEqual(both.toTell(peer(loopback, "onion"), undefined), OURS.onion);
  const clear = locals({ advertise: [OURS.ipv4] }).all;
  assert.equal(clear.toTell(peer(loopback, "onion"), undefined), undefined);
  assert.deepEqual(clear.toTell(peer(loopback, undefined), undefined), OURS.ipv4);
  // Though it says that it sees us elsewhere.
  for (let i = 0; i < 20; i++) assert.equal(clear.toTell(peer(STRANGERS.onion), OURS.ipv6), undefined);
});

test("of addresses that are reached alike, the surest is told; whoever comes by one makes it surer", () => {
  const other = address("15.61.23.99:8333");
  const { all } = locals({ foundAddresses: [
    { address: OURS.ipv4, score: LOCAL_SCORE.interface }, { address: other, score: LOCAL_SCORE.bound },
  ] });
  assert.deepEqual(all.toTell(peer(STRANGERS.ipv4), undefined), other);
  all.seen({ ...OURS.ipv4, port: 1 } as NetworkAddress);
  all.seen(OURS.ipv4);
  all.seen(address("8.8.8.8:1"));
  assert.deepEqual(all.toTell(peer(STRANGERS.ipv4), undefined), OURS.ipv4);
  assert.deepEqual(Array.from(all, ({ score }) => score), [3, 2]);
});

test("what is found is told if we look for it, in networks that we reach; what is given always", () => {
  const found = [{ address: OURS.ipv4, score: LOCAL_SCORE.interface }];
  assert.equal([...locals({ foundAddresses: found, discovers: false }).all].length, 0);
  assert.equal([...locals({ foundAddresses: found }, ["onion"]).all].length, 0);
  assert.equal([...locals({ foundAddresses: found }).all].length, 1);
  assert.equal([...locals({ advertise: [OURS.onion], discovers: false }, ["ipv4"]).all].length, 1);
  assert.equal(locals({ discovers: false }).all.add(OURS.onion, LOCAL_SCORE.manual), true);
  assert.equal(locals({}, ["ipv4"]).all.add(OURS.onion, LOCAL_SCORE.manual), false);
});

test("addresses that nobody could reach are not told, but on one machine loopback ones are", () => {
  for (const text of ["192.168.0.1:1", "127.0.0.1:1", "[fe80::1]:1"]) {
    assert.equal([...locals({ advertise: [address(text)] }).all].length, 0);
  }
  const { all, added } = locals({ advertise: [address("127.0.0.1:1")], localPeers: true });
  assert.deepEqual(added, ["127.0.0.1:1"]);
  // Each port may be another node.
  assert.equal(all.has(address("127.0.0.1:1")), true);
  assert.equal(all.has(address("127.0.0.1:2")), false);
});

test("an address that is lost is told no more", () => {
  const { all } = locals();
  all.add(OURS.onion, LOCAL_SCORE.manual);
  assert.equal(all.has(OURS.onion), true);
  all.remove(OURS.onion);
  assert.equal(all.toTell(peer(STRANGERS.onion), undefined), undefined);
});

test("a peer's view of us is told now and then, and where we know nothing else", () => {
  const seenAs = address("44.44.44.44:5000");
  const unknown = locals().all;
  assert.deepEqual(unknown.toTell(peer(STRANGERS.ipv4), seenAs), seenAs);
  // Whoever we dialled sees no port of ours.
  assert.equal(unknown.toTell(peer(STRANGERS.ipv4, "ipv4", false), seenAs)?.port, 18444);
  const shares = [LOCAL_SCORE.interface, LOCAL_SCORE.manual + 1].map((score) => {
    const { all } = locals({ foundAddresses: [{ address: OURS.ipv4, score }] });
    const told = Array.from({ length: 4000 }, () => all.toTell(peer(STRANGERS.ipv4), seenAs));
    return told.filter((each) => each?.port === 5000).length / 4000;
  });
  const [unsure = 0, sure = 0] = shares;
  assert.ok(Math.abs(unsure - 1 / 2) < 0.05 && Math.abs(sure - 1 / 8) < 0.03, String(shares));
  const modest = locals({ discovers: false, advertise: [OURS.ipv4] }).all;
  for (let i = 0; i < 20; i++) assert.deepEqual(modest.toTell(peer(STRANGERS.ipv4), seenAs), OURS.ipv4);
});

test("who does not listen has nothing to tell", () => {
  const { all } = locals({ listen: false, advertise: [OURS.ipv4] });
  assert.equal(all.toTell(peer(STRANGERS.ipv4), undefined), undefined);
});
