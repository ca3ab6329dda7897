import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { faultOf, newPair, rawOf, REGTEST, TransportEnd } from "../../test/support/v2_pair.ts";
import { concatBytes, fromHex, fromLatin1 } from "../base/bytes.ts";
import { randomBytes, seededRng } from "../base/rng.ts";
import { ELLSWIFT_BYTES } from "../crypto/elligator_swift.ts";
import { installNodeCrypto } from "../io/node_crypto.ts";
import { DetectingTransport } from "./detecting_transport.ts";
import type { RawMessage } from "./transport.ts";
import { v1Prefix } from "./v1_prefix.ts";
import { V1Transport } from "./v1_transport.ts";

installNodeCrypto();

const SEED = 1_324;
const PING: RawMessage = { type: "ping", payload: fromHex("3930000000000000") };

test("a responder says nothing until a byte differs from a version message, and then speaks v2", () => {
  const responder = new TransportEnd(new DetectingTransport({ magic: REGTEST, rng: seededRng(SEED) }));
  const prefix = v1Prefix(REGTEST);
  for (const byte of prefix.subarray(0, 15)) {
    responder.receive(Uint8Array.of(byte));
    assert.deepEqual([responder.transport.type, responder.transport.takeOutput().length], ["detecting", 0]);
  }
  responder.receive(Uint8Array.of(1));
  assert.ok(responder.transport.takeOutput().length >= ELLSWIFT_BYTES);
});

test("a version message of our network is v1, wherever its bytes are split", () => {
  const v1 = new V1Transport(REGTEST);
  const version: RawMessage = { type: "version", payload: randomBytes(seededRng(SEED), 90) };
  const bytes = concatBytes(v1.send(version), v1.send(PING));
  fc.assert(fc.property(fc.nat(bytes.length), (cut) => {
    const responder = new TransportEnd(new DetectingTransport({ magic: REGTEST, rng: seededRng(SEED) }));
    responder.receive(bytes.subarray(0, cut));
    responder.receive(bytes.subarray(cut));
    assert.equal(responder.transport.type, "v1");
    assert.deepEqual(responder.received.map(rawOf), [version, PING]);
    assert.deepEqual(responder.transport.send(PING), v1.send(PING));
    assert.equal(responder.transport.takeOutput().length, 0);
  }), { numRuns: 30 });
});

test("a version message of another network ends the stream, by its magic", () => {
  const responder = new TransportEnd(new DetectingTransport({ magic: REGTEST, rng: seededRng(SEED) }));
  const version = concatBytes(v1Prefix(fromHex("0a03cf40")), fromLatin1("somepayload"));
  const fault = faultOf(() => responder.receive(version));
  assert.equal(fault.kind, "wrong-magic");
  assert.equal(fault.message, "V2 transport error: V1 peer with wrong MessageStart 0a03cf40");
});

test("nothing is computed for a peer until it is asked for, and what comes meanwhile waits", () => {
  const { initiator } = newPair(SEED);
  const responder = new DetectingTransport({ magic: REGTEST, rng: seededRng(SEED) });
  const output = initiator.transport.takeOutput();
  assert.deepEqual(responder.receive(output.subarray(0, 70)), []);
  assert.deepEqual([responder.hasWork, responder.takeOutput().length, responder.heldBytes], [true, 0, 70]);
  assert.deepEqual(responder.receive(output.subarray(70)), []);
  assert.equal(responder.heldBytes, output.length);
  responder.work();
  assert.equal(responder.hasWork, false);
  initiator.receive(responder.takeOutput());
  assert.equal(initiator.transport.type, "v2");
});

