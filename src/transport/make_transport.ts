import { DetectingTransport } from "./detecting_transport.ts";
import type { Transport } from "./transport.ts";
import { V1Transport } from "./v1_transport.ts";
import { type V2Ports, V2Transport } from "./v2_transport.ts";

/** What our end of a connection speaks; `theirs`: what the other end begins with. */
export type Speech = "v1" | "v2" | "theirs";

export function makeTransport(speech: Speech, ports: V2Ports): Transport {
  switch (speech) {
    case "v1":
      return new V1Transport(ports.magic);
    case "v2":
      return new V2Transport("initiator", ports);
    case "theirs":
      return new DetectingTransport(ports);
  }
}
