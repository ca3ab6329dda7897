import type { NodeInput } from "../node/effect.ts";
import { TurnBudget } from "./turn_budget.ts";
import { type Sleeper, WakeAlarm } from "./wake_alarm.ts";

export interface StepLoopPorts {
  /** Whom to wake, and when. */
  readonly sleeper: Sleeper;
  /** Has the core take one input, and carries out its effects. */
  step(input: NodeInput): void;
  /** Whether inputs are taken; others are dropped. */
  isOpen(): boolean;
  /** A step threw `error`; what waited behind it is still there. */
  failed(error: unknown): void;
}

/** Gives a core its inputs one after another, and wakes it when it asked for that. Never re-entrant. */
export class StepLoop {
  readonly #ports: StepLoopPorts;
  readonly #alarm: WakeAlarm;
  readonly #budget = new TurnBudget(() => this.#catchUp());
  /** Inputs that came while a step, or its effects, were under way. Emptied in every turn. */
  readonly #inbox: NodeInput[] = [];
  /** What is left for the next turn of the loop: answers to effects, and commands. Bounded by who asked. */
  readonly #later: NodeInput[] = [];
  /** One for all turns: thousands of inputs a second go this way. */
  readonly #drain = (): void => {
    for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
      this.#ports.step(next);
    }
  };
  #isStepping = false;

  constructor(ports: StepLoopPorts) {
    this.#ports = ports;
    this.#alarm = new WakeAlarm(ports.sleeper, () => this.feedInTime({ type: "woken" }));
  }

  /** Takes one input, and all that follow from it, at once; within a step, after those before it. */
  feed(input: NodeInput): void {
    if (!this.#ports.isOpen()) return;
    this.#inbox.push(input);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      this.#budget.run(this.#drain);
    } catch (error) {
      this.#ports.failed(error);
    } finally {
      this.#isStepping = false;
    }
    if (this.#ports.isOpen()) this.#alarm.set();
  }

  /** Takes an input that no socket waits to be rid of, now or when this turn's neighbours have had theirs. */
  feedInTime(input: NodeInput): void {
    if (this.#budget.isSpent || this.#later.length > 0) this.#later.push(input);
    else this.feed(input);
  }

  /** For within a step: what became of it, to be taken before all that came meanwhile. */
  followUp(input: NodeInput): void {
    this.#inbox.unshift(input);
  }

  /** Forgets what waits. For whoever is not open any more. */
  stop(): void {
    this.#inbox.length = 0;
    this.#later.length = 0;
    this.#alarm.cancel();
  }

  #catchUp(): void {
    while (this.#later.length > 0 && !this.#budget.isSpent) this.feed(this.#later.shift() as NodeInput);
  }
}
