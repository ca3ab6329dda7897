/**
 * Both transports, met by any bytes: nothing but a `TransportError` comes out of them, memory follows
 * what has arrived, and no message is given out that the other end did not send.
 *
 * `TIDINGS_SEED=n` repeats a run, `TIDINGS_STREAMS=n` tries more.
 *
 * @module
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Bytes, concatBytes, equalBytes, fromHex, NO_BYTES } from "../../src/base/bytes.ts";
import { below, randomBytes, type Rng, seededRng } from "../../src/base/rng.ts";
import { installNodeCrypto } from "../../src/io/node_crypto.ts";
import { DetectingTransport } from "../../src/transport/detecting_transport.ts";
import { makeTransport, type Speech } from "../../src/transport/make_transport.ts";
import { PAYLOAD_BYTES_MAX, type RawMessage } from "../../src/transport/transport.ts";
import { v1Prefix } from "../../src/transport/v1_prefix.ts";
import { V2Transport } from "../../src/transport/v2_transport.ts";
import { testSeed, testSize } from "../support/environment.ts";
import {
  breakOf, cutRandomly, newPair, REGTEST, spoken, TransportEnd, type TransportPair,
} from "../support/v2_pair.ts";

const STREAMS = testSize("TIDINGS_STREAMS", 60);
const SEED = testSeed(324);
/** What an end may hold besides what has arrived: bytes of a length, of a header, of nothing more. */
const HELD_BESIDES = 32;

installNodeCrypto();

for (const speech of ["v1", "v2", "theirs"] as const) {
  test(`any bytes end in messages or a TransportError: ${speech}, ${STREAMS} streams (seed ${SEED})`, () => {
    for (let i = 0; i < STREAMS; i++) {
      const rng = seededRng(SEED + i);
      const end = new TransportEnd(makeTransport(speech, { magic: REGTEST, rng }));
      feed(end, anyStream(speech, rng), rng, `seed ${SEED}, stream ${i}`);
    }
  });
}

/** What a stranger may send: noise, or a beginning as it should be and then noise. */
function anyStream(speech: Speech, rng: Rng): Bytes {
  const noise = randomBytes(rng, below(rng, 9_000));
  switch (below(rng, 5)) {
    case 0:
      return noise;
    case 1:
      return concatBytes(v1Prefix(REGTEST), noise);
    case 2:
      return concatBytes(v1Prefix(fromHex("f9beb4d9")).subarray(0, below(rng, 17)), noise);
    case 3: {
      const other = new TransportEnd(speech === "v2" ? new DetectingTransport({ magic: REGTEST, rng })
        : new V2Transport("initiator", { magic: REGTEST, rng }));
      return concatBytes(other.transport.takeOutput(), noise);
    }
    default:
      return new Uint8Array(below(rng, 9_000)).fill(below(rng, 3));
  }
}

/** In pieces, until the stream breaks. */
function feed(end: TransportEnd, bytes: Bytes, rng: Rng, where: string): void {
  let arrived = 0;
  for (const piece of cutRandomly(rng, bytes)) {
    arrived += piece.length;
    if (breakOf(() => end.receive(piece)) !== undefined) {
      assert.ok(breakOf(() => end.receive(Uint8Array.of(1))), `${where}: it stays broken`);
      break;
    }
    assert.ok(end.transport.heldBytes <= 2 * arrived + HELD_BESIDES, `${where}: memory follows what arrived`);
  }
  for (const { payload } of end.received) assert.ok(payload.length <= PAYLOAD_BYTES_MAX, where);
}

test(`what two ends say arrives, in order, however it is cut: ${STREAMS} talks (seed ${SEED})`, () => {
  for (let i = 0; i < STREAMS; i++) {
    const rng = seededRng(SEED + i);
    const talk = new Talk(SEED + 3 * i, rng);
    for (let step = 0; step < 60; step++) talk.step();
    talk.finish();
    talk.check(`seed ${SEED}, talk ${i}`);
  }
});

