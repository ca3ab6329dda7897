import type { NodeEvent } from "../node/event.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

/** Which peers a node has that it learnt of from others' addr messages, and where its blocks came from. */
export class GossipWatch {
  readonly #given: string | undefined;
  readonly #learned = new Set<string>();
  readonly #connected = new Set<string>();
  #blocksFromPeers = 0;

  /**
   * `given`: the address that it was told at the start, which does not count. `known`: what it had
   * heard of and saved in an earlier run.
   */
  constructor(given: NetworkAddress | undefined, known: readonly NetworkAddress[]) {
    this.#given = given === undefined ? undefined : formatAddress(given);
    for (const address of known) this.#learned.add(formatAddress(address));
  }

  note(event: NodeEvent): void {
    if (event.type === "addr:learned") this.#learned.add(event.data.address);
    else if (event.type === "peer:ready") this.#connected.add(event.data.address);
    else if (event.type === "peer:closed") this.#connected.delete(event.data.address);
    else if (event.type === "block:connected" && event.data.peer !== undefined) this.#blocksFromPeers += 1;
  }

  /** Peers now connected whose addresses came by gossip. */
  get peersFound(): number {
    let count = 0;
    for (const address of this.#connected) {
      if (address !== this.#given && this.#learned.has(address)) count += 1;
    }
    return count;
  }

  get blocksFromPeers(): number {
    return this.#blocksFromPeers;
  }
}
