/**
 * Blocks as they come on a network: by the clock, at random, or whenever there is something to put
 * into one.
 *
 * @module
 */
import { isTidingsError } from "../api/errors.ts";
import type { Rng } from "../base/rng.ts";
import type { Member } from "./devnet_node.ts";
import { Repeater } from "./repeater.ts";
import { type BlockSchedule, nextWait } from "./schedule.ts";

export interface ProductionPorts {
  /** Those that run; the miners among them take turns. */
  readonly members: readonly Member[];
  readonly rng: Rng;
  address(): string;
  /** A block could not be made. */
  failed(error: unknown): void;
}

export class Production {
  readonly #ports: ProductionPorts;
  readonly #schedule: BlockSchedule;
  readonly #repeater: Repeater;
  #stops: (() => void)[] = [];
  #turn = 0;
  #isMining = false;

  constructor(ports: ProductionPorts, schedule: BlockSchedule) {
    this.#ports = ports;
    this.#schedule = schedule;
    this.#repeater = new Repeater(() => nextWait(schedule, ports.rng), () => this.mineNext());
  }

  start(): void {
    this.#repeater.start();
    if (this.#schedule.type !== "auto") return;
    const miners = this.#miners;
    this.#stops = miners.map((miner) => miner.running.listen(({ type }) => {
      if (type === "tx:accepted") void this.#mineWaiting(miner);
    }));
    for (const miner of miners) void this.#mineWaiting(miner);
  }

  stop(): void {
    this.#repeater.stop();
    for (const stop of this.#stops.splice(0)) stop();
  }

  get #miners(): readonly Member[] {
    return this.#ports.members.filter(({ node }) => node.role === "miner");
  }

  /** One block, by the miner whose turn it is. */
  async mineNext(): Promise<void> {
    const miners = this.#miners;
    const miner = miners[this.#turn++ % miners.length];
    if (miner !== undefined) await this.#mine(miner);
  }

  /** Until nothing waits at this miner. */
  async #mineWaiting(miner: Member): Promise<void> {
    if (this.#isMining) return;
    this.#isMining = true;
    while (this.#stops.length > 0 && miner.running.core.mempool.size > 0) {
      if (!(await this.#mine(miner))) break;
    }
    this.#isMining = false;
  }

  /** False when there is none. */
  async #mine({ node }: Member): Promise<boolean> {
    try {
      await node.mine(1, { address: this.#ports.address() });
      return true;
    } catch (error) {
      if (!isTidingsError(error, "CLOSED")) this.#ports.failed(error);
      return false;
    }
  }
}
