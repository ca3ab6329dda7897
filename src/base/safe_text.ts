const UNSAFE = /[^A-Za-z0-9 .,;\-_/:?@()]/g;

/**
 * `text` without the characters that could forge a log line or mislead a terminal: what is kept is
 * what Bitcoin Core keeps of a peer's words (util/strencodings.h, SAFE_CHARS_DEFAULT).
 */
export function sanitize(text: string): string {
  return text.replace(UNSAFE, "");
}
