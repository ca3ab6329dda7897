/**
 * Tells each peer the fee rate below which we take no transactions, and keeps what each tells us.
 *
 * What we tell is rounded to one of about 130 steps, upwards or downwards by chance, and told at
 * random times, so that it does not single this node out. While blocks are still being caught up
 * with, transactions are of no use, and the highest step says so. As Bitcoin Core does
 * (net_processing.cpp, MaybeSendFeefilter; FeeFilterRounder).
 *
 * @see https://github.com/bitcoin/bips/blob/master/bip-0133.mediawiki
 * @module
 */
import { defined } from "../base/assert.ts";
import type { Logger } from "../base/logger.ts";
import { below, poissonWait, type Rng } from "../base/rng.ts";
import { addDuration, type Clock, type Instant, minutes } from "../base/time.ts";
import { TimerTable } from "../base/timer_table.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Mempool } from "../mempool/mempool.ts";
import type { Peer } from "../peer/peer.ts";
import { formatCoins, isMoney, MONEY_MAX, type Sats } from "../primitives/amount.ts";
import type { Message, MessageType } from "../wire/message.ts";
import type { Outbox, Protocol } from "./protocol.ts";

/** Mean time between two tellings to one peer. */
const FEE_FILTER_INTERVAL = minutes(10);
/** After a change by a quarter or more, the next telling is no further off than this. */
export const FEE_FILTER_CHANGE_DELAY = minutes(5);

/** The message exists from this version on (BIP133). */
const FEE_FILTER_VERSION = 70_013;

/** Satoshi per 1,000 vbytes: zero, then from half of the default relay fee up by a tenth each. */
const STEPS = makeSteps(50, 10_000_000, 1.1);
const STEP_MAX = defined(STEPS.at(-1), "there are steps");

function makeSteps(lowest: number, highest: number, factor: number): readonly number[] {
  const steps = [0];
  for (let step = lowest; step <= highest; step *= factor) steps.push(step);
  return steps;
}

/** A step beside `feeRate`: the one below in two of three cases, the one above in the third. */
export function roundFeeFilter(feeRate: number, rng: Rng): Sats {
  const above = STEPS.findIndex((step) => step >= feeRate);
  if (above === 0) return 0 as Sats;
  if (above < 0) return Math.trunc(STEP_MAX) as Sats;
  const step = below(rng, 3) === 0 ? STEPS[above] : STEPS[above - 1];
  return Math.trunc(defined(step, "a step has one below")) as Sats;
}

export interface FeeFilterPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly outbox: Pick<Outbox, "send">;
  readonly chain: Pick<ChainState, "isInitialBlockDownload">;
  readonly mempool: Pick<Mempool, "rollingFeeRate">;
}

export interface FeeFilterSettings {
  /** What we tell is never less. */
  readonly minRelayFeeRate: Sats;
  /** We take no transactions at all, and have said so in `version`. */
  readonly blocksOnly: boolean;
}

interface FeeFilterState {
  /** What we told last; zero, which is what silence means, at first. */
  sent: Sats;
  /** Whether `sent` said 'none at all'. */
  sentMax: boolean;
  received: Sats;
}

export class FeeFilterProtocol implements Protocol {
  readonly takes: readonly MessageType[] = ["feefilter"];
  readonly #ports: FeeFilterPorts;
  readonly #settings: FeeFilterSettings;
  readonly #states = new Map<Peer, FeeFilterState>();
  /** When each peer is next told. */
  readonly #timers = new TimerTable<Peer>();

  constructor(ports: FeeFilterPorts, settings: FeeFilterSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  received(peer: Peer, message: Message): void {
    if (message.type !== "feefilter") return;
    const state = this.#states.get(peer);
    const feeRate = Number(message.value.feeRate) as Sats;
    if (state === undefined || !isMoney(feeRate)) return;
    state.received = feeRate;
    this.#ports.logger.debug("net", () =>
      `received: feefilter of ${formatCoins(feeRate)} BTC/kvB from peer=${peer.id}`);
  }

  ready(peer: Peer): void {
    this.#states.set(peer, { sent: 0 as Sats, sentMax: false, received: 0 as Sats });
    if (this.#tells(peer)) this.#timers.set(peer, this.#ports.clock.now());
  }

  closed(peer: Peer): void {
    this.#states.delete(peer);
    this.#timers.cancel(peer);
  }

  /** Satoshi per 1,000 vbytes below which this peer wants no transaction announced; zero until it says. */
  feeRateOf(peer: Peer): Sats {
    return this.#states.get(peer)?.received ?? (0 as Sats);
  }

  pass(peer: Peer): void {
    const state = this.#states.get(peer);
    const dueAt = this.#timers.at(peer);
    if (state === undefined || dueAt === undefined) return;
    const { clock, chain, mempool } = this.#ports;
    const now = clock.now();
    const isCatchingUp = chain.isInitialBlockDownload;
    // Only what the pool asks for lack of room is rounded: a rounded relay fee would refuse what pays it.
    const current = isCatchingUp ? MONEY_MAX : mempool.rollingFeeRate;
    // 'None at all' is taken back as soon as it is no longer so.
    if (now >= dueAt || (state.sentMax && !isCatchingUp)) this.#tell(peer, state, current, now);
    else if (hasChangedMuch(current, state.sent)) this.#hasten(peer, dueAt, now);
  }

  /** Nothing: the pass over all peers, which follows, does it. */
  woken(): void {}

  wakeAt(): Instant | undefined {
    return this.#timers.next();
  }

  /** Neither who must not hold back transactions, nor who should not send us any. */
  #tells(peer: Peer): boolean {
    return !this.#settings.blocksOnly && peer.features.version >= FEE_FILTER_VERSION
      && peer.type !== "block-relay-only" && !peer.permissions.has("forcerelay");
  }

  #tell(peer: Peer, state: FeeFilterState, current: Sats, now: Instant): void {
    const { rng, outbox } = this.#ports;
    const rounded = Math.max(roundFeeFilter(current, rng), this.#settings.minRelayFeeRate) as Sats;
    if (rounded !== state.sent) outbox.send(peer, { type: "feefilter", value: { feeRate: BigInt(rounded) } });
    state.sent = rounded;
    state.sentMax = current === MONEY_MAX;
    this.#timers.set(peer, addDuration(now, poissonWait(rng, FEE_FILTER_INTERVAL)));
  }

  #hasten(peer: Peer, dueAt: Instant, now: Instant): void {
    if (dueAt <= addDuration(now, FEE_FILTER_CHANGE_DELAY)) return;
    const wait = below(this.#ports.rng, FEE_FILTER_CHANGE_DELAY);
    this.#timers.set(peer, (now + wait) as Instant);
  }
}

function hasChangedMuch(current: number, sent: number): boolean {
  return current < (3 * sent) / 4 || current > (4 * sent) / 3;
}
