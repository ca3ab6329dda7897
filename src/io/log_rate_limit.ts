/** Bytes of lines from one place in the program that are written in each window (Bitcoin Core's figure). */
export const SITE_BYTES_MAX = 1024 * 1024;

/** Length of a window. */
export const RATE_WINDOW_MS = 60 * 60 * 1000;

/** Places that are told apart. Texts may carry what a peer sent, so their number has a bound. */
const SITES_MAX = 1_024;

/** All places above that number. */
const ELSEWHERE = "elsewhere";

export interface Dropped {
  readonly site: string;
  readonly bytes: number;
}

interface Site {
  written: number;
  dropped: number;
}

/**
 * Keeps what a peer can make us log from filling the disk: each place in the program may write so
 * many bytes in each window.
 */
export class LogRateLimit {
  #windowStart = 0;
  #sites = new Map<string, Site>();

  /** When a window has ended, what it dropped; `undefined` while it lasts. Call before `consume`. */
  nextWindow(now: number): readonly Dropped[] | undefined {
    if (now - this.#windowStart < RATE_WINDOW_MS) return undefined;
    this.#windowStart = now;
    const ended = this.#sites;
    this.#sites = new Map();
    return [...ended].flatMap(([site, { dropped }]) => (dropped > 0 ? [{ site, bytes: dropped }] : []));
  }

  /** `last`: it is written, and none after it until the next window. */
  consume(site: string, bytes: number): "write" | "last" | "drop" {
    const known = this.#site(site);
    if (known.written > SITE_BYTES_MAX) {
      known.dropped += bytes;
      return "drop";
    }
    known.written += bytes;
    return known.written > SITE_BYTES_MAX ? "last" : "write";
  }

  #site(name: string): Site {
    const known = this.#sites.get(name);
    if (known !== undefined) return known;
    if (this.#sites.size >= SITES_MAX && name !== ELSEWHERE) return this.#site(ELSEWHERE);
    const fresh = { written: 0, dropped: 0 };
    this.#sites.set(name, fresh);
    return fresh;
  }
}

/**
 * What stands for the place in the program: the fixed beginning of its text, up to the first number
 * or colon.
 */
export function siteOf(level: string, text: string): string {
  return `${level} ${/^[^\d:=]{0,40}/.exec(text)?.[0] ?? ""}`;
}
