/**
 * When a silent connection is given up on.
 *
 * ```text
 *   opened ──── peerTimeout ────▶ nothing received, nothing sent, or no handshake: dropped
 *   ready ───── 20 minutes without receiving, or without being able to send: dropped
 * ```
 *
 * Rules and log texts are those of Bitcoin Core (net.cpp, InactivityCheck).
 *
 * @module
 */
import type { Logger } from "../base/logger.ts";
import { addDuration, type Clock, type Duration, type Instant, minutes } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { TransportType } from "../transport/transport.ts";
import type { Connection } from "./connection.ts";
import { NEVER } from "./connection_stats.ts";
import type { DisconnectReason } from "./disconnect_reason.ts";

export const INACTIVITY_TIMEOUT = minutes(20);

/** The part of a connection that counts. */
export interface Activity {
  readonly connectedAt: Instant;
  readonly lastSend: Instant;
  readonly lastReceive: Instant;
  readonly isReady: boolean;
  readonly transportType: TransportType;
}

export interface Inactivity {
  readonly reason: DisconnectReason;
  /** For the log. */
  readonly text: string;
}

/** When `findInactivity` would next find something, should nothing happen until then. */
export function inactiveAt(activity: Activity, peerTimeout: Duration): Instant {
  const patientUntil = addDuration(activity.connectedAt, peerTimeout);
  if (!activity.isReady) return patientUntil;
  const silentSince = Math.min(activity.lastSend, activity.lastReceive) as Instant;
  return Math.max(patientUntil, addDuration(silentSince, INACTIVITY_TIMEOUT)) as Instant;
}

export function findInactivity(
  activity: Activity,
  peerTimeout: Duration,
  now: Instant,
): Inactivity | undefined {
  if (now < inactiveAt(activity, peerTimeout)) return undefined;
  const { lastSend, lastReceive } = activity;
  if (lastReceive === NEVER || lastSend === NEVER) {
    const received = lastReceive === NEVER ? ", never received from peer" : "";
    const sent = lastSend === NEVER ? ", never sent to peer" : "";
    const text = `socket no message in first ${inSeconds(peerTimeout)} seconds${received}${sent}`;
    return { reason: "no-first-message", text };
  }
  if (now >= addDuration(lastSend, INACTIVITY_TIMEOUT)) {
    return { reason: "send-timeout", text: `socket sending timeout: ${inSeconds(now - lastSend)}s` };
  }
  if (now >= addDuration(lastReceive, INACTIVITY_TIMEOUT)) {
    return { reason: "receive-timeout", text: `socket receive timeout: ${inSeconds(now - lastReceive)}s` };
  }
  const what = activity.transportType === "detecting" ? "V2" : "version";
  return { reason: "handshake-timeout", text: `${what} handshake timeout` };
}

function inSeconds(length: number): number {
  return Math.trunc(length / 1000);
}

/** Watches all connections, and looks at each only when it could have fallen silent. */
export class InactivityWatch {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #peerTimeout: Duration;
  readonly #timers = new TimerTable<Connection>();

  /** `peerTimeout`: how long the first message, and the handshake, may take (`-peertimeout`). */
  constructor(ports: { readonly clock: Clock; readonly logger: Logger }, peerTimeout: Duration) {
    this.#clock = ports.clock;
    this.#logger = ports.logger;
    this.#peerTimeout = peerTimeout;
  }

  opened(connection: Connection): void {
    this.#timers.set(connection, inactiveAt(activityOf(connection), this.#peerTimeout));
  }

  closed(connection: Connection): void {
    this.#timers.cancel(connection);
  }

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** Those that are to be closed now, with the reason; each is named once. */
  expired(): readonly { readonly connection: Connection; readonly reason: DisconnectReason }[] {
    const now = this.#clock.now();
    const due: Connection[] = [];
    for (let next = this.#timers.take(now); next !== undefined; next = this.#timers.take(now)) due.push(next);
    due.sort((a, b) => a.id - b.id);
    return due.flatMap((connection) => {
      const inactivity = findInactivity(activityOf(connection), this.#peerTimeout, now);
      if (inactivity === undefined) {
        this.opened(connection);
        return [];
      }
      this.#logger.debug("net", () => `${inactivity.text}, disconnecting peer=${connection.id}`);
      return [{ connection, reason: inactivity.reason }];
    });
  }
}

function activityOf({ stats, handshake, transportType }: Connection): Activity {
  const { connectedAt, lastSend, lastReceive } = stats;
  return { connectedAt, lastSend, lastReceive, isReady: handshake.name === "complete", transportType };
}
