/**
 * Where in the tables an address may stand. A secret key and its group (in `new`, also the group of
 * whoever told of it) decide, so that nobody can aim at places, and nobody who holds few groups can
 * fill many buckets.
 *
 * Source: Bitcoin Core, addrman.cpp, GetTriedBucket, GetNewBucket, GetBucketPosition. The same hashes,
 * so that `peers.dat` is the same file.
 *
 * @module
 */
import type { Bytes } from "../base/bytes.ts";
import { asIpv6, IPV6_BYTES } from "../base/ip_address.ts";
import { startHash } from "../crypto/crypto.ts";
import type { HashInput } from "../crypto/hash_input.ts";
import type { NetGroup } from "../primitives/net_group.ts";
import { NETWORK_BYTES, type NetworkAddress } from "../primitives/network_address.ts";
import type { NetGroups } from "./net_groups.ts";
import type { TableRules } from "./table_rules.ts";

export const BUCKET_KEY_BYTES = 32;
/** Letters that keep positions in the two tables apart. */
const NEW = 0x4e;
const TRIED = 0x4b;

interface SourceBuckets {
  readonly group: NetGroup;
  readonly buckets: (number | undefined)[];
}

export class BucketPlaces {
  /** Whoever knows it can choose addresses by their places. */
  readonly key: Bytes;
  readonly #groups: NetGroups;
  readonly #rules: TableRules;
  /** The group that told us something last, and buckets of its that were worked out. */
  #source: SourceBuckets = { group: "", buckets: [] };

  constructor(key: Bytes, groups: NetGroups, rules: TableRules) {
    this.key = key;
    this.#groups = groups;
    this.#rules = rules;
  }

  /** Its place in `new` on the word of `source`: bucket times size of a bucket, and position. */
  inNew(address: NetworkAddress, source: NetworkAddress): number {
    const bucket = this.newBucket(address, source);
    return bucket * this.#rules.bucketSize + this.newPosition(address, bucket);
  }

  /** Its place in `tried`. */
  inTried(address: NetworkAddress): number {
    const bucket = this.triedBucket(address);
    return bucket * this.#rules.bucketSize + this.#position(address, bucket, TRIED);
  }

  newBucket(address: NetworkAddress, source: NetworkAddress): number {
    const { bucketsByGroup, newBuckets, newBucketsPerSourceGroup } = this.#rules;
    if (!bucketsByGroup) return this.#addressHash(address) % newBuckets;
    const [group, sourceGroup] = [this.#groups.group(address), this.#groups.group(source)];
    const first = this.#start(2 + group.length + sourceGroup.length);
    const which = lowWord(putGroup(putGroup(first, group), sourceGroup)) % newBucketsPerSourceGroup;
    return this.#sourceBucket(sourceGroup, which);
  }

  /** The one of its buckets that a group reaches: the same few for a whole message of addresses. */
  #sourceBucket(sourceGroup: NetGroup, which: number): number {
    if (sourceGroup !== this.#source.group) this.#source = { group: sourceGroup, buckets: [] };
    const known = this.#source.buckets[which];
    if (known !== undefined) return known;
    const input = putGroup(this.#start(1 + sourceGroup.length + 8), sourceGroup).u32(which).u32(0);
    const bucket = lowWord(input) % this.#rules.newBuckets;
    this.#source.buckets[which] = bucket;
    return bucket;
  }

  triedBucket(address: NetworkAddress): number {
    const { bucketsByGroup, triedBuckets, triedBucketsPerGroup } = this.#rules;
    const hash = this.#addressHash(address);
    if (!bucketsByGroup) return hash % triedBuckets;
    const group = this.#groups.group(address);
    const second = putGroup(this.#start(1 + group.length + 8), group);
    return lowWord(second.u32(hash % triedBucketsPerGroup).u32(0)) % triedBuckets;
  }

  /** Its position in whichever bucket of `new`. */
  newPosition(address: NetworkAddress, bucket: number): number {
    return this.#position(address, bucket, NEW);
  }

  #position(address: NetworkAddress, bucket: number, table: number): number {
    const input = this.#start(1 + 4 + addressSize(address)).u8(table).u32(bucket);
    return lowWord(putAddress(input, address)) % this.#rules.bucketSize;
  }

  #addressHash(address: NetworkAddress): number {
    return lowWord(putAddress(this.#start(addressSize(address)), address));
  }

  #start(size: number): HashInput {
    return startHash(BUCKET_KEY_BYTES + size).bytes(this.key);
  }
}

/** Bitcoin Core takes 64 bits of the hash: by a power of two, their remainder is the same. */
function lowWord(input: HashInput): number {
  const hash = input.hash256();
  const [a, b, c, d] = [hash[0] as number, hash[1] as number, hash[2] as number, hash[3] as number];
  return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
}

function putGroup(input: HashInput, group: NetGroup): HashInput {
  input.u8(group.length);
  for (let i = 0; i < group.length; i++) input.u8(group.charCodeAt(i));
  return input;
}

/** Of what `putAddress` writes. */
function addressSize({ network }: NetworkAddress): number {
  return 1 + (network === "ipv4" ? IPV6_BYTES : NETWORK_BYTES[network]) + 2;
}

function putAddress(input: HashInput, { network, bytes, port }: NetworkAddress): HashInput {
  const host = network === "ipv4" ? asIpv6(bytes) : bytes;
  return input.u8(host.length + 2).bytes(host).u8(port >>> 8).u8(port & 0xff);
}
