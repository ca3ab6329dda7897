import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { after, describe, it } from "node:test";
import { fromHex } from "../base/bytes.ts";
import { silentLogger } from "../base/logger.ts";
import { formatAddress } from "../primitives/host_text.ts";
import { LanDiscovery, type LanDiscoveryOptions } from "./lan_discovery.ts";

const open: LanDiscovery[] = [];
after(() => Promise.all(open.splice(0).map((each) => each.close())));

/** A free port, so that a responder of this machine is not in the way. */
async function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

interface Seen {
  readonly addresses: string[];
  readonly first: Promise<string>;
}

async function start(
  udpPort: number, instance: string, port: number | undefined, magic = "fabfb5da",
): Promise<Seen> {
  const addresses: string[] = [];
  const first = new Promise<string>((resolve) => {
    const options: LanDiscoveryOptions = {
      udpPort, instance, port, magic: fromHex(magic), interface: "127.0.0.1", logger: silentLogger,
      found: (address) => {
        addresses.push(formatAddress(address));
        resolve(formatAddress(address));
      },
    };
    void LanDiscovery.open(options).then((each) => open.push(each));
  });
  return { addresses, first };
}

describe("finding nodes on the local network", () => {
  it("finds nodes of the same network, in both directions, and not itself", async () => {
    const udpPort = await freeUdpPort();
    const one = await start(udpPort, "one", 1111);
    const two = await start(udpPort, "two", 2222);
    assert.deepEqual(await Promise.all([one.first, two.first]), ["127.0.0.1:2222", "127.0.0.1:1111"]);
    assert.deepEqual([...new Set(one.addresses)], ["127.0.0.1:2222"]);
  });

  it("leaves nodes of another network alone, and those that do not listen out", async () => {
    const udpPort = await freeUdpPort();
    const seen = await start(udpPort, "one", undefined);
    const other = await start(udpPort, "two", 2222, "0a03cf40");
    await start(udpPort, "three", undefined);
    await start(udpPort, "four", 4444);
    assert.equal(await seen.first, "127.0.0.1:4444");
    assert.deepEqual([...new Set(seen.addresses), ...other.addresses], ["127.0.0.1:4444"]);
  });

  it("survives packets that are no DNS", async () => {
    const udpPort = await freeUdpPort();
    const one = await start(udpPort, "one", 1111);
    await start(udpPort, "two", 2222);
    await one.first;
    const socket = createSocket("udp4");
    for (let i = 0; i < 200; i++) {
      const packet = Uint8Array.from({ length: i }, (_, at) => (i * 31 + at * 17) & 0xff);
      await new Promise((resolve) => socket.send(packet, udpPort, "127.0.0.1", resolve));
    }
    socket.close();
    const three = await start(udpPort, "three", 3333);
    await three.first;
    assert.ok(one.addresses.includes("127.0.0.1:2222"));
  });
});
