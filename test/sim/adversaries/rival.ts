// A second block where there may be one only.

import { toHex } from "../../../base/index.ts";
import { blockHash, type Header, type Message, type Propose } from "../../../protocol/index.ts";
import { signVote, type Tools } from "./adversary.ts";

/** Enough to know the parent of any block that is proposed. */
const headersMax = 64;

/** Blocks that were proposed of late, by hash. */
export class Headers {
  readonly #headers = new Map<string, Header>();

  note(message: Message): void {
    if (message.type !== "propose") return;
    this.#headers.set(toHex(blockHash(message.header)), message.header);
    for (const key of this.#headers.keys()) {
      if (this.#headers.size <= headersMax) return;
      this.#headers.delete(key);
    }
  }

  get(hash: Uint8Array): Header | undefined {
    return this.#headers.get(toHex(hash));
  }
}

/** An empty block beside this one, as justified as it; undefined when the parent is not known, or both are empty. */
export function rivalOf(proposal: Propose, headers: Headers, tools: Tools): Propose | undefined {
  const payload = tools.emptyPayload(headers.get(proposal.header.parent));
  if (payload === undefined || toHex(payload) === toHex(proposal.header.payload)) return undefined;
  return signed({ ...proposal, header: { ...proposal.header, payload } }, tools);
}

/** With the leader's signature on what the header has become. */
export function signed(proposal: Propose, tools: Tools): Propose {
  const { header } = proposal;
  const statement = { kind: "prepare", view: header.view, hash: blockHash(header) } as const;
  return { ...proposal, signature: signVote(statement, tools) };
}
