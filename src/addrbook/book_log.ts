import type { Logger } from "../base/logger.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { AddressRecord } from "./address_record.ts";
import type { AddressTables } from "./address_tables.ts";
import type { NetGroups } from "./net_groups.ts";

export interface BookLogPorts {
  readonly logger: Logger;
  readonly groups: NetGroups;
}

/** Logs the place that an address was given last, in Bitcoin Core's words. */
export function logPlace(
  { logger, groups }: BookLogPorts, verb: "Added" | "Moved", record: AddressRecord, tables: AddressTables,
): void {
  logger.debug("addrman", () => {
    const { address, isTried, places } = record;
    const asn = groups.asn(address);
    const mapped = asn === 0 ? "" : ` mapped to AS${asn}`;
    const place = places.at(-1) ?? 0;
    const { bucketSize } = tables.rules;
    const seat = `[${Math.floor(place / bucketSize)}][${place % bucketSize}]`;
    return `${verb} ${formatAddress(address)}${mapped} to ${isTried ? "tried" : "new"}${seat}`;
  });
}
