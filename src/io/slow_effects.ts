import { unreachable } from "../base/assert.ts";
import type { Bytes } from "../base/bytes.ts";
import type { Logger } from "../base/logger.ts";
import type { FileRange } from "../chain/chain_ports.ts";
import type { RuleViolation } from "../consensus/rule_violation.ts";
import type { VerifyJob } from "../consensus/verify_job.ts";
import type { MuHashChange } from "../crypto/muhash.ts";
import type { NodeEffect } from "../node/effect.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";
import { errorText } from "./errno.ts";
import { lookUp } from "./look_up.ts";
import { networkAddress } from "./socket_address.ts";
import type { StepLoop } from "./step_loop.ts";

/** What takes longer than a step may, done by others. */
export interface SlowWork {
  verify(job: VerifyJob): Promise<RuleViolation | undefined>;
  load(range: FileRange): Promise<Bytes | undefined>;
  /** The hash over all coins that did not come from a snapshot; `undefined` when it was stopped. */
  hashCoins?(isStopped: () => boolean): Promise<string | undefined>;
  /** `muhashFactor`; does not fail. */
  multiplyCoins(change: MuHashChange): Promise<Bytes>;
}

export type SlowEffect = Extract<NodeEffect, {
  readonly type: "resolve" | "verify" | "load" | "hash-coins" | "multiply-coins";
}>;

/** The node that waits for it. */
export interface SlowEffectsOwner {
  readonly logger: Logger;
  /** Whether nobody has asked it to stop. */
  isRunning(): boolean;
  /** It cannot go on. */
  failed(what: string, cause: unknown): void;
}

/** Effects whose answer is an input of a later turn. */
export class SlowEffects {
  readonly #work: SlowWork;
  readonly #loop: Pick<StepLoop, "feed" | "feedInTime">;
  readonly #owner: SlowEffectsOwner;

  constructor(work: SlowWork, loop: Pick<StepLoop, "feed" | "feedInTime">, owner: SlowEffectsOwner) {
    this.#work = work;
    this.#loop = loop;
    this.#owner = owner;
  }

  run(effect: SlowEffect): void {
    switch (effect.type) {
      case "resolve":
        return void this.#resolve(effect.host, effect.port);
      case "verify":
        return void this.#verify(effect.job, effect.payload);
      case "load":
        return void this.#load(effect.request, effect.range);
      case "hash-coins":
        return void this.#hashCoins(effect.request);
      case "multiply-coins":
        return void this.#multiplyCoins(effect.request, effect.change);
      default:
        return unreachable(effect);
    }
  }

  async #resolve(host: string, port: number): Promise<void> {
    let addresses: NetworkAddress[] = [];
    try {
      const found = await lookUp(host);
      addresses = found.flatMap((address) => networkAddress(address, port) ?? []);
    } catch (error) {
      this.#owner.logger.debug("net", () => `Cannot resolve ${host}: ${errorText(error)}`);
    }
    this.#loop.feed({ type: "resolved", host, addresses });
  }

  async #verify(job: number, payload: VerifyJob): Promise<void> {
    try {
      this.#loop.feedInTime({ type: "verified", job, violation: await this.#work.verify(payload) });
    } catch (error) {
      this.#owner.failed("Cannot check scripts", error);
    }
  }

  async #load(request: number, range: FileRange): Promise<void> {
    let bytes: Bytes | undefined;
    try {
      bytes = await this.#work.load(range);
    } catch (error) {
      this.#owner.logger.error(`Cannot read ${range.name}: ${errorText(error)}`);
    }
    this.#loop.feedInTime({ type: "loaded", request, bytes });
  }

  async #hashCoins(request: number): Promise<void> {
    let hash: string | undefined;
    try {
      hash = await this.#work.hashCoins?.(() => !this.#owner.isRunning());
    } catch (error) {
      this.#owner.logger.error(`Cannot read the coins: ${errorText(error)}`);
    }
    // Asked for again at the next start.
    if (this.#owner.isRunning()) this.#loop.feed({ type: "coins-hashed", request, hash });
  }

  async #multiplyCoins(request: number, change: MuHashChange): Promise<void> {
    const factor = await this.#work.multiplyCoins(change);
    this.#loop.feedInTime({ type: "coins-multiplied", request, factor });
  }
}
