/** Runs pieces of work one after the other, in the order in which they were handed in. */
export class Serial {
  #last: Promise<unknown> = Promise.resolve();

  /** Resolves or rejects as `work` does; what follows is run either way. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#last.then(work, work);
    this.#last = result;
    return result;
  }

  /** Resolves when all that was handed in is over, however it ended. */
  async idle(): Promise<void> {
    for (let last: Promise<unknown> | undefined; last !== this.#last;) {
      last = this.#last;
      await last.then(() => {}, () => {});
    }
  }
}
