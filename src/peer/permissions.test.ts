import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "../primitives/host_text.ts";
import type { Permission } from "./peer.ts";
import { type PermissionRule, parseWhitebind, parseWhitelist, permissionsOf } from "./permissions.ts";

const USUAL = { relay: true, forceRelay: false };

function address(text: string) {
  const parsed = parseAddress(text, 0);
  assert.ok(parsed !== undefined, text);
  return parsed;
}

function rule(text: string, usual = USUAL): PermissionRule {
  const parsed = parseWhitelist(text, usual);
  assert.ok(parsed.ok, text);
  return parsed.rule;
}

/** Rule, and the permissions it grants, as Bitcoin Core's p2p_permissions.py and net_tests list them. */
const GRANTS: readonly (readonly [text: string, permissions: string])[] = [
  ["127.0.0.1", "noban relay mempool download"],
  ["@127.0.0.1", ""],
  [",,@127.0.0.1", ""],
  ["noban@127.0.0.1", "noban download"],
  ["noban,mempool@127.0.0.1", "noban mempool download"],
  ["relay@127.0.0.1", "relay"],
  ["forcerelay@127.0.0.1", "forcerelay relay"],
  ["bloom,,noban@127.0.0.1", "bloomfilter noban download"],
  ["bloomfilter,addr,download@127.0.0.1", "bloomfilter download addr"],
  ["all@127.0.0.1", "bloomfilter noban forcerelay relay mempool download addr"],
];

for (const [text, permissions] of GRANTS) {
  test(`-whitelist=${text} grants ${permissions === "" ? "nothing" : permissions}`, () => {
    assert.deepEqual([...rule(text).permissions].join(" "), permissions);
  });
}

test("-whitelistrelay and -whitelistforcerelay change only rules without permissions", () => {
  const granted = (text: string, relay: boolean, forceRelay: boolean): string =>
    [...rule(text, { relay, forceRelay }).permissions].join(" ");
  assert.equal(granted("127.0.0.1", false, false), "noban mempool download");
  assert.equal(granted("127.0.0.1", true, true), "noban forcerelay relay mempool download");
  assert.equal(granted("noban@127.0.0.1", true, true), "noban download");
  assert.equal(granted("@127.0.0.1", true, true), "");
});

const REFUSED: readonly (readonly [text: string, error: string])[] = [
  ["oopsie@1.2.3.4:32", "Invalid P2P permission: 'oopsie'"],
  ["noban,oopsie@1.2.3.4", "Invalid P2P permission: 'oopsie'"],
  ["bloom,,@1.2.3.4/33", "Invalid netmask specified in -whitelist: '1.2.3.4/33'"],
  ["noban@1.2.3.4:1", "Invalid netmask specified in -whitelist: '1.2.3.4:1'"],
  ["1.2.3.4/255.0.255.0", "Invalid netmask specified in -whitelist: '1.2.3.4/255.0.255.0'"],
  ["1.2.3.4/ffff::", "Invalid netmask specified in -whitelist: '1.2.3.4/ffff::'"],
  ["1.2.3.4/", "Invalid netmask specified in -whitelist: '1.2.3.4/'"],
  ["1.2.3.4/-1", "Invalid netmask specified in -whitelist: '1.2.3.4/-1'"],
  ["::1/129", "Invalid netmask specified in -whitelist: '::1/129'"],
  ["example.org", "Invalid netmask specified in -whitelist: 'example.org'"],
  ["", "Invalid netmask specified in -whitelist: ''"],
  ["in@1.2.3.4", "Only direction was set, no permissions: 'in@1.2.3.4'"],
  ["in,out@1.2.3.4", "Only direction was set, no permissions: 'in,out@1.2.3.4'"],
];

for (const [text, error] of REFUSED) {
  test(`-whitelist=${text} is refused`, () => {
    assert.deepEqual(parseWhitelist(text, USUAL), { ok: false, error });
  });
}

