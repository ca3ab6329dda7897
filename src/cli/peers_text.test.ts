import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { NetworkFacts, PeerFacts } from "./node_facts.ts";
import { peersText } from "./peers_text.ts";

const NOW = 1_800_000_000;

const NETWORK: NetworkFacts = {
  subversion: "/tidings:0.1.0/", protocolversion: 70017, networkactive: true, localservicesnames: [],
  networks: [{ name: "ipv4", reachable: true }, { name: "onion", reachable: false }],
  localaddresses: [], warnings: [],
};

const OUT: PeerFacts = {
  id: 3, addr: "203.0.113.9:8333", network: "ipv4", inbound: false, connection_type: "outbound-full-relay",
  transport_protocol_type: "v2", servicesnames: ["NETWORK", "WITNESS", "NETWORK_LIMITED", "P2P_V2"],
  version: 70016, subver: "/x:1/", relaytxes: true, conntime: NOW - 301 * 60, lastsend: NOW - 1, lastrecv: NOW,
  last_transaction: NOW - 50, last_block: NOW - 130, minping: 0.011, pingtime: 0.0142,
  bip152_hb_to: true, bip152_hb_from: true, addr_relay_enabled: true, addr_processed: 1041, addr_rate_limited: 0,
};
const IN: PeerFacts = {
  ...OUT, id: 17, addr: "abcd.onion:8333", network: "onion", inbound: true, connection_type: "inbound",
  transport_protocol_type: "detecting", relaytxes: false, last_transaction: 0, addr_relay_enabled: false,
  addr_processed: 0,
};

function lines(peers: readonly PeerFacts[], level: number, isOutboundOnly = false): readonly string[] {
  return peersText(peers, NETWORK, "signet", { level, isOutboundOnly, now: NOW }).split("\n");
}

function cells(line: string | undefined): readonly string[] {
  return (line ?? "").trim().split(/\s+/);
}

describe("tidings peers", () => {
  it("has a row for each peer, inbound ones first, in the columns of -netinfo", () => {
    const [, , head, first, second] = lines([OUT, IN], 1);
    assert.deepEqual(cells(head), ["<->", "type", "net", "serv", "v", "mping", "ping", "send", "recv", "txn",
      "blk", "hb", "addrp", "addrl", "age", "id"]);
    assert.deepEqual(cells(first), ["in", "onion", "nwl2", "11", "14", "1", "0", "*", "2", ".*", ".", "301", "17"]);
    assert.deepEqual(cells(second),
      ["out", "full", "ipv4", "nwl2", "2", "11", "14", "1", "0", "0", "2", ".*", "1041", "301", "3"]);
  });

  it("adds addresses from level 2, versions at 3, and both at 4", () => {
    const row = (level: number): string => lines([OUT], level)[3] ?? "";
    assert.doesNotMatch(row(1), /203|x:1/);
    assert.match(row(2), /3 {2}203\.0\.113\.9:8333$/);
    assert.match(row(3), /3 {2}70016\/x:1\/$/);
    assert.match(row(4), /203\.0\.113\.9:8333 {2}70016\/x:1\/$/);
  });

  it("has at level 4, and not before, each peer's session id, transport, permissions and system", () => {
    const session = "ab".repeat(32);
    const peers = [
      { ...OUT, session_id: session, mapped_as: 64_500, permissions: ["noban", "download"] },
      { ...IN, transport_protocol_type: "v1", session_id: "" },
    ];
    const [, , , , , , , head, first, second, end] = lines(peers, 4);
    assert.deepEqual(cells(head), ["id", "net", "as", "transport", "session", "id", "permissions"]);
    assert.deepEqual(cells(first), ["3", "ipv4", "64500", "v2", session, "noban,download"]);
    assert.deepEqual(cells(second), ["17", "onion", "v1", "-", "-"]);
    assert.equal(end, "");
    assert.doesNotMatch(lines(peers, 3).join("\n"), /abab|noban/);
    assert.doesNotMatch(lines(peers, 4, true).join("\n"), /^ *17 {2}onion/m);
  });

  it("counts by network, those that nobody can reach only when there are peers of them", () => {
    const text = lines([OUT, OUT, IN], 0);
    assert.deepEqual(text.slice(2, 6).map(cells), [
      ["ipv4", "onion", "total", "block"], ["in", "0", "1", "1"], ["out", "2", "0", "2", "0"],
      ["total", "2", "1", "3", "0"],
    ]);
    assert.deepEqual(cells(lines([OUT], 0)[2]), ["ipv4", "total", "block"]);
  });

  it("leaves inbound peers out of the table when asked to, but counts them", () => {
    const text = lines([OUT, IN], 1, true).join("\n");
    assert.doesNotMatch(text, /^ in +onion/m);
    assert.match(text, /^in +0 +1 +1$/m);
  });
});
