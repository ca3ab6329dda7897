import type { Duration } from "../base/time.ts";

/** Does something again and again, each time after a wait that is drawn anew; never two at once. */
export class Repeater {
  readonly #draw: () => Duration | undefined;
  readonly #act: () => Promise<void>;
  #timer: NodeJS.Timeout | undefined;
  #isStopped = true;

  /** `draw` gives the next wait; `undefined` ends it. `act` must not throw. */
  constructor(draw: () => Duration | undefined, act: () => Promise<void>) {
    this.#draw = draw;
    this.#act = act;
  }

  start(): void {
    this.#isStopped = false;
    this.#arm();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  #arm(): void {
    const wait = this.#isStopped ? undefined : this.#draw();
    if (wait === undefined) return;
    this.#timer = setTimeout(() => void this.#run(), wait);
  }

  async #run(): Promise<void> {
    await this.#act();
    this.#arm();
  }
}
