/**
 * What the operating system's errors say.
 *
 * @module
 */

/** `ENOENT`, `EADDRINUSE` and so on; `undefined` when the error is not the system's. */
export function errorCode(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** For errors of our own: with the place where they came up. */
export function errorStack(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
