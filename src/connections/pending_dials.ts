import type { AddressBook } from "../addrbook/address_book.ts";
import type { Logger } from "../base/logger.ts";
import type { Clock } from "../base/time.ts";
import type { ConnectionType } from "../peer/peer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import type { Dial } from "./dial.ts";
import type { Networks } from "./networks.ts";
import type { OpenConnections } from "./open_connections.ts";
import { DIRECT, type Route, routeText } from "./route.ts";

export interface PendingDialsPorts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly book: Pick<AddressBook, "attempted">;
  readonly networks: Pick<Networks, "routeTo">;
  /** Counts each dial as long as it is out. */
  readonly open: OpenConnections;
  readonly connected: Pick<OpenConnections, "diversity">;
}

export interface PendingDialsSettings {
  readonly v2Transport: boolean;
  readonly maxConnections: number;
}

/** What is to be dialled. */
export interface DialPlan {
  readonly address: NetworkAddress;
  readonly type: ConnectionType;
  /** It may be spoken to encrypted, as far as is known. */
  readonly mayBeV2: boolean;
  /** Left out: as its network is reached. */
  readonly route?: Route | undefined;
  /** Nobody named it: only then a failure counts against the address. */
  readonly isOurChoice: boolean;
}

/** Attempts that are out, from the decision to what came of it. */
export class PendingDials {
  readonly #ports: PendingDialsPorts;
  readonly #settings: PendingDialsSettings;
  /** And whether it was our own choice. */
  readonly #dials = new Map<Dial, boolean>();

  constructor(ports: PendingDialsPorts, settings: PendingDialsSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  start({ address, type, mayBeV2, route, isOurChoice }: DialPlan): Dial {
    const transport = this.#settings.v2Transport && mayBeV2 ? "v2" : "v1";
    // Where there is no way to it, whoever dials finds out.
    const way = route ?? this.#ports.networks.routeTo(address) ?? DIRECT;
    return this.#begin({ address, type, transport, route: way }, isOurChoice);
  }

  /** The same once more, by the same way, but in the clear. */
  startInClear({ address, type, route }: Dial): Dial {
    return this.#begin({ address, type, route, transport: "v1" }, false);
  }

  /** `wasTried`: it went as far as the address. */
  ended(dial: Dial, wasTried: boolean): void {
    const isOurChoice = this.#dials.get(dial);
    if (isOurChoice === undefined) return;
    this.#dials.delete(dial);
    const { book, clock, open, connected } = this.#ports;
    open.remove(dial);
    // While we have no network at all, it is not their fault.
    const isOnline = connected.diversity >= Math.min(this.#settings.maxConnections - 1, 2);
    if (wasTried) book.attempted(dial.address, clock.now(), isOurChoice && isOnline);
  }

  #begin(dial: Dial, isOurChoice: boolean): Dial {
    this.#dials.set(dial, isOurChoice);
    this.#ports.open.add(dial);
    const { address, type, transport, route } = dial;
    this.#ports.logger.debug("net", () =>
      `trying ${transport} connection (${type}) to ${formatAddress(address)}, ${routeText(route)}`);
    return dial;
  }
}
