/**
 * What Tor says on its control port.
 *
 * Source: spec.torproject.org, control-spec 2.1, 2.3, 3.21, 3.24, 3.27; Bitcoin Core, torcontrol.cpp.
 *
 * @module
 */

/** One reply of any number of lines: `250-A=1`, `250 OK` has code 250 and lines `A=1`, `OK`. */
export interface TorReply {
  readonly code: number;
  readonly lines: readonly string[];
}

/** The most we ask for has five lines. */
export const REPLY_LINES_MAX = 1_000;

/** Puts lines together to replies; what each says is up to whoever asked. */
export class TorReplies {
  #lines: string[] = [];

  /**
   * Takes one line, without its end. Returns the reply that it completes.
   *
   * @throws {RangeError} for a reply that does not end
   */
  take(line: string): TorReply | undefined {
    if (this.#lines.length === REPLY_LINES_MAX) {
      throw new RangeError(`Control port reply exceeded ${REPLY_LINES_MAX} lines, disconnecting`);
    }
    const text = line.replace(/\r$/, "");
    if (text.length < 4) return undefined;
    this.#lines.push(text.slice(4));
    // `-` and `+` say that there is more.
    if (text[3] !== " ") return undefined;
    const lines = this.#lines;
    this.#lines = [];
    const code = text.slice(0, 3);
    return { code: /^\d{3}$/.test(code) ? Number(code) : 0, lines };
  }
}

/** `AUTH METHODS=NULL` is `AUTH` and the rest. */
export function splitReplyLine(line: string): readonly [type: string, rest: string] {
  const at = line.indexOf(" ");
  return at < 0 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}

/**
 * `A=1 B="x y"` as a map; what follows a word without `=` is left out. Empty when it cannot be read.
 */
export function parseReplyMapping(text: string): ReadonlyMap<string, string> {
  const mapping = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const key = /^[^= ]*/.exec(text.slice(at))?.[0] ?? "";
    at += key.length;
    if (at === text.length) return new Map();
    if (text[at] === " ") break;
    at += 1;
    const value = text[at] === '"' ? quotedValue(text.slice(at)) : plainValue(text.slice(at));
    if (value === undefined) return new Map();
    at += value.length;
    if (text[at] === " ") at += 1;
    mapping.set(key, value.value);
  }
  return mapping;
}

/** A value, and how many characters it took. */
interface Value {
  readonly value: string;
  readonly length: number;
}

function plainValue(text: string): Value {
  const value = /^[^ ]*/.exec(text)?.[0] ?? "";
  return { value, length: value.length };
}

/** `undefined` when it does not end. */
function quotedValue(text: string): Value | undefined {
  const quoted = /^"((?:[^"\\]|\\[\s\S])*)"/.exec(text);
  return quoted === null ? undefined : { value: unescaped(quoted[1] as string), length: quoted[0].length };
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };

/** Up to three octal digits, of which Tor has the first no higher than 3 (control-spec 2.1.1). */
function unescaped(text: string): string {
  return text.replaceAll(/\\([0-3][0-7]{2}|[0-7]{1,2}|[\s\S])/g, (_, escaped: string) => {
    if (/^[0-7]/.test(escaped)) return String.fromCharCode(Number.parseInt(escaped, 8));
    return ESCAPES[escaped] ?? escaped;
  });
}
