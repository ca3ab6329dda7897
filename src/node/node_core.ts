import type { AddressBook } from "../addrbook/address_book.ts";
import type { Clock, Instant } from "../base/time.ts";
import type { ChainState } from "../chain/chain_state.ts";
import type { Mempool } from "../mempool/mempool.ts";
import type { Peer } from "../peer/peer.ts";
import type { NodeEffect, NodeInput } from "./effect.ts";
import type { NodeOptions } from "./node_options.ts";

/**
 * A whole node, without its sockets, disks and clocks.
 *
 * How to drive it (io/driver.ts and sim/network.ts are the two that do):
 * 1. call `step` once per input, and never from within a `step`;
 * 2. carry out the effects it returns, in order, before the next `step`;
 * 3. then sleep until `wakeAt()`, or until the next input, whichever comes first, and `step` a
 *    `woken`; a `wakeAt()` that is already past means 'call again after letting I/O run'; while the
 *    mock clock is set, sleep at most 100 ms;
 * 4. queries are plain reads of the public fields, between two steps.
 */
export declare class NodeCore {
  readonly options: NodeOptions;
  /** With `setmocktime` laid over it. */
  readonly clock: Clock;
  readonly chain: ChainState;
  readonly mempool: Mempool;
  readonly addresses: AddressBook;
  /** Open connections by id, ascending. */
  peers(): Iterable<Peer>;
  step(input: NodeInput): readonly NodeEffect[];
  wakeAt(): Instant | undefined;
}
