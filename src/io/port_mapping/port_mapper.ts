/**
 * Asks the gateway, the router of a home say, to pass connections on to us: by PCP, and by NAT-PMP where
 * it knows no PCP; with IPv6 there is a hole to be made in its firewall for each address of ours.
 *
 * What is granted is granted for a time, and asked for again before that is over.
 *
 * Source: Bitcoin Core, mapport.cpp and common/pcp.cpp; RFC6886, RFC6887.
 *
 * @module
 */
import type { Bytes } from "../../base/bytes.ts";
import type { Logger } from "../../base/logger.ts";
import { fraction, randomBytes, type Rng } from "../../base/rng.ts";
import { formatAddress, formatHost } from "../../primitives/host_text.ts";
import {
  addressKey, isRoutable, type NetworkAddress, type NetworkHost,
} from "../../primitives/network_address.ts";
import { errorText } from "../errno.ts";
import { interfaceHosts } from "../interfaces.ts";
import { GatewaySocket } from "./ask_gateway.ts";
import { defaultGateways, type Gateway, type Gateways } from "./gateways.ts";
import { GATEWAY_PORT, type Mapping, type MappingAnswer, type MappingRequest } from "./mapping.ts";
import {
  decodeNatPmpAddress, decodeNatPmpMapping, encodeNatPmpMapping, NAT_PMP_ADDRESS_REQUEST,
} from "./nat_pmp.ts";
import { decodePcpResponse, encodePcpRequest, PCP_NONCE_BYTES } from "./pcp.ts";

/** Bitcoin Core's: twice the time after which a mapping is renewed. */
const LIFETIME_SECONDS = 40 * 60;
/** A shorter one would be renewed all the time. */
const LIFETIME_SECONDS_MIN = 30;
/** When nothing was granted. */
const RETRY_WAIT_MS = 5 * 60 * 1000;

export interface PortMapperPorts {
  readonly logger: Logger;
  readonly rng: Rng;
  /** `isMapped`: others reach us there now; else no longer. */
  mapped(address: NetworkAddress, isMapped: boolean): void;
}

/** How the machine stands towards its gateways. */
export interface GatewayWorld {
  gateways(): Promise<Gateways>;
  /** Addresses of the machine's own. */
  hosts(): readonly NetworkHost[];
  /** On which gateways listen. */
  readonly gatewayPort: number;
}

const MACHINE: GatewayWorld = { gateways: defaultGateways, hosts: interfaceHosts, gatewayPort: GATEWAY_PORT };

export class PortMapper {
  /** On which we listen. */
  readonly #port: number;
  readonly #ports: PortMapperPorts;
  readonly #world: GatewayWorld;
  /** Of all mappings, over all renewals. */
  readonly #nonce: Bytes;
  /** What is granted, and until when, in milliseconds of `performance.now`. */
  readonly #mapped = new Map<string, { readonly address: NetworkAddress; readonly until: number }>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  /** What was refused for one reason is refused again: that is told once. */
  readonly #told = new Set<string>();

  constructor(port: number, ports: PortMapperPorts, world: GatewayWorld = MACHINE) {
    this.#port = port;
    this.#ports = ports;
    this.#world = world;
    this.#nonce = randomBytes(ports.rng, PCP_NONCE_BYTES);
  }

