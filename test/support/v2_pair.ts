import { assert, defined } from "../../src/base/assert.ts";
import { type Bytes, concatBytes, fromHex } from "../../src/base/bytes.ts";
import { below, type Rng, seededRng } from "../../src/base/rng.ts";
import { DetectingTransport } from "../../src/transport/detecting_transport.ts";
import {
  type RawMessage, type ReceivedMessage, type Transport, TransportError,
} from "../../src/transport/transport.ts";
import { V2Transport } from "../../src/transport/v2_transport.ts";

export const REGTEST = fromHex("fabfb5da");

/** One end of a connection without a node around it: work is done at once. */
export class TransportEnd {
  readonly transport: Transport;
  readonly received: ReceivedMessage[] = [];

  constructor(transport: Transport) {
    this.transport = transport;
    this.#work();
  }

  receive(bytes: Bytes): void {
    this.received.push(...this.transport.receive(bytes));
    this.#work();
  }

  #work(): void {
    while (this.transport.hasWork) this.received.push(...this.transport.work());
  }
}

export interface TransportPair {
  readonly initiator: TransportEnd;
  readonly responder: TransportEnd;
}

/** Two ends that have not said anything yet. */
export function newPair(seed: number): TransportPair {
  return {
    initiator: new TransportEnd(new V2Transport("initiator", { magic: REGTEST, rng: seededRng(seed) })),
    responder: new TransportEnd(new DetectingTransport({ magic: REGTEST, rng: seededRng(seed + 1) })),
  };
}

/** Two ends that have their keys. */
export function agreedPair(seed: number): TransportPair {
  const pair = newPair(seed);
  shakeHands(pair, seededRng(seed + 2));
  return pair;
}

/** Carries what each end says to the other, cut anywhere, until neither has more to say. */
export function shakeHands({ initiator, responder }: TransportPair, rng: Rng): void {
  for (let isQuiet = false; !isQuiet;) {
    isQuiet = true;
    for (const [from, to] of [[initiator, responder], [responder, initiator]] as const) {
      const output = from.transport.takeOutput();
      if (output.length > 0) isQuiet = false;
      for (const piece of cutRandomly(rng, output)) to.receive(piece);
    }
  }
  assert(initiator.transport.type === "v2" && responder.transport.type === "v2", "both ends agree");
}

export function cutRandomly(rng: Rng, bytes: Bytes): readonly Bytes[] {
  const pieces: Bytes[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = Math.min(bytes.length, start + 1 + below(rng, below(rng, 4) === 0 ? 5 : 2_000));
    pieces.push(bytes.slice(start, end));
    start = end;
  }
  return pieces;
}

/** What one end has to say now, and the messages behind it. */
export function spoken(from: TransportEnd, ...messages: readonly RawMessage[]): Bytes {
  return concatBytes(from.transport.takeOutput(), ...messages.map((message) => from.transport.send(message)));
}

/** A message without what the transport says of it, in memory that compares well. */
export function rawOf({ type, payload }: ReceivedMessage): RawMessage {
  return { type, payload: Uint8Array.from(payload) };
}

/** How a stream breaks; `undefined` when it does not. */
export function breakOf(act: () => void): TransportError | undefined {
  try {
    act();
  } catch (error) {
    if (error instanceof TransportError) return error;
    throw error;
  }
  return undefined;
}

export function faultOf(act: () => void): TransportError {
  return defined(breakOf(act), "the stream breaks");
}
