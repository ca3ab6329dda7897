import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { NetGroups } from "../addrbook/net_groups.ts";
import { address } from "../../test/support/peer_bench.ts";
import type { ConnectionType } from "../peer/peer.ts";
import { netGroup } from "../primitives/net_group.ts";
import { equalAddresses, type NetworkAddress } from "../primitives/network_address.ts";
import { type Counted, OpenConnections } from "./open_connections.ts";

const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
const ADDRESSES = [
  "1.1.1.1:1", "1.1.1.1:2", "1.1.2.2:1", "2.2.2.2:1", "[2a00::1]:1", "127.0.0.1:1", "127.0.0.1:2",
  `${ONION}:1`,
].map(address);
const TYPES: readonly ConnectionType[] = [
  "inbound", "manual", "outbound-full-relay", "block-relay-only", "feeler", "addr-fetch", "private-broadcast",
];

/** The same by looking at all of them each time. */
class NaiveConnections {
  readonly all: Counted[] = [];

  groups(): readonly string[] {
    const isCounted = ({ type, address: { network } }: Counted): boolean =>
      ["manual", "outbound-full-relay", "block-relay-only"].includes(type) && network !== "onion";
    return this.all.filter(isCounted).map((each) => netGroup(each.address));
  }

  hasHost(other: NetworkAddress): boolean {
    return this.all.some((each) => {
      const port = other.bytes[0] === 127 ? other.port : each.address.port;
      return equalAddresses(each.address, { ...other, port });
    });
  }
}

test("OpenConnections counts what looking at all of them counts", () => {
  const counted = fc.record({ type: fc.constantFrom(...TYPES), address: fc.constantFrom(...ADDRESSES) });
  const operation = fc.record({ counted, ends: fc.boolean(), which: fc.nat() });
  fc.assert(fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
    const open = new OpenConnections(new NetGroups(undefined, false));
    const naive = new NaiveConnections();
    for (const { counted: each, ends, which } of operations) {
      const [ended] = ends ? naive.all.splice(which % (naive.all.length || 1), 1) : [];
      if (ended !== undefined) open.remove(ended);
      if (ended !== undefined || ends) continue;
      open.add(each);
      naive.all.push(each);
    }
    for (const type of TYPES) {
      assert.equal(open.count(type), naive.all.filter((each) => each.type === type).length);
    }
    for (const each of ADDRESSES) {
      assert.equal(open.has(each), naive.all.some((other) => equalAddresses(other.address, each)));
      assert.equal(open.hasHost(each), naive.hasHost(each));
      assert.equal(open.hasGroup(each), each.network !== "onion" && naive.groups().includes(netGroup(each)));
    }
    const keeping = naive.all.filter(({ type }) => type === "manual" || type === "outbound-full-relay");
    const ofIpv4 = keeping.filter(({ address: { network } }) => network === "ipv4").length;
    assert.equal(open.countOfNetwork("ipv4"), ofIpv4);
    const lasting = naive.all.filter(({ type }) =>
      ["manual", "outbound-full-relay", "block-relay-only"].includes(type));
    const hidden = lasting.filter(({ address: { network } }) => network === "onion").length;
    assert.equal(open.diversity, new Set(naive.groups()).size + hidden);
  }));
});
