import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { hash256 } from "../crypto/crypto.ts";
import { parseAddress } from "../primitives/host_text.ts";
import { Asmap } from "./asmap.ts";
import { BucketPlaces } from "./bucket_places.ts";
import { NetGroups } from "./net_groups.ts";
import { DEFAULT_TABLE_RULES } from "./table_rules.ts";

function address(text: string, port = 8333) {
  return parseAddress(text, port) ?? assert.fail(`${text} is no address`);
}

const KEY = hash256(Uint8Array.of(1, 0, 0, 0));
const OTHER_KEY = hash256(Uint8Array.of(2, 0, 0, 0));
const plain = new NetGroups(undefined, false);

function placesOf(key = KEY, groups = plain): BucketPlaces {
  return new BucketPlaces(key, groups, DEFAULT_TABLE_RULES);
}

/** How many different buckets `bucket` gives for 0 to 254. */
function countBuckets(bucket: (number: number) => number): number {
  return new Set(Array.from({ length: 255 }, (_, number) => bucket(number))).size;
}

test("buckets are those of Bitcoin Core's unit tests", () => {
  // addrman_tests.cpp, caddrinfo_get_tried_bucket_legacy, caddrinfo_get_new_bucket_legacy.
  const places = placesOf();
  assert.equal(places.triedBucket(address("250.1.1.1")), 40);
  assert.equal(places.newBucket(address("250.1.2.1"), address("250.1.2.1")), 786);
  assert.notEqual(places.triedBucket(address("250.1.1.1:9999")), 40);
  assert.equal(places.newBucket(address("250.1.2.1:9999"), address("250.1.2.1")), 786);
});

test("buckets and positions are those of Bitcoin Core's functional tests", () => {
  // rpc_net.py, test_getrawaddrman, with the key of -test=addrman.
  const key = new Uint8Array(32);
  key[0] = 1;
  const places = placesOf(key);
  const seat = (place: number) => `${Math.floor(place / 64)}/${place % 64}`;
  const inNew = (text: string) => seat(places.inNew(address(text), address(text)));
  const inTried = (text: string) => seat(places.inTried(address(text)));
  const onion = "pg6mmjiyjmcrsslvykfwnntlaru7p5svn6y2ymmju6nubxndf4pscryd.onion";
  assert.equal(inNew("2.0.0.0"), "82/8");
  assert.equal(inNew("c4gfnttsuwqomiygupdqqqyy5y5emnk5c73hrfvatri67prd7vyq.b32.i2p:8333"), "963/46");
  assert.equal(inNew("[2803:0:1234:abcd::1]:45324"), "613/6");
  assert.equal(inTried("1.2.3.4"), "6/33");
  assert.equal(inTried("[1233:3432:2434:2343:3234:2345:6546:4534]"), "197/34");
  assert.equal(inTried(`${onion}`), "72/61");
});

test("another key gives other places", () => {
  assert.notEqual(placesOf(OTHER_KEY).triedBucket(address("250.1.1.1")), 40);
  assert.notEqual(placesOf(OTHER_KEY).newBucket(address("250.1.2.1"), address("250.1.2.1")), 786);
});

test("addresses of one group have eight buckets of tried, of many groups many", () => {
  const places = placesOf();
  assert.equal(countBuckets((i) => places.triedBucket(address(`250.1.1.${i}`))), 8);
  assert.equal(countBuckets((i) => places.triedBucket(address(`250.${i}.1.1`, 0))), 160);
});

test("what one group tells of has 64 buckets of new, and one group told of by another has one", () => {
  const places = placesOf();
  const one = (i: number) => places.newBucket(address(`250.1.1.${i}`), address(`250.1.1.${i}`));
  const told = (i: number) => places.newBucket(address(`${i % 200 + 1}.${i}.1.1`), address("251.4.1.1"));
  const telling = (i: number) => places.newBucket(address("250.1.1.1"), address(`250.${i}.1.1`));
  assert.equal(countBuckets(one), 1);
  assert.ok(countBuckets(told) <= 64);
  assert.ok(countBuckets(telling) > 64);
});

test("without groups the address alone decides", () => {
  const places = new BucketPlaces(KEY, plain, { ...DEFAULT_TABLE_RULES, bucketsByGroup: false });
  const telling = (i: number) => places.newBucket(address("250.1.1.1"), address(`250.${i}.1.1`));
  assert.equal(countBuckets(telling), 1);
  assert.ok(countBuckets((i) => places.newBucket(address(`250.1.1.${i}`), address("251.4.1.1"))) > 200);
});

test("a map of systems changes buckets as it does in Bitcoin Core", { skip: skipWithoutShared }, () => {
  const asmap = Asmap.parse(readFileSync(sharedPath("vectors", "core", "asmap.raw")));
  const places = placesOf(KEY, new NetGroups(asmap, false));
  // addrman_tests.cpp, caddrinfo_get_tried_bucket, caddrinfo_get_new_bucket.
  assert.equal(places.triedBucket(address("250.1.1.1")), 236);
  assert.equal(places.newBucket(address("250.1.2.1"), address("250.1.2.1")), 795);
  assert.equal(countBuckets((i) => places.triedBucket(address(`250.${i}.1.1`))), 8);
  assert.ok(countBuckets((i) => places.triedBucket(address(`101.${i}.1.1`))) > 8);
});
