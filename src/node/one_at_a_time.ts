/** Runs jobs that end in later turns, each when the one before it has ended. */
export class OneAtATime {
  /** The first is under way. Bounded by who asks for them. */
  readonly #jobs: ((done: () => void) => void)[] = [];

  /** `job` must call `done` once. */
  run(job: (done: () => void) => void): void {
    this.#jobs.push(job);
    if (this.#jobs.length === 1) this.#begin(job);
  }

  #begin(job: (done: () => void) => void): void {
    job(() => {
      this.#jobs.shift();
      const [next] = this.#jobs;
      if (next !== undefined) this.#begin(next);
    });
  }
}
