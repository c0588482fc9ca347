// One node's HTTP interface. It may be down, slow, broken or hostile: every answer is bounded in time and in size, and
// every failure is a `CodedError` whose details name the endpoint.

import { CodedError, concatBytes, toHex } from "../base/index.ts";
import {
  encodeTransaction,
  type Epoch,
  type Height,
  limits,
  type Namespace,
} from "../protocol/index.ts";
import type { SealedTransaction } from "../protocol/index.ts";

/** The part of the platform's `fetch` that is used. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** Room for one block whose inbox is as full as L1 can make it, bytes. */
const answerBytesMax = 4 * limits.frameBytesMax;

export class Endpoint {
  /** Without a slash at its end. */
  readonly url: string;
  readonly #fetch: Fetch;
  readonly #timeoutMs: number;

  /** Throws `CodedError` BAD_ENDPOINT unless it is an http(s) URL. */
  constructor(url: string, options: { readonly fetch: Fetch; readonly timeoutMs: number }) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new CodedError("BAD_ENDPOINT", "an endpoint is a URL such as https://node.example", {
        details: { endpoint: url },
      });
    this.url = url.replace(/\/+$/, "");
    this.#fetch = options.fetch;
    this.#timeoutMs = options.timeoutMs;
  }

  /** The receipt's JSON. */
  submit(transaction: SealedTransaction): Promise<unknown> {
    const body = encodeTransaction(transaction) as Uint8Array<ArrayBuffer>;
    const headers = { "content-type": "application/octet-stream" };
    return this.#json("/v1/transactions", { method: "POST", headers, body });
  }

  /** The status' JSON; undefined when the node does not know the transaction. */
  status(id: Uint8Array): Promise<unknown> {
    return unless("UNKNOWN_TRANSACTION", this.#json(`/v1/transactions/0x${toHex(id)}`, {}));
  }

  genesis(): Promise<unknown> {
    return this.#json("/v1/genesis", {});
  }

  /** How an epoch ended, encoded; undefined while it lasts, and from a node that does not know it. */
  epochEnd(epoch: Epoch, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const init = signal === undefined ? {} : { signal };
    return unless("EPOCH_NOT_ENDED", this.#bytes(`/v1/epochs/${epoch}`, init));
  }

  /** An encoded page; undefined when the node has nothing that far yet. */
  page(
    namespace: Namespace,
    from: Height,
    options: { readonly limit: number; readonly signal: AbortSignal | undefined },
  ): Promise<Uint8Array | undefined> {
    const path = `/v1/namespaces/${namespace}/blocks?from=${from}&limit=${options.limit}`;
    const { signal = null } = options;
    return unless("BEYOND_TIP", this.#bytes(path, { signal }));
  }

  /** Where the same continues as they are opened. */
  streamUrl(namespace: Namespace, from: Height): string {
    return `ws${this.url.slice(4)}/v1/namespaces/${namespace}/stream?from=${from}`;
  }

  /** An error that names this endpoint. */
  failure(code: string, message: string, cause?: unknown): CodedError {
    return new CodedError(code, `${this.url}: ${message}`, {
      cause,
      details: { endpoint: this.url },
    });
  }

  async #json(path: string, init: RequestInit): Promise<unknown> {
    const bytes = await this.#bytes(path, init);
    try {
      return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
    } catch (cause) {
      throw this.failure("MALFORMED_ANSWER", "the answer is not JSON", cause);
    }
  }

  async #bytes(path: string, init: RequestInit): Promise<Uint8Array> {
    const timeout = AbortSignal.timeout(this.#timeoutMs);
    const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    try {
      const response = await this.#fetch(`${this.url}${path}`, { ...init, signal });
      const bytes = await this.#read(response);
      if (!response.ok) throw this.#refusal(response.status, bytes);
      return bytes;
    } catch (cause) {
      if (cause instanceof CodedError) throw cause;
      if (init.signal?.aborted) throw this.failure("ABORTED", "the caller no longer waits", cause);
      throw this.failure("UNREACHABLE", "there is no answer", cause);
    }
  }

  /** Chunk by chunk, so that an answer without end is noticed before it fills the memory. */
  async #read(response: Response): Promise<Uint8Array> {
    const reader = response.body?.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const chunk: Uint8Array | undefined = (await reader?.read())?.value;
      if (chunk === undefined) return concatBytes(...chunks);
      length += chunk.length;
      if (length > answerBytesMax) {
        await reader?.cancel();
        throw this.failure("ANSWER_TOO_LARGE", "the answer has no end");
      }
      chunks.push(chunk);
    }
  }

  /** The code is the node's word, so it is taken only in the form that codes have. */
  #refusal(status: number, body: Uint8Array): CodedError {
    const { code, detail } = toProblem(body);
    const isCode = typeof code === "string" && /^[A-Za-z][A-Za-z_-]{0,63}$/.test(code);
    const message = typeof detail === "string" ? detail.slice(0, 200) : "the node refused";
    return this.failure(isCode ? code : `HTTP_${status}`, message);
  }
}

function toProblem(body: Uint8Array): { readonly code?: unknown; readonly detail?: unknown } {
  try {
    const problem: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof problem === "object" && problem !== null ? problem : {};
  } catch {
    return {};
  }
}

async function unless<T>(code: string, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof CodedError && error.code === code) return undefined;
    throw error;
  }
}
