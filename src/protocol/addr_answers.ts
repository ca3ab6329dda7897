/**
 * What a node tells those who ask for addresses.
 *
 * Everybody who comes by the same way gets the same answer for about a day, so that asking again, or
 * from many addresses, does not read the book out, nor show when it changes. By another way (another
 * network, another address of ours) the answer is another, so that two of our addresses cannot be seen
 * to be one node's.
 *
 * Source: Bitcoin Core, net.cpp, CConnman::GetAddresses.
 *
 * @module
 */
import type { AddressBook } from "../addrbook/address_book.ts";
import type { KnownAddress } from "../addrbook/address_record.ts";
import type { Without } from "../base/defences.ts";
import { below, type Rng } from "../base/rng.ts";
import { addDuration, type Clock, type Duration, hours, type Instant } from "../base/time.ts";
import type { Peer } from "../peer/peer.ts";
import { addressKey, type NetworkAddress } from "../primitives/network_address.ts";
import { ADDRESS_COUNT_MAX } from "../wire/messages/addr.ts";

/** A part of what we know is enough for anyone, and does not show who our peers are. */
const ANSWER_PERCENT = 23;
const ANSWER_KEPT = hours(21);
const ANSWER_KEPT_SPREAD = hours(6);
/** Answers kept, each for a way to us: more than a machine has. Above it the oldest is made anew. */
export const ANSWERS_MAX = 64;

export interface AddrAnswersPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly book: Pick<AddressBook, "sample">;
  readonly without?: Without;
  /** Banned or discouraged: not told of to anyone. */
  isShunned(address: NetworkAddress): boolean;
}

interface Answer {
  readonly addresses: readonly KnownAddress[];
  readonly until: Instant;
}

export class AddrAnswers {
  readonly #ports: AddrAnswersPorts;
  /** By the network that a peer came from, and where it reached us. */
  readonly #answers = new Map<string, Answer>();

  constructor(ports: AddrAnswersPorts) {
    this.#ports = ports;
  }

  /** Everything, for peers on the same machine, whom it is not kept from. */
  all(): readonly KnownAddress[] {
    return this.#sample(0);
  }

  /** Who is trusted gets an answer of its own each time. */
  answerTo({ permissions, network, local }: Peer): readonly KnownAddress[] {
    const { clock, rng, without } = this.#ports;
    const isTrusted = permissions.has("addr");
    if (isTrusted || without?.has("addr-answer-cache")) return this.#sample(ANSWER_PERCENT);
    const key = `${network} ${addressKey(local)}`;
    const now = clock.now();
    const kept = this.#answers.get(key);
    if (kept !== undefined && now <= kept.until) return kept.addresses;
    const length = (ANSWER_KEPT + below(rng, ANSWER_KEPT_SPREAD)) as Duration;
    const addresses = this.#sample(ANSWER_PERCENT);
    this.#answers.delete(key);
    this.#answers.set(key, { addresses, until: addDuration(now, length) });
    this.#forgetOldest();
    return addresses;
  }

  #sample(percentMax: number): readonly KnownAddress[] {
    const { book, isShunned } = this.#ports;
    const sampled = book.sample({ countMax: ADDRESS_COUNT_MAX, percentMax, isFiltered: true });
    return sampled.filter(({ address }) => !isShunned(address));
  }

  #forgetOldest(): void {
    for (const key of this.#answers.keys()) {
      if (this.#answers.size <= ANSWERS_MAX) return;
      this.#answers.delete(key);
    }
  }
}
