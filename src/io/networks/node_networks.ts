import type { Bytes } from "../../base/bytes.ts";
import { fromLatin1, toLatin1 } from "../../base/bytes.ts";
import type { Logger } from "../../base/logger.ts";
import type { Rng } from "../../base/rng.ts";
import type { Socks5Proxy, Route } from "../../connections/route.ts";
import type { NetworkAddress, NetworkName } from "../../primitives/network_address.ts";
import { PortMapper } from "../port_mapping/port_mapper.ts";
import { Dialler, type DialResult } from "./dialler.ts";
import { type I2pListener, I2pRouter, type I2pSettings } from "./i2p_router.ts";
import { CONNECT_TIMEOUT_MS } from "./open_place.ts";
import { TorController, type TorSettings } from "./tor_controller.ts";

/** Bitcoin Core's names, in the network's folder. */
const I2P_KEY_FILE = "i2p_private_key";
const ONION_KEY_FILE = "onion_v3_private_key";

/** How a node deals with the networks around it, settled before it starts. */
export interface NetworkPlan {
  /** For connecting without a proxy, in milliseconds (`-timeout`). */
  readonly timeout: number;
  /** Whether names of peers may be looked up here (`-dns`). */
  readonly looksUpNames: boolean;
  readonly i2p: I2pSettings | undefined;
  /** Where Tor makes an onion service of ours. */
  readonly tor: TorSettings | undefined;
  /** The port that gateways are asked to map to us (`-natpmp`). */
  readonly mappedPort: number | undefined;
}

/** No proxy, no router: what a node has that is told nothing. */
export const PLAIN_NETWORKS: NetworkPlan = {
  timeout: CONNECT_TIMEOUT_MS, looksUpNames: true, i2p: undefined, tor: undefined, mappedPort: undefined,
};

export interface NetworksPorts {
  readonly logger: Logger;
  readonly rng: Rng;
  /** Small files of the network's folder. */
  loadSmall(name: string): Promise<Bytes | undefined>;
  save(name: string, bytes: Bytes): Promise<void>;
}

/** Who hears what the networks have to say. */
export interface NetworksListener extends I2pListener {
  /** `by`: left out, a service of ours. */
  reached(address: NetworkAddress, isReached: boolean, by?: "service" | "gateway"): void;
  proxyFound(network: NetworkName, proxy: Socks5Proxy): void;
}

/** All ways from a node to others, and those from others that are not sockets of its own. */
export class NodeNetworks {
  readonly #plan: NetworkPlan;
  readonly #ports: NetworksPorts;
  readonly #dialler: Dialler;
  readonly #i2p: I2pRouter | undefined;
  #tor: TorController | undefined;
  #mapper: PortMapper | undefined;

  constructor(plan: NetworkPlan, ports: NetworksPorts) {
    this.#plan = plan;
    this.#ports = ports;
    const { logger, loadSmall, save } = ports;
    const { i2p, timeout, looksUpNames } = plan;
    this.#i2p = i2p === undefined ? undefined : new I2pRouter(i2p, {
      logger,
      loadKey: () => loadSmall(I2P_KEY_FILE),
      saveKey: (key) => save(I2P_KEY_FILE, key),
    });
    this.#dialler = new Dialler({
      logger, timeout, looksUpNames, ...(this.#i2p === undefined ? {} : { i2p: this.#i2p }),
    });
  }

  /** One attempt. Returns how to give it up, after which nothing is called. */
  dial(address: NetworkAddress, route: Route, result: DialResult): () => void {
    return this.#dialler.dial(address, route, result);
  }

  /** From now on, what comes in is told. */
  start(listener: NetworksListener): void {
    void this.#i2p?.listen(listener);
    const { tor, mappedPort } = this.#plan;
    if (mappedPort !== undefined) this.#mapPort(mappedPort, listener);
    if (tor !== undefined) this.#makeOnion(tor, listener);
  }

  /** Dials that are out are the caller's to give up. */
  close(): void {
    this.#mapper?.close();
    this.#tor?.close();
    this.#i2p?.close();
  }

  #mapPort(port: number, { reached }: NetworksListener): void {
    const { logger, rng } = this.#ports;
    this.#mapper = new PortMapper(port, {
      logger, rng, mapped: (address, isMapped) => reached(address, isMapped, "gateway"),
    });
    void this.#mapper.run();
  }

  #makeOnion(tor: TorSettings, listener: NetworksListener): void {
    const { logger, loadSmall, save } = this.#ports;
    this.#tor = new TorController(tor, {
      logger,
      loadKey: async () => {
        const key = await loadSmall(ONION_KEY_FILE);
        return key === undefined ? undefined : toLatin1(key).trim();
      },
      saveKey: (key) => save(ONION_KEY_FILE, fromLatin1(key)),
      reached: (address, isReached) => listener.reached(address, isReached),
      // Another circuit for each connection, as Bitcoin Core has it for a proxy that it found.
      proxyFound: (place) => listener.proxyFound("onion", { place, isolated: true }),
    });
    void this.#tor.run();
  }
}
