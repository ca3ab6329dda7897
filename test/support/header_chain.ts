import assert from "node:assert/strict";
import type { HeaderContext } from "../../src/consensus/header_context.ts";
import { MEDIAN_TIME_SPAN } from "../../src/consensus/limits.ts";
import type { BlockHeader } from "../../src/primitives/header.ts";

type Fields = Pick<BlockHeader, "time" | "bits" | "version">;

/** Headers in a plain array, the first at height 0: what rules that look back need, and no more. */
export class HeaderChain {
  readonly #headers: Fields[] = [];

  constructor(headers: Iterable<Fields> = []) {
    this.#headers.push(...headers);
  }

  add(header: Fields): void {
    this.#headers.push(header);
  }

  get tip(): HeaderContext {
    return this.at(this.#headers.length - 1);
  }

  at(height: number): HeaderContext {
    const { time, bits, version } = this.#headers[height] ?? assert.fail(`no header at ${height}`);
    const headers = this.#headers;
    return {
      height,
      time,
      bits,
      version,
      get medianTimePast() {
        const times = headers.slice(
          Math.max(0, height - MEDIAN_TIME_SPAN + 1),
          height + 1,
        ).map((each) => each.time);
        return times.sort((a, b) => a - b)[times.length >>> 1] as number;
      },
      ancestor: (target) => {
        assert.ok(target <= height, `asked for ${target} from ${height}`);
        return this.at(target);
      },
    };
  }
}
