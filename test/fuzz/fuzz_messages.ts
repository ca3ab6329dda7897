/**
 * What a peer of the fuzzer says: messages that make sense of what there is, the same with a few
 * bytes changed, messages of any type and any content, and noise.
 *
 * @module
 */
import fc from "fast-check";
import type { Bytes } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng } from "../../src/base/rng.ts";
import { type BlockHash, ZERO_HASH } from "../../src/primitives/hash.ts";
import type { RawMessage } from "../../src/transport/transport.ts";
import { encodeMessage, MESSAGE_TYPES, type Message, type MessageType } from "../../src/wire/message.ts";
import type { TimedAddress } from "../../src/wire/messages/addr.ts";
import { messageValues } from "../support/arbitrary_messages.ts";
import { mutate } from "../support/mutate.ts";
import { type FuzzMatter, pick } from "./fuzz_matter.ts";

/** Types of inventory items: with witness and without, filtered, compact, and one that nobody knows. */
const ITEM_TYPES = [1, 2, 5, 0x4000_0001, 0x4000_0002, 4, 3, 77];

/** Of a hundred messages: sound ones, sound ones with changes, and values of any kind. */
const [SOUND, CHANGED, ANY, ANY_CHANGED] = [68, 86, 93, 99];

/** Payloads of every type, to choose from. The same in every run: what is done with them is drawn. */
const samples = new Map<MessageType, readonly Bytes[]>();
for (const [index, type] of MESSAGE_TYPES.entries()) {
  const values = fc.sample(messageValues[type] as fc.Arbitrary<unknown>, { seed: index, numRuns: 20 });
  samples.set(type, values.map((value) => encodeMessage({ type, value } as Message)));
}

/** One message to send; `answer`: a good answer to something that the node has asked. */
export function anyMessage(
  rng: Rng, matter: FuzzMatter, unixTime: number, answer: () => Message | undefined,
): RawMessage {
  const kind = below(rng, 100);
  if (kind < CHANGED) {
    const message = (below(rng, 5) === 0 ? answer() : undefined) ?? sensible(rng, matter, unixTime);
    const payload = encodeMessage(message);
    return { type: message.type, payload: kind < SOUND ? payload : mutate(rng, payload) };
  }
  const type = pick(rng, MESSAGE_TYPES);
  const payload = pick(rng, samples.get(type) ?? []);
  if (kind < ANY) return { type, payload };
  if (kind < ANY_CHANGED) return { type, payload: mutate(rng, payload) };
  return { type: below(rng, 2) === 0 ? type : "unheardof", payload: randomBytes(rng, below(rng, 300)) };
}

/** A message that makes sense, of what there is. */
function sensible(rng: Rng, matter: FuzzMatter, unixTime: number): Message {
  const { nodes, transactions } = matter;
  const someHashes = (): BlockHash[] =>
    Array.from({ length: 1 + below(rng, 6) }, () => matter.hash(rng) as BlockHash);
  const items = someHashes().map((hash) => ({ type: pick(rng, ITEM_TYPES), hash }));
  const question = (): Message<"getheaders">["value"] => ({
    version: 70_016, locator: someHashes(),
    stop: (below(rng, 2) === 0 ? ZERO_HASH : matter.hash(rng)) as BlockHash,
  });
  switch (below(rng, 16)) {
    case 0:
    case 1: {
      const chain = below(rng, 2) === 0 ? matter.chain : nodes;
      const start = below(rng, chain.length);
      const headers = chain.slice(start, start + 1 + below(rng, 30)).map(({ block }) => block.header);
      return { type: "headers", value: { headers } };
    }
    case 2:
    case 3:
      return { type: "block", value: { block: pick(rng, nodes).block } };
    case 4:
    case 5:
      return { type: "tx", value: { transaction: pick(rng, transactions) } };
    case 6:
    case 7:
      return { type: "inv", value: { items } };
    case 8:
      return { type: "getdata", value: { items } };
    case 9:
      return { type: "notfound", value: { items } };
    case 10:
      return { type: "getheaders", value: question() };
    case 11:
      return { type: "getblocks", value: question() };
    case 12:
      return { type: "addr", value: { addresses: someAddresses(rng, unixTime) } };
    case 13:
      return { type: "addrv2", value: { addresses: someAddresses(rng, unixTime) } };
    case 14:
      return { type: pick(rng, ["getaddr", "mempool", "sendheaders"] as const), value: null };
    default:
      return { type: "ping", value: { nonce: 7n } };
  }
}

function someAddresses(rng: Rng, unixTime: number): readonly TimedAddress[] {
  return Array.from({ length: 1 + below(rng, 12) }, () => ({
    time: unixTime - below(rng, 2_000),
    services: 0x409n,
    address: {
      network: "ipv4", bytes: Uint8Array.of(60 + below(rng, 100), below(rng, 256), below(rng, 256), 1),
      port: 8333,
    },
  }));
}

/** `bytes` in up to four pieces. */
export function inPieces(rng: Rng, bytes: Bytes): readonly Bytes[] {
  const cuts = Array.from({ length: below(rng, 4) },
    () => below(rng, bytes.length + 1)).sort((a, b) => a - b);
  const bounds = [0, ...cuts, bytes.length];
  return bounds.slice(1).map((end, i) => bytes.slice(bounds[i], end)).filter((piece) => piece.length > 0);
}
