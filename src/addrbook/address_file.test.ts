import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { silentLogger } from "../base/logger.ts";
import { concatBytes } from "../base/bytes.ts";
import { below, seededRng } from "../base/rng.ts";
import type { Instant, UnixSeconds } from "../base/time.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import { hash256 } from "../crypto/crypto.ts";
import { namedAddress, parseAddress } from "../primitives/host_text.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import { VirtualClock } from "../sim/virtual_clock.ts";
import { AddressBook } from "./address_book.ts";
import { decodeBook, encodeBook, type SavedBook } from "./address_file.ts";
import { Asmap } from "./asmap.ts";
import { NetGroups } from "./net_groups.ts";
import { DEFAULT_TABLE_RULES } from "./table_rules.ts";

const START = 1_700_000_000;
const MAGIC = Uint8Array.of(0xfa, 0xbf, 0xb5, 0xda);
const ONION = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion:1";
const TEXTS = ["1.2.3.4:8333", "[2a00:1::1]:1", ONION, "[fc00::1]:8333", "8.8.8.8:65535", "8.8.4.4:0"];

function address(text: string): NetworkAddress {
  const parsed = parseAddress(text.replace(/:0$/, ""), 0) ?? assert.fail(`${text} is no address`);
  return text.startsWith("[fc") ? { ...parsed, network: "cjdns" } : parsed;
}

function bench(groups = new NetGroups(undefined, false), seed = 1) {
  const clock = new VirtualClock(START as UnixSeconds);
  return { clock, rng: seededRng(seed), logger: silentLogger, groups };
}

function filled(ports = bench()): AddressBook {
  const book = new AddressBook(ports);
  for (const text of TEXTS) {
    const services = BigInt(below(ports.rng, 2 ** 32)) << BigInt(below(ports.rng, 32));
    const time = START - below(ports.rng, 10_000);
    book.add({ address: address(text), services, time }, address("9.9.9.9"));
  }
  book.add({ address: address("5.5.5.5"), services: 1n, time: START }, namedAddress("seed.example", 0));
  book.good(address("1.2.3.4:8333"));
  book.attempted(address("8.8.8.8:65535"), START as Instant, true);
  return book;
}

function reading(bytes: Uint8Array): SavedBook {
  const result = decodeBook(bytes, MAGIC);
  return result.type === "book" ? result.book : assert.fail(`${result.type}: ${result.why}`);
}

/** A file as Bitcoin Core's feature_addrman.py makes one. */
function handMade(changes: {
  format?: number; lowest?: number; magic?: Uint8Array; key?: number; newCount?: number; triedCount?: number;
  checksum?: Uint8Array;
}): Uint8Array {
  const { format = 1, lowest = 4, magic = MAGIC, key = 1, newCount = 0, triedCount = 0, checksum } = changes;
  const writer = new ByteWriter(4 + 2 + 32 + 12 + 4 * 1024);
  writer.bytes(magic).u8(format).u8(32 + lowest).u8(key).bytes(new Uint8Array(31));
  writer.i32(newCount).i32(triedCount).i32(1024 ^ (1 << 30)).bytes(new Uint8Array(4 * 1024));
  const body = writer.finish();
  return concatBytes(body, checksum ?? hash256(body));
}

test("a book that was saved is loaded, every address in its place", () => {
  const ports = bench();
  const book = filled(ports);
  const bytes = book.save(MAGIC);
  const loaded = AddressBook.load(ports, reading(bytes));
  const expected = book.entries().map((entry) => {
    // Ports and names of those who told us are not kept.
    const { network, bytes } = entry.source;
    return { ...entry, source: { network, bytes, port: 0 } };
  });
  assert.deepEqual(loaded.entries(), expected);
  assert.equal(loaded.size(), TEXTS.length + 1);
  assert.deepEqual(AddressBook.load(ports, reading(loaded.save(MAGIC))).entries(), loaded.entries());
});

test("a book is loaded under another map of systems, with every address in a place of its own group", () => {
  const all = Asmap.parse(Uint8Array.of(0, 0, 0));
  const ports = bench(new NetGroups(all, false));
  const bytes = filled().save(MAGIC);
  const loaded = AddressBook.load(ports, reading(bytes));
  const keys = (book: AddressBook) => book.entries().map((entry) => addressKey(entry.address)).sort();
  assert.deepEqual(keys(loaded), keys(filled()));
  const again = AddressBook.load(ports, reading(loaded.save(MAGIC)));
  assert.deepEqual(again.entries(), loaded.entries());
  const buckets = (book: AddressBook) => book.entries().map(({ bucket }) => bucket);
  assert.notDeepEqual(buckets(loaded), buckets(filled()));
});