  /** Asks now, and again whenever it is time. Mappings are not given back: they end soon by themselves. */
  async run(): Promise<void> {
    const granted = await this.#askAll().catch((error: unknown): readonly Mapping[] => {
      this.#debug(() => `Cannot ask gateways: ${errorText(error)}`);
      return [];
    });
    if (this.#isClosed) return;
    this.#tell(granted);
    this.#timer = setTimeout(() => void this.run(), this.#waitAfter(granted));
    this.#timer.unref();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #askAll(): Promise<readonly Mapping[]> {
    const { ipv4, ipv6 } = await this.#world.gateways();
    const granted: (Mapping | undefined)[] = [];
    if (ipv4 === undefined) this.#debug(() => "Could not determine IPv4 default gateway");
    else granted.push(await this.#ask(ipv4));
    if (ipv6 === undefined) this.#debug(() => "Could not determine IPv6 default gateway");
    for (const host of this.#world.hosts()) {
      if (ipv6 === undefined || host.network !== "ipv6" || !isRoutable(host)) continue;
      granted.push(await this.#ask(ipv6, host));
    }
    return granted.filter((mapping) => mapping !== undefined);
  }

  async #ask(gateway: Gateway, from?: NetworkHost): Promise<Mapping | undefined> {
    let socket: GatewaySocket | undefined;
    try {
      socket = await GatewaySocket.open(gateway, this.#world.gatewayPort, from);
      return this.#taken(await this.#askOver(socket), gateway);
    } catch (error) {
      this.#debug(() => `Cannot ask gateway ${formatHost(gateway.host)}: ${errorText(error)}`);
      return undefined;
    } finally {
      socket?.close();
    }
  }

  async #askOver(socket: GatewaySocket): Promise<MappingAnswer | undefined> {
    const { client } = socket;
    const wanted: MappingRequest = { client, port: this.#port, lifetimeSeconds: LIFETIME_SECONDS };
    const nonce = this.#nonce;
    const answer = await socket.ask(encodePcpRequest(wanted, nonce), (bytes) => {
      return decodePcpResponse(bytes, wanted, nonce);
    });
    if (answer?.type !== "unsupported-version" || client.network !== "ipv4") return answer;
    this.#debug(() => "Got unsupported PCP version response, falling back to NAT-PMP");
    return this.#askByNatPmp(socket, wanted);
  }

  async #askByNatPmp(socket: GatewaySocket, wanted: MappingRequest): Promise<MappingAnswer | undefined> {
    const address = await socket.ask(NAT_PMP_ADDRESS_REQUEST, decodeNatPmpAddress);
    if (address?.type !== "granted") return address;
    const answer = await socket.ask(encodeNatPmpMapping(wanted), (bytes) => decodeNatPmpMapping(bytes, wanted.port));
    if (answer?.type !== "granted") return answer;
    const { externalPort, lifetimeSeconds } = answer.value;
    const external: NetworkAddress = { network: "ipv4", bytes: address.value, port: externalPort };
    return { type: "mapped", mapping: { external, lifetimeSeconds } };
  }

  /** Says what came of it. */
  #taken(answer: MappingAnswer | undefined, gateway: Gateway): Mapping | undefined {
    const asked = `gateway ${formatHost(gateway.host)}`;
    if (answer?.type === "mapped") return answer.mapping;
    if (answer === undefined) this.#debug(() => `No answer from ${asked}`);
    else if (answer.type === "unsupported-version") this.#debug(() => `${asked} speaks another version of PCP`);
    else this.#warnOnce(`Mapping port ${this.#port} failed: ${asked} says ${answer.name}`);
    return undefined;
  }

  /** What is new, and what is over: one that could not be renewed holds until its time. */
  #tell(granted: readonly Mapping[]): void {
    const { logger, mapped } = this.#ports;
    const now = performance.now();
    for (const { external, lifetimeSeconds } of granted) {
      const key = addressKey(external);
      const isNew = !this.#mapped.has(key);
      this.#mapped.set(key, { address: external, until: now + lifetimeSeconds * 1000 });
      if (!isNew) continue;
      logger.info(`portmap: Added mapping of port ${this.#port} to ${formatAddress(external)}`);
      mapped(external, true);
    }
    for (const [key, { address, until }] of this.#mapped) {
      if (until > now) continue;
      this.#mapped.delete(key);
      mapped(address, false);
    }
  }

  /** Milliseconds: of the shortest time that was granted, between a half and five eighths (RFC6887 11.2.1). */
  #waitAfter(granted: readonly Mapping[]): number {
    if (granted.length === 0) return RETRY_WAIT_MS;
    const shortest = Math.min(...granted.map(({ lifetimeSeconds }) => lifetimeSeconds), LIFETIME_SECONDS);
    if (shortest < LIFETIME_SECONDS_MIN) {
      this.#warnOnce(`Got impossibly short mapping lifetime of ${shortest} seconds`);
      return RETRY_WAIT_MS;
    }
    return shortest * 1000 * (1 / 2 + fraction(this.#ports.rng) / 8);
  }

  #debug(text: () => string): void {
    this.#ports.logger.debug("net", () => `portmap: ${text()}`);
  }

  #warnOnce(text: string): void {
    if (this.#told.has(text)) return this.#debug(() => text);
    this.#told.add(text);
    this.#ports.logger.warning(`portmap: ${text}`);
  }
}
