import { defined } from "../../src/base/assert.ts";
import { type Bytes, NO_BYTES } from "../../src/base/bytes.ts";
import { seededRng } from "../../src/base/rng.ts";
import { curve } from "../../src/crypto/crypto.ts";
import { ELLSWIFT_BYTES } from "../../src/crypto/elligator_swift.ts";
import { DetectingTransport } from "../../src/transport/detecting_transport.ts";
import { PacketSealer } from "../../src/transport/packet_cipher.ts";
import { deriveSession, type SessionKeys } from "../../src/transport/session_keys.ts";
import { REGTEST, TransportEnd } from "./v2_pair.ts";

/** A peer whose every byte is ours to choose: an initiator that talks to `responder`. */
export class Forger {
  readonly responder = new TransportEnd(new DetectingTransport({ magic: REGTEST, rng: seededRng(1_324) }));
  readonly key: Bytes;
  readonly #secretKey = new Uint8Array(32).fill(5);
  #sealer: PacketSealer | undefined;

  constructor() {
    this.key = curve().createEllswift(this.#secretKey, new Uint8Array(32).fill(6));
  }

  /** What both have in common, once the responder has answered the key. */
  keys(): SessionKeys {
    const answer = this.responder.transport.takeOutput();
    const theirs = answer.subarray(0, ELLSWIFT_BYTES);
    const exchange = { secretKey: this.#secretKey, ours: this.key, theirs, isInitiator: true };
    const keys = deriveSession(curve().ellswiftSecret(exchange), REGTEST, true);
    this.#sealer = new PacketSealer(keys.send.packets);
    return keys;
  }

  seal(head: Bytes, body: Bytes = NO_BYTES, associated: Bytes = NO_BYTES): Bytes {
    return defined(this.#sealer, "there are keys").seal(head, body, associated);
  }
}

/** One that has sent its key, no garbage, its terminator and its version packet. */
export function agreedForger(): Forger {
  const forger = new Forger();
  forger.responder.receive(forger.key);
  const keys = forger.keys();
  forger.responder.receive(keys.send.terminator);
  forger.responder.receive(forger.seal(Uint8Array.of(0)));
  return forger;
}

