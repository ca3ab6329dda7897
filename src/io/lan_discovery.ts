/**
 * Finds nodes of the same network on the local one, by multicast DNS (RFC 6762, RFC 6763), and lets
 * them find us.
 *
 * A node is an instance of the service `_bitcoin._tcp.local`; its TXT record has the network's magic, so
 * that nodes of different networks, or chains of one's own, leave each other alone. Whoever is on the
 * local network can see and fake all of this: it is off unless asked for, and never on a public chain.
 *
 * @module
 */
import { isIPv4 } from "node:net";
import type * as Mdns from "multicast-dns";
import { type Bytes, toHex } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import { parseHost } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

const SERVICE = "_bitcoin._tcp.local";
/** Milliseconds between two questions: a node that starts says so by itself, so this only mends losses. */
const ASK_INTERVAL_MS = 60_000;
/** Seconds for which an answer may be kept. */
const ANSWER_TTL = 120;
/** Answers of one packet that are looked at; more than an honest one has. */
const ANSWERS_MAX = 64;

export interface LanPlan {
  /** Our address in the local network whose interface is used; all interfaces when left out. */
  readonly interface?: string;
  /** UDP; 5353 when left out. */
  readonly udpPort?: number;
}

export interface LanDiscoveryOptions extends LanPlan {
  /** Of the network, four bytes. */
  readonly magic: Bytes;
  /** Where we listen for peers, TCP; `undefined` when we do not, and only look for others. */
  readonly port: number | undefined;
  /** Tells us apart from others on this machine. */
  readonly instance: string;
  readonly logger: Logger;
  /** Called again each time it is heard of. */
  found(address: NetworkAddress): void;
}

type Records = readonly NonNullable<Mdns.ResponsePacket["answers"]>[number][];

export class LanDiscovery {
  readonly #options: LanDiscoveryOptions;
  readonly #name: string;
  readonly #mdns: Mdns.MulticastDNS;
  readonly #timer: NodeJS.Timeout;

  private constructor(options: LanDiscoveryOptions, mdns: Mdns.MulticastDNS) {
    this.#options = options;
    this.#name = `${options.instance}.${SERVICE}`;
    this.#mdns = mdns;
    mdns.on("query", (packet) => this.#asked(packet));
    mdns.on("response", (packet, { address }) => this.#answered(packet, address));
    // A packet that is no DNS, or an interface that is gone: the next one may do.
    mdns.on("warning", (error) => options.logger.debug("net", () => `mDNS: ${error.message}`));
    this.#timer = setInterval(() => this.#ask(), ASK_INTERVAL_MS);
    this.#ask();
    this.#announce(ANSWER_TTL);
  }

  /** @throws {Error} when the port cannot be had */
  static async open(options: LanDiscoveryOptions): Promise<LanDiscovery> {
    // Loaded when it is asked for: most nodes never do.
    const { default: makeMdns } = await import("multicast-dns");
    const mdns = makeMdns({
      bind: "0.0.0.0",
      ...(options.interface === undefined ? {} : { interface: options.interface }),
      ...(options.udpPort === undefined ? {} : { port: options.udpPort }),
    });
    await new Promise<void>((resolve, reject) => {
      mdns.once("ready", resolve);
      mdns.once("error", reject);
    });
    mdns.on("error", (error) => options.logger.warning(`mDNS: ${error.message}`));
    return new LanDiscovery(options, mdns);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    // Others need not wait until they find out.
    this.#announce(0);
    await new Promise<void>((resolve) => this.#mdns.destroy(resolve));
  }

  #ask(): void {
    this.#mdns.query([{ name: SERVICE, type: "PTR" }]);
  }

  #asked({ questions = [] }: Mdns.QueryPacket): void {
    if (questions.some(({ name }) => sameName(name, SERVICE))) this.#announce(ANSWER_TTL);
  }

  /** `ttl`: seconds; 0 says that we are gone. The address is the one that the packet comes from. */
  #announce(ttl: number): void {
    const { port, magic } = this.#options;
    if (port === undefined) return;
    this.#mdns.respond({
      answers: [{ name: SERVICE, type: "PTR", ttl, data: this.#name }],
      additionals: [
        { name: this.#name, type: "SRV", ttl, data: { port, target: `${this.#options.instance}.local` } },
        { name: this.#name, type: "TXT", ttl, data: [`magic=${toHex(magic)}`] },
      ],
    });
  }

  #answered({ answers = [], additionals = [] }: Mdns.ResponsePacket, from: string): void {
    const records = [...answers, ...additionals].slice(0, ANSWERS_MAX);
    for (const record of records) {
      if (record.type !== "PTR" || !sameName(record.name, SERVICE) || record.ttl === 0) continue;
      if (!sameName(record.data, this.#name)) this.#found(record.data, records, from);
    }
  }

  #found(name: string, records: Records, from: string): void {
    const { magic, found } = this.#options;
    if (!texts(name, records).includes(`magic=${toHex(magic)}`)) return;
    for (const record of records) {
      if (record.type !== "SRV" || !sameName(record.name, name)) continue;
      const { port } = record.data;
      const address = isIPv4(from) && port > 0 && port < 65_536 ? parseHost(from, port) : undefined;
      if (address !== undefined) found(address);
    }
  }
}

function texts(name: string, records: Records): readonly string[] {
  return records.flatMap((record) => {
    if (record.type !== "TXT" || !sameName(record.name, name)) return [];
    return [record.data].flat().map((text) => text.toString());
  });
}

/** Names of the DNS have no case. */
function sameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
