/**
 * Keeps each connection known to be alive, and measures its round trip.
 *
 * ```text
 *              interval passed,           pong with our nonce,
 *              or asked for               a zero one, or none
 *   idle ───────────────────────▶ waiting ───────────────────▶ idle
 *                                    │ timeout passed
 *                                    ▼
 *                               disconnect
 * ```
 *
 * The functions are pure: no clock, no socket, no randomness of their own. `PingProtocol` runs
 * them for all peers. Intervals, odd cases and log texts are those of Bitcoin Core
 * (net_processing.cpp: MaybeSendPing, ProcessPong).
 *
 * @see https://github.com/bitcoin/bips/blob/master/bip-0031.mediawiki
 * @module
 */
import { unreachable } from "../base/assert.ts";
import type { Logger } from "../base/logger.ts";
import { type Rng, u64 } from "../base/rng.ts";
import { addDuration, type Clock, type Duration, elapsed, type Instant, minutes } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { Peer } from "../peer/peer.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { Outbox, Protocol } from "./protocol.ts";

export const PING_INTERVAL = minutes(2);
export const PING_TIMEOUT = minutes(20);

/** From the version after this one, a ping carries a nonce and is answered (BIP31). */
const BIP31_VERSION = 60_000;

export type PingState =
  | { readonly name: "idle"; readonly pingAt: Instant }
  | { readonly name: "waiting"; readonly nonce: bigint; readonly sentAt: Instant; readonly dropAt: Instant };

export type PingInput =
  /** The time asked for by `wakeAt` has come. */
  | { readonly type: "woken"; readonly fresh: FreshPing }
  /** The operator wants a ping now, even when one is out. */
  | { readonly type: "requested"; readonly fresh: FreshPing }
  /** `undefined`: the payload was shorter than a nonce. */
  | { readonly type: "pong-received"; readonly nonce: bigint | undefined };

/** What a ping that may be due would be made of. */
export interface FreshPing {
  /** Not zero; `undefined` for a peer that will not answer. */
  readonly nonce: bigint | undefined;
  /** A silent peer is not dropped before, whatever the timeout: the connection is young. */
  readonly patientUntil: Instant;
}

export type PongProblem =
  | "Unsolicited pong without ping" | "Nonce mismatch" | "Nonce zero" | "Short payload" | "Timing mishap";

export type PingEffect =
  | { readonly type: "send-ping"; readonly nonce: bigint | undefined }
  | { readonly type: "round-trip"; readonly took: Duration }
  | {
    readonly type: "odd-pong";
    readonly problem: PongProblem;
    /** The nonce that we wait for; zero for none. */
    readonly expected: bigint;
    readonly nonce: bigint | undefined;
  }
  | { readonly type: "disconnect"; readonly after: Duration };

export interface PingStep {
  readonly state: PingState;
  readonly effects: readonly PingEffect[];
}

export function startPing(now: Instant): PingState {
  return { name: "idle", pingAt: now };
}

/** When `stepPing` next wants a `woken`, whatever else happens before then. */
export function pingWakeAt(state: PingState): Instant {
  return state.name === "idle" ? state.pingAt : state.dropAt;
}

export function stepPing(state: PingState, input: PingInput, now: Instant): PingStep {
  switch (input.type) {
    case "woken":
      if (now < pingWakeAt(state)) return { state, effects: [] };
      if (state.name === "idle") return sendPing(input.fresh, now);
      return { state, effects: [{ type: "disconnect", after: elapsed(state.sentAt, now) }] };

    case "requested":
      return sendPing(input.fresh, now);

    case "pong-received":
      return receivePong(state, input.nonce, now);

    default:
      return unreachable(input);
  }
}

function sendPing({ nonce, patientUntil }: FreshPing, now: Instant): PingStep {
  const effects: readonly PingEffect[] = [{ type: "send-ping", nonce }];
  // No pong will come.
  if (nonce === undefined) return { state: idleAfter(now), effects };
  const dropAt = Math.max(addDuration(now, PING_TIMEOUT), patientUntil) as Instant;
  return { state: { name: "waiting", nonce, sentAt: now, dropAt }, effects };
}

function receivePong(state: PingState, nonce: bigint | undefined, now: Instant): PingStep {
  const problem = pongProblem(state, nonce, now);
  const expected = state.name === "waiting" ? state.nonce : 0n;
  const odd: PingEffect[] = problem === undefined ? [] : [{ type: "odd-pong", problem, expected, nonce }];
  // A pong we did not ask for, or one that answers an earlier ping, proves nothing about this one.
  if (state.name === "idle" || problem === "Nonce mismatch") return { state, effects: odd };
  // What is left is the answer, or the best that an odd implementation can do: this ping is over.
  const idle = idleAfter(state.sentAt);
  if (problem !== undefined) return { state: idle, effects: odd };
  return { state: idle, effects: [{ type: "round-trip", took: elapsed(state.sentAt, now) }] };
}

