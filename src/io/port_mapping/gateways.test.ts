import assert from "node:assert/strict";
import { test } from "node:test";
import { formatHost } from "../../primitives/host_text.ts";
import { gatewaysOf } from "./gateways.ts";

const IPV4 = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0
eth0\t00000000\tFE00000A\t0003\t0\t0\t100\t00000000\t0\t0\t0
eth1\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0
eth0\t0000000A\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0
`;
const NOWHERE = "0".repeat(32);
const IPV6 = `fd${"0".repeat(30)} 40 ${NOWHERE} 00 ${NOWHERE} 00000100 00000001 00000000 00000001 eth0
${NOWHERE} 00 ${NOWHERE} 00 fe8000000000000000000000000000aa 00000400 00000003 00000000 00000003 eth0
${NOWHERE} 00 ${NOWHERE} 00 fe8000000000000000000000000000bb 00000064 00000003 00000000 00000003 wlan0
${NOWHERE} 00 ${NOWHERE} 00 ${NOWHERE} ffffffff 00000001 00000000 00200200 lo
`;

test("the gateway is that of the default route with the lowest metric, with the interface it is behind", () => {
  const { ipv4, ipv6 } = gatewaysOf(IPV4, IPV6);
  assert.deepEqual([ipv4?.interface, ipv4 && formatHost(ipv4.host)], ["eth0", "10.0.0.254"]);
  assert.deepEqual([ipv6?.interface, ipv6 && formatHost(ipv6.host)], ["wlan0", "fe80::bb"]);
});

test("a machine without default routes, or without such tables, has no gateways", () => {
  assert.deepEqual(gatewaysOf("", ""), {});
  assert.deepEqual(gatewaysOf(IPV4.replaceAll("0003", "0002"), IPV6.replaceAll("00000003 wlan0", "00000001 wlan0")
    .replaceAll("00000003 eth0", "00000000 eth0")), {});
  assert.deepEqual(gatewaysOf("nonsense\n\n", "nonsense"), {});
});
