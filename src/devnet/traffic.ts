/**
 * Transactions as people would make them: really signed payments of all kinds, handed in at
 * nodes drawn at random.
 *
 * @module
 */
import { isTidingsError } from "../api/errors.ts";
import { below, type Rng } from "../base/rng.ts";
import { equalBytes } from "../base/bytes.ts";
import { SCRIPT_KINDS, type ScriptKind } from "../wallet/owned_script.ts";
import type { Member } from "./devnet_node.ts";
import type { DevnetWallet, Sent } from "./devnet_wallet.ts";
import { Repeater } from "./repeater.ts";
import { nextWait, type TrafficSchedule } from "./schedule.ts";

/** From 1 to 5 satoshi for each vbyte, in tenths. */
const FEE_RATE_TENTHS = { from: 10, below: 51 } as const;
const SATS_MIN = 10_000;
const SATS_SPREAD = 5_000_000;
/** With more coins than this, payments take several at once, so that their number stays bounded. */
const COINS_MAX = 300;

export interface TrafficPorts {
  readonly members: readonly Member[];
  readonly wallet: DevnetWallet;
  readonly rng: Rng;
  sent(sent: Sent): void;
  /** A payment was not taken, for another reason than that the network is closing. */
  failed(error: unknown): void;
}

export class Traffic {
  readonly #ports: TrafficPorts;
  readonly #repeater: Repeater;

  constructor(ports: TrafficPorts, schedule: TrafficSchedule) {
    this.#ports = ports;
    this.#repeater = new Repeater(() => nextWait(schedule, ports.rng), () => this.#payOnce());
  }

  start(): void {
    this.#repeater.start();
  }

  stop(): void {
    this.#repeater.stop();
  }

  async #payOnce(): Promise<void> {
    const { wallet, rng } = this.#ports;
    const to = wallet.address(this.#drawKind());
    const amount = BigInt(SATS_MIN + below(rng, SATS_SPREAD));
    const feeRate = (FEE_RATE_TENTHS.from + below(rng, FEE_RATE_TENTHS.below - FEE_RATE_TENTHS.from)) / 10;
    const first = this.#drawKind();
    // The kind drawn if there is a coin of it in a block, then any such coin, then change in no block yet.
    const node = this.#drawNode().node;
    const attempts = [
      { from: first, spendsPending: false, node },
      { spendsPending: false, node },
      { spendsPending: true },
    ];
    for (const attempt of attempts) {
      const sats = wallet.coinCount > COINS_MAX ? this.#largeAmount() : amount;
      if (await this.#try(to, sats, { feeRate, ...attempt })) return;
    }
  }

  /** False when there are no such coins. */
  async #try(to: string, sats: bigint, options: Parameters<DevnetWallet["send"]>[2]): Promise<boolean> {
    const { wallet, sent, failed } = this.#ports;
    try {
      sent(await wallet.send(to, sats, options));
      return true;
    } catch (error) {
      if (isTidingsError(error, "FUNDS_MISSING")) return false;
      if (!isTidingsError(error, "CLOSED")) failed(error);
      return true;
    }
  }

  #largeAmount(): bigint {
    const { wallet } = this.#ports;
    return (wallet.spendable() / BigInt(wallet.coinCount)) * 3n;
  }

  #drawKind(): ScriptKind {
    return SCRIPT_KINDS[below(this.#ports.rng, SCRIPT_KINDS.length)] as ScriptKind;
  }

  /** One that has the block in which the wallet saw its last coins. */
  #drawNode(): Member {
    const { members, rng } = this.#ports;
    const [first] = members as readonly [Member];
    const tip = tipHash(first);
    const level = members.filter((member) => equalBytes(tipHash(member), tip));
    return level[below(rng, level.length)] ?? first;
  }
}

function tipHash({ running: { core: { chain } } }: Member): Uint8Array {
  return chain.headers.hash(chain.tip);
}