function idleAfter(sentAt: Instant): PingState {
  return { name: "idle", pingAt: addDuration(sentAt, PING_INTERVAL) };
}

function pongProblem(state: PingState, nonce: bigint | undefined, now: Instant): PongProblem | undefined {
  if (nonce === undefined) return "Short payload";
  if (state.name === "idle") return "Unsolicited pong without ping";
  if (nonce !== state.nonce) return nonce === 0n ? "Nonce zero" : "Nonce mismatch";
  // Only a mock clock can be set back.
  return now < state.sentAt ? "Timing mishap" : undefined;
}

export interface PingPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Pick<Outbox, "send" | "disconnect">;
  /** No silent peer is dropped before its connection is as old as this (`-peertimeout`). */
  readonly peerTimeout: Duration;
  /** A round trip has been measured: it stands in the peer's `stats`. */
  measured(peer: Peer): void;
}

/** Pings every peer; answers theirs. */
export class PingProtocol implements Protocol {
  readonly takes: readonly MessageType[] = ["ping", "pong"];
  readonly #ports: PingPorts;
  readonly #states = new Map<Peer, PingState>();
  readonly #timers = new TimerTable<Peer>();

  constructor(ports: PingPorts) {
    this.#ports = ports;
  }

  ready(peer: Peer): void {
    this.#enter(peer, startPing(this.#ports.clock.now()));
  }

  closed(peer: Peer): void {
    this.#states.delete(peer);
    this.#timers.cancel(peer);
  }

  received(peer: Peer, message: Message): void {
    if (message.type === "ping") this.#answer(peer, message.value.nonce);
    else if (message.type === "pong") this.#pong(peer, message.value.nonce);
  }

  pass(peer: Peer): void {
    const state = this.#states.get(peer);
    if (state === undefined || this.#ports.clock.now() < pingWakeAt(state)) return;
    this.#step(peer, state, { type: "woken", fresh: this.#fresh(peer) });
  }

  /** Nothing: the pass over all peers, which follows, does it. */
  woken(): void {}

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** Pings every peer now: the RPC's `ping`. */
  requestPing(): void {
    for (const [peer, state] of this.#states) {
      this.#step(peer, state, { type: "requested", fresh: this.#fresh(peer) });
    }
  }

  #answer(peer: Peer, nonce: bigint | undefined): void {
    if (nonce === undefined || peer.features.version <= BIP31_VERSION) return;
    this.#ports.outbox.send(peer, { type: "pong", value: { nonce } });
  }

  #pong(peer: Peer, nonce: bigint | undefined): void {
    const state = this.#states.get(peer);
    if (state !== undefined) this.#step(peer, state, { type: "pong-received", nonce });
  }

  #fresh(peer: Peer): FreshPing {
    const { rng, peerTimeout } = this.#ports;
    return {
      // Zero would look like no nonce at all.
      nonce: peer.features.version > BIP31_VERSION ? u64(rng) || 1n : undefined,
      patientUntil: addDuration(peer.stats.connectedAt, peerTimeout),
    };
  }

  #step(peer: Peer, state: PingState, input: PingInput): void {
    const { state: next, effects } = stepPing(state, input, this.#ports.clock.now());
    if (next !== state) this.#enter(peer, next);
    for (const effect of effects) this.#perform(peer, effect);
  }

  #enter(peer: Peer, state: PingState): void {
    this.#states.set(peer, state);
    this.#timers.set(peer, pingWakeAt(state));
    peer.stats.pingSentAt = state.name === "waiting" ? state.sentAt : undefined;
  }

  #perform(peer: Peer, effect: PingEffect): void {
    const { outbox, logger } = this.#ports;
    switch (effect.type) {
      case "send-ping":
        return outbox.send(peer, { type: "ping", value: { nonce: effect.nonce } });
      case "round-trip":
        peer.stats.pingTime = effect.took;
        peer.stats.minPing = Math.min(effect.took, peer.stats.minPing ?? effect.took) as Duration;
        return this.#ports.measured(peer);
      case "disconnect":
        logger.debug("net", () => {
          return `ping timeout: ${(effect.after / 1000).toFixed(6)}s, disconnecting peer=${peer.id}`;
        });
        this.closed(peer);
        return outbox.disconnect(peer, "ping-timeout");
      case "odd-pong":
        return logger.debug("net", () => describeOddPong(peer, effect));
      default:
        return unreachable(effect);
    }
  }
}

function describeOddPong(peer: Peer, odd: PingEffect & { readonly type: "odd-pong" }): string {
  const size = odd.nonce === undefined ? "less than 8" : "8";
  const [expected, received] = [odd.expected.toString(16), (odd.nonce ?? 0n).toString(16)];
  return `pong peer=${peer.id}: ${odd.problem}, ${expected} expected, ${received} received, ${size} bytes`;
}
