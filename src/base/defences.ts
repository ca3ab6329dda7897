/**
 * Defences that a study leaves out, one at a time, to show what each is for.
 *
 * A node in use has them all: no option reaches this, only `NodePorts.without`, which the simulator
 * and tests hand in. Whoever has such a defence asks at the place where it would act.
 *
 * @module
 */
export type Defence =
  /** Block-relay peers of the last run are dialled first (anchors.dat). */
  | "anchors"
  /** Short connections that find out which new addresses answer. */
  | "feelers"
  /** Nobody becomes a good address by dialling us, as anybody did until 2015. */
  | "tried-by-dial"
  /** An address that was good is asked once more before another takes its place. */
  | "test-before-evict"
  /** Each source of addresses reaches a small share of the buckets only. */
  | "source-buckets"
  /** Addresses of one peer are looked at no faster than 0.1 a second. */
  | "addr-rate-limit"
  /** Of all outbound peers, no two are of one network group. */
  | "outbound-groups"
  /** Some inbound peers keep their place when there is no room. */
  | "eviction-protection"
  /** Headers of chains with little work are not kept. */
  | "low-work-headers"
  /** Of few inbound peers at a time such a chain is looked at. */
  | "presync-places"
  /** Whoever holds up the sync loses its place. */
  | "stall-timeouts"
  /** An outbound peer that falls behind our chain is dropped. */
  | "chain-sync-timeout"
  /** One more outbound peer while no block comes; block-relay peers change from time to time. */
  | "extra-outbound"
  /** Each reachable network has an outbound peer. */
  | "network-diversity"
  /** One seed gives few addresses. */
  | "seed-limit"
  /** Those that connect too often, or have not said who they are, have few places. */
  | "handshake-limits"
  /** Strangers of one network group do not keep those of another from encryption. */
  | "exchange-groups"
  /** A peer that has not answered one `getheaders` is sent no other. */
  | "one-getheaders"
  /** Of transactions that wait for a parent, each peer has a share that others cannot take. */
  | "orphan-shares"
  /** A peer is told of some transactions at a time, however many wait. */
  | "announcement-batches"
  /** Whoever asks for addresses within a day is told the same ones. */
  | "addr-answer-cache"
  /** What a peer sends settles only what that peer was asked for. */
  | "block-request-owner"
  /** A bug in a decoder costs a connection, and not the node. */
  | "decoder-isolation"
  /** Work on messages has a measure in each turn of the loop. */
  | "turn-effort";

export type Without = ReadonlySet<Defence>;

export const WITHOUT_NOTHING: Without = new Set();
