/** The directory cannot be used. `code` is stable, the message says what to do. */
export class DataDirError extends Error {
  override readonly name = "DataDirError";
  readonly code:
    | "locked" | "newer-format" | "older-format" | "foreign" | "damaged-format" | "damaged" | "unreadable"
    | "disk-full" | "not-writable";

  constructor(code: DataDirError["code"], message: string) {
    super(message);
    this.code = code;
  }
}
