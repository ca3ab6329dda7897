import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { below, type Rng, seededRng } from "../base/rng.ts";
import { NETWORK_BYTES, type NetworkName } from "../primitives/network_address.ts";
import type { AddressRecord } from "./address_record.ts";
import { AddressTable } from "./address_table.ts";

const BUCKETS = 8;
const SIZE = 4;
const NETWORKS: readonly NetworkName[] = ["ipv4", "ipv6", "onion", "i2p", "cjdns"];

function record(name: number, network: NetworkName): AddressRecord {
  const address = { network, bytes: new Uint8Array(NETWORK_BYTES[network]), port: name };
  return {
    key: `${name}`, address, source: address, services: 0n, time: 0, triedAt: undefined, countedAt: undefined,
    succeededAt: undefined, attempts: 0, isTried: false, places: [], index: 0,
  };
}

/** As Bitcoin Core has it: an array of places, and draws until a bucket has something. */
class PlainTable {
  readonly places = new Array<AddressRecord | undefined>(BUCKETS * SIZE);

  draw(rng: Rng, networks: ReadonlySet<NetworkName> | undefined): AddressRecord | undefined {
    const fits = (each: AddressRecord | undefined) =>
      each !== undefined && (networks?.has(each.address.network) ?? true);
    if (!this.places.some(fits)) return undefined;
    for (;;) {
      const bucket = below(rng, BUCKETS);
      const start = below(rng, SIZE);
      for (let i = 0; i < SIZE; i++) {
        const found = this.places[bucket * SIZE + (start + i) % SIZE];
        if (fits(found)) return found;
      }
    }
  }
}

const changes = fc.array(
  fc.tuple(fc.nat(BUCKETS * SIZE - 1), fc.constantFrom(...NETWORKS)), { maxLength: 60 });

test("a table has what an array of places has", () => {
  fc.assert(
    fc.property(changes, fc.subarray([...NETWORKS]), fc.nat(), (changed, some, seed) => {
      const table = new AddressTable(SIZE);
      const twin = new PlainTable();
      const rng = seededRng(seed);
      changed.forEach(([place, network], name) => {
        const present = twin.places[place];
        assert.equal(table.at(place), present);
        if (present === undefined) {
          const added = record(name, network);
          table.put(place, added);
          twin.places[place] = added;
        } else {
          assert.equal(table.take(place), present);
          twin.places[place] = undefined;
        }
      });
      const seats = twin.places.flatMap((each, place) => each === undefined ? [] : [
        { bucket: Math.floor(place / SIZE), position: place % SIZE, record: each },
      ]);
      assert.deepEqual(table.seats(), seats);
      for (const networks of [undefined, new Set(some)]) {
        const drawn = table.draw(rng, networks);
        assert.equal(drawn === undefined, twin.draw(rng, networks) === undefined);
        if (drawn !== undefined) assert.ok(networks === undefined || networks.has(drawn.address.network));
      }
    }),
  );
});

test("a draw hits each address as often as Bitcoin Core's draws do, from all networks or some", () => {
  const table = new AddressTable(SIZE);
  const twin = new PlainTable();
  const places = [0, 1, 2, 3, 8, 10, 16, 31];
  places.forEach((place, name) => {
    const each = record(name, NETWORKS[name % 3] as NetworkName);
    table.put(place, each);
    twin.places[place] = each;
  });
  const rng = seededRng(5);
  const draws = 20_000;
  const some: readonly (readonly NetworkName[])[] = [["ipv4", "onion"], ["ipv6"]];
  for (const networks of [undefined, ...some.map((names) => new Set(names))]) {
    const counts = places.map(() => 0);
    const expected = places.map(() => 0);
    for (let i = 0; i < draws; i++) {
      counts[Number(table.draw(rng, networks)?.key)]!++;
      expected[Number(twin.draw(rng, networks)?.key)]!++;
    }
    counts.forEach((count, name) => {
      const difference = Math.abs(count - (expected[name] as number));
      assert.ok(difference < 400, `${counts}, and by Bitcoin Core's ${expected}`);
    });
  }
});
