import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { sharedPath, skipWithoutShared } from "../../test/support/paths.ts";
import { type Bytes, concatBytes, fromHex, NO_BYTES, toHex } from "../base/bytes.ts";
import { randomBytes, seededRng } from "../base/rng.ts";
import { installPortableCurve } from "../crypto/install_portable.ts";
import { curve } from "../crypto/crypto.ts";
import { ellswiftDecode } from "../crypto/elligator_swift.ts";
import { LENGTH_BYTES, PacketOpener, PacketSealer, REKEY_INTERVAL } from "./packet_cipher.ts";
import { IGNORE_BIT } from "./packet_contents.ts";
import { deriveSession } from "./session_keys.ts";

installPortableCurve();

const MAIN = fromHex("f9beb4d9");
const SEED = 324;

/** Rows of the file, each by the names of its columns. */
function rows(): readonly ReadonlyMap<string, string>[] {
  const path = sharedPath("vectors", "bip", "bip-0324-packet_encoding_test_vectors.csv");
  const [names = [], ...lines] =
    readFileSync(path, "latin1").trim().split("\n").map((line) => line.trim().split(","));
  return lines.map((line) => new Map(names.map((name, i) => [name, line[i] ?? ""])));
}

test("keys, session ids and packets are those that BIP324 publishes", { skip: skipWithoutShared }, () => {
  const cases = rows();
  assert.ok(cases.length >= 7);
  for (const row of cases) checkRow(row);
});

function checkRow(row: ReadonlyMap<string, string>): void {
  const at = (name: string): string => row.get(name) ?? assert.fail(`no column ${name}`);
  const bytesAt = (name: string): Bytes => fromHex(at(name));
  const [ours, theirs] = [bytesAt("in_ellswift_ours"), bytesAt("in_ellswift_theirs")];
  const isInitiator = at("in_initiating") === "1";
  assert.equal(toHex(ellswiftDecode(ours)), at("mid_x_ours"));
  assert.equal(toHex(ellswiftDecode(theirs)), at("mid_x_theirs"));
  const exchange = { secretKey: bytesAt("in_priv_ours"), ours, theirs, isInitiator };
  const secret = curve().ellswiftSecret(exchange);
  assert.equal(toHex(secret), at("mid_shared_secret"));
  const keys = deriveSession(secret, MAIN, isInitiator);
  assert.equal(toHex(secret), "00".repeat(32), "the secret is wiped");
  const [initiator, responder] = isInitiator ? [keys.send, keys.receive] : [keys.receive, keys.send];
  assert.equal(toHex(initiator.packets.length), at("mid_initiator_l"));
  assert.equal(toHex(initiator.packets.content), at("mid_initiator_p"));
  assert.equal(toHex(responder.packets.length), at("mid_responder_l"));
  assert.equal(toHex(responder.packets.content), at("mid_responder_p"));
  assert.equal(toHex(keys.send.terminator), at("mid_send_garbage_terminator"));
  assert.equal(toHex(keys.receive.terminator), at("mid_recv_garbage_terminator"));
  assert.equal(toHex(keys.sessionId), at("out_session_id"));

  const sealer = new PacketSealer(keys.send.packets);
  for (let i = 0; i < Number(at("in_idx")); i++) sealer.seal(Uint8Array.of(0), NO_BYTES);
  const contents = fromHex(at("in_contents").repeat(Number(at("in_multiply"))));
  const header = Uint8Array.of(at("in_ignore") === "1" ? IGNORE_BIT : 0);
  const packet = sealer.seal(header, contents, bytesAt("in_aad"));
  if (at("out_ciphertext") !== "") assert.equal(toHex(packet), at("out_ciphertext"));
  // Of the long ones only this is published.
  const end = at("out_ciphertext_endswith");
  assert.equal(toHex(packet.subarray(packet.length - end.length / 2)), end);
}

/** Two ends of one direction. */
function pair(): { readonly sealer: PacketSealer; readonly opener: PacketOpener } {
  const rng = seededRng(SEED);
  const [length, content] = [randomBytes(rng, 32), randomBytes(rng, 32)];
  return {
    sealer: new PacketSealer({ length: length.slice(), content: content.slice() }),
    opener: new PacketOpener({ length, content }),
  };
}

test("packets are opened as they were sealed, over two changes of the keys", () => {
  const { sealer, opener } = pair();
  const rng = seededRng(SEED + 1);
  for (let i = 0; i < 2 * REKEY_INTERVAL + 3; i++) {
    const body = randomBytes(rng, i % 50);
    const associated = randomBytes(rng, i % 3);
    const packet = sealer.seal(Uint8Array.of(0, 7), body, associated);
    assert.equal(opener.readLength(packet, 0), body.length + 1, `packet ${i}`);
    const text = opener.open(packet.slice(LENGTH_BYTES), associated);
    assert.deepEqual(text && Uint8Array.from(text), concatBytes(Uint8Array.of(0, 7), body), `packet ${i}`);
  }
});

test("the same message is never sealed twice to the same bytes", () => {
  const { sealer } = pair();
  const seen = new Set<string>();
  for (let i = 0; i < REKEY_INTERVAL + 5; i++) seen.add(toHex(sealer.seal(Uint8Array.of(0, 18), NO_BYTES)));
  assert.equal(seen.size, REKEY_INTERVAL + 5);
});

test("a packet that is late, early or repeated is not opened", () => {
  const { sealer, opener } = pair();
  const [first, second] = [sealer.seal(Uint8Array.of(0), NO_BYTES), sealer.seal(Uint8Array.of(0), NO_BYTES)];
  assert.equal(opener.open(second.slice(LENGTH_BYTES), NO_BYTES), undefined);
  assert.ok(opener.open(second.slice(LENGTH_BYTES), NO_BYTES) !== undefined, "a failure counts as a packet");
  assert.equal(opener.open(first.slice(LENGTH_BYTES), NO_BYTES), undefined);
});