test("a rule without direction is for inbound connections only", () => {
  const directions = (text: string) => [rule(text).inbound, rule(text).outbound];
  assert.deepEqual(directions("1.2.3.4"), [true, false]);
  assert.deepEqual(directions("noban@1.2.3.4"), [true, false]);
  assert.deepEqual(directions("noban,in@1.2.3.4"), [true, false]);
  assert.deepEqual(directions("out,noban@1.2.3.4"), [false, true]);
  assert.deepEqual(directions("noban,in,out@1.2.3.4"), [true, true]);
});

function granted(remote: string, isInbound: boolean, ...rules: readonly string[]): readonly Permission[] {
  const connection = { remote: address(remote), local: address("127.0.0.1:8333"), isInbound };
  return [...permissionsOf(connection, rules.map((text) => rule(text)))];
}

test("a rule covers the addresses that share its prefix, and no others", () => {
  assert.deepEqual(granted("10.1.2.3", true, "relay@10.1.0.0/16"), ["relay"]);
  assert.deepEqual(granted("10.2.0.0", true, "relay@10.1.0.0/16"), []);
  assert.deepEqual(granted("10.1.2.3", true, "relay@10.1.255.255/255.255.0.0"), ["relay"]);
  assert.deepEqual(granted("10.1.2.3", true, "relay@10.1.2.2/31"), ["relay"]);
  assert.deepEqual(granted("10.1.2.4", true, "relay@10.1.2.2/31"), []);
  assert.deepEqual(granted("10.1.2.3", true, "relay@0.0.0.0/0"), ["relay"]);
  assert.deepEqual(granted("::1", true, "relay@0.0.0.0/0"), []);
  assert.deepEqual(granted("2001:db8::9", true, "relay@2001:db8::/32"), ["relay"]);
  assert.deepEqual(granted("::ffff:10.1.2.3", true, "relay@10.1.2.3"), ["relay"]);
});

test("a rule covers only its direction, and all that apply add up", () => {
  assert.deepEqual(granted("1.2.3.4", false, "relay@1.2.3.4"), []);
  assert.deepEqual(granted("1.2.3.4", false, "out,relay@1.2.3.4"), ["relay"]);
  const rules = ["addr@1.2.3.4", "relay@1.2.0.0/16", "noban@5.6.7.8"];
  assert.deepEqual(granted("1.2.3.4", true, ...rules), ["relay", "addr"]);
});

test("-whitebind names an address with its port, and grants to those who come in through it", () => {
  const parsed = parseWhitebind("bloomfilter,forcerelay@127.0.0.1:8333", USUAL);
  assert.ok(parsed.ok);
  const at = (local: string, isInbound: boolean): readonly Permission[] => {
    const connection = { remote: address("9.9.9.9:1"), local: address(local), isInbound };
    return [...permissionsOf(connection, [rule("noban@9.9.9.9")], [parsed.rule])];
  };
  assert.deepEqual(at("127.0.0.1:8333", true), ["bloomfilter", "noban", "forcerelay", "relay", "download"]);
  assert.deepEqual(at("127.0.0.1:8334", true), ["noban", "download"]);
  assert.deepEqual(at("127.0.0.2:8333", true), ["noban", "download"]);
  assert.deepEqual(at("127.0.0.1:8333", false), []);
});

test("-whitebind without port, with a name, or for outbound is refused", () => {
  const error = (text: string): string => {
    const parsed = parseWhitebind(text, USUAL);
    return parsed.ok ? "" : parsed.error;
  };
  assert.equal(error("noban@1.2.3.4"), "Need to specify a port with -whitebind: '1.2.3.4'");
  assert.equal(error("noban@1.2.3.4:0"), "Need to specify a port with -whitebind: '1.2.3.4:0'");
  assert.equal(error("noban@example.org:1"), "Cannot resolve -whitebind address: 'example.org:1'");
  assert.equal(error("noban@1.2.3.4:99999"), "Cannot resolve -whitebind address: '1.2.3.4:99999'");
  const outbound = 'whitebind may only be used for incoming connections ("out" was passed)';
  assert.equal(error("out,noban@1.2.3.4:1"), outbound);
  assert.equal(error("[::1]:8333"), "");
});
