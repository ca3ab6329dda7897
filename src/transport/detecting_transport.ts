import { defined } from "../base/assert.ts";
import { type Bytes, concatBytes, equalBytes, NO_BYTES } from "../base/bytes.ts";
import type { RawMessage, ReceivedMessage, Transport, TransportType } from "./transport.ts";
import { v1Prefix } from "./v1_prefix.ts";
import { V1Transport } from "./v1_transport.ts";
import { type V2Ports, V2Transport } from "./v2_transport.ts";

/**
 * The end of a connection that somebody else has begun, who speaks v1 or v2.
 *
 * Whoever speaks v1 begins with a `version` message of our network. The first byte that differs from
 * that is of a key, and has ours sent (BIP324, `respond_v2_handshake`).
 */
export class DetectingTransport implements Transport {
  readonly #ports: V2Ports;
  /** So far the prefix. */
  #held: Bytes = NO_BYTES;
  #chosen: Transport | undefined;

  constructor(ports: V2Ports) {
    this.#ports = ports;
  }

  get type(): TransportType {
    return this.#chosen?.type ?? "detecting";
  }

  get sessionId(): Bytes | undefined {
    return this.#chosen?.sessionId;
  }

  get canSend(): boolean {
    return this.#chosen?.canSend ?? false;
  }

  get hasWork(): boolean {
    return this.#chosen?.hasWork ?? false;
  }

  get heldBytes(): number {
    return this.#held.length + (this.#chosen?.heldBytes ?? 0);
  }

  receive(bytes: Bytes): readonly ReceivedMessage[] {
    if (this.#chosen !== undefined) return this.#chosen.receive(bytes);
    const first = this.#held.length === 0 ? bytes : concatBytes(this.#held, bytes);
    this.#chosen = this.#choose(first);
    this.#held = this.#chosen === undefined ? Uint8Array.from(first) : NO_BYTES;
    return this.#chosen?.receive(first) ?? [];
  }

  work(): readonly ReceivedMessage[] {
    return this.#chosen?.work() ?? [];
  }

  send(message: RawMessage): Bytes {
    return this.#choice.send(message);
  }

  takeOutput(): Bytes {
    return this.#chosen?.takeOutput() ?? NO_BYTES;
  }

  get #choice(): Transport {
    return defined(this.#chosen, "messages wait until it is known how to send them");
  }

  #choose(first: Bytes): Transport | undefined {
    const prefix = v1Prefix(this.#ports.magic);
    const length = Math.min(first.length, prefix.length);
    if (!equalBytes(first.subarray(0, length), prefix.subarray(0, length))) {
      return new V2Transport("responder", this.#ports);
    }
    return length < prefix.length ? undefined : new V1Transport(this.#ports.magic);
  }
}