test(`a changed byte ends what it is in, and nothing is made up: ${STREAMS} talks (seed ${SEED})`, () => {
  let broken = 0;
  for (let i = 0; i < STREAMS; i++) {
    const rng = seededRng(SEED + i);
    const talk = new Talk(SEED + 3 * i, rng);
    talk.bendAt = below(rng, 12_000);
    for (let step = 0; step < 60; step++) talk.step();
    talk.finish();
    if (talk.isBent && talk.isBroken) broken += 1;
    talk.checkPrefix(`seed ${SEED}, talk ${i}`);
  }
  assert.ok(broken > 0, "some streams break");
});

/** Two ends that send each other messages, with a wire between them that is slow and cuts. */
class Talk {
  /** Which byte on the wire to the responder is changed. */
  bendAt: number | undefined;
  isBent = false;
  isBroken = false;
  readonly #rng: Rng;
  readonly #pair: TransportPair;
  readonly #sent = { initiator: [] as RawMessage[], responder: [] as RawMessage[] };
  readonly #wires: Record<"initiator" | "responder", Bytes> = { initiator: NO_BYTES, responder: NO_BYTES };
  #passed = 0;

  constructor(seed: number, rng: Rng) {
    this.#rng = rng;
    this.#pair = newPair(seed);
  }

  step(): void {
    if (this.isBroken) return;
    const who = below(this.#rng, 2) === 0 ? "initiator" : "responder";
    if (below(this.#rng, 2) === 0) this.#speak(who);
    else this.#carry(who, below(this.#rng, this.#wires[who].length + 1));
  }

  /** All that is under way arrives. */
  finish(): void {
    for (let quiet = 0; quiet < 4 && !this.isBroken;) {
      const before = this.#wires.initiator.length + this.#wires.responder.length;
      quiet = before === 0 ? quiet + 1 : 0;
      for (const who of ["initiator", "responder"] as const) {
        this.#wires[who] = concatBytes(this.#wires[who], this.#pair[who].transport.takeOutput());
        this.#carry(who, this.#wires[who].length);
      }
    }
  }

  check(where: string): void {
    assert.equal(this.isBroken, false, where);
    this.checkPrefix(where);
    assert.equal(this.#pair.responder.received.length, this.#sent.initiator.length, where);
    assert.equal(this.#pair.initiator.received.length, this.#sent.responder.length, where);
  }

  /** What arrived is the beginning of what was sent. */
  checkPrefix(where: string): void {
    for (const [from, to] of [["initiator", "responder"], ["responder", "initiator"]] as const) {
      for (const [i, { type, payload }] of this.#pair[to].received.entries()) {
        const sent = this.#sent[from][i];
        assert.ok(sent !== undefined && sent.type === type && equalBytes(sent.payload, payload), where);
      }
    }
  }

  #speak(who: "initiator" | "responder"): void {
    const end = this.#pair[who];
    const messages = end.transport.canSend ? this.#messages() : [];
    this.#sent[who].push(...messages);
    this.#wires[who] = concatBytes(this.#wires[who], spoken(end, ...messages));
  }

  #messages(): readonly RawMessage[] {
    return Array.from({ length: below(this.#rng, 12) }, () => ({
      type: ["ping", "tx", "addrv2", "sendheaders", "wtxidrelay", "x"][below(this.#rng, 6)] ?? "",
      payload: randomBytes(this.#rng, below(this.#rng, below(this.#rng, 8) === 0 ? 3_000 : 70)),
    }));
  }

  #carry(from: "initiator" | "responder", count: number): void {
    const bytes = this.#wires[from].slice(0, count);
    this.#wires[from] = this.#wires[from].slice(count);
    if (from === "initiator") this.#bend(bytes);
    const to = this.#pair[from === "initiator" ? "responder" : "initiator"];
    for (const piece of cutRandomly(this.#rng, bytes)) {
      if (breakOf(() => to.receive(piece)) !== undefined) {
        this.isBroken = true;
        return;
      }
    }
  }

  #bend(bytes: Bytes): void {
    const at = (this.bendAt ?? -1) - this.#passed;
    this.#passed += bytes.length;
    if (at < 0 || at >= bytes.length) return;
    bytes[at] = (bytes[at] as number) ^ (1 + below(this.#rng, 255));
    this.isBent = true;
  }
}
