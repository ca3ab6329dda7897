/**
 * What must hold of the tables at all times.
 *
 * Source: Bitcoin Core, addrman.cpp, CheckAddrman, whose numbers the answers are.
 *
 * @module
 */
import { assert } from "../base/assert.ts";
import type { Logger } from "../base/logger.ts";
import { below, type Rng } from "../base/rng.ts";
import { type Clock, elapsed } from "../base/time.ts";
import type { NetworkName } from "../primitives/network_address.ts";
import type { AddressRecord } from "./address_record.ts";
import type { AddressTables } from "./address_tables.ts";

export interface TableCheckerPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
}

/** Checks tables now and then (`-checkaddrman`): a broken one is a bug of ours. */
export class TableChecker {
  readonly #tables: AddressTables;
  readonly #ports: TableCheckerPorts;
  readonly #ratio: number;

  /** `ratio`: of so many runs one checks; zero for none. */
  constructor(tables: AddressTables, ports: TableCheckerPorts, ratio: number) {
    this.#tables = tables;
    this.#ports = ports;
    this.#ratio = ratio;
  }

  run(): void {
    if (this.#ratio === 0) return;
    const { clock, rng, logger } = this.#ports;
    if (this.#ratio > 1 && below(rng, this.#ratio) !== 0) return;
    const counts = this.#tables.counts();
    logger.debug("addrman", () =>
      `CheckAddrman: new ${counts.new}, tried ${counts.tried}, total ${counts.new + counts.tried} started`);
    const start = clock.now();
    const broken = checkTables(this.#tables);
    assert(broken === 0, `ADDRMAN CONSISTENCY CHECK FAILED!!! err=${broken}`);
    logger.debug("addrman", () => `CheckAddrman: completed (${elapsed(start, clock.now()).toFixed(2)}ms)`);
  }
}

/** Zero, or the number of the first law found broken. */
export function checkTables(tables: AddressTables): number {
  return checkRecords(tables) || checkTried(tables) || checkNew(tables) || checkCounts(tables);
}

function checkRecords(tables: AddressTables): number {
  for (const record of tables.all) {
    const { isTried, succeededAt, places, address } = record;
    if (isTried && succeededAt === undefined) return -1;
    if (isTried && places.length !== 1) return -2;
    if (!isTried && places.length > tables.rules.placesPerAddress) return -3;
    if (!isTried && places.length === 0) return -4;
    if (tables.find(address) !== record) return -5;
    if (tables.all[record.index] !== record) return -14;
  }
  return 0;
}

function checkTried(tables: AddressTables): number {
  const { places, rules: { bucketSize } } = tables;
  let seated = 0;
  for (const { bucket, position, record } of tables.tried.seats()) {
    const place = bucket * bucketSize + position;
    if (!record.isTried || !tables.has(record)) return -11;
    if (record.places[0] !== place) return -17;
    if (places.inTried(record.address) !== place) return -18;
    seated++;
  }
  return seated === tables.counts().tried ? 0 : -9;
}

function checkNew(tables: AddressTables): number {
  const { places, rules: { bucketSize } } = tables;
  const seated = new Map<AddressRecord, number>();
  for (const { bucket, position, record } of tables.new.seats()) {
    if (record.isTried || !tables.has(record)) return -12;
    if (places.newPosition(record.address, bucket) !== position) return -19;
    if (!record.places.includes(bucket * bucketSize + position)) return -19;
    seated.set(record, (seated.get(record) ?? 0) + 1);
  }
  for (const [record, count] of seated) if (count !== record.places.length) return -15;
  return seated.size === tables.counts().new ? 0 : -10;
}

function checkCounts(tables: AddressTables): number {
  const { new: isNew, tried } = tables.counts();
  if (tables.all.length !== isNew + tried) return -7;
  const counted = new Map<NetworkName, number>();
  for (const { address: { network } } of tables.all) counted.set(network, (counted.get(network) ?? 0) + 1);
  for (const [network, count] of counted) {
    const counts = tables.counts([network]);
    if (counts.new + counts.tried !== count) return -21;
  }
  return tables.places.key.some((byte) => byte !== 0) ? 0 : -16;
}
