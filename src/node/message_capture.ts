import type { Bytes } from "../base/bytes.ts";
import { fromLatin1 } from "../base/bytes.ts";
import type { Clock } from "../base/time.ts";
import { ByteWriter } from "../codec/byte_writer.ts";
import { formatAddress } from "../primitives/host_text.ts";
import type { NetworkAddress } from "../primitives/network_address.ts";

const TYPE_BYTES = 12;
const HEAD_BYTES = 8 + TYPE_BYTES + 4;

/** The folder in the data directory. */
export const CAPTURE_FOLDER = "message_capture";

/**
 * Writes down every message, for who looks into what was said (`-capturemessages`): a folder for each
 * address, in it a file for each direction.
 *
 * ```text
 * u64    time       Unix microseconds
 * 12     type       zeros after it
 * u32    length
 *        payload
 * ```
 *
 * Read them with Bitcoin Core's contrib/message-capture/message-capture-parser.py. Source: net.cpp,
 * CaptureMessageToFile.
 */
export class MessageCapture {
  readonly #clock: Clock;
  readonly #append: (name: string, bytes: Bytes) => void;

  constructor(clock: Clock, append: (name: string, bytes: Bytes) => void) {
    this.#clock = clock;
    this.#append = append;
  }

  note(address: NetworkAddress, direction: "recv" | "sent", type: string, payload: Bytes): void {
    const writer = new ByteWriter(HEAD_BYTES + payload.length);
    const typeField = new Uint8Array(TYPE_BYTES);
    typeField.set(fromLatin1(type).subarray(0, TYPE_BYTES));
    const micros = BigInt(Math.round(this.#clock.now() * 1000));
    writer.u64(micros).bytes(typeField).u32(payload.length).bytes(payload);
    const folder = formatAddress(address).replaceAll(":", "_");
    this.#append(`${CAPTURE_FOLDER}/${folder}/msgs_${direction}.dat`, writer.finish());
  }
}
