/**
 * What it costs to pass on an address that a peer tells of, among a thousand peers.
 *
 * @module
 */
import { silentLogger } from "../src/base/logger.ts";
import { randomBytes, seededRng } from "../src/base/rng.ts";
import { AddressBook } from "../src/addrbook/address_book.ts";
import { NetGroups } from "../src/addrbook/net_groups.ts";
import { installNodeCrypto } from "../src/io/node_crypto.ts";
import { AddrRelay } from "../src/protocol/addr_relay.ts";
import { NODE_NETWORK } from "../src/wire/services.ts";
import { ProtocolBench } from "../test/support/protocol_bench.ts";
import { type Measurement, ratePerSecond } from "./support/measurement.ts";

const PEERS = 1_000;
/** More in one message are not passed on. */
const ADDRESSES = 10;
const MEASURED_MS = 1_000;

export async function run(): Promise<readonly Measurement[]> {
  installNodeCrypto();
  const bench = new ProtocolBench();
  const { clock, logger } = bench;
  const rng = seededRng(1);
  const groups = new NetGroups(undefined, false);
  const relay = new AddrRelay({
    clock, rng, logger, outbox: bench,
    book: new AddressBook({ clock, rng, logger: silentLogger, groups }),
    chain: { isInitialBlockDownload: false },
    learned: () => {},
    rateLimited: () => {},
    ownAddress: () => undefined,
    isOwn: () => false,
    isReachable: () => true,
    isShunned: () => false,
  }, { ourServices: () => NODE_NETWORK, listen: true, localPeers: false });
  const peers = Array.from({ length: PEERS }, () => {
    const peer = bench.open({ permissions: ["addr"] });
    relay.ready(peer);
    relay.received(peer, { type: "addrv2", value: { addresses: [] } });
    return peer;
  });
  let next = 0;
  const messages = ratePerSecond(MEASURED_MS, () => {
    const addresses = Array.from({ length: ADDRESSES }, () => {
      const [first = 0, ...others] = randomBytes(rng, 4);
      const bytes = Uint8Array.of(20 + (first % 70), ...others);
      const address = { network: "ipv4", bytes, port: 8333 } as const;
      return { address, services: NODE_NETWORK, time: clock.unixTime() };
    });
    const peer = peers[next++ % PEERS];
    if (peer !== undefined) relay.received(peer, { type: "addrv2", value: { addresses } });
  });
  return [{ name: `addresses passed on among ${PEERS} peers`, value: messages * ADDRESSES, unit: "addresses/s" }];
}