test("what Bitcoin Core's functional test makes is read, or refused in its words", () => {
  const why = (bytes: Uint8Array): string => {
    const result = decodeBook(bytes, MAGIC);
    return result.type === "book" ? "" : `${result.type}: ${result.why}`;
  };
  assert.equal(why(handMade({})), "");
  assert.match(why(handMade({ lowest: -32 })),
    /^corrupt: Corrupted addrman .* The compat value \(0\) is lower than the expected minimum value 32\.: ./);
  assert.match(why(handMade({ lowest: 111 })), /^newer: /);
  assert.match(why(handMade({}).subarray(0, -1)), /^corrupt: AutoFile::read: end of file/);
  assert.equal(why(handMade({ magic: Uint8Array.of(1, 2, 3, 4) })), "corrupt: Invalid network magic number");
  assert.equal(why(handMade({ checksum: new Uint8Array(32) })), "corrupt: Checksum mismatch, data corrupted");
  for (const [field, max] of [["Tried", 16384], ["New", 65536]] as const) {
    for (const count of [-1, max + 1]) {
      const change = field === "New" ? { newCount: count } : { triedCount: count };
      const found = why(handMade(change));
      const start = `corrupt: Corrupt AddrMan serialization: n${field}=${count}, should be in [0, ${max}]:`;
      assert.ok(found.startsWith(start), found);
    }
  }
  assert.match(why(handMade({ key: 0 })),
    /^corrupt: Corrupt data\. Consistency check failed with code -16: /);
});

test("addresses as they were written before BIP155 are read", () => {
  const writer = new ByteWriter(214);
  const mapped = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255);
  const ipv6 = (text: string) => concatBytes(mapped, address(text).bytes);
  writer.bytes(MAGIC).u8(2).u8(32).bytes(new Uint8Array(32).fill(3)).i32(1).i32(1).i32(1 ^ (1 << 30));
  for (const [text, seconds] of [["1.2.3.4", 0], ["8.8.8.8", 77]] as const) {
    writer.u32(170_000).u32(START).u64(9n).bytes(ipv6(text)).u16be(8333);
    writer.bytes(ipv6("9.9.9.9")).i64FromNumber(seconds).i32(2);
  }
  const body = writer.i32(1).i32(0).bytes(new Uint8Array(32)).finish();
  const book = AddressBook.load(bench(), reading(concatBytes(body, hash256(body))));
  const found = book.entries().map(({ table, address: { bytes } }) => `${table} ${bytes.join(".")}`);
  assert.deepEqual(found, ["new 1.2.3.4", "tried 8.8.8.8"]);
});

test("a file with any bit changed, or cut short, is refused", () => {
  const bytes = filled().save(MAGIC);
  const rng = seededRng(4);
  for (let i = 0; i < 400; i++) {
    const damaged = bytes.slice();
    const at = below(rng, bytes.length);
    damaged[at] = (damaged[at] as number) ^ (1 << below(rng, 8));
    assert.notEqual(decodeBook(damaged, MAGIC).type, "book", `byte ${at}`);
    assert.notEqual(decodeBook(bytes.subarray(0, at), MAGIC).type, "book", `cut at ${at}`);
  }
});

test("whatever is in a file under a right checksum, it is refused, or makes a sound book", () => {
  const bytes = filled().save(MAGIC);
  const change = fc.record({ at: fc.nat(400), value: fc.nat(255) });
  let books = 0;
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const body = bytes.slice(0, -32);
      for (const { at, value } of changes) body[(at < 300 ? at : body.length - 1 - at) as number] = value;
      const result = decodeBook(concatBytes(body, hash256(body)), MAGIC);
      if (result.type !== "book") return;
      books++;
      // Every call checks the tables.
      const book = AddressBook.load(bench(), result.book, {
        localPeers: false, checkRatio: 1, rules: DEFAULT_TABLE_RULES,
      });
      book.resolveCollisions();
      assert.ok(book.size() <= TEXTS.length + 1);
      const saved = reading(book.save(MAGIC));
      assert.deepEqual(AddressBook.load(bench(), saved).size(), book.size());
    }),
    { numRuns: 150 },
  );
  assert.ok(books > 0);
});

test("what is written is what is read, field by field", () => {
  const stored = {
    address: address("1.2.3.4:8333"), source: address("9.9.9.9"), services: 0xffff_ffff_ffff_ffffn,
    time: START, succeededAt: (START * 1000) as Instant, attempts: 5,
  };
  const other = { ...stored, address: address("8.8.8.8:1"), succeededAt: undefined };
  const contents = {
    key: new Uint8Array(32).fill(1), new: [other], tried: [stored], asmapVersion: new Uint8Array(32).fill(2),
  };
  const bytes = encodeBook({ ...contents, buckets: [[], [0]] }, MAGIC);
  assert.deepEqual(reading(bytes), { ...contents, bucketCount: 2, seats: [[1, 0]] });
});
